//! How `SQLite` captures changes: what fires, and where it is written down.

use crate::sql::dialect::{Capture, Event};

/// The table of captured changes.
pub(super) const CAPTURED: &str = "fasttrack_captured";

/// Triggers of a connection's own fire for whatever a statement leads to in its schema, the actions of foreign keys
/// included. What they write is part of its transactions.
pub(super) fn capture(columns: &[&str], captures: &[Capture]) -> Vec<String> {
    let table = format!("CREATE TEMP TABLE IF NOT EXISTS {CAPTURED} ({} INTEGER)", columns.join(" INTEGER, "));
    let trigger = |Capture { name, table, event, changes }: &Capture| {
        let event = match event {
            Event::Insert => "AFTER INSERT".to_owned(),
            Event::Update => "AFTER UPDATE".to_owned(),
            Event::UpdateOf(columns) => format!("AFTER UPDATE OF {}", columns.join(", ")),
            Event::Delete => "AFTER DELETE".to_owned(),
            Event::BeforeInsert => "BEFORE INSERT".to_owned(),
            Event::BeforeUpdate => "BEFORE UPDATE".to_owned(),
        };
        let inserts: Vec<_> = changes.iter().map(|change| format!("INSERT INTO {CAPTURED} SELECT {change};")).collect();
        format!(
            "CREATE TEMP TRIGGER IF NOT EXISTS {CAPTURED}_{name} {event} ON main.{table} FOR EACH ROW BEGIN {} END",
            inserts.join(" ")
        )
    };
    std::iter::once(table).chain(captures.iter().map(trigger)).collect()
}
