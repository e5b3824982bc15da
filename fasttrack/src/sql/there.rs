//! Rows that are there. What was deleted and is kept (`DeletedAt`) is in its table for those statements alone that restore
//! and erase: every other one that enters a table says so with the words of this module.

use super::text::quote;

/// ` AND <the row called so was not deleted>`, where deleted rows of its table are kept.
#[must_use]
pub fn and_there(row: &str, deleted: Option<&str>) -> String {
    deleted.map(|key| format!(" AND {row}.{} IS NULL", quote(key))).unwrap_or_default()
}

/// ` AND <it was deleted>`, likewise.
pub(super) fn and_gone(row: &str, deleted: Option<&str>) -> String {
    deleted.map(|key| format!(" AND {row}.{} IS NOT NULL", quote(key))).unwrap_or_default()
}

/// Which rows an index or a constraint is over, where deleted rows are kept.
pub(super) fn only_there(deleted: Option<&str>) -> Option<String> {
    deleted.map(|key| format!("{} IS NULL", quote(key)))
}
