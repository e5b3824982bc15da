//! `/ws` and `GET /notifications`: who is told what, when, and how a socket ends.

mod closing;
mod delivery;
mod handshake;
mod listing;
mod load;
