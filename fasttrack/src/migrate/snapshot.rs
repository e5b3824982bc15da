//! The schema of an application at one time, and what its declarations say was called otherwise before.

use serde::{Deserialize, Serialize};

use crate::{
    db::Dialect,
    schema::{Catalog, LinkError},
    sql::{self, TableDefinition},
};

/// All tables of an application's resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The tables.
    pub tables: Vec<TableDefinition>,
}

impl Snapshot {
    /// What the declarations say, for a database of this kind.
    ///
    /// # Errors
    /// [`LinkError`] when a path does not resolve, which declarations that compiled cannot cause.
    pub fn declared(dialect: Dialect, catalog: &Catalog) -> Result<Self, LinkError> {
        let tables = catalog.tables().iter().map(|model| sql::define(dialect, catalog, model));
        Ok(Self { tables: tables.collect::<Result<_, _>>()? })
    }

    /// The table of this name.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&TableDefinition> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Whether both are the same schema, in whatever order.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.tables.len() == other.tables.len()
            && self.tables.iter().all(|table| other.table(&table.name).is_some_and(|same| table.is_same(same)))
    }

    /// The tables, columns, constraints and unique indexes that are in one alone, or differ, in words. Other indexes are nobody's
    /// concern but the database's.
    #[must_use]
    pub fn unlike(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for table in &self.tables {
            match other.table(&table.name) {
                None => found.push(format!("the table `{}`", table.name)),
                Some(same) => found.extend(unlike(table, same)),
            }
        }
        let there = other.tables.iter().filter(|table| self.table(&table.name).is_none());
        found.extend(there.map(|table| format!("the table `{}`", table.name)));
        found
    }

    /// The names of the tables that are in one alone, or differ.
    #[must_use]
    pub fn different(&self, other: &Self) -> Vec<String> {
        let here = self.tables.iter().filter(|table| !other.table(&table.name).is_some_and(|same| table.is_same(same)));
        let there = other.tables.iter().filter(|table| self.table(&table.name).is_none());
        here.chain(there).map(|table| table.name.clone()).collect()
    }
}

/// The columns, constraints and unique indexes that are in one alone, or differ, in words.
fn unlike(one: &TableDefinition, other: &TableDefinition) -> Vec<String> {
    let mut found = Vec::new();
    for (table, same) in [(one, other), (other, one)] {
        let columns = table.columns.iter().filter(|column| !same.columns.contains(column));
        found.extend(columns.map(|column| format!("`{}` of `{}`", column.name, table.name)));
        let indexes = table.indexes.iter().filter(|index| index.unique && !same.indexes.contains(index));
        found.extend(indexes.map(|index| format!("the index `{}`", index.name)));
        let checks = table.checks.iter().filter(|check| !same.checks.contains(check));
        found.extend(checks.map(|check| format!("the constraint `{}`", check.name)));
        let exclusions = table.exclusions.iter().filter(|one| !same.exclusions.contains(one));
        found.extend(exclusions.map(|one| format!("the constraint `{}`", one.name)));
        let figures = table.figures.iter().filter(|figure| !same.figures.contains(figure));
        found.extend(figures.map(|figure| format!("what keeps `{}` of `{}`", figure.column, figure.table)));
        let is_other = table.search.is_some() && table.search != same.search;
        found.extend(is_other.then(|| format!("the index of words of `{}`", table.name)));
    }
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|words| seen.insert(words.clone()));
    found
}

/// What was called otherwise before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables: the old name and the new.
    pub tables: Vec<(String, String)>,
    /// Columns.
    pub columns: Vec<ColumnRename>,
}

/// A column that was called otherwise before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRename {
    /// Its table before.
    pub table_before: String,
    /// Its table now.
    pub table: String,
    /// Its name before.
    pub before: String,
    /// Its name now.
    pub name: String,
}

impl Renames {
    /// What the declarations say with `was`, as far as it is news to a schema: the old name is there, and the new is not.
    #[must_use]
    pub fn declared(catalog: &Catalog, from: &Snapshot) -> Self {
        let mut renames = Self::default();
        let is_declared = |plural: &str| catalog.tables().iter().any(|model| model.schema.plural == plural);
        for schema in catalog.tables().iter().map(|model| model.schema) {
            let before = schema.was.filter(|old| from.table(schema.plural).is_none() && !is_declared(old));
            let Some(table) = from.table(before.unwrap_or(schema.plural)) else { continue };
            if let Some(before) = before {
                renames.tables.push((before.to_owned(), schema.plural.to_owned()));
            }
            for column in schema.columns {
                let is_news = |old: &&str| {
                    table.column(old).is_some()
                        && table.column(column.key).is_none()
                        && schema.column_of_key(old).is_none()
                };
                renames.columns.extend(column.was.filter(is_news).map(|old| ColumnRename {
                    table_before: table.name.clone(),
                    table: schema.plural.to_owned(),
                    before: old.to_owned(),
                    name: column.key.to_owned(),
                }));
            }
        }
        renames
    }

    /// The way back.
    #[must_use]
    pub fn inverse(&self) -> Self {
        Self {
            tables: self.tables.iter().map(|(before, name)| (name.clone(), before.clone())).collect(),
            columns: self
                .columns
                .iter()
                .map(|column| ColumnRename {
                    table_before: column.table.clone(),
                    table: column.table_before.clone(),
                    before: column.name.clone(),
                    name: column.before.clone(),
                })
                .collect(),
        }
    }
}
