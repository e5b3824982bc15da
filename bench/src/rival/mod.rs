//! The same application by hand, as one would write it for this application alone, on the tables and indexes that fasttrack
//! makes. Each runs in a process of its own: `bench rival NAME`.
//!
//! None has sessions to be revoked, a limiter, metrics, a request log, entity tags, sealed cursors, jobs or messages.

mod by_hand;
mod page;
mod plain;
mod postgres;
mod problem;
mod project;
mod token;

use axum::{Json, Router, extract::DefaultBodyLimit, routing::get, serve::ListenerExt};
use serde_json::json;
use tokio::net::TcpListener;

use crate::Error;

/// axum and rusqlite, with all that an expert would do.
pub const BY_HAND: &str = "by-hand";

/// axum and sqlx on SQLite, as their examples are written.
pub const PLAIN: &str = "plain";

/// axum and sqlx on PostgreSQL.
pub const POSTGRES: &str = "postgres";

/// Serves `DATABASE_URL` with the tokens of `SECRET_KEY`, until it is killed.
pub async fn serve(name: Option<String>) -> Result<(), Error> {
    let app = match name.as_deref() {
        Some(BY_HAND) => by_hand::app()?,
        Some(PLAIN) => plain::app().await?,
        Some(POSTGRES) => postgres::app().await?,
        _ => return Err(format!("bench rival {BY_HAND} | {PLAIN} | {POSTGRES}").into()),
    };
    let app =
        app.route("/health", get(async || Json(json!({ "status": "ok" })))).layer(DefaultBodyLimit::max(64 * 1024));
    listen(app).await
}

async fn listen(app: Router) -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    Ok(axum::serve(listener, app).await?)
}
