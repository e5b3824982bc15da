//! What a database holds: the tables that are there, what they were made from, and the migrations that were applied.
//!
//! What is there is asked of the database itself, so that a table that somebody dropped or altered by hand is noticed.

use std::collections::BTreeMap;

use futures_util::FutureExt;

use super::{MARKER, folder::title, snapshot::Snapshot};
use crate::{
    db::{Db, DbError, Dialect, Row, Statement, Tx},
    sql::{ExclusionDefinition, FigureDefinition, IndexDefinition, SearchDefinition, TableDefinition},
};

/// A migration that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub version: u32,
    /// Its name.
    pub name: String,
    /// What its files held.
    pub checksum: String,
    /// When.
    pub applied_at: String,
}

impl Applied {
    /// `0001_name`
    #[must_use]
    pub fn title(&self) -> String {
        title(self.version, &self.name)
    }
}

/// What a database holds.
#[derive(Debug, Clone)]
pub struct Inspected {
    /// Which database it is.
    pub dialect: Dialect,
    /// Every table, index and trigger with its definition, by name; what the database makes by itself is left out.
    pub objects: BTreeMap<String, Object>,
    /// The schema that the tables were made from.
    pub schema: Snapshot,
    /// Tables whose description this program cannot read, since an earlier version of it made them, or a later one.
    pub unread: BTreeMap<String, String>,
    /// What was applied, in order.
    pub applied: Vec<Applied>,
    /// What was read of the last three: another process that changes the schema changes it.
    pub(super) recorded: Vec<Row>,
}

/// A table, an index or a trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// `table`, `index`, `trigger` or `view`.
    pub kind: String,
    /// The table that it is, or is of.
    pub table: String,
    /// Its definition.
    pub sql: String,
}

/// The table of applied migrations.
pub(super) const APPLIED_TABLE: &str = "fasttrack_migrations";

impl Inspected {
    /// Asks a database, while nobody changes its schema.
    ///
    /// # Errors
    /// What the database says.
    pub async fn read(db: &Db) -> Result<Self, DbError> {
        let syntax = db.dialect().schema();
        if syntax.lock().is_some() {
            return Self::read_locked(db).await;
        }
        let bare = Self::of(db.dialect(), db.read(Statement::new(syntax.objects(), Vec::new())).await?);
        match own_tables(&bare) {
            // In one statement: between two, another process may change the schema.
            Some(own) => {
                let sql = format!("{} UNION ALL {own} ORDER BY 1, 2", syntax.objects());
                Ok(Self::of(db.dialect(), db.read(Statement::new(sql, Vec::new())).await?))
            }
            None => Ok(bare),
        }
    }

    async fn read_locked(db: &Db) -> Result<Self, DbError> {
        let read = db.write_alone(|tx| {
            async move {
                take_lock(tx).await?;
                Ok(Self::read_in(tx).await?)
            }
            .boxed()
        });
        read.await.map_err(|error| DbError::Other(error.to_string()))
    }

    /// The same as a transaction sees it.
    pub(super) async fn read_in(tx: &mut Tx) -> Result<Self, DbError> {
        let dialect = tx.dialect();
        let objects = tx.query(Statement::new(dialect.schema().objects(), Vec::new())).await?;
        let mut inspected = Self::of(dialect, objects);
        if let Some(own) = own_tables(&inspected) {
            let rows = tx.query(Statement::new(format!("{own} ORDER BY 1, 2"), Vec::new())).await?;
            inspected.take(rows);
        }
        Ok(inspected)
    }

