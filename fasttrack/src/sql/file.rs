//! Files: how a row shows what it has of one, and what becomes of the bytes of one that it has no more.
//!
//! A column holds what is known of a file together with the key that its bytes lie under. The key is left out of whatever is
//! shown, and the address is made of the row's own: neither can be seen or said by anybody.

use super::{
    Predicate, Scope, Slot, Sql, Table, Template,
    dialect::{DOOMED, held},
    row::stored,
    text::{quote, text_literal},
    there::and_there,
};
use crate::{
    db::{Arg, Dialect, Statement},
    schema::{Column, Schema},
    types::Storage,
};

/// Keys of which the bytes are to be taken out, since no row has them any more.
const UNUSED: &str = "\"fasttrack_unused_files\"";

/// Statements that make the table of these keys, where it is not there.
#[must_use]
pub fn files() -> Vec<String> {
    vec![format!("CREATE TABLE IF NOT EXISTS {UNUSED} (\"key\" TEXT NOT NULL PRIMARY KEY)")]
}

/// The column `expr` of a row as a value of JSON, as it is shown: `expr` ends in the quoted name of the column, and the row's
/// id is read beside it. `base` is what addresses begin with.
pub(super) fn shown(dialect: Dialect, column: &Column, expr: &str, base: &str) -> String {
    let syntax = dialect.sql();
    let Some(file) = column.file else { return syntax.json_value(column.storage(), expr) };
    let ending = format!("{}\"", column.key);
    let id = expr.strip_suffix(&ending).map_or_else(|| quote("id"), |row| format!("{row}id\""));
    let [before, after] =
        [format!("{base}/{}/", file.plural), format!("/{}", file.name)].map(|part| text_literal(&part));
    let object = syntax.json_object(&[
        ("name", member(expr, "name")),
        ("type", member(expr, "type")),
        ("bytes", format!("CAST({} AS BIGINT)", member(expr, "bytes"))),
        ("sha256", member(expr, "sha256")),
        ("url", format!("{before} || CAST({id} AS TEXT) || {after}")),
    ]);
    syntax.json(&format!("CASE WHEN {expr} IS NOT NULL THEN {object} END"))
}

/// What stands under a key of JSON, as text or a number.
fn member(expr: &str, key: &str) -> String {
    format!("({expr} ->> {})", text_literal(key))
}

/// What the row [`Slot::Id`] has in a column, if `policy` lets the caller have the row: null also where `shown` does not let
/// him see the column.
#[must_use]
pub fn file_of(table: &Table, column: &Column, policy: &Predicate, is_shown: &Predicate) -> Template {
    let mut sql = Sql::new(table.dialect, "SELECT CASE WHEN ");
    is_shown.write(&mut sql, Scope::of("t"));
    sql.push(&format!(" THEN {} END FROM ", stored(table.dialect, column))).push(&table.name);
    sql.push(" t WHERE t.\"id\" = ").bind(Slot::Id).push(&and_there("t", table.deleted)).push(" AND ");
    policy.write(&mut sql, Scope::of("t"));
    sql.finish()
}

/// Notes that no row has the bytes under a key any more.
#[must_use]
pub fn let_go(key: String) -> Statement {
    let sql = format!("INSERT INTO {UNUSED} (\"key\") VALUES ($1) ON CONFLICT (\"key\") DO NOTHING");
    Statement::new(sql, vec![Arg::Text(key)])
}

/// Notes the same of whatever a row has that goes for good: a statement for each of its files.
#[must_use]
pub fn let_go_with(schema: &Schema, id: i64) -> Vec<Statement> {
    let_go_of(schema, "t.\"id\" = $1").map(|sql| Statement::new(sql, vec![Arg::Int(id)])).collect()
}

/// The same of what is written down to go of a table for good.
#[must_use]
pub fn let_go_with_doomed(schema: &Schema, resource: usize) -> Vec<Statement> {
    let doomed = format!("t.\"id\" IN (SELECT \"id\" FROM {DOOMED} WHERE \"resource\" = {resource})");
    let_go_of(schema, &doomed).map(|sql| Statement::new(sql, Vec::new())).collect()
}

fn let_go_of(schema: &Schema, which: &str) -> impl Iterator<Item = String> {
    schema.columns.iter().filter(|column| column.file.is_some()).map(move |column| {
        let expr = format!("t.{}", quote(column.key));
        format!(
            "INSERT INTO {UNUSED} (\"key\") SELECT {} FROM {} t WHERE {expr} IS NOT NULL AND {which} \
             ON CONFLICT (\"key\") DO NOTHING",
            member(&expr, "key"),
            quote(schema.plural)
        )
    })
}

/// The first keys that no row has any more.
#[must_use]
pub fn unused_files(dialect: Dialect, limit: u16) -> Statement {
    let key = dialect.sql().text("\"key\"");
    Statement::new(format!("SELECT {key} FROM {UNUSED} ORDER BY \"key\" LIMIT {limit}"), Vec::new())
}

/// Forgets keys, which are a JSON list: their bytes are out.
#[must_use]
pub fn forget_files(dialect: Dialect, keys: String) -> Statement {
    let sql = format!("DELETE FROM {UNUSED} WHERE \"key\" IN ({})", dialect.sql().texts("$1"));
    Statement::new(sql, vec![Arg::Text(keys)])
}

/// The keys that rows of a resource have in a column, of the rows with the ids in a JSON list; whether they are deleted and
/// kept does not matter.
#[must_use]
pub fn keys_of(dialect: Dialect, schema: &Schema, column: &Column, ids: String) -> Statement {
    let expr = held(dialect, column, "t");
    let sql = format!(
        "SELECT {} FROM {} t WHERE {expr} IS NOT NULL AND t.\"id\" IN ({})",
        dialect.sql().stored(Storage::Text, &member(&expr, "key")),
        quote(schema.plural),
        dialect.sql().numbers("$1")
    );
    Statement::new(sql, vec![Arg::Text(ids)])
}
