//! The jobs in the outbox as lists show them.

use super::by_id::page_by_id;
use crate::{
    db::{Dialect, Statement},
    query::PageById,
};

/// One page of the jobs: of those that failed for good, of the others, or of all. As `id, JSON`.
#[must_use]
pub fn jobs(dialect: Dialect, is_dead: Option<bool>, page: &PageById) -> Statement {
    let condition = match is_dead {
        None => "TRUE",
        Some(true) => "\"is_dead\"",
        Some(false) => "NOT \"is_dead\"",
    };
    page_by_id(dialect, ("outbox_jobs", &shown(dialect)), (condition, Vec::new()), page)
}

/// What a list shows of a job.
fn shown(dialect: Dialect) -> String {
    let syntax = dialect.sql();
    let column = |name: &str| format!("\"{name}\"");
    let instant = |name: &str| syntax.instant(&column(name));
    syntax.text(&syntax.json_object(&[
        ("id", column("id")),
        ("name", column("name")),
        ("resource", "NULLIF(\"resource\", '')".to_owned()),
        ("row_id", "CASE WHEN \"resource\" <> '' THEN \"row_id\" END".to_owned()),
        ("state", "CASE WHEN \"is_dead\" THEN 'dead' ELSE 'waiting' END".to_owned()),
        ("tries", column("tries")),
        ("created_at", instant("created_at")),
        ("due_at", format!("CASE WHEN NOT \"is_dead\" THEN {} END", instant("due_at"))),
        ("error", column("error")),
    ]))
}
