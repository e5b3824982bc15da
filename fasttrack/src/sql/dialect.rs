//! What the databases write differently.
//!
//! Everything else in `sql` is the same text for all of them. Here is the list of what is not, one implementation of it
//! for each database, and what the implementations share.

mod postgres;
pub(super) mod posting;
pub(super) mod schema;
pub(super) mod sqlite;

use super::{
    bulk::Lists,
    search::Asked,
    text::{quote, text_literal},
};
use crate::{
    db::Dialect,
    schema::{
        Column, Literal,
        pairs::{FROM, TO},
    },
    types::{Order, Storage},
};

/// How SQL is written for one database.
pub(crate) trait Syntax: Sync {
    /// A text, or what is stored as one, selected so that it arrives as it is.
    fn text(&self, expr: &str) -> String;

    /// An instant as fixed-width RFC 3339 text.
    fn instant(&self, expr: &str) -> String;

    /// A column as it is stored, selected so that it arrives as it is.
    fn stored(&self, storage: Storage, expr: &str) -> String;

    /// The placeholder of a value of this kind, where nothing around it tells its type.
    fn typed(&self, storage: Storage, placeholder: &str) -> String;

    /// How rows are given to it as lists, one for each column; `None` where it reads none.
    fn lists(&self) -> Option<&dyn Lists> {
        None
    }

    /// A constant of a declaration.
    fn literal(&self, value: Literal) -> String;

    /// The later one of two instants.
    fn later(&self, one: &str, other: &str) -> String;

    /// A column as a value for [`Self::json_object`].
    fn json_value(&self, storage: Storage, expr: &str) -> String;

    /// A condition as a value for [`Self::json_object`].
    fn json_flag(&self, condition: &str) -> String;

    /// JSON that comes out of a column or a subquery as a value for [`Self::json_object`].
    fn json(&self, expr: &str) -> String;

    /// A JSON object of these keys and values.
    fn json_object(&self, members: &[(&str, String)]) -> String;

    /// The same, of members some of which stand there only where a condition holds: the key, the value, the condition.
    fn json_object_where(&self, members: &[(&str, String, Option<String>)]) -> String;

    /// Waits for the lock of the name `$1`, which is held until the transaction ends; `None` where nobody else writes.
    fn lock_by_name(&self) -> Option<&'static str>;

    /// JSON as a text.
    fn json_text(&self, json: &str) -> String;

    /// Such a text as what a column of JSON holds.
    fn json_stored(&self, text: &str) -> String;

    /// How a list is in the order of `key`: ascending with nulls first, or the other way round.
    fn order(&self, key: &str, nullable: bool, descending: bool) -> String;

    /// Many texts as one, with a character between them, in this order.
    fn joined(&self, text: &str, separator: u8, order: &str) -> String;

