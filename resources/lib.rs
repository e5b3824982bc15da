//! The reference application: users own projects, projects hold tasks, tasks hold comments.
//!
//! Each file beside this one declares one entity, and is the whole of it. What no declaration says is in the folders:
//! `jobs` run after changes, `routes` are written by hand.

pub mod demo;
pub mod jobs;
pub mod routes;

fasttrack::resources!();
