//! Pages of rows that are no resource's, by their ids.

use crate::{
    db::{Arg, Dialect, Statement},
    query::PageById,
    types::many,
};

/// One page of the rows of a table for which a condition with these arguments holds: `id`, what is shown of each, and one row
/// more than the limit of the page if there is one.
#[must_use]
pub fn page_by_id(
    dialect: Dialect,
    (table, shown): (&str, &str),
    (condition, mut args): (&str, Vec<Arg>),
    page: &PageById,
) -> Statement {
    let (beyond, order, start) = if page.descending { ("<", "DESC", i64::MAX) } else { (">", "ASC", 0) };
    let [start_at, limit_at, ids_at] = [1, 2, 3].map(|place| args.len() + place);
    let among = page.ids.as_ref().map(|_| format!(" AND \"id\" IN ({})", dialect.sql().numbers(&format!("${ids_at}"))));
    let sql = format!(
        "SELECT \"id\", {shown} FROM \"{table}\" WHERE {condition} AND \"id\" {beyond} ${start_at}{} \
         ORDER BY \"id\" {order} LIMIT ${limit_at}",
        among.unwrap_or_default()
    );
    args.extend([Arg::Int(page.after.unwrap_or(start)), Arg::Int(i64::from(page.limit) + 1)]);
    args.extend(page.ids.as_ref().map(many::set));
    Statement::new(sql, args)
}