    /// What joins the rows of a table to those that were found in an order, so that each is looked up in its turn; and what of
    /// the order [`Self::joined`] still has to be told, and a union of parts that follow each other in it.
    fn in_turn<'a>(&self, order: &'a str) -> (&'static str, &'a str);

    /// Whether a text contains what a pattern of LIKE says, the case of ASCII letters aside.
    fn like(&self, expr: &str, pattern: &str) -> String;

    /// Words that are looked for, as a text that the database reads.
    fn asked(&self, asked: &Asked<'_>) -> String;

    /// Whether the row `t` is among those in which the index of words `index` finds such a text.
    fn is_found(&self, index: &str, asked: &str) -> String;

    /// Whether a sort key is anything but a value that is not null; null is.
    fn differs(&self, expr: &str, nullable: bool, value: &str) -> String;

    /// How rows that hold the caller's id are gone along in the order of another column, by an index over both.
    fn along(&self, along: &Along<'_>) -> AlongSql;

    /// Joins the rows `t` of a table, behind others in a FROM, so that they are looked up for each of those by `tie`; up to
    /// a WHERE that goes on with conditions.
    fn looked_up(&self, table: &str, tie: &str) -> String;

    /// The end of a statement, behind its conditions, that finds all its rows by what is few and only then puts them in
    /// order; it is not gone about where `condition`, which is over no row, does not hold.
    fn gathered(&self, condition: &str, order: &str, limit: i64) -> String;

    /// The same for one that goes along the order until it has found enough.
    fn walked(&self, condition: &str, order: &str, limit: i64) -> String;

    /// Whether a sort key is one of the values in a JSON list.
    fn is_among(&self, column: &Column, expr: &str, list: &str) -> String;

    /// Whether a list of JSON has the one value of another one.
    fn has(&self, expr: &str, list: &str) -> String;

    /// The numbers in a JSON list, as a subquery.
    fn numbers(&self, list: &str) -> String;

    /// The numbers `expr`, found so, as a column of JSON has a list: in order, without blanks.
    fn list(&self, expr: &str, found: &str) -> String;

    /// The texts in a JSON list, as a subquery.
    fn texts(&self, list: &str) -> String;

    /// The pairs of numbers in a JSON list, as a table with the columns `one` and `other`.
    fn pairs(&self, list: &str) -> String;

    /// Has the ids of a table go on after `$1`; `None` where whoever inserts numbers the rows.
    fn set_last_id(&self, table: &str) -> Option<String>;

    /// What a statement that reads a row ends with, to keep it as it is until the transaction ends: from changes, or also
    /// from being referred to, where it is about to go.
    fn lock(&self, goes: bool) -> &'static str;

    /// What a subquery for a row that is about to be referred to ends with, where it may be deleted and kept: a foreign key
    /// would not notice.
    fn keep(&self) -> &'static str;

    /// Finds the last id that was given out in a table, whose rows are numbered on from it before they are inserted;
    /// `None` where the database numbers them as they are.
    fn last_id(&self, table: &str) -> Option<String>;

    /// Inserts rows, and returns of each: by which number it was sent, the row as JSON, its id.
    fn insert(&self, rows: &InsertRows<'_>) -> String;

    /// Puts messages into the outbox, numbered on for each account from where its counter is, and returns the accounts.
    fn tell(&self, messages: &Messages<'_>) -> String;

    /// What a subquery that picks rows for a deletion ends with, to leave out those that somebody else is about to delete.
    fn skip_locked(&self) -> &'static str;

    /// Takes a lock with this number, which is held until the transaction ends; `None` where nobody else writes.
    fn lock_by_number(&self, number: i64) -> Option<String>;

    /// The same if nobody holds it: one row that says whether it was taken.
    fn try_lock_by_number(&self, number: i64) -> Option<String>;

    /// Finds the first `$3` jobs that are due at `$1` and not among the ids in the JSON list `$2`, and returns these columns
    /// of each; with leases, none that another node has one for, and takes one.
    fn due_jobs(&self, columns: &str) -> String;

    /// Renews the leases of the jobs in the JSON list `$1`; `None` where there are none, since one process alone runs jobs.
    fn renew_leases(&self) -> Option<String>;

    /// What an update of a job goes on with that ends its lease.
    fn end_lease(&self) -> &'static str;

    /// Makes the tables of sessions, of what commands leave for a server, of links in mails, of attempts to log in, and of
    /// API keys; each statement may be run again.
    fn session_tables(&self, accounts: &str) -> Vec<String>;

    /// Makes the tables of the outbox, likewise.
    fn outbox_tables(&self, accounts: &str) -> Vec<String>;

    /// Makes an empty list of the rows that are about to be deleted: `resource` and `id`, in the table [`DOOMED`].
    fn begin_doomed(&self) -> [String; 2];

    /// Writes down the row `$1` of the table at `root`, and whatever refers to what is written down by one of `takes`,
    /// each row once that is not there yet; says how many those were, where somebody else may add to them.
    fn doom(&self, root: usize, takes: &[Taken]) -> String;

    /// Keeps what is written down of a table from being changed or referred to by others until the transaction ends;
    /// `None` where nobody else writes.
    fn lock_doomed(&self, table: &str, resource: usize) -> Option<String>;

    /// Makes the table of what changed in rows; each statement may be run again.
    fn history_tables(&self, accounts: &str) -> Vec<String>;

    /// Makes the table of answers that are kept, likewise.
    fn answer_tables(&self, accounts: &str) -> Vec<String>;

    /// Has changes of accounts and sessions captured: the statements that set that up, each of which may be run again.
    fn capture(&self, columns: &[&str], captures: &[Capture]) -> Vec<String>;

    /// Reads what was captured.
    fn read_captured(&self, columns: &[&str]) -> String;

    /// Throws that away.
    fn clear_captured(&self) -> String;

    /// On which channel nodes hear of what others have captured.
    fn captured_channel(&self) -> Option<&'static str>;
}

/// Rows that are about to be inserted, as the table `new`.
pub(crate) struct InsertRows<'a> {
    /// `new(…) AS (…)`.
    pub(crate) new: String,
    /// Where to.
    pub(crate) table: &'a str,
    /// Its columns, quoted.
    pub(crate) columns: Vec<String>,
    /// Which of the rows.
    pub(crate) condition: String,
    /// The row as JSON, as RETURNING sees it.
    pub(crate) returned: &'a str,
}

/// Rows that hold the caller's id, to be gone along in the order of another column, of which each value counts once.
pub(crate) struct Along<'a> {
    /// The column that holds the id.
    pub(crate) account: String,
    /// The other one.
    pub(crate) key: String,
    /// The caller's id.
    pub(crate) caller: &'a str,
    /// The operator and the value of the other column beyond which they are looked for.
    pub(crate) beyond: Option<(&'a str, &'a str)>,
    /// Whether the order is a descending one.
    pub(crate) descending: bool,
}

/// The parts of such a statement.
pub(crate) struct AlongSql {
    /// Its beginning.
    pub(crate) select: &'static str,
    /// Which rows.
    pub(crate) condition: String,
    /// What stands behind all conditions.
    pub(crate) order: String,
}

/// What is to be put into the outbox.
pub(crate) struct Messages<'a> {
    /// Type and resource, as literals.
    pub(crate) constants: String,
    /// Whether the row that they are about goes.
    pub(crate) gone: bool,
    /// Who is told of which row: `row_id, actor, at, data, recipient`.
    pub(crate) recipients: &'a str,
}

