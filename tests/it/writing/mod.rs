//! Writing safely: what is changed is what somebody knows, and what is sent twice is done once.

mod batches;
mod keys;
mod versions;
