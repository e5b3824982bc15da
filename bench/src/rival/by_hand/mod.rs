//! Projects and tasks with axum and rusqlite, as an expert would write them.
//!
//! Rows are read on the worker threads, each with a connection and prepared statements of its own, and go into the answer
//! without a copy in between. Writes go to one thread, which has those that are under way at the same time share a commit.
//! Accounts are kept in memory.

mod accounts;
mod connection;
mod read;
mod render;
mod write;

use std::{env, sync::Arc};

use axum::{Router, routing::get};

use self::{accounts::Accounts, connection::Readers, write::Writer};
use super::token::Verifier;
use crate::Error;

/// What every request needs.
struct Shared {
    verifier: Verifier,
    accounts: Accounts,
    readers: Readers,
    writer: Writer,
}

impl AsRef<Verifier> for Shared {
    fn as_ref(&self) -> &Verifier {
        &self.verifier
    }
}

/// Its routes.
pub fn app() -> Result<Router, Error> {
    let url = env::var("DATABASE_URL")?;
    let path = url.strip_prefix("sqlite://").ok_or("DATABASE_URL is sqlite://PATH")?;
    let shared = Shared {
        verifier: Verifier::from_environment()?,
        accounts: Accounts::default(),
        readers: Readers::of(path),
        writer: Writer::start(connection::for_writing(path)?)?,
    };
    Ok(Router::new()
        .route("/api/v1/users/me", get(read::me))
        .route("/api/v1/projects", get(read::projects).post(write::create))
        .route("/api/v1/projects/{id}", get(read::project))
        .route("/api/v1/projects/{id}/tasks", get(read::tasks))
        .route("/api/v1/tasks/{id}", get(read::task))
        .with_state(Arc::new(shared)))
}