/// Rows that a deletion takes along.
pub(crate) struct Taken {
    /// The place of the table that they refer to.
    pub(crate) parent: usize,
    /// The place of their own.
    pub(crate) child: usize,
    /// Its name, quoted.
    pub(crate) table: String,
    /// By which column, quoted.
    pub(crate) key: String,
    /// Which of them, as a condition on `c` that goes on with AND.
    pub(crate) which: String,
}

/// What is captured when something happens to a row.
pub(crate) struct Capture {
    /// What it is called.
    pub(crate) name: &'static str,
    /// The table, quoted.
    pub(crate) table: String,
    /// What happens.
    pub(crate) event: Event,
    /// What is written down: values over OLD and NEW, which may go on with a condition.
    pub(crate) changes: Vec<String>,
}

/// What happens to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// It comes.
    Insert,
    /// It changes.
    Update,
    /// One of these columns is written.
    UpdateOf(&'static [&'static str]),
    /// It goes.
    Delete,
    /// It is about to come, or to change, and may replace others without a further event; where the database has that.
    BeforeInsert,
    /// The same for a change.
    BeforeUpdate,
}

/// Indexes of what is due, and of timers.
fn due_indexes() -> [String; 3] {
    [
        "CREATE UNIQUE INDEX IF NOT EXISTS \"outbox_due_once\" ON \"outbox_due\" (\"row_id\", \"name\", \"value\")",
        "CREATE INDEX IF NOT EXISTS \"outbox_due_by_due\" ON \"outbox_due\" (\"is_fired\", \"due_at\")",
        "CREATE UNIQUE INDEX IF NOT EXISTS \"outbox_timers_by_name\" ON \"outbox_timers\" (\"name\")",
    ]
    .map(str::to_owned)
}

/// Indexes of the answers that are kept.
fn answer_indexes() -> [String; 2] {
    [
        "CREATE UNIQUE INDEX IF NOT EXISTS \"fasttrack_answers_by_key\" ON \"fasttrack_answers\" (\"account_id\", \"key\")",
        "CREATE INDEX IF NOT EXISTS \"fasttrack_answers_by_age\" ON \"fasttrack_answers\" (\"created_at\")",
    ]
    .map(str::to_owned)
}

