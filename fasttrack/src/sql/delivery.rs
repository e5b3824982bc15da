//! What receivers of webhooks are sent: rows of `fasttrack_deliveries`.
//!
//! One is written in the transaction of its change (`effect.rs`), for each receiver that listens to the event, and is pending
//! until it is delivered or given up. Its number rises, and is the order in which its receiver gets it: changes of one row
//! are written one after the other.

use super::by_id::page_by_id;
use crate::{
    db::{Arg, Dialect, Statement},
    query::PageById,
};

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempted {
    /// The delivery.
    pub id: i64,
    /// What it is now: `pending`, `delivered` or `failed`.
    pub state: &'static str,
    /// When it was delivered, if it was.
    pub delivered: Option<String>,
    /// From when on it may be tried again.
    pub due: String,
    /// The status of the answer, if there was one.
    pub status: Option<i64>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// The beginning of the answer.
    pub answer: Option<String>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// The first delivery of a receiver that is pending.
const HEAD: &str = "(SELECT min(p.\"id\") FROM \"fasttrack_deliveries\" p WHERE p.\"webhook_id\" = w.\"id\" \
                    AND p.\"state\" = 'pending')";

/// The receivers that are active and for which something is pending: `id`, and from when on the first may be tried.
#[must_use]
pub fn pending_webhooks(dialect: Dialect) -> Statement {
    let due = dialect.sql().text(&dialect.sql().instant("d.\"due_at\""));
    let sql = format!(
        "SELECT w.\"id\", {due} FROM \"fasttrack_webhooks\" w JOIN \"fasttrack_deliveries\" d ON d.\"id\" = {HEAD} \
         WHERE w.\"is_active\""
    );
    Statement::new(sql, Vec::new())
}

/// The first delivery that is pending for a receiver, if that is active and it may be tried at `now`: its number, the
/// address, the two secrets (the older one as long as it is good), the id of the message, event, data, who did it and when,
/// tries, and since when the receiver has taken nothing.
#[must_use]
pub fn first_delivery(dialect: Dialect, webhook: i64, now: String) -> Statement {
    let syntax = dialect.sql();
    let (text, instant) = (|expr: &str| syntax.text(expr), |expr: &str| syntax.text(&syntax.instant(expr)));
    let columns = [
        "d.\"id\"".to_owned(),
        text("w.\"url\""),
        text("w.\"secret\""),
        text("CASE WHEN w.\"old_secret_until\" > $2 THEN w.\"old_secret\" END"),
        text("d.\"message_id\""),
        text("d.\"event\""),
        text("d.\"data\""),
        "d.\"actor_id\"".to_owned(),
        instant("d.\"created_at\""),
        "d.\"tries\"".to_owned(),
        instant("w.\"failing_since\""),
    ];
    let sql = format!(
        "SELECT {} FROM \"fasttrack_webhooks\" w JOIN \"fasttrack_deliveries\" d ON d.\"id\" = {HEAD} \
         WHERE w.\"id\" = $1 AND w.\"is_active\" AND d.\"due_at\" <= $2",
        columns.join(", ")
    );
    Statement::new(sql, vec![Arg::Int(webhook), Arg::Text(now)])
}

/// Writes down what became of an attempt.
#[must_use]
pub fn note_attempt(attempted: Attempted) -> Statement {
    let Attempted { id, state, delivered, due, status, duration_ms, answer, error } = attempted;
    let sql = format!(
        "UPDATE \"fasttrack_deliveries\" SET \"state\" = '{state}', \"attempts\" = \"attempts\" + 1, \
         \"tries\" = \"tries\" + 1, \"due_at\" = $2, \"delivered_at\" = $3, \"status\" = $4, \"duration_ms\" = $5, \
         \"answer\" = $6, \"error\" = $7 WHERE \"id\" = $1 AND \"state\" = 'pending'"
    );
    let text = |text: Option<String>| text.map_or(Arg::Null, Arg::Text);
    let status = status.map_or(Arg::Null, Arg::Int);
    let args =
        vec![Arg::Int(id), Arg::Text(due), text(delivered), status, Arg::Int(duration_ms), text(answer), text(error)];
    Statement::new(sql, args)
}

/// Has what is pending first for a receiver tried now, as if it had never been.
#[must_use]
pub fn hasten_delivery(webhook: i64, now: String) -> Statement {
    let sql = format!(
        "UPDATE \"fasttrack_deliveries\" SET \"due_at\" = $2, \"tries\" = 0 WHERE \"id\" = \
         (SELECT {HEAD} FROM \"fasttrack_webhooks\" w WHERE w.\"id\" = $1)"
    );
    Statement::new(sql, vec![Arg::Int(webhook), Arg::Text(now)])
}

/// Has something sent to a receiver once more; whether that is active. No row where there is no such delivery.
#[must_use]
pub fn retry_delivery(webhook: i64, id: i64, now: String) -> Statement {
    let sql = "UPDATE \"fasttrack_deliveries\" SET \"state\" = 'pending', \"due_at\" = $3, \"tries\" = 0, \
               \"delivered_at\" = NULL WHERE \"webhook_id\" = $1 AND \"id\" = $2 RETURNING \
               (SELECT count(*) FROM \"fasttrack_webhooks\" w WHERE w.\"id\" = $1 AND w.\"is_active\")";
    Statement::new(sql, vec![Arg::Int(webhook), Arg::Int(id), Arg::Text(now)])
}

/// Makes nothing wait until later than `latest`, as it would where the clock was set back.
#[must_use]
pub fn pull_deliveries_in(now: String, latest: String) -> Statement {
    let sql = "UPDATE \"fasttrack_deliveries\" SET \"due_at\" = $1 WHERE \"state\" = 'pending' AND \"due_at\" > $2 \
               RETURNING \"id\"";
    Statement::new(sql, vec![Arg::Text(now), Arg::Text(latest)])
}

/// One page of what a receiver was sent: `number, JSON`, and one row more than its limit if there is one.
#[must_use]
pub fn deliveries(dialect: Dialect, webhook: i64, page: &PageById) -> Statement {
    let own = ("\"webhook_id\" = $1", vec![Arg::Int(webhook)]);
    page_by_id(dialect, ("fasttrack_deliveries", &shown(dialect)), own, page)
}

/// Deletes at most `limit` deliveries from before `instant`, oldest first, and gives back a row for each.
#[must_use]
pub fn prune_deliveries(dialect: Dialect, instant: String, limit: u16) -> Statement {
    let sql = format!(
        "DELETE FROM \"fasttrack_deliveries\" WHERE \"id\" IN (SELECT \"id\" FROM \"fasttrack_deliveries\" \
         WHERE \"created_at\" < $1 ORDER BY \"created_at\", \"id\" LIMIT {limit}{}) RETURNING \"id\"",
        dialect.sql().skip_locked()
    );
    Statement::new(sql, vec![Arg::Text(instant)])
}

/// Deletes at most `limit` deliveries of a receiver, and gives back a row for each.
#[must_use]
pub fn drop_deliveries(webhook: i64, limit: u16) -> Statement {
    let sql = format!(
        "DELETE FROM \"fasttrack_deliveries\" WHERE \"id\" IN (SELECT \"id\" FROM \"fasttrack_deliveries\" \
         WHERE \"webhook_id\" = $1 ORDER BY \"id\" LIMIT {limit}) RETURNING \"id\""
    );
    Statement::new(sql, vec![Arg::Int(webhook)])
}

/// How many deliveries are pending, and how many receivers are disabled.
#[must_use]
pub fn count_deliveries() -> Statement {
    let sql = "SELECT (SELECT count(*) FROM \"fasttrack_deliveries\" WHERE \"state\" = 'pending'), \
               (SELECT count(*) FROM \"fasttrack_webhooks\" WHERE NOT \"is_active\")";
    Statement::new(sql, Vec::new())
}

/// What a list shows of a delivery.
fn shown(dialect: Dialect) -> String {
    let syntax = dialect.sql();
    let column = |name: &str| format!("\"{name}\"");
    let instant = |name: &str| syntax.instant(&column(name));
    syntax.text(&syntax.json_object(&[
        ("n", column("id")),
        ("event", column("event")),
        ("message_id", column("message_id")),
        ("state", column("state")),
        ("attempts", column("attempts")),
        ("created_at", instant("created_at")),
        ("delivered_at", instant("delivered_at")),
        ("next_attempt_at", format!("CASE WHEN \"state\" = 'pending' THEN {} END", instant("due_at"))),
        ("status", column("status")),
        ("duration_ms", column("duration_ms")),
        ("answer", column("answer")),
        ("error", column("error")),
    ]))
}
