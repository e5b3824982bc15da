//! What constraints and indexes are called. `PostgreSQL` cuts a name after 63 bytes without a word, so that two may become
//! one: a longer name ends with a digest of all of it instead.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::sql::definition::{ColumnDefinition, Holds, TableDefinition};

/// Longest name, in bytes.
const MAX_BYTES: usize = 63;

/// Bytes of the digest that end a shortened name.
const DIGEST_BYTES: usize = 5;

/// A name of at most 63 bytes: the same one for the same text, another one for another.
#[must_use]
pub(super) fn identifier(name: &str) -> String {
    with_room(name, 0)
}

/// The same with room for so many bytes behind it.
pub(super) fn with_room(name: &str, room: usize) -> String {
    let most = MAX_BYTES - room;
    if name.len() <= most {
        return name.to_owned();
    }
    let digest = Sha256::digest(name);
    let mut ending = String::from("_");
    for byte in digest.iter().take(DIGEST_BYTES) {
        // Writing to a `String` cannot fail.
        let _ = write!(ending, "{byte:02x}");
    }
    let kept = name.floor_char_boundary(most - ending.len());
    format!("{}{ending}", name.get(..kept).unwrap_or_default())
}

/// The constraint that a choice is one of its words.
pub(super) fn check(table: &str, column: &ColumnDefinition) -> String {
    identifier(&format!("{table}_{}_check", column.name))
}

/// The constraint that a relation leads somewhere.
pub(super) fn reference(table: &str, column: &ColumnDefinition) -> String {
    identifier(&format!("{table}_{}_fkey", column.name))
}

/// The constraints of a column, in an order that is the same for the same kind of column.
pub(super) fn constraints(table: &str, column: &ColumnDefinition) -> Vec<String> {
    let key = (column.holds == Holds::Id).then(|| identifier(&format!("{table}_pkey")));
    let check = (column.holds == Holds::Choice).then(|| check(table, column));
    let reference = column.references.is_some().then(|| reference(table, column));
    [key, check, reference].into_iter().flatten().collect()
}

/// What counts the ids of a table.
pub(super) fn sequence(table: &TableDefinition, name: &str) -> Option<String> {
    let id = table.columns.iter().find(|column| column.holds == Holds::Id)?;
    Some(identifier(&format!("{name}_{}_seq", id.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_too_long_is_shortened_and_stays_its_own() {
        let (fits, long) = ("a".repeat(63), "a".repeat(64));
        assert_eq!(identifier(&fits), fits);
        let short = identifier(&long);
        assert_eq!((short.len(), identifier(&long)), (63, short.clone()));
        assert_ne!(identifier(&format!("{}b", "a".repeat(63))), short);
        assert_eq!(identifier(&format!("a{}", "ä".repeat(40))).len(), 62, "no character is cut");
    }
}
