//! What an account is told: the messages of the outbox that it may still see.
//!
//! Every statement here asks for each message whether its account may read the row that it is about, by the account's
//! role as it is in the same instant. There is no way to a message past that question.

use super::{
    CallerRole, Scope, Slot, Sql, Template, Values, fold,
    text::{quote, text_literal},
    there::and_there,
};
use crate::{
    db::{Arg, Dialect, Statement},
    query::PageById,
    schema::{Catalog, Kind, LinkError, Model, Verb},
    types::many,
};

/// Statements that read messages.
#[derive(Debug, Clone)]
pub struct Inbox {
    dialect: Dialect,
    batch: Template,
    /// In the order of their numbers and the other way round, first of all messages and then of some.
    pages: [[Template; 2]; 2],
}

impl Inbox {
    /// Prepares them for an application.
    ///
    /// # Errors
    /// [`LinkError`] when a rule does not resolve, which declarations that compiled cannot cause.
    pub fn new(dialect: Dialect, catalog: &Catalog) -> Result<Self, LinkError> {
        let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?;
        let table = quote(account.schema.plural);
        let readable = |arguments| readable(dialect, catalog, account, arguments);
        let page = |descending, among| {
            let arguments = PAGE_ARGUMENTS + usize::from(among);
            let readable = readable(arguments)?;
            let among = if among { dialect.sql().numbers("$4") } else { String::new() };
            Ok::<_, LinkError>(
                readable.within(|readable| self::page(dialect, &table, (readable, among.as_str()), descending)),
            )
        };
        Ok(Self {
            dialect,
            batch: readable(BATCH_ARGUMENTS)?.within(|readable| batch(dialect, &table, readable)),
            pages: [[page(false, false)?, page(false, true)?], [page(true, false)?, page(true, true)?]],
        })
    }

    /// What is new to accounts that have seen the messages up to a number: for each that was ever told anything, one row
    /// for each message that it may see among the next `window`, `account, last, number, message`, or else one row with
    /// NULL for the latter two. `last` is the newest number of the account.
    #[must_use]
    pub fn batch(&self, seen: &[(i64, i64)], window: u16) -> Statement {
        let pairs: Vec<_> = seen.iter().map(|(account, number)| format!("[{account},{number}]")).collect();
        let args = vec![Arg::Text(format!("[{}]", pairs.join(","))), Arg::Int(i64::from(window))];
        self.batch.fill_after(args, Values::default())
    }

    /// A page of the messages of an account, `last, pruned, number, message`; a row with NULL for the latter two where there
    /// is none, and no row where the account was never told anything.
    ///
    /// `last` is the newest number of the account, `pruned` the newest one of those that are no longer kept. Both are as
    /// old as the messages, so that a page that is not full has seen all up to `last`.
    #[must_use]
    pub fn page(&self, account: i64, page: &PageById) -> Statement {
        let PageById { limit, after, descending, ids } = page;
        let [all, some] = if *descending { &self.pages[1] } else { &self.pages[0] };
        let beyond = after.unwrap_or(if *descending { i64::MAX } else { 0 });
        let args = [Arg::Int(account), Arg::Int(beyond), Arg::Int(i64::from(*limit))];
        let args = args.into_iter().chain(ids.as_ref().map(many::set)).collect();
        if ids.is_some() { some } else { all }.fill_after(args, Values::default())
    }

    /// The newest number of an account: one row, or none when it was never told anything.
    #[must_use]
    pub fn last(account: i64) -> Statement {
        let sql = "SELECT \"last\" FROM \"outbox_counters\" WHERE \"account_id\" = $1";
        Statement::new(sql, vec![Arg::Int(account)])
    }

    /// Deletes the oldest `limit` messages of those from before `instant`, and gives back `account, number` of each.
    #[must_use]
    pub fn prune(&self, instant: String, limit: u16) -> Statement {
        let sql = format!(
            "DELETE FROM \"outbox\" WHERE (\"account_id\", \"number\") IN (SELECT \"account_id\", \"number\" \
             FROM \"outbox\" WHERE \"created_at\" < $1 ORDER BY \"created_at\" LIMIT CAST($2 AS bigint){}) \
             RETURNING \"account_id\", \"number\"",
            self.dialect.sql().skip_locked()
        );
        Statement::new(sql, vec![Arg::Text(instant), Arg::Int(i64::from(limit))])
    }

    /// Notes for each account the newest number that is no longer kept.
    #[must_use]
    pub fn note_pruned(&self, pruned: &[(i64, i64)]) -> Statement {
        let pairs = self.dialect.sql().pairs("$1");
        let later = self.dialect.sql().later("\"pruned\"", "w.\"number\"");
        let sql = format!(
            "UPDATE \"outbox_counters\" SET \"pruned\" = {later} FROM \
             (SELECT p.one AS account, max(p.other) AS number FROM {pairs} p GROUP BY 1) w \
             WHERE \"account_id\" = w.\"account\""
        );
        let pairs: Vec<_> = pruned.iter().map(|(account, number)| format!("[{account},{number}]")).collect();
        Statement::new(sql, vec![Arg::Text(format!("[{}]", pairs.join(",")))])
    }
}

