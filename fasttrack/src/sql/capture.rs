//! What is captured of accounts, sessions and receivers of webhooks, whatever statement changes them: a deletion that takes them along, a reference
//! that is set to null, SQL that somebody wrote by hand.
//!
//! The one list of what others remember of these two tables, or have promised about them. What is made of a change is not
//! decided here.

use super::{
    dialect::{Capture, Event, match_key},
    text::{quote, text_literal},
};
use crate::{
    db::{Arg, Dialect, Row, Statement},
    schema::{Column, Kind, Schema},
};

/// Something that a statement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// This account came, changed or went.
    Account(i64),
    /// This account was an active one with one of the roles that have to remain, and is not any more.
    Manager(i64),
    /// This account was active, and is there and not active.
    Disabled(i64),
    /// A session of this account came, or is another one than it was.
    Session {
        /// Whose.
        account: i64,
        /// Which.
        id: i64,
    },
    /// A session of this account went.
    Ended {
        /// Whose.
        account: i64,
        /// Which.
        id: i64,
    },
    /// An API key of this account is another one than it was, or went.
    Key {
        /// Whose.
        account: i64,
        /// The number that is made of its digest.
        tag: i64,
    },
    /// This account has another address or another password than it had.
    Credentials(i64),
    /// Receivers of webhooks listen to something else.
    Webhooks,
}

/// How a connection is made to capture changes, and asked for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureStatements {
    /// Makes it capture them; each statement may be run again.
    pub setup: Vec<String>,
    /// Reads them.
    pub collect: String,
    /// Throws them away.
    pub clear: String,
    /// On which channel other nodes tell of what they have captured.
    pub channel: Option<&'static str>,
}

/// The columns of a change: what happened, to which account, and to which session of it.
const COLUMNS: [&str; 3] = ["change", "account", "session"];

/// The columns of a session that say whose it is, and what is good in it. That it was used is not captured.
static OF_A_SESSION: [&str; 8] =
    ["id", "user_id", "pair", "parent", "rotated_at_us", "expires_at", "issued_at_s", "issued_role"];

/// The columns of an API key that say what is good. That it was used is not captured.
static OF_A_KEY: [&str; 6] = ["id", "account_id", "digest", "tag", "reads_only", "expires_at"];

/// The columns of a receiver of webhooks that say what it hears.
static OF_A_WEBHOOK: [&str; 2] = ["events", "is_active"];

/// What is captured where there is a new one.
pub(super) const WEBHOOK_MADE: &str = "webhook_made";

/// Captures changes of the accounts and their sessions, and of who listens to what; `roles` are those of which one active account has to remain.
#[must_use]
pub fn capture(dialect: Dialect, account: &Schema, roles: &[&str]) -> CaptureStatements {
    let syntax = dialect.sql();
    let mut captures = capture_accounts(account, roles);
    captures.extend(capture_sessions());
    captures.extend(capture_keys());
    captures.extend(capture_webhooks());
    CaptureStatements {
        setup: syntax.capture(&COLUMNS, &captures),
        collect: syntax.read_captured(&COLUMNS),
        clear: syntax.clear_captured(),
        channel: syntax.captured_channel(),
    }
}

/// Ends every session of an account, and gives back a row for each.
#[must_use]
pub fn end_sessions(account: i64) -> Statement {
    Statement::new("DELETE FROM sessions WHERE user_id = $1 RETURNING id", vec![Arg::Int(account)])
}

