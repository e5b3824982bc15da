//! Every error is one document, whoever raised it.

mod bodies;
mod routes;
mod sizes;
