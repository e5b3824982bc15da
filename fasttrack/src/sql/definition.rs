//! A table as data: its columns and indexes. How they are written is the dialect's affair.
//!
//! What a declaration says of storage and nothing else: lengths and ranges are checked on the way in, so that they are no
//! part of it, and neither are rules. It is kept, as JSON, beside the migrations and in the database.

use serde::{Deserialize, Serialize};

use super::text::{quote, text_literal};
pub use crate::types::Holds;
use crate::types::{OnDelete, Storage};

/// A table and its indexes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableDefinition {
    /// Name of the table.
    pub name: String,
    /// Its columns, in the order declared.
    pub columns: Vec<ColumnDefinition>,
    /// Its indexes.
    #[serde(default)]
    pub indexes: Vec<IndexDefinition>,
    /// What has to hold of each row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckDefinition>,
    /// What rows do not share.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclusions: Vec<ExclusionDefinition>,
    /// The figures into which its rows are counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<FigureDefinition>,
    /// Where words are looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchDefinition>,
}

/// What words are looked for in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchDefinition {
    /// What the index of words is called.
    pub name: String,
    /// The columns, by name.
    pub columns: Vec<String>,
}

/// A figure that is kept of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FigureDefinition {
    /// What keeps it is called so, for all figures of that table together: a row of it is then written once.
    pub name: String,
    /// The table that has it.
    pub table: String,
    /// In which column.
    pub column: String,
    /// The column of a row that says whose figure it is counted into.
    pub key: String,
    /// How much it adds, as an SQL expression.
    pub amount: String,
    /// Its columns that this depends on, `key` included.
    pub columns: Vec<String>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnDefinition {
    /// Name of the column.
    pub name: String,
    /// What it holds.
    pub holds: Holds,
    /// The words that it may hold, in their order; of [`Holds::Choice`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The digits after the point; of [`Holds::Decimal`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub scale: u8,
    /// Whether it may be null.
    #[serde(default, skip_serializing_if = "is_false")]
    pub nullable: bool,
    /// What it holds when nothing is said, as an SQL literal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The row that it refers to; of [`Holds::Relation`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<ForeignKey>,
}

/// Where a relation leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignKey {
    /// The table.
    pub table: String,
    /// What happens when the row referred to goes.
    pub on_delete: OnDelete,
}

/// One index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexDefinition {
    /// Its name.
    pub name: String,
    /// Whether no two rows may have the same keys.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unique: bool,
    /// Whether it is over each value of lists.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inverted: bool,
    /// What it is over, as SQL expressions.
    pub keys: Vec<String>,
    /// Which rows it is over, as a condition; all, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
}

/// What has to hold of several columns of each row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckDefinition {
    /// Its name.
    pub name: String,
    /// What has to hold, as an SQL expression.
    pub condition: String,
    /// The columns that it speaks of.
    pub columns: Vec<String>,
}

/// What rows do not share: from one column up to another one, the end not included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExclusionDefinition {
    /// Its name.
    pub name: String,
    /// The column where it begins.
    pub start: String,
    /// The one where it ends.
    pub end: String,
    /// Those that two rows have in common that may not overlap.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per: Vec<String>,
    /// The column that is null in the rows that are concerned; all are, where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless: Option<String>,
}

impl TableDefinition {
    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnDefinition> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether both hold the same, in whatever order.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.name == other.name
            && self.columns.len() == other.columns.len()
            && self.columns.iter().all(|column| other.columns.contains(column))
            && self.indexes.len() == other.indexes.len()
            && self.indexes.iter().all(|index| other.indexes.contains(index))
            && self.checks.len() == other.checks.len()
            && self.checks.iter().all(|check| other.checks.contains(check))
            && self.exclusions.len() == other.exclusions.len()
            && self.exclusions.iter().all(|exclusion| other.exclusions.contains(exclusion))
            && self.figures.len() == other.figures.len()
            && self.figures.iter().all(|figure| other.figures.contains(figure))
            && self.search == other.search
    }
}