fn capture_accounts(account: &Schema, roles: &[&str]) -> Vec<Capture> {
    let table = quote(account.plural);
    let was_manager = manages(account, roles, "OLD");
    let mut changed =
        vec!["1, OLD.\"id\", NULL".to_owned(), "1, NEW.\"id\", NULL WHERE NEW.\"id\" <> OLD.\"id\"".into()];
    let mut gone = vec!["1, OLD.\"id\", NULL".to_owned()];
    if let Some(is_manager) = manages(account, roles, "NEW") {
        let was_manager = was_manager.unwrap_or_default();
        changed.push(format!("2, OLD.\"id\", NULL WHERE ({was_manager}) AND ({is_manager}) IS NOT TRUE"));
        gone.push(format!("2, OLD.\"id\", NULL WHERE {was_manager}"));
    }
    if let Some(active) = active(account) {
        let active = quote(active.key);
        changed.push(format!("3, NEW.\"id\", NULL WHERE OLD.{active} AND NOT NEW.{active}"));
    }
    if let Some(differs) = has_other_credentials(account) {
        changed.push(format!("6, NEW.\"id\", NULL WHERE {differs}"));
    }
    let made = vec!["1, NEW.\"id\", NULL".to_owned()];
    let capture = |name, event, changes| Capture { name, table: table.clone(), event, changes };
    vec![
        capture("account_changed", Event::Update, changed),
        capture("account_gone", Event::Delete, gone),
        capture("account_made", Event::Insert, made),
        capture("account_replaced", Event::BeforeInsert, replaced(account, roles, "TRUE")),
        capture("account_overwritten", Event::BeforeUpdate, replaced(account, roles, "t.\"id\" <> OLD.\"id\"")),
    ]
}

/// The accounts that stand in the way of a row: `REPLACE` deletes them, and no trigger hears of that.
fn replaced(account: &Schema, roles: &[&str], others: &str) -> Vec<String> {
    let table = quote(account.plural);
    let manages = manages(account, roles, "t");
    let keys = account.columns.iter().filter(|column| column.kind == Kind::Id || column.unique);
    let conflicts = keys.map(|column| {
        let key = |row: &str| match_key(column, &format!("{row}.{}", quote(column.key)));
        format!("{} = {}", key("t"), key("NEW"))
    });
    conflicts
        .flat_map(|conflict| {
            let found = format!("FROM {table} t WHERE {conflict} AND {others}");
            let gone = format!("1, t.\"id\", NULL {found}");
            let last = manages.as_ref().map(|manages| format!("2, t.\"id\", NULL {found} AND ({manages})"));
            std::iter::once(gone).chain(last)
        })
        .collect()
}

fn capture_sessions() -> Vec<Capture> {
    let ended = vec!["5, OLD.user_id, OLD.id".to_owned()];
    let made = vec!["4, NEW.user_id, NEW.id".to_owned()];
    let changed = vec![
        "4, NEW.user_id, NEW.id".to_owned(),
        "5, OLD.user_id, OLD.id WHERE OLD.user_id <> NEW.user_id OR OLD.id <> NEW.id".to_owned(),
    ];
    let capture = |name, event, changes| Capture { name, table: quote("sessions"), event, changes };
    vec![
        capture("session_made", Event::Insert, made),
        capture("session_changed", Event::UpdateOf(&OF_A_SESSION), changed),
        capture("session_ended", Event::Delete, ended),
    ]
}

fn capture_keys() -> [Capture; 2] {
    let changed = || vec!["7, OLD.account_id, OLD.tag".to_owned()];
    let capture = |name, event| Capture { name, table: quote("fasttrack_keys"), event, changes: changed() };
    [capture("key_changed", Event::UpdateOf(&OF_A_KEY)), capture("key_ended", Event::Delete)]
}

fn capture_webhooks() -> [Capture; 3] {
    let changed = || vec!["8, 0, NULL".to_owned()];
    let capture = |name, event| Capture { name, table: quote("fasttrack_webhooks"), event, changes: changed() };
    [
        capture(WEBHOOK_MADE, Event::Insert),
        capture("webhook_changed", Event::UpdateOf(&OF_A_WEBHOOK)),
        capture("webhook_ended", Event::Delete),
    ]
}

