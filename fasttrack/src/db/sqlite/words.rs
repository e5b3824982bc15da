//! The words of a transaction, and what else is said that is no statement of a unit.

/// Opens a transaction that may write, and in it the savepoint of the first unit.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE; SAVEPOINT unit";
/// Keeps what the unit did, and opens the savepoint of the next.
pub(super) const NEXT: &str = "RELEASE unit; SAVEPOINT unit";
/// Undoes what the unit did; its savepoint stays open, for the next.
pub(super) const UNDO: &str = "ROLLBACK TO unit";
/// Commits. The row proves it: a worker that dies in the middle ends its rows without an error.
pub(super) const COMMIT: &str = "COMMIT; SELECT 1";
/// Stops the enforcement of foreign keys, which has no effect inside a transaction. The row proves it.
pub(super) const UNBIND: &str = "PRAGMA foreign_keys = OFF; SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 0";
/// Takes the right to write, and gives it back: whatever was under way before is over then. The row proves it.
pub(super) const PROBE: &str = "BEGIN IMMEDIATE; ROLLBACK; SELECT 1";
/// A number that is another one on this connection once any other has written.
pub(super) const VERSION: &str = "PRAGMA data_version";
/// Gives up the whole transaction.
pub(super) const ROLLBACK: &str = "ROLLBACK";

/// Writes a consistent copy, without stopping anyone who reads or writes meanwhile.
pub(super) const COPY: &str = "VACUUM INTO $1";
/// Looks through the file for damage, and says `ok` or what it found first.
pub(super) const CHECK: &str = "PRAGMA quick_check(1)";

/// Whether a statement may commit on a connection where that has to be said.
pub(super) fn may_commit(sql: &str) -> bool {
    sql.ends_with(COMMIT) || sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("COMMIT"))
}
