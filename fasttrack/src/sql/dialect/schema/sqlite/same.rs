//! Whether a table of `sqlite_master` is the one that was to be made: it keeps the words of `CREATE TABLE`, but adds
//! columns at their end.

use std::collections::BTreeSet;

use super::super::squeeze;

/// Whether two `CREATE TABLE` make the same table, in whatever order their columns come.
pub(super) fn is_same_table(one: &str, other: &str) -> bool {
    match (parts(one), parts(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// What stands before the columns, the columns, and what stands behind them.
fn parts(create: &str) -> Option<(String, BTreeSet<String>, String)> {
    let (open, close) = (create.find('(')?, create.rfind(')')?);
    let (head, rest) = create.split_at_checked(open)?;
    let (body, tail) = rest.split_at_checked(close.checked_sub(open)?)?;
    let (mut depth, mut quote, mut columns) = (0_usize, None, vec![String::new()]);
    for c in body.chars().skip(1) {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '(' => depth += 1,
            None if c == ')' => depth = depth.saturating_sub(1),
            None if c == ',' && depth == 0 => {
                columns.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(column) = columns.last_mut() {
            column.push(c);
        }
    }
    Some((squeeze(head), columns.iter().map(|column| squeeze(column)).collect(), squeeze(tail)))
}
