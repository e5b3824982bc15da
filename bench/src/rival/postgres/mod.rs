//! Tasks with axum and sqlx on PostgreSQL.
//!
//! A token is verified, its account looked up in the statement that does the work, the owner checked in its `WHERE`, so
//! that a request is one way to the database and back.

mod tasks;

use std::{env, sync::Arc};

use axum::{
    Router,
    routing::{get, post},
};
use sqlx::{PgPool, postgres::PgPoolOptions};

use super::token::Verifier;
use crate::Error;

/// What every request needs.
struct Shared {
    pool: PgPool,
    verifier: Verifier,
}

impl AsRef<Verifier> for Shared {
    fn as_ref(&self) -> &Verifier {
        &self.verifier
    }
}

/// Its routes, over `DATABASE_POOL` connections.
pub async fn app() -> Result<Router, Error> {
    let pool = PgPoolOptions::new()
        .max_connections(env::var("DATABASE_POOL")?.parse()?)
        // A way to the database and back for each request.
        .test_before_acquire(false)
        .connect(&env::var("DATABASE_URL")?)
        .await?;
    let shared = Shared { pool, verifier: Verifier::from_environment()? };
    Ok(Router::new()
        .route("/api/v1/tasks/{id}", get(tasks::read))
        .route("/api/v1/projects/{id}/tasks", get(tasks::list))
        .route("/api/v1/projects/{id}/tasks", post(tasks::create))
        .with_state(Arc::new(shared)))
}
