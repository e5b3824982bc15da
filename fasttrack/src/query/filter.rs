//! Filters: `?status=todo`, `?created_at[gte]=…`.

use super::{
    op::{Operator, Takes},
    page::check_text,
    value::{parse_flag, parse_value},
};
use crate::{
    db::Arg,
    error::Fault,
    schema::{Column, Comparison, Schema},
    wire::Param,
};

/// Most values that `[in]` takes.
pub const MAX_VALUES: usize = 100;

/// A condition that a client asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The column.
    pub column: &'static Column,
    /// What has to hold of it.
    pub test: Test,
}

/// What has to hold of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Compares so with a value; null differs from every value and is neither less nor greater.
    Compare(Comparison, Arg),
    /// Is one of these values.
    AnyOf(Vec<Arg>),
    /// Contains this text, without regard to the case of ASCII letters.
    Contains(Arg),
    /// Has this value among those that it holds.
    Has(Arg),
    /// Is null, or is not.
    Null(bool),
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

/// The columns that lists can be filtered by.
pub fn filterable(schema: &'static Schema) -> impl Iterator<Item = &'static Column> {
    schema.columns.iter().filter(|column| super::OPERATORS.iter().any(|operator| operator.is_for(column)))
}

/// The column that the parameter `name` filters by, if it is one.
#[must_use]
pub(super) fn column_of(schema: &'static Schema, name: &str) -> Option<&'static Column> {
    let named = |column: &&Column| column.key == name || column.filter_aliases.contains(&name);
    filterable(schema).find(named)
}

/// Reads one filter.
pub(super) fn parse(column: &'static Column, param: &Param) -> Result<Condition, Fault> {
    let shown = shown(param);
    let operator = Operator::find(param.operator.as_deref().unwrap_or_default())
        .filter(|operator| operator.is_for(column))
        .filter(|_| param.operator.as_deref() != Some(""))
        .ok_or_else(|| Fault::new(&shown, "unknown_operator", operators(column)))?;
    let invalid = |message: String| Fault::new(&shown, "invalid", message);
    let values = match operator.takes {
        Takes::One => vec![parse_value(column, &param.value).map_err(invalid)?],
        Takes::Text => {
            check_text(&shown, &param.value)?;
            (column.kind.facts().check_part)(&param.value).map_err(invalid)?;
            vec![Arg::Text(param.value.clone())]
        }
        Takes::Flag => vec![Arg::Int(i64::from(parse_flag(&param.value).map_err(invalid)?))],
        Takes::Many => {
            let values: Vec<&str> = param.value.split(',').collect();
            if values.len() > MAX_VALUES {
                return Err(Fault::new(&shown, "too_many", format!("at most {MAX_VALUES} values")));
            }
            if values.contains(&"") {
                return Err(invalid("a value is empty".into()));
            }
            values.into_iter().map(|value| parse_value(column, value)).collect::<Result<_, _>>().map_err(invalid)?
        }
    };
    Ok(Condition { column, test: (operator.test)(values) })
}

/// The parameter as the client wrote it.
pub(super) fn shown(param: &Param) -> String {
    match &param.operator {
        Some(operator) => format!("{}[{operator}]", param.name),
        None => param.name.clone(),
    }
}

fn operators(column: &Column) -> String {
    let names: Vec<_> = super::OPERATORS
        .iter()
        .filter(|operator| operator.is_for(column))
        .map(|operator| operator.parameter(column.key))
        .collect();
    format!("use one of {}", names.join(", "))
}