/// Indexes of the links in mails.
fn link_indexes() -> [String; 3] {
    [
        "CREATE UNIQUE INDEX IF NOT EXISTS \"fasttrack_links_by_digest\" ON \"fasttrack_links\" (\"digest\")",
        "CREATE INDEX IF NOT EXISTS \"fasttrack_links_by_account\" ON \"fasttrack_links\" (\"account_id\", \"purpose\", \"created_at\")",
        "CREATE INDEX IF NOT EXISTS \"fasttrack_links_by_end\" ON \"fasttrack_links\" (\"expires_at\")",
    ]
    .map(str::to_owned)
}

/// Indexes of the attempts to log in.
fn attempt_indexes() -> [String; 2] {
    [
        "CREATE INDEX IF NOT EXISTS \"fasttrack_attempts_by_subject\" ON \"fasttrack_attempts\" (\"subject\", \"at\")",
        "CREATE INDEX IF NOT EXISTS \"fasttrack_attempts_by_age\" ON \"fasttrack_attempts\" (\"at\")",
    ]
    .map(str::to_owned)
}

/// Indexes of API keys, and of recovery codes.
fn key_indexes() -> [String; 3] {
    [
        "CREATE UNIQUE INDEX IF NOT EXISTS \"fasttrack_recovery_by_account\" ON \"fasttrack_recovery\" (\"account_id\", \"digest\")",
        "CREATE UNIQUE INDEX IF NOT EXISTS \"fasttrack_keys_by_digest\" ON \"fasttrack_keys\" (\"digest\")",
        "CREATE INDEX IF NOT EXISTS \"fasttrack_keys_by_account\" ON \"fasttrack_keys\" (\"account_id\", \"id\")",
    ]
    .map(str::to_owned)
}

/// The list of what is about to be deleted. No table of an application is called so.
pub(in crate::sql) const DOOMED: &str = "\"fasttrack_doomed\"";

impl Dialect {
    /// How its SQL is written.
    pub(crate) fn sql(self) -> &'static dyn Syntax {
        match self {
            Self::Sqlite => &sqlite::Sqlite,
            Self::Postgres => &postgres::Postgres,
        }
    }

    /// A text, as a statement of an application's own selects it, so that it arrives as it is.
    ///
    /// ```
    /// # use fasttrack::db::Dialect;
    /// assert_eq!(Dialect::Sqlite.text("title"), "CAST(title AS BLOB)");
    /// assert_eq!(Dialect::Postgres.text("title"), "(title)::text");
    /// ```
    #[must_use]
    pub fn text(self, expr: &str) -> String {
        self.sql().text(expr)
    }

    /// The same for an instant, which arrives as fixed-width RFC 3339 text.
    #[must_use]
    pub fn instant(self, expr: &str) -> String {
        self.text(&self.sql().instant(expr))
    }
}

/// What `column` of the row `row` of a table holds.
pub(super) fn held(dialect: Dialect, column: &Column, row: &str) -> String {
    let Some(pairs) = column.pairs else { return format!("{row}.{}", quote(column.key)) };
    let found = format!("FROM {} p WHERE p.{} = {row}.\"id\"", quote(pairs.plural), quote(FROM));
    dialect.sql().list(&format!("p.{}", quote(TO)), &found)
}

/// The column `expr` as something that sorts as the declaration says: choices in the order declared.
///
/// The indexes are made over the same expression, so that the planner finds them.
pub(super) fn sort_key(column: &Column, expr: &str) -> String {
    if column.kind.facts().order != Order::Declared {
        return expr.to_owned();
    }
    let words = column.kind.words().iter().enumerate();
    let arms: Vec<_> = words.map(|(place, word)| format!("WHEN {} THEN {place}", text_literal(word))).collect();
    format!("CASE {expr} {} END", arms.join(" "))
}

/// The column `expr` as something that is equal when the values are the same to a person.
pub(super) fn match_key(column: &Column, expr: &str) -> String {
    if column.kind.facts().ignores_case { format!("lower({expr})") } else { sort_key(column, expr) }
}