    /// The tables, indexes and triggers, as a transaction sees them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn objects_in(tx: &mut Tx) -> Result<BTreeMap<String, Object>, DbError> {
        let dialect = tx.dialect();
        Ok(Self::of(dialect, tx.query(Statement::new(dialect.schema().objects(), Vec::new())).await?).objects)
    }

    fn of(dialect: Dialect, rows: Vec<Row>) -> Self {
        let mut inspected = Self::nothing(dialect);
        inspected.take(rows);
        inspected
    }

    /// Each row begins with what it is and its place among its like, so that one statement can ask for all.
    fn take(&mut self, rows: Vec<Row>) {
        for row in rows {
            let text = |index| row.text(index).unwrap_or_default().to_owned();
            match row.int(0) {
                Some(0) => {
                    _ = self.objects.insert(text(2), Object { kind: text(3), table: text(4), sql: text(5) });
                    continue;
                }
                Some(1) => match serde_json::from_str(&text(3)) {
                    Ok(table) => self.schema.tables.push(table),
                    Err(_) => _ = self.unread.insert(text(2), text(3)),
                },
                _ => self.applied.push(Applied {
                    version: row.int(1).and_then(|version| u32::try_from(version).ok()).unwrap_or(u32::MAX),
                    name: text(2),
                    checksum: text(3),
                    applied_at: text(4),
                }),
            }
            self.recorded.push(row);
        }
    }

    /// What there is where no database is.
    #[must_use]
    pub const fn nothing(dialect: Dialect) -> Self {
        Self {
            dialect,
            objects: BTreeMap::new(),
            schema: Snapshot { tables: Vec::new() },
            unread: BTreeMap::new(),
            applied: Vec::new(),
            recorded: Vec::new(),
        }
    }

    /// Whether there is no table at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Takes tables that an earlier version made for what they are declared as, where they are that.
    pub fn adopt(&mut self, declared: &Snapshot) {
        for table in &declared.tables {
            if self.unread.get(&table.name).is_some_and(|text| self.dialect.schema().is_table(text, table)) {
                self.unread.remove(&table.name);
                let mut table = table.clone();
                self.mark_lost(&mut table);
                table.indexes.retain(|index| self.objects.contains_key(&index.name));
                self.schema.tables.push(table);
            }
        }
    }

    /// What keeps a figure and is not there, or another one, is taken for what keeps something else; an index of words for
    /// one of nothing.
    fn mark_lost(&self, table: &mut TableDefinition) {
        let has_search = table.search.as_ref().is_none_or(|one| finds_words(self.dialect, &self.objects, table, one));
        table.search.iter_mut().filter(|_| !has_search).for_each(|search| search.columns.clear());
        let together = table.figures_together();
        let lost = together.iter().filter(|figures| !are_kept(self.dialect, &self.objects, table, figures));
        let lost: Vec<_> = lost.flatten().map(|figure| figure.name.clone()).collect();
        table.figures.iter_mut().filter(|one| lost.contains(&one.name)).for_each(|one| one.amount.clear());
    }

    /// The tables that are not what they were made as.
    pub fn altered_by_hand(&self) -> impl Iterator<Item = &str> {
        self.schema.tables.iter().filter(|table| !self.is_there(table)).map(|table| table.name.as_str())
    }

    /// The schema without the indexes that were dropped by hand; one that was altered is taken for another, and so is what
    /// keeps rows from overlapping. What is derived can be made again.
    #[must_use]
    pub fn present(&self) -> Snapshot {
        let mut present = self.schema.clone();
        for table in &mut present.tables {
            let lost: Vec<_> =
                table.exclusions.iter().map(|one| !keeps_apart(self.dialect, &self.objects, table, one)).collect();
            let lost = table.exclusions.iter_mut().zip(lost).filter(|(_, is_lost)| *is_lost);
            lost.for_each(|(one, _)| one.start.clear());
            self.mark_lost(table);
            table.indexes.retain(|index| self.objects.contains_key(&index.name));
            for index in &mut table.indexes {
                let there = self.objects.get(&index.name).map(|there| there.sql.as_str()).unwrap_or_default();
                if !self.dialect.schema().is_index(there, &table.name, index) {
                    index.keys = vec![there.to_owned()];
                }
            }
        }
        present
    }

    /// Whether a table is there as it is defined, its indexes aside.
    fn is_there(&self, table: &TableDefinition) -> bool {
        is_there(self.dialect, &self.objects, table)
    }
}

/// Waits for others that look at the schema or change it, where there may be any.
pub(super) async fn take_lock(tx: &mut Tx) -> Result<(), DbError> {
    if let Some(lock) = tx.dialect().schema().lock() {
        tx.query(Statement::new(lock, Vec::new())).await?;
    }
    Ok(())
}

/// The query for what is in those tables of ours that are there.
fn own_tables(inspected: &Inspected) -> Option<String> {
    let syntax = inspected.dialect.schema();
    let own = [(MARKER, syntax.recorded_schema()), (APPLIED_TABLE, syntax.applied_migrations())];
    let own: Vec<_> =
        own.iter().filter(|(table, _)| inspected.objects.contains_key(*table)).map(|(_, sql)| *sql).collect();
    (!own.is_empty()).then(|| own.join(" UNION ALL "))
}

fn is_there(dialect: Dialect, objects: &BTreeMap<String, Object>, table: &TableDefinition) -> bool {
    objects.get(&table.name).is_some_and(|there| dialect.schema().is_table(&there.sql, table))
}

/// Whether all of a definition is there.
pub(super) fn is_all_there(dialect: Dialect, objects: &BTreeMap<String, Object>, table: &TableDefinition) -> bool {
    let has = |index: &IndexDefinition| {
        let there = objects.get(&index.name);
        there.is_some_and(|there| dialect.schema().is_index(&there.sql, &table.name, index))
    };
    let keeps_apart = |one| keeps_apart(dialect, objects, table, one);
    let are_kept = |figures: &Vec<_>| are_kept(dialect, objects, table, figures);
    let finds_words = |one| finds_words(dialect, objects, table, one);
    is_there(dialect, objects, table)
        && table.indexes.iter().all(has)
        && table.exclusions.iter().all(keeps_apart)
        && table.figures_together().iter().all(are_kept)
        && table.search.iter().all(finds_words)
}

/// Whether an index of words is there, and what keeps it.
fn finds_words(
    dialect: Dialect,
    objects: &BTreeMap<String, Object>,
    table: &TableDefinition,
    one: &SearchDefinition,
) -> bool {
    are_there(objects, &dialect.schema().search_objects(table, one))
}

/// Whether what keeps figures of one table is there.
fn are_kept(
    dialect: Dialect,
    objects: &BTreeMap<String, Object>,
    table: &TableDefinition,
    figures: &[&FigureDefinition],
) -> bool {
    are_there(objects, &dialect.schema().figure_objects(table, figures))
}

/// Whether objects are there, as they were written where the catalog says that.
fn are_there(objects: &BTreeMap<String, Object>, expected: &[(String, String)]) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_there = |(name, sql): &(String, String)| {
        objects.get(name).is_some_and(|there| sql.is_empty() || words(&there.sql) == words(sql))
    };
    expected.iter().all(is_there)
}

/// Whether what keeps rows from overlapping is there, as far as it stands beside the table.
fn keeps_apart(
    dialect: Dialect,
    objects: &BTreeMap<String, Object>,
    table: &TableDefinition,
    one: &ExclusionDefinition,
) -> bool {
    are_there(objects, &dialect.schema().exclusion_objects(table, one))
}
