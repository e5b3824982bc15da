//! A field against something else, as a condition.

use super::{
    Scope, Sql,
    dialect::{match_key, sort_key},
    scope::write_exists,
    text::quote,
};
use crate::schema::{Column, Comparison, Kind, Literal, Step};

/// What a field is compared with, and how.
pub(super) struct Comparing<'a> {
    pub(super) column: &'a Column,
    pub(super) op: Comparison,
    /// The other side; `None` for null.
    pub(super) right: Option<String>,
}

impl Comparing<'_> {
    /// Writes it of the row at the end of these relations.
    pub(super) fn write(&self, steps: &[Step], sql: &mut Sql, scope: Scope<'_>) {
        let Self { column, op, right } = self;
        if steps.is_empty() {
            sql.push(&comparison(column, &scope.column(column.key), *op, right.as_deref(), scope.exact));
            return;
        }
        write_exists(steps, sql, scope, |sql, alias| {
            let left = format!("{alias}.{}", quote(column.key));
            sql.push(" AND ").push(&comparison(column, &left, *op, right.as_deref(), false));
        });
    }
}

/// A field that is to hold the same as something else, or is not to. Null is the same as nothing.
pub(super) struct Likeness<'a> {
    pub(super) column: &'a Column,
    pub(super) differs: bool,
    pub(super) right: &'a str,
}

impl Likeness<'_> {
    /// Writes it of the row at the end of these relations.
    pub(super) fn write(&self, steps: &[Step], sql: &mut Sql, scope: Scope<'_>) {
        if steps.is_empty() {
            let left = match_key(self.column, &scope.column(self.column.key));
            sql.push(&self.said(&left, scope.exact));
            return;
        }
        write_exists(steps, sql, scope, |sql, alias| {
            let left = match_key(self.column, &format!("{alias}.{}", quote(self.column.key)));
            sql.push(" AND ").push(&self.said(&left, false));
        });
    }

    /// `exact`: never NULL itself, at the price of no index.
    fn said(&self, left: &str, exact: bool) -> String {
        let right = self.right;
        match (self.differs, exact) {
            (true, _) => format!("COALESCE({left} <> {right}, TRUE)"),
            (false, true) => format!("COALESCE({left} = {right}, FALSE)"),
            (false, false) => format!("{left} = {right}"),
        }
    }
}

/// A constant as a field is compared with it; `None` for null.
pub(super) fn constant(sql: &Sql, column: &Column, value: Literal) -> Option<String> {
    match (column.kind, value) {
        (_, Literal::Null) => None,
        (Kind::Choice(words), Literal::Text(word)) => {
            Some(words.iter().position(|other| *other == word).unwrap_or_default().to_string())
        }
        _ => Some(sql.dialect().sql().literal(value)),
    }
}

/// A field against a constant; null is equal to nothing but null, and differs from everything else.
///
/// `exact`: never NULL itself, at the price of no index.
fn comparison(column: &Column, expr: &str, op: Comparison, constant: Option<&str>, exact: bool) -> String {
    let left = sort_key(column, expr);
    let right = constant.unwrap_or("NULL");
    let coalesce = exact && column.nullable;
    let plain = |operator: &str| {
        let text = format!("{left} {operator} {right}");
        if coalesce { format!("COALESCE({text}, FALSE)") } else { text }
    };
    match op {
        Comparison::Eq if constant.is_none() => format!("{expr} IS NULL"),
        Comparison::Ne if constant.is_none() => format!("{expr} IS NOT NULL"),
        Comparison::Ne if column.nullable => format!("{left} IS DISTINCT FROM {right}"),
        Comparison::Eq => plain("="),
        Comparison::Ne => plain("<>"),
        Comparison::Lt => plain("<"),
        Comparison::Le => plain("<="),
        Comparison::Gt => plain(">"),
        Comparison::Ge => plain(">="),
    }
}
