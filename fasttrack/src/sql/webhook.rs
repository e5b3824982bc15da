//! Receivers of webhooks: rows of `fasttrack_webhooks`.

use super::{by_id::page_by_id, text::text_literal};
use crate::{
    db::{Arg, Dialect, Statement},
    query::PageById,
    types::Storage,
};

/// A receiver to be.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Who registers it.
    pub account: i64,
    /// Where it is.
    pub url: String,
    /// What it listens to, as a JSON list.
    pub events: String,
    /// Its secret, sealed.
    pub secret: String,
    /// The instant.
    pub now: String,
}

/// What is to be other of a receiver.
#[derive(Debug, Clone, Default)]
pub struct WebhookChange {
    /// Where it is.
    pub url: Option<String>,
    /// What it listens to, as a JSON list.
    pub events: Option<String>,
    /// Its secret, sealed, and until when the one before is good.
    pub secret: Option<(String, String)>,
    /// Whether it is sent anything.
    pub active: Option<bool>,
}

/// Indexes of receivers and of what they are sent.
pub(in crate::sql) fn webhook_indexes() -> [String; 4] {
    [
        "CREATE INDEX IF NOT EXISTS \"fasttrack_webhooks_by_account\" ON \"fasttrack_webhooks\" (\"account_id\")",
        "CREATE INDEX IF NOT EXISTS \"fasttrack_deliveries_by_webhook\" ON \"fasttrack_deliveries\" (\"webhook_id\", \"id\")",
        "CREATE INDEX IF NOT EXISTS \"fasttrack_deliveries_pending\" ON \"fasttrack_deliveries\" (\"webhook_id\", \"id\") \
         WHERE \"state\" = 'pending'",
        "CREATE INDEX IF NOT EXISTS \"fasttrack_deliveries_by_age\" ON \"fasttrack_deliveries\" (\"created_at\")",
    ]
    .map(str::to_owned)
}

/// Writes a receiver down, where there are fewer than `most`: its number, and the JSON that a list shows of it; no row
/// otherwise.
#[must_use]
pub fn add_webhook(dialect: Dialect, webhook: NewWebhook, most: i64) -> Statement {
    let typed = |storage, place: &str| dialect.sql().typed(storage, place);
    let values = [
        (Storage::Integer, "$1"),
        (Storage::Text, "$2"),
        (Storage::Text, "$3"),
        (Storage::Text, "$4"),
        (Storage::Timestamp, "$5"),
        (Storage::Timestamp, "$5"),
    ];
    let values: Vec<_> = values.iter().map(|(storage, place)| typed(*storage, place)).collect();
    let sql = format!(
        "INSERT INTO \"fasttrack_webhooks\" (\"account_id\", \"url\", \"events\", \"secret\", \"created_at\", \
         \"updated_at\") SELECT {} WHERE (SELECT count(*) FROM \"fasttrack_webhooks\") < {most} RETURNING \"id\", {}",
        values.join(", "),
        shown(dialect)
    );
    let NewWebhook { account, url, events, secret, now } = webhook;
    let texts = [url, events, secret, now].map(Arg::Text);
    Statement::new(sql, std::iter::once(Arg::Int(account)).chain(texts).collect())
}

/// Finds a receiver: what a list shows of it.
#[must_use]
pub fn find_webhook(dialect: Dialect, id: i64) -> Statement {
    let sql = format!("SELECT {} FROM \"fasttrack_webhooks\" WHERE \"id\" = $1", shown(dialect));
    Statement::new(sql, vec![Arg::Int(id)])
}

/// One page of the receivers: `id, JSON`, and one row more than its limit if there is one.
#[must_use]
pub fn webhooks(dialect: Dialect, page: &PageById) -> Statement {
    page_by_id(dialect, ("fasttrack_webhooks", &shown(dialect)), ("TRUE", Vec::new()), page)
}

