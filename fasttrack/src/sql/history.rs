//! What changed in rows whose declaration keeps their history: one row of `fasttrack_history` for each change, written in
//! its transaction. It ends with the row that it is of.

use super::{
    Predicate, Scope, Slot, Sql, Table, Template, bulk,
    dialect::DOOMED,
    text::{quote, text_literal},
    there::and_there,
};
use crate::{
    db::{Arg, Dialect, Statement},
    schema::Schema,
    types::Storage,
};

/// Arguments of a row of [`note`]: row, instant, who did it, verb, changes.
pub const NOTE_WIDTH: usize = 5;

/// Statements that make its table, where it is not there, and have it follow tables that were renamed; `account` is who
/// changes rows.
#[must_use]
pub fn history(dialect: Dialect, account: &Schema, schemas: &[&'static Schema]) -> Vec<String> {
    let renamed = schemas.iter().filter(|schema| schema.history).filter_map(|schema| {
        let [name, was] = [schema.plural, schema.was?].map(text_literal);
        Some(format!("UPDATE \"fasttrack_history\" SET \"resource\" = {name} WHERE \"resource\" = {was}"))
    });
    dialect.sql().history_tables(&quote(account.plural)).into_iter().chain(renamed).collect()
}

/// Notes so many changes of rows of a table.
#[must_use]
pub fn note(dialect: Dialect, table: &str, rows: usize) -> String {
    let types = [Storage::Integer, Storage::Timestamp, Storage::Integer, Storage::Text, Storage::Json];
    format!(
        "WITH n(\"row_id\", \"at\", \"actor_id\", \"verb\", \"changes\") AS ({}) INSERT INTO \"fasttrack_history\" \
         (\"resource\", \"row_id\", \"at\", \"actor_id\", \"verb\", \"changes\") SELECT {}, n.* FROM n",
        bulk::rows(dialect, rows, &types),
        text_literal(table)
    )
}

/// Forgets all of a row that goes for good.
#[must_use]
pub fn forget_history(table: &str, id: i64) -> Statement {
    let sql =
        format!("DELETE FROM \"fasttrack_history\" WHERE \"resource\" = {} AND \"row_id\" = $1", text_literal(table));
    Statement::new(sql, vec![Arg::Int(id)])
}

/// Forgets all of what is written down to go of a table for good.
#[must_use]
pub fn forget_doomed_history(table: &str, resource: usize) -> Statement {
    let sql = format!(
        "DELETE FROM \"fasttrack_history\" WHERE \"resource\" = {} \
         AND \"row_id\" IN (SELECT \"id\" FROM {DOOMED} WHERE \"resource\" = {resource})",
        text_literal(table)
    );
    Statement::new(sql, Vec::new())
}

/// Which page of the history of a row.
#[derive(Debug, Clone, Copy)]
pub struct HistoryPage {
    /// The number beyond which it begins.
    pub beyond: i64,
    /// Most changes of it.
    pub limit: i64,
    /// Whether the newest come first.
    pub descending: bool,
}

/// The changes of the row [`Slot::Id`], if `policy` lets the caller have them: of each its number and JSON.
#[must_use]
pub fn changes(table: &Table, plural: &str, policy: &Predicate, page: HistoryPage) -> Template {
    let syntax = table.dialect.sql();
    let change = syntax.text(&syntax.json_object(&[
        ("at", syntax.instant("h.\"at\"")),
        ("actor_id", "h.\"actor_id\"".to_owned()),
        ("verb", "h.\"verb\"".to_owned()),
        ("changes", syntax.json("h.\"changes\"")),
    ]));
    let (beyond, order) = if page.descending { ("<", "DESC") } else { (">", "ASC") };
    let mut sql = Sql::new(table.dialect, "SELECT h.\"id\", ");
    sql.push(&change).push(" FROM \"fasttrack_history\" h WHERE h.\"resource\" = ").push(&text_literal(plural));
    sql.push(" AND h.\"row_id\" = ").bind(Slot::Id);
    sql.push(&format!(" AND h.\"id\" {beyond} ")).value(Arg::Int(page.beyond));
    sql.push(" AND EXISTS (SELECT 1 FROM ").push(&table.name).push(" t WHERE t.\"id\" = ").bind(Slot::Id);
    sql.push(&and_there("t", table.deleted)).push(" AND ");
    policy.write(&mut sql, Scope::of("t"));
    sql.push(&format!(") ORDER BY h.\"id\" {order} LIMIT {}", page.limit));
    sql.finish()
}
