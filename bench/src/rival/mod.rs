//! The same application by hand: tasks with axum and sqlx, as one would write them for this application alone, on the tables
//! and indexes that fasttrack makes. It runs in a process of its own: `bench rival`.
//!
//! A token is verified, its account looked up in the statement that does the work, the owner checked in its `WHERE`, so
//! that a request is one way to the database and back. There are no sessions to be revoked, no jobs, and no messages.

mod account;
mod problem;
mod tasks;

use std::{env, sync::Arc};

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
    serve::ListenerExt,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::net::TcpListener;

use crate::Error;

/// What every request needs.
struct Shared {
    pool: PgPool,
    key: DecodingKey,
    validation: Validation,
}

/// Serves `DATABASE_URL` with the tokens of `SECRET_KEY` and `DATABASE_POOL` connections, until it is killed.
pub async fn serve() -> Result<(), Error> {
    let pool = PgPoolOptions::new()
        .max_connections(env::var("DATABASE_POOL")?.parse()?)
        // A way to the database and back for each request.
        .test_before_acquire(false)
        .connect(&env::var("DATABASE_URL")?)
        .await?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&["fasttrack"]);
    validation.set_audience(&["fasttrack"]);
    let key = DecodingKey::from_secret(env::var("SECRET_KEY")?.as_bytes());
    let app = Router::new()
        .route("/health", get(async || Json(json!({ "status": "ok" }))))
        .route("/api/v1/tasks/{id}", get(tasks::read))
        .route("/api/v1/projects/{id}/tasks", get(tasks::list))
        .route("/api/v1/projects/{id}/tasks", post(tasks::create))
        .layer(DefaultBodyLimit::max(64 * 1024))
        .with_state(Arc::new(Shared { pool, key, validation }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    Ok(axum::serve(listener, app).await?)
}