/// Changes a receiver: what a list shows of it then; no row where there is none.
#[must_use]
pub fn change_webhook(dialect: Dialect, id: i64, change: WebhookChange, now: String) -> Statement {
    let (mut set, mut args) = (vec!["\"updated_at\" = $2".to_owned()], vec![Arg::Int(id), Arg::Text(now)]);
    let WebhookChange { url, events, secret, active } = change;
    let mut put = |column: &str, value: String| {
        args.push(Arg::Text(value));
        set.push(format!("\"{column}\" = ${}", args.len()));
    };
    if let Some(url) = url {
        put("url", url);
    }
    if let Some(events) = events {
        put("events", events);
    }
    if let Some((secret, until)) = secret {
        put("secret", secret);
        put("old_secret_until", until);
        set.push("\"old_secret\" = \"secret\"".to_owned());
    }
    match active {
        None => {}
        Some(true) => set.push(
            "\"is_active\" = TRUE, \"disabled_at\" = NULL, \"disabled_reason\" = NULL, \"failing_since\" = NULL"
                .to_owned(),
        ),
        Some(false) => {
            let reason = text_literal("switched off");
            set.push(format!(
                "\"is_active\" = FALSE, \"disabled_at\" = coalesce(\"disabled_at\", $2), \
                 \"disabled_reason\" = coalesce(\"disabled_reason\", {reason})"
            ));
        }
    }
    let sql =
        format!("UPDATE \"fasttrack_webhooks\" SET {} WHERE \"id\" = $1 RETURNING {}", set.join(", "), shown(dialect));
    Statement::new(sql, args)
}

/// Has a receiver hear of nothing more, before it goes; a row if there is one.
#[must_use]
pub fn silence_webhook(id: i64) -> Statement {
    let sql = "UPDATE \"fasttrack_webhooks\" SET \"is_active\" = FALSE WHERE \"id\" = $1 RETURNING \"id\"";
    Statement::new(sql, vec![Arg::Int(id)])
}

/// Deletes a receiver, with what is left of what it was sent.
#[must_use]
pub fn end_webhook(id: i64) -> Statement {
    Statement::new("DELETE FROM \"fasttrack_webhooks\" WHERE \"id\" = $1 RETURNING \"id\"", vec![Arg::Int(id)])
}

/// Disables a receiver, for a reason: a row, if it was active.
#[must_use]
pub fn disable_webhook(id: i64, reason: String, now: String) -> Statement {
    let sql = "UPDATE \"fasttrack_webhooks\" SET \"is_active\" = FALSE, \"disabled_at\" = $2, \"disabled_reason\" = $3, \
               \"updated_at\" = $2 WHERE \"id\" = $1 AND \"is_active\" RETURNING \"account_id\"";
    Statement::new(sql, vec![Arg::Int(id), Arg::Text(now), Arg::Text(reason)])
}

/// Notes that a receiver took something.
#[must_use]
pub fn webhook_took(id: i64) -> Statement {
    let sql = "UPDATE \"fasttrack_webhooks\" SET \"failing_since\" = NULL WHERE \"id\" = $1 AND \"failing_since\" IS NOT NULL";
    Statement::new(sql, vec![Arg::Int(id)])
}

/// Notes that a receiver did not take something, unless it has taken nothing for longer.
#[must_use]
pub fn webhook_failed(id: i64, now: String) -> Statement {
    let sql =
        "UPDATE \"fasttrack_webhooks\" SET \"failing_since\" = $2 WHERE \"id\" = $1 AND \"failing_since\" IS NULL";
    Statement::new(sql, vec![Arg::Int(id), Arg::Text(now)])
}

/// What receivers listen to that are active: a JSON list of each.
#[must_use]
pub fn listened_events(dialect: Dialect) -> Statement {
    let events = dialect.sql().text("\"events\"");
    Statement::new(format!("SELECT {events} FROM \"fasttrack_webhooks\" WHERE \"is_active\""), Vec::new())
}

/// What a list shows of a receiver.
fn shown(dialect: Dialect) -> String {
    let syntax = dialect.sql();
    let instant = |column: &str| syntax.instant(&format!("\"{column}\""));
    syntax.text(&syntax.json_object(&[
        ("id", "\"id\"".to_owned()),
        ("url", "\"url\"".to_owned()),
        ("events", syntax.json(&syntax.json_stored("\"events\""))),
        ("active", syntax.json_flag("\"is_active\"")),
        ("disabled_at", instant("disabled_at")),
        ("disabled_reason", "\"disabled_reason\"".to_owned()),
        ("failing_since", instant("failing_since")),
        ("creator_id", "\"account_id\"".to_owned()),
        ("created_at", instant("created_at")),
        ("updated_at", instant("updated_at")),
    ]))
}
