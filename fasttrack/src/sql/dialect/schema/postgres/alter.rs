//! Changes of one column where it stands, and what is named after it.

use super::{column_text, column_type, condition, name, reference};
use crate::sql::{
    definition::{ColumnDefinition, TableDefinition},
    dialect::schema::ColumnAlteration,
    text::quote,
};

/// What becomes of one column.
pub(super) fn alter(table: &str, change: ColumnAlteration<'_>) -> Vec<String> {
    match change {
        ColumnAlteration::Add(column, fill) => add(table, column, fill),
        ColumnAlteration::Drop(column) => {
            vec![format!("ALTER TABLE {} DROP COLUMN {}", quote(table), quote(&column.name))]
        }
        ColumnAlteration::Change { old, new, value } => change_column(table, old, new, value),
    }
}

/// Adds a column. What fills it in the rows that are there is a default for as long as it takes, where it has none.
fn add(table: &str, column: &ColumnDefinition, fill: Option<&str>) -> Vec<String> {
    let lent = fill.filter(|_| column.default.is_none() && !column.nullable);
    let with_default =
        ColumnDefinition { default: column.default.clone().or_else(|| lent.map(str::to_owned)), ..column.clone() };
    let text = column_text(table, &with_default);
    let mut statements = vec![format!("ALTER TABLE {} ADD COLUMN {text}", quote(table))];
    if lent.is_some() {
        statements.push(of_column(table, column, "DROP DEFAULT"));
    }
    statements.extend(add_reference(table, column));
    statements
}

/// What no longer holds is taken away first, and what is to hold comes last.
fn change_column(table: &str, old: &ColumnDefinition, new: &ColumnDefinition, value: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let is_rewritten = value != quote(&old.name);
    let has_other_reference = is_rewritten || old.references != new.references;
    let has_other_condition = is_rewritten || condition(old) != condition(new);
    let has_other_default = is_rewritten || old.default != new.default;
    if old.references.is_some() && has_other_reference {
        statements.push(drop_constraint(table, &name::reference(table, old)));
    }
    if condition(old).is_some() && has_other_condition {
        statements.push(drop_constraint(table, &name::check(table, old)));
    }
    if old.default.is_some() && has_other_default {
        statements.push(of_column(table, old, "DROP DEFAULT"));
    }
    if !old.nullable && new.nullable {
        statements.push(of_column(table, new, "DROP NOT NULL"));
    }
    if is_rewritten {
        statements.push(of_column(table, new, &format!("TYPE {} USING {value}", column_type(new))));
    }
    if old.nullable && !new.nullable {
        statements.push(of_column(table, new, "SET NOT NULL"));
    }
    if let Some(default) = new.default.as_ref().filter(|_| has_other_default) {
        statements.push(of_column(table, new, &format!("SET DEFAULT {default}")));
    }
    if let Some(condition) = condition(new).filter(|_| has_other_condition) {
        let check = quote(&name::check(table, new));
        statements.push(format!("ALTER TABLE {} ADD CONSTRAINT {check} CHECK ({condition})", quote(table)));
    }
    if has_other_reference {
        statements.extend(add_reference(table, new));
    }
    statements
}

/// Makes a relation lead to its table; `None` where the column is none.
pub(super) fn add_reference(table: &str, column: &ColumnDefinition) -> Option<String> {
    let constraint = quote(&name::reference(table, column));
    Some(format!("ALTER TABLE {} ADD CONSTRAINT {constraint} {}", quote(table), reference(column)?))
}

pub(super) fn drop_constraint(table: &str, constraint: &str) -> String {
    format!("ALTER TABLE {} DROP CONSTRAINT {}", quote(table), quote(constraint))
}

/// Gives a table's constraints, and what counts its ids, the names that go with its own.
pub(super) fn follow_table(table: &TableDefinition, after: &str) -> Vec<String> {
    let of = |name: &str| table.columns.iter().flat_map(|column| name::constraints(name, column)).collect::<Vec<_>>();
    let mut statements = rename_constraints(after, &of(&table.name), &of(after));
    let sequences = name::sequence(table, &table.name).zip(name::sequence(table, after));
    statements.extend(
        sequences.map(|(before, after)| format!("ALTER SEQUENCE {} RENAME TO {}", quote(&before), quote(&after))),
    );
    statements
}

/// Renames constraints one by one.
pub(super) fn rename_constraints(table: &str, before: &[String], after: &[String]) -> Vec<String> {
    let pairs = before.iter().zip(after).filter(|(before, after)| before != after);
    let rename = |(before, after): (&String, &String)| {
        format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", quote(table), quote(before), quote(after))
    };
    pairs.map(rename).collect()
}

fn of_column(table: &str, column: &ColumnDefinition, what: &str) -> String {
    format!("ALTER TABLE {} ALTER COLUMN {} {what}", quote(table), quote(&column.name))
}