/// An active account that has one of the roles: one row, if there is any. Nothing, where no role has to remain.
#[must_use]
pub fn any_manager(account: &Schema, roles: &[&str]) -> Option<Statement> {
    let manages = manages(account, roles, "t")?;
    let sql = format!("SELECT 1 FROM {} t WHERE {manages} LIMIT 1", quote(account.plural));
    Some(Statement::new(sql, Vec::new()))
}

/// Whether a row is an active account with one of the roles.
fn manages(account: &Schema, roles: &[&str], row: &str) -> Option<String> {
    if roles.is_empty() {
        return None;
    }
    let words: Vec<_> = roles.iter().map(|word| text_literal(word)).collect();
    let role = format!("{row}.\"role\" IN ({})", words.join(", "));
    let active = active(account).map(|column| format!("{row}.{} AND ", quote(column.key)));
    Some(active.unwrap_or_default() + &role)
}

/// Whether what one logs in with is something else than it was.
fn has_other_credentials(account: &Schema) -> Option<String> {
    let columns = account.columns.iter().filter(|column| matches!(column.kind, Kind::Email | Kind::PasswordHash));
    let differs = columns.map(|column| quote(column.key)).map(|key| format!("OLD.{key} <> NEW.{key}"));
    Some(differs.collect::<Vec<_>>().join(" OR ")).filter(|differs| !differs.is_empty())
}

fn active(account: &Schema) -> Option<&'static Column> {
    account.column("is_active").filter(|column| column.kind == Kind::Bool)
}

impl AccountChange {
    /// Reads a row of the changes; `None` for one that makes no sense.
    #[must_use]
    pub fn read(row: &Row) -> Option<Self> {
        let account = row.int(1)?;
        Some(match row.int(0)? {
            1 => Self::Account(account),
            2 => Self::Manager(account),
            3 => Self::Disabled(account),
            4 => Self::Session { account, id: row.int(2)? },
            5 => Self::Ended { account, id: row.int(2)? },
            6 => Self::Credentials(account),
            7 => Self::Key { account, tag: row.int(2)? },
            8 => Self::Webhooks,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::Cell,
        schema::{Email, FieldType, Id, PasswordHash},
    };

    struct Role;

    impl FieldType for Role {
        const KIND: Kind = Kind::Choice(&["user", "admin"]);
    }

    static USER: Schema = Schema::new("user", "users").account().columns(&[
        Column::new::<Id<()>>("id", "id"),
        Column::new::<Email>("email", "email").unique(),
        Column::new::<PasswordHash>("password", "password"),
        Column::new::<Role>("role", "role"),
        Column::new::<bool>("is_active", "is_active"),
    ]);

    #[test]
    fn changes_say_what_they_say() {
        let cell = |value: Option<i64>| value.map_or(Cell::Null, Cell::Int);
        for (what, session, expected) in [
            (1, None, Some(AccountChange::Account(7))),
            (2, None, Some(AccountChange::Manager(7))),
            (3, None, Some(AccountChange::Disabled(7))),
            (4, Some(9), Some(AccountChange::Session { account: 7, id: 9 })),
            (5, Some(9), Some(AccountChange::Ended { account: 7, id: 9 })),
            (5, None, None),
            (6, None, Some(AccountChange::Credentials(7))),
            (7, Some(-9), Some(AccountChange::Key { account: 7, tag: -9 })),
            (8, None, Some(AccountChange::Webhooks)),
            (9, Some(9), None),
        ] {
            assert_eq!(AccountChange::read(&Row(vec![Cell::Int(what), Cell::Int(7), cell(session)])), expected);
        }
    }

    #[test]
    fn managers_are_looked_after_where_there_are_any() {
        let says = |roles: &[&str], part: &str| {
            capture(Dialect::Sqlite, &USER, roles).setup.iter().any(|sql| sql.contains(part))
        };
        assert!(says(&["admin"], "2, OLD.\"id\"") && says(&["admin"], "lower(t.\"email\") = lower(NEW.\"email\")"));
        assert!(!says(&[], "2, "));
    }
}
