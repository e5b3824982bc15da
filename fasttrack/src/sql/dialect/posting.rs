//! What databases write differently of what is posted to receivers of webhooks.

use crate::{
    db::{Arg, Dialect, Statement},
    sql::text::text_literal,
};

/// How long a node has a receiver that it does not ask for again: longer than an attempt may take.
const LEASE: &str = "interval '30 seconds'";

/// Behind what was hit (`row_id, actor, at, data`), puts a delivery of this event into the outbox of each receiver that
/// listens to it, and gives back a row for each. An id is made once: it is the same in every attempt, and another one after
/// a copy of the database was restored.
pub(in crate::sql) fn post(dialect: Dialect, event: &str) -> String {
    let syntax = dialect.sql();
    let random = match dialect {
        Dialect::Sqlite => "lower(hex(randomblob(16)))",
        Dialect::Postgres => "replace(gen_random_uuid()::text, '-', '')",
    };
    let (event, events, data) = (text_literal(event), syntax.texts("w.\"events\""), syntax.json_stored("data"));
    format!(
        " INSERT INTO \"fasttrack_deliveries\" (\"webhook_id\", \"message_id\", \"event\", \"data\", \"actor_id\", \
         \"created_at\", \"due_at\") SELECT w.\"id\", 'msg_' || {random}, {event}, {data}, actor, at, at \
         FROM hit CROSS JOIN \"fasttrack_webhooks\" w WHERE w.\"is_active\" AND {event} IN ({events}) \
         ORDER BY row_id, w.\"id\" RETURNING \"webhook_id\""
    )
}

/// Has one node, which chose this number, post to a receiver for a while: a row, if none other does. `None` where there is
/// one node alone.
#[must_use]
pub fn hold_webhook(dialect: Dialect, id: i64, node: i64) -> Option<Statement> {
    let sql = format!(
        "UPDATE \"fasttrack_webhooks\" SET \"leased_until\" = now() + {LEASE}, \"node\" = $2 WHERE \"id\" = $1 \
         AND (\"leased_until\" IS NULL OR \"leased_until\" < now() OR \"node\" = $2) RETURNING \"id\""
    );
    (dialect == Dialect::Postgres).then(|| Statement::new(sql, vec![Arg::Int(id), Arg::Int(node)]))
}

/// Lets others post to what this node has, likewise.
#[must_use]
pub fn release_webhook(dialect: Dialect, id: i64, node: i64) -> Option<Statement> {
    let sql = "UPDATE \"fasttrack_webhooks\" SET \"leased_until\" = NULL WHERE \"id\" = $1 AND \"node\" = $2";
    (dialect == Dialect::Postgres).then(|| Statement::new(sql, vec![Arg::Int(id), Arg::Int(node)]))
}