impl TableDefinition {
    /// The figures into which its rows are counted, those together that are kept together.
    #[must_use]
    pub fn figures_together(&self) -> Vec<Vec<&FigureDefinition>> {
        let mut together: Vec<Vec<&FigureDefinition>> = Vec::new();
        for figure in &self.figures {
            match together.iter_mut().find(|group| group.first().is_some_and(|first| first.name == figure.name)) {
                Some(group) => group.push(figure),
                None => together.push(vec![figure]),
            }
        }
        together
    }
}

impl ColumnDefinition {
    /// As what it is stored.
    #[must_use]
    pub const fn storage(&self) -> Storage {
        self.holds.facts().storage.of_scale(self.scale)
    }

    /// As what is equal when two values are the same to a person; `expr` says how the column is reached.
    pub(super) fn matched(&self, expr: String) -> String {
        if self.holds.facts().ignores_case { format!("lower({expr})") } else { expr }
    }

    /// The words of a choice as a list of literals.
    pub(super) fn words(&self) -> String {
        self.choices.iter().map(|word| text_literal(word)).collect::<Vec<_>>().join(", ")
    }
}

impl CheckDefinition {
    /// What has to hold, for people.
    #[must_use]
    pub fn words(&self) -> String {
        self.condition.replace('"', "")
    }

    /// As it stands in `CREATE TABLE`.
    pub(super) fn text(&self) -> String {
        format!("CONSTRAINT {} CHECK ({})", quote(&self.name), self.condition)
    }

    /// Whether it speaks of a column.
    #[must_use]
    pub fn covers(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// Says the same of a column of another name.
    pub fn rename(&mut self, before: &str, name: &str) {
        self.condition = self.condition.replace(&quote(before), &quote(name));
        self.columns.iter_mut().filter(|column| *column == before).for_each(|column| name.clone_into(column));
    }
}

impl ExclusionDefinition {
    /// What it says, for people.
    #[must_use]
    pub fn words(&self) -> String {
        let per = if self.per.is_empty() { String::new() } else { format!(" with the same {}", self.per.join(", ")) };
        format!("no two rows{per} may overlap from `{}` to `{}`", self.start, self.end)
    }

    /// The columns that it speaks of.
    pub fn columns(&self) -> impl Iterator<Item = &String> {
        self.per.iter().chain([&self.start, &self.end]).chain(&self.unless)
    }

    /// Whether it speaks of a column.
    #[must_use]
    pub fn covers(&self, column: &str) -> bool {
        self.columns().any(|name| name == column)
    }

    /// Whether it says the same, whatever it is called.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        (&self.start, &self.end, &self.per, &self.unless) == (&other.start, &other.end, &other.per, &other.unless)
    }

    /// Whether it keeps apart all that the other one does, as far as rows that are there are concerned.
    #[must_use]
    pub fn asks_as_much(&self, other: &Self) -> bool {
        let is_of_as_many = self.unless.is_none() || self.unless == other.unless;
        (&self.start, &self.end, &self.per) == (&other.start, &other.end, &other.per) && is_of_as_many
    }

    /// Says the same of a column of another name.
    pub fn rename(&mut self, before: &str, name: &str) {
        let columns = self.per.iter_mut().chain([&mut self.start, &mut self.end]).chain(&mut self.unless);
        columns.filter(|column| *column == before).for_each(|column| name.clone_into(column));
    }
}

impl IndexDefinition {
    /// Whether a column is among what it is over.
    #[must_use]
    pub fn covers(&self, column: &str) -> bool {
        self.keys.iter().chain(&self.only).any(|text| text.contains(&quote(column)))
    }

    /// Says the same of a column of another name.
    pub fn rename(&mut self, before: &str, name: &str) {
        for text in self.keys.iter_mut().chain(&mut self.only) {
            *text = text.replace(&quote(before), &quote(name));
        }
    }

    /// Which rows it is over, behind a statement that makes it.
    pub(super) fn which(&self) -> String {
        self.only.as_ref().map(|only| format!(" WHERE {only}")).unwrap_or_default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(value: &u8) -> bool {
    *value == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_false(value: &bool) -> bool {
    !*value
}
