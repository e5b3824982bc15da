//! The words of a transaction, and what else is said that is no statement of a unit.

/// Opens a transaction that may write, and in it the savepoint of the first unit.
pub(super) const BEGIN: [&str; 2] = ["BEGIN IMMEDIATE", SAVEPOINT];
/// Keeps what the unit did, and opens the savepoint of the next.
pub(super) const NEXT: [&str; 2] = ["RELEASE unit", SAVEPOINT];
/// Opens the savepoint of a unit.
const SAVEPOINT: &str = "SAVEPOINT unit";
/// Undoes what the unit did; its savepoint stays open, for the next.
pub(super) const UNDO: &str = "ROLLBACK TO unit";
/// Opens the savepoint of a part of a unit, which may lie in another part.
pub(super) const PART: &str = "SAVEPOINT part";
/// Keeps what the innermost part did.
pub(super) const PART_ENDS: &str = "RELEASE part";
/// Undoes what the innermost part did, and closes its savepoint.
pub(super) const PART_UNDONE: [&str; 2] = ["ROLLBACK TO part", PART_ENDS];
/// Commits.
pub(super) const COMMIT: &str = "COMMIT";
/// Opens a transaction that reads, and holds this instant from now on: the first statement does, not `BEGIN`.
pub(super) const SNAPSHOT: [&str; 2] = ["BEGIN", "SELECT 1 FROM sqlite_schema LIMIT 1"];
/// Stops the enforcement of foreign keys, which has no effect inside a transaction.
pub(super) const UNBIND: &str = "PRAGMA foreign_keys = OFF";
/// One row where they are not enforced.
pub(super) const IS_UNBOUND: &str = "SELECT 1 FROM pragma_foreign_keys WHERE foreign_keys = 0";
/// A number that is another one on this connection once any other has written.
pub(super) const VERSION: &str = "PRAGMA data_version";
/// Gives up the whole transaction.
pub(super) const ROLLBACK: &str = "ROLLBACK";

/// Writes a consistent copy, without stopping anyone who reads or writes meanwhile.
pub(super) const COPY: &str = "VACUUM INTO $1";
/// Looks through the file for damage, and says `ok` or what it found first.
pub(super) const CHECK: &str = "PRAGMA quick_check(1)";
