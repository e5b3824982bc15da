//! What a client asks of the rows of a list, as conditions on the row `t`.

use super::{PageQuery, Slot, Sql, dialect::match_key, listed::write_has, search::Search, text::quote};
use crate::{
    db::Arg,
    query::{self, Condition, Test},
    schema::{Column, Comparison, Kind},
    types::many,
};

/// The ids that rows are asked to have, where they are: a list finds them by these and not by its order.
fn ids(condition: &Condition) -> Option<&[Arg]> {
    match &condition.test {
        Test::AnyOf(ids) if condition.column.kind == Kind::Id => Some(ids),
        _ => None,
    }
}

/// A placeholder of the ids that the rows of a list are asked to have, as a list of JSON, each once.
pub(super) fn hold_ids(query: &PageQuery<'_>, sql: &mut Sql) -> Option<String> {
    let ids = query.conditions.iter().find_map(ids)?;
    let ids = ids.iter().filter_map(|id| if let Arg::Int(id) = id { Some(*id) } else { None });
    Some(sql.hold(Slot::Value(many::set(&ids.collect()))))
}

/// What the client asked for, as further conditions.
pub(super) fn write_rest(query: &PageQuery<'_>, search: Option<&Search<'_>>, relevance: &str, sql: &mut Sql) {
    let is_left = |condition: &&Condition| ids(condition).is_none();
    for condition in query.conditions.iter().filter(is_left) {
        sql.push(" AND ");
        let column = condition.column;
        if query::is_relevance(column) {
            write_condition(condition, relevance, sql);
        } else {
            write_condition(condition, &match_key(column, &format!("t.{}", quote(column.key))), sql);
        }
    }
    if let Some(search) = search {
        sql.push(" AND ");
        search.write(sql);
    }
}

fn write_condition(condition: &Condition, expr: &str, sql: &mut Sql) {
    let column = condition.column;
    match &condition.test {
        Test::Compare(Comparison::Ne, value) => {
            let value = sql.fragment(|sql| _ = sql.value(value.clone()));
            let differs = sql.dialect().sql().differs(expr, column.nullable, &value);
            sql.push(&differs);
        }
        Test::Compare(op, value) => _ = sql.push(&format!("{expr} {} ", operator(*op))).value(value.clone()),
        Test::AnyOf(values) => write_any_of(column, expr, values, sql),
        Test::Contains(Arg::Text(text)) => {
            let pattern = sql.fragment(|sql| _ = sql.value(contained(text)));
            write_like(column, &pattern, sql);
        }
        Test::Contains(_) => _ = sql.push("FALSE"),
        Test::Has(value) => write_has(column, "t", value, sql),
        Test::Null(true) => _ = sql.push(&format!("{expr} IS NULL")),
        Test::Null(false) => _ = sql.push(&format!("{expr} IS NOT NULL")),
    }
}

const fn operator(op: Comparison) -> &'static str {
    match op {
        Comparison::Eq => "=",
        Comparison::Ne => "IS DISTINCT FROM",
        Comparison::Lt => "<",
        Comparison::Le => "<=",
        Comparison::Gt => ">",
        Comparison::Ge => ">=",
    }
}

/// A list is one argument, in JSON: the text is the same however long it is, and is planned in a hundredth of the time. But
/// what a database makes of a number with a fraction in JSON may be another number.
fn write_any_of(column: &Column, expr: &str, values: &[Arg], sql: &mut Sql) {
    let json = values.iter().map(|value| match value {
        Arg::Int(value) => Some(value.to_string()),
        Arg::Text(value) => Some(serde_json::Value::from(value.as_str()).to_string()),
        Arg::Null | Arg::Float(_) | Arg::Decimal(_) => None,
    });
    if let Some(json) = json.collect::<Option<Vec<_>>>() {
        let list = sql.hold(Slot::Value(Arg::Text(format!("[{}]", json.join(",")))));
        let among = sql.dialect().sql().is_among(column, expr, &list);
        sql.push(&among);
    } else {
        sql.push(expr).push(" IN (");
        sql.join(", ", values, |sql, value| _ = sql.value(value.clone()));
        sql.push(")");
    }
}

/// A pattern for LIKE that matches this text, literally, anywhere.
pub(super) fn contained(text: &str) -> Arg {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    Arg::Text(pattern)
}

/// The case of ASCII letters is ignored.
pub(super) fn write_like(column: &Column, pattern: &str, sql: &mut Sql) {
    let like = sql.dialect().sql().like(&format!("t.{}", quote(column.key)), pattern);
    sql.push(&like);
}
