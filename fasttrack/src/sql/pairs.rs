//! What a field of many rows holds, which is kept in a table of pairs and written after the row that has the field.

use super::{Table, text::quote};
use crate::{
    db::{Arg, Dialect, Statement},
    schema::{
        Schema,
        pairs::{FROM, TO},
    },
    types::Storage,
};

/// Adds the pairs of a JSON list: the row that has the field, and one that is in it.
#[must_use]
pub fn add_pairs(dialect: Dialect, pairs: &Schema, list: Arg) -> Statement {
    let found = dialect.sql().pairs("$1");
    let sql = format!("INSERT INTO {} SELECT p.one, p.other FROM {found} p", into(pairs));
    Statement::new(sql, vec![list])
}

/// Has the field of the row `from` hold the rows of a JSON list and no others.
#[must_use]
pub fn replace_pairs(dialect: Dialect, pairs: &Schema, from: i64, to: &Arg) -> [Statement; 2] {
    let (table, listed) = (quote(pairs.plural), dialect.sql().numbers("$2"));
    let args = vec![Arg::Int(from), to.clone()];
    let remove = format!("DELETE FROM {table} WHERE {} = $1 AND {} NOT IN ({listed})", quote(FROM), quote(TO));
    // Which ones were there is asked anew: somebody else may have written them since the row was looked at.
    let row = dialect.sql().typed(Storage::Integer, "$1");
    let add = format!(
        "INSERT INTO {} SELECT {row}, n.\"value\" FROM ({listed}) n WHERE TRUE ON CONFLICT DO NOTHING",
        into(pairs)
    );
    [Statement::new(remove, args.clone()), Statement::new(add, args)]
}

/// The rows with the ids in a JSON list: id, and the row as JSON.
#[must_use]
pub fn rows_as_json(table: &Table, ids: Arg) -> Statement {
    let syntax = table.dialect.sql();
    let (row, ids_among) = (syntax.text(&table.row_json), syntax.numbers("$1"));
    Statement::new(format!("SELECT t.\"id\", {row} FROM {} t WHERE t.\"id\" IN ({ids_among})", table.name), vec![ids])
}

fn into(pairs: &Schema) -> String {
    format!("{} ({}, {})", quote(pairs.plural), quote(FROM), quote(TO))
}
