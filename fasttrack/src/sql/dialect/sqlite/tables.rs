//! The tables that are no resource's.

use super::super::{answer_indexes, attempt_indexes, due_indexes, key_indexes, link_indexes};
use crate::sql::webhook::webhook_indexes;

/// Makes the tables of sessions, of what commands leave for a server, of links in mails, of attempts to
/// log in, of API keys, of second factors, of what accounts are elsewhere, and of webhooks.
pub(super) fn sessions(accounts: &str) -> Vec<String> {
    let table = format!(
        r"CREATE TABLE IF NOT EXISTS sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES {accounts} (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    last_used_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    ip TEXT,
    user_agent TEXT,
    pair TEXT NOT NULL,
    parent TEXT,
    rotated_at_us INTEGER,
    issued_at_s INTEGER NOT NULL,
    issued_role TEXT NOT NULL,
    used INTEGER NOT NULL
)"
    );
    [
        table,
        "CREATE INDEX IF NOT EXISTS sessions_user_id ON sessions (user_id, id)".into(),
        "CREATE INDEX IF NOT EXISTS sessions_expires_at ON sessions (expires_at)".into(),
        "CREATE TABLE IF NOT EXISTS fasttrack_notices (id INTEGER PRIMARY KEY AUTOINCREMENT)".into(),
        format!(
            "CREATE TABLE IF NOT EXISTS \"fasttrack_links\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
             \"account_id\" INTEGER NOT NULL REFERENCES {accounts} (\"id\") ON DELETE CASCADE, \
             \"purpose\" TEXT NOT NULL, \"digest\" TEXT, \"address\" TEXT NOT NULL, \"created_at\" TEXT NOT NULL, \
             \"expires_at\" TEXT NOT NULL) STRICT"
        ),
        "CREATE TABLE IF NOT EXISTS \"fasttrack_attempts\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
         \"subject\" TEXT NOT NULL, \"at\" TEXT NOT NULL, \"is_open\" INTEGER NOT NULL) STRICT"
            .into(),
    ]
    .into_iter()
    .chain(link_indexes())
    .chain([format!(
        "CREATE TABLE IF NOT EXISTS \"fasttrack_keys\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
         \"account_id\" INTEGER NOT NULL REFERENCES {accounts} (\"id\") ON DELETE CASCADE, \"name\" TEXT NOT NULL, \
         \"digest\" TEXT NOT NULL, \"tag\" INTEGER NOT NULL, \"reads_only\" INTEGER NOT NULL, \
         \"created_at\" TEXT NOT NULL, \"expires_at\" TEXT, \"last_used_at\" TEXT) STRICT"
    )])
    .chain(second_factors(accounts))
    .chain(attempt_indexes())
    .chain(key_indexes())
    .chain(crate::sql::identity::identity_indexes())
    .chain(webhooks(accounts))
    .collect()
}

/// Makes the tables of second factors, and of what accounts are elsewhere.
fn second_factors(accounts: &str) -> [String; 3] {
    [
        format!(
            "CREATE TABLE IF NOT EXISTS \"fasttrack_totp\" (\"account_id\" INTEGER PRIMARY KEY \
             REFERENCES {accounts} (\"id\") ON DELETE CASCADE, \"secret\" TEXT NOT NULL, \"is_on\" INTEGER NOT NULL, \
             \"last_step\" INTEGER NOT NULL, \"created_at\" TEXT NOT NULL) STRICT"
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS \"fasttrack_recovery\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
             \"account_id\" INTEGER NOT NULL REFERENCES {accounts} (\"id\") ON DELETE CASCADE, \
             \"digest\" TEXT NOT NULL) STRICT"
        ),
        format!(
            "CREATE TABLE IF NOT EXISTS \"fasttrack_identities\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
             \"account_id\" INTEGER NOT NULL REFERENCES {accounts} (\"id\") ON DELETE CASCADE, \
             \"provider\" TEXT NOT NULL, \"issuer\" TEXT NOT NULL, \"subject\" TEXT NOT NULL, \
             \"created_at\" TEXT NOT NULL, \"last_used_at\" TEXT NOT NULL) STRICT"
        ),
    ]
}

/// Makes the tables of receivers of webhooks, and of what they are sent.
fn webhooks(accounts: &str) -> impl Iterator<Item = String> {
    let tables = [
        format!(
            "CREATE TABLE IF NOT EXISTS \"fasttrack_webhooks\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
             \"account_id\" INTEGER REFERENCES {accounts} (\"id\") ON DELETE SET NULL, \"url\" TEXT NOT NULL, \
             \"events\" TEXT NOT NULL, \"secret\" TEXT NOT NULL, \"old_secret\" TEXT, \"old_secret_until\" TEXT, \
             \"is_active\" INTEGER NOT NULL DEFAULT 1, \"disabled_at\" TEXT, \"disabled_reason\" TEXT, \
             \"failing_since\" TEXT, \"created_at\" TEXT NOT NULL, \"updated_at\" TEXT NOT NULL) STRICT"
        ),
        "CREATE TABLE IF NOT EXISTS \"fasttrack_deliveries\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
         \"webhook_id\" INTEGER NOT NULL REFERENCES \"fasttrack_webhooks\" (\"id\") ON DELETE CASCADE, \
         \"message_id\" TEXT NOT NULL, \"event\" TEXT NOT NULL, \"data\" TEXT NOT NULL, \"actor_id\" INTEGER, \
         \"created_at\" TEXT NOT NULL, \"state\" TEXT NOT NULL DEFAULT 'pending', \
         \"attempts\" INTEGER NOT NULL DEFAULT 0, \"tries\" INTEGER NOT NULL DEFAULT 0, \"due_at\" TEXT NOT NULL, \
         \"delivered_at\" TEXT, \"status\" INTEGER, \"duration_ms\" INTEGER, \"answer\" TEXT, \"error\" TEXT) STRICT"
            .into(),
    ];
    tables.into_iter().chain(webhook_indexes())
}