/// A message as the client gets it.
fn message(dialect: Dialect) -> String {
    let syntax = dialect.sql();
    syntax.text(&syntax.json_object(&[
        ("id", "o.\"number\"".to_owned()),
        ("type", "o.\"type\"".to_owned()),
        ("data", syntax.json("o.\"data\"")),
        ("actor_id", "o.\"actor_id\"".to_owned()),
        ("timestamp", syntax.instant("o.\"created_at\"")),
    ]))
}

/// Numbers have no gaps, so that a window of them bounds the rows without a sort.
fn batch(dialect: Dialect, accounts: &str, readable: &str) -> String {
    let (pairs, message) = (dialect.sql().pairs("$1"), message(dialect));
    format!(
        "SELECT c.\"account_id\", c.\"last\", o.\"number\", {message} \
         FROM {pairs} w CROSS JOIN \"outbox_counters\" c CROSS JOIN {accounts} u LEFT JOIN \"outbox\" o \
         ON o.\"account_id\" = c.\"account_id\" AND o.\"number\" > w.other AND o.\"number\" <= w.other + $2 \
         AND {readable} WHERE c.\"account_id\" = w.one AND u.\"id\" = c.\"account_id\" ORDER BY 1, 3"
    )
}

/// The limit is cast: `SQLite` plans for the value of a bare one, and prepares the statement anew whenever it is bound.
fn page(dialect: Dialect, accounts: &str, (readable, ids): (&str, &str), descending: bool) -> String {
    let message = message(dialect);
    let among = if ids.is_empty() { String::new() } else { format!("AND o.\"number\" IN ({ids}) ") };
    let (beyond, order) = if descending { ("<", "DESC") } else { (">", "ASC") };
    format!(
        "SELECT c.\"last\", c.\"pruned\", m.\"number\", m.\"message\" FROM \"outbox_counters\" c LEFT JOIN \
         (SELECT o.\"number\" AS number, {message} AS message FROM \"outbox\" o JOIN {accounts} u \
         ON u.\"id\" = o.\"account_id\" WHERE o.\"account_id\" = $1 AND o.\"number\" {beyond} $2 {among}AND {readable} \
         ORDER BY o.\"number\" {order} LIMIT CAST($3 AS bigint)) m ON TRUE WHERE c.\"account_id\" = $1 ORDER BY 3 {order}"
    )
}

/// Arguments that the statements have of their own.
const BATCH_ARGUMENTS: usize = 2;
const PAGE_ARGUMENTS: usize = 3;

/// Whether the account `u` may see the message `o`, in a statement that has so many arguments of its own.
fn readable(dialect: Dialect, catalog: &Catalog, account: &Model, arguments: usize) -> Result<Template, LinkError> {
    let mut sql = Sql::new(dialect, "");
    for _ in 0..arguments {
        sql.hold(Slot::Value(Arg::Null));
    }
    write_readable(catalog, account, &mut sql)?;
    Ok(sql.finish())
}

/// Whether the account `u` may see the message `o`. Of a row that is gone it may hear only that it went.
fn write_readable(catalog: &Catalog, account: &Model, sql: &mut Sql) -> Result<(), LinkError> {
    sql.push("(o.\"row_is_gone\" OR CASE o.\"resource\"");
    for model in catalog.models() {
        sql.push(&format!(
            " WHEN {} THEN EXISTS (SELECT 1 FROM {} t WHERE t.\"id\" = o.\"row_id\"{} AND ",
            text_literal(model.schema.name),
            quote(model.schema.plural),
            and_there("t", model.schema.deleted_key())
        ));
        write_policy(catalog, account, model, Scope { caller: Some("o.\"account_id\""), ..Scope::of("t") }, sql)?;
        sql.push(")");
    }
    sql.push(" ELSE FALSE END)");
    Ok(())
}

/// Whether the account `u`, who is the caller of `scope`, may read its row: by the rule of reading, else by that of the list;
/// where there is neither, whom a trigger names is the rule.
pub(super) fn write_policy(
    catalog: &Catalog,
    account: &Model,
    model: &Model,
    scope: Scope<'_>,
    sql: &mut Sql,
) -> Result<(), LinkError> {
    let Some(allowed) = model.schema.rule(Verb::Read).or_else(|| model.schema.rule(Verb::List)) else {
        sql.push("TRUE");
        return Ok(());
    };
    let role = account.schema.column("role").map(|column| (column.key, column.kind));
    let Some((key, Kind::Choice(words))) = role else {
        fold(catalog, model, allowed, CallerRole::Role(""))?.write(sql, scope);
        return Ok(());
    };
    sql.push(&format!("CASE u.{}", quote(key)));
    for &word in words {
        sql.push(&format!(" WHEN {} THEN ", text_literal(word)));
        fold(catalog, model, allowed, CallerRole::Role(word))?.write(sql, scope);
    }
    sql.push(" ELSE FALSE END");
    Ok(())
}
