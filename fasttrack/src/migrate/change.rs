//! What a change between two schemas is: its words, its weight, its statements.

/// How heavy a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// A start may make it by itself: it adds, or concerns indexes alone.
    Addition,
    /// It takes a migration.
    Alteration,
    /// It loses what is stored, or fails on some of it.
    Loss,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// How heavy it is.
    pub weight: Weight,
    /// What it does, for people.
    pub words: String,
}

/// A statement, and why it is there. A SELECT is a check: whatever row it finds is in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Why.
    pub why: String,
    /// The statement.
    pub sql: String,
}

/// Which way a migration goes. Down, what cannot come back is replaced by what is neutral.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To a newer schema.
    Up,
    /// To an older one.
    Down,
}

impl Block {
    /// Statements that have one reason, which stands with the first.
    pub(super) fn several(why: String, statements: Vec<String>) -> Vec<Self> {
        let whys = std::iter::once(why).chain(std::iter::repeat(String::new()));
        statements.into_iter().zip(whys).map(|(sql, why)| Self { why, sql }).collect()
    }
}
