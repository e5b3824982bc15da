//! Lists that are asked for a value which a field of many values has.
//!
//! Where an index leads to the rows that have it, they are found by it and put in order if they are few; if they are many,
//! the list is gone through in its order. How many there are no planner knows that plans for whatever value, so that both
//! ways are written down, and the statement says which one is gone.

use super::{Slot, Sql, page::PageQuery, text::quote, there::and_there};
use crate::{
    db::Arg,
    query::Test,
    schema::{
        Column,
        pairs::{FROM, TO},
    },
};

/// How many rows may have a value before a list is gone through in its order instead.
const FEW: usize = 1_000;

/// Whether the row `row` has a value among those of a field: what has it is few, or found along the index.
pub(super) fn write_has(column: &Column, row: &str, value: &Arg, sql: &mut Sql) {
    let Some(pairs) = column.pairs else {
        let list = match value {
            Arg::Text(text) => serde_json::json!([text]).to_string(),
            Arg::Int(number) => format!("[{number}]"),
            _ => "[]".to_owned(),
        };
        let list = sql.hold(Slot::Value(Arg::Text(list)));
        let has = sql.dialect().sql().has(&format!("{row}.{}", quote(column.key)), &list);
        sql.push(&has);
        return;
    };
    sql.push(row).push(".\"id\" IN (SELECT p.").name(FROM).push(" FROM ").name(pairs.plural).push(" p WHERE p.");
    sql.name(TO).push(" = ").value(value.clone()).push(")");
}

/// Whether more than a few rows have what is asked for; `None` where no index leads to them.
pub(super) fn many(query: &PageQuery<'_>, sql: &mut Sql) -> Option<String> {
    let syntax = sql.dialect().schema();
    let (column, value) = query.conditions.iter().find_map(|condition| match &condition.test {
        Test::Has(value) if condition.column.is_stored() => Some((condition.column, value)),
        _ => None,
    })?;
    syntax.list_key(column.key)?;
    Some(sql.fragment(|sql| {
        sql.push("EXISTS (SELECT 1 FROM ").push(&query.table.name).push(" c WHERE ");
        write_has(column, "c", value, sql);
        sql.push(&and_there("c", query.table.deleted));
        if let Some(key) = query.parent_key {
            sql.push(" AND c.").name(key).push(" = ").bind(Slot::Parent);
        }
        sql.push(&format!(" LIMIT 1 OFFSET {FEW})"));
    }))
}
