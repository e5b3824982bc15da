//! What is asked of several fields of a row, as the condition of a table.

use super::{dialect, text::quote};
use crate::{
    db::Dialect,
    schema::{Column, Comparison, Condition, Operand, Schema},
};

/// The condition over the columns of `schema`.
pub(super) fn write(dialect: Dialect, schema: &Schema, condition: &Condition) -> String {
    let several = |parts: &[Condition], between: &str| {
        let parts: Vec<_> = parts.iter().map(|part| inside(dialect, schema, part)).collect();
        parts.join(between)
    };
    match condition {
        Condition::Any(parts) => several(parts, " OR "),
        Condition::All(parts) => several(parts, " AND "),
        Condition::Not(part) => format!("NOT ({})", write(dialect, schema, part)),
        Condition::Compare { key, op, with } => {
            let with = match with {
                Operand::Key(key) => expression(schema, key),
                Operand::Value(value) => dialect.schema().constant(*value),
            };
            format!("{} {} {with}", expression(schema, key), operator(*op))
        }
    }
}

/// The same where something stands around it.
fn inside(dialect: Dialect, schema: &Schema, condition: &Condition) -> String {
    let text = write(dialect, schema, condition);
    if matches!(condition, Condition::Compare { .. }) { text } else { format!("({text})") }
}

/// A column as what is the same when its values are to a person; choices as their words, which have no order here.
pub(super) fn expression(schema: &Schema, key: &str) -> String {
    let is_folded = |column: &&Column| column.kind.facts().ignores_case;
    let folded = schema.column_of_key(key).filter(|column| is_folded(column));
    folded.map_or_else(|| quote(key), |column| dialect::match_key(column, &quote(key)))
}

const fn operator(op: Comparison) -> &'static str {
    match op {
        Comparison::Eq => "=",
        Comparison::Ne => "<>",
        Comparison::Lt => "<",
        Comparison::Le => "<=",
        Comparison::Gt => ">",
        Comparison::Ge => ">=",
    }
}