/// Makes the tables of the outbox.
pub(super) fn outbox(accounts: &str) -> Vec<String> {
    [
        format!(
            "CREATE TABLE IF NOT EXISTS \"outbox\" (\"account_id\" INTEGER NOT NULL REFERENCES {accounts} (\"id\") \
             ON DELETE CASCADE, \"number\" INTEGER NOT NULL, \"type\" TEXT NOT NULL, \"resource\" TEXT NOT NULL, \
             \"row_id\" INTEGER NOT NULL, \"row_is_gone\" INTEGER NOT NULL, \"data\" TEXT NOT NULL, \
             \"actor_id\" INTEGER, \"created_at\" TEXT NOT NULL, PRIMARY KEY (\"account_id\", \"number\")) \
             STRICT, WITHOUT ROWID"
        ),
        "CREATE INDEX IF NOT EXISTS \"outbox_by_age\" ON \"outbox\" (\"created_at\")".to_owned(),
        format!(
            "CREATE TABLE IF NOT EXISTS \"outbox_counters\" (\"account_id\" INTEGER PRIMARY KEY \
             REFERENCES {accounts} (\"id\") ON DELETE CASCADE, \"last\" INTEGER NOT NULL, \
             \"pruned\" INTEGER NOT NULL DEFAULT 0) STRICT"
        ),
        "CREATE TRIGGER IF NOT EXISTS \"outbox_counts\" AFTER INSERT ON \"outbox\" BEGIN \
         INSERT INTO \"outbox_counters\" (\"account_id\", \"last\") VALUES (NEW.\"account_id\", NEW.\"number\") \
         ON CONFLICT (\"account_id\") DO UPDATE SET \"last\" = excluded.\"last\"; END"
            .to_owned(),
        "CREATE TABLE IF NOT EXISTS \"outbox_jobs\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
         \"name\" TEXT NOT NULL, \"resource\" TEXT NOT NULL, \"row_id\" INTEGER NOT NULL, \"old\" TEXT, \"new\" TEXT, \
         \"actor_id\" INTEGER, \"created_at\" TEXT NOT NULL, \"due_at\" TEXT NOT NULL, \
         \"tries\" INTEGER NOT NULL DEFAULT 0, \"error\" TEXT, \"is_dead\" INTEGER NOT NULL DEFAULT 0) STRICT"
            .to_owned(),
        "CREATE INDEX IF NOT EXISTS \"outbox_jobs_by_due\" ON \"outbox_jobs\" (\"is_dead\", \"due_at\")".to_owned(),
        "CREATE TABLE IF NOT EXISTS \"outbox_due\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
         \"name\" TEXT NOT NULL, \"row_id\" INTEGER NOT NULL, \"value\" TEXT NOT NULL, \"due_at\" TEXT NOT NULL, \
         \"is_fired\" INTEGER NOT NULL DEFAULT 0) STRICT"
            .to_owned(),
        "CREATE TABLE IF NOT EXISTS \"outbox_timers\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
         \"name\" TEXT NOT NULL, \"next_at\" TEXT) STRICT"
            .to_owned(),
    ]
    .into_iter()
    .chain(due_indexes())
    .collect()
}

/// Makes the table of what changed in rows.
pub(super) fn history(accounts: &str) -> Vec<String> {
    [
        format!(
            "CREATE TABLE IF NOT EXISTS \"fasttrack_history\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
             \"resource\" TEXT NOT NULL, \"row_id\" INTEGER NOT NULL, \"at\" TEXT NOT NULL, \
             \"actor_id\" INTEGER REFERENCES {accounts} (\"id\") ON DELETE SET NULL, \
             \"verb\" TEXT NOT NULL, \"changes\" TEXT NOT NULL) STRICT"
        ),
        "CREATE INDEX IF NOT EXISTS \"fasttrack_history_by_row\" ON \"fasttrack_history\" (\"resource\", \"row_id\", \"id\")".to_owned(),
        "CREATE INDEX IF NOT EXISTS \"fasttrack_history_by_actor\" ON \"fasttrack_history\" (\"actor_id\")".to_owned(),
    ]
    .into()
}

/// Makes the table of answers that are kept.
pub(super) fn answers(accounts: &str) -> Vec<String> {
    [format!(
        "CREATE TABLE IF NOT EXISTS \"fasttrack_answers\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
             \"account_id\" INTEGER NOT NULL REFERENCES {accounts} (\"id\") ON DELETE CASCADE, \"key\" TEXT NOT NULL, \
             \"request\" TEXT NOT NULL, \"status\" INTEGER NOT NULL, \"headers\" TEXT, \"body\" TEXT, \
             \"created_at\" TEXT NOT NULL) STRICT"
    )]
    .into_iter()
    .chain(answer_indexes())
    .collect()
}
