//! Whether a change is one that a trigger listens for.

use super::value::literal;
use crate::{
    db::{Arg, Cell},
    schema::{Change, Column},
};

/// Whether the creation of `row` is such a change: before it an optional field was null, one of many rows had none, and a
/// required one was nothing.
pub(super) fn fires_on_creation(change: Change, columns: &[Column], row: &[Arg]) -> bool {
    let given = |field: &str| {
        let (column, arg) = columns.iter().zip(row).find(|(column, _)| column.name == field)?;
        let nothing = if column.nullable { Arg::Null } else { literal(column.kind.facts().empty?) };
        ((column.nullable || !column.is_stored()) && *arg != nothing).then_some(arg)
    };
    match change {
        Change::Created => true,
        Change::Deleted | Change::Restored | Change::At { .. } => false,
        Change::Changed { field } => given(field).is_some(),
        Change::ChangedTo { field, value } => given(field).is_some_and(|arg| *arg == literal(value)),
    }
}

/// Whether an update that made these changes is such a change.
pub(super) fn fires_on_update(change: Change, changes: &[(&'static Column, Arg)]) -> bool {
    let new = |field: &str| changes.iter().find(|(column, _)| column.name == field).map(|(_, arg)| arg);
    match change {
        Change::Created | Change::Deleted | Change::Restored | Change::At { .. } => false,
        Change::Changed { field } => new(field).is_some(),
        Change::ChangedTo { field, value } => new(field).is_some_and(|arg| *arg == literal(value)),
    }
}

/// What a column holds as an argument again.
pub(super) fn argument(column: &Column, cell: &Cell) -> Arg {
    column.storage().argument(cell.clone()).unwrap_or(Arg::Null)
}

/// The same of each of them.
pub(super) fn arguments(columns: &[Column], cells: &[Cell]) -> Vec<Arg> {
    columns.iter().zip(cells).map(|(column, cell)| argument(column, cell)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Literal;

    const COLUMNS: &[Column] =
        &[Column::new::<String>("title", "title"), Column::new::<Option<String>>("note", "note")];

    #[track_caller]
    fn check_creation(change: Change, title: Arg, note: Arg, expected: bool) {
        assert_eq!(fires_on_creation(change, COLUMNS, &[title, note]), expected);
    }

    fn text(text: &str) -> Arg {
        Arg::Text(text.into())
    }

    #[test]
    fn creation_changes_an_optional_field_that_is_given_and_no_required_one() {
        check_creation(Change::Created, text("a"), Arg::Null, true);
        check_creation(Change::Deleted, text("a"), Arg::Null, false);
        check_creation(Change::Changed { field: "title" }, text("a"), Arg::Null, false);
        check_creation(Change::Changed { field: "note" }, text("a"), Arg::Null, false);
        check_creation(Change::Changed { field: "note" }, text("a"), text("b"), true);
        check_creation(Change::ChangedTo { field: "note", value: Literal::Text("b") }, text("a"), text("b"), true);
        check_creation(Change::ChangedTo { field: "note", value: Literal::Text("c") }, text("a"), text("b"), false);
    }

    #[test]
    fn an_update_changes_what_differs() {
        let changes = [(&COLUMNS[1], text("b"))];
        for (change, expected) in [
            (Change::Changed { field: "note" }, true),
            (Change::Changed { field: "title" }, false),
            (Change::ChangedTo { field: "note", value: Literal::Text("b") }, true),
            (Change::ChangedTo { field: "note", value: Literal::Null }, false),
            (Change::Created, false),
        ] {
            assert_eq!(fires_on_update(change, &changes), expected, "{change:?}");
        }
    }
}
