//! What a database holds: the tables that are there, what they were made from, and the migrations that were applied.
//!
//! What is there is asked of the database itself, so that a table that somebody dropped or altered by hand is noticed.

use std::collections::{BTreeMap, BTreeSet};

use super::{MARKER, folder::title, snapshot::Snapshot};
use crate::{
    db::{Db, DbError, Row, Statement, Tx},
    sql::TableDefinition,
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
#[derive(Debug, Clone, Default)]
pub struct Inspected {
    /// Every table, index and trigger with its definition, by name; what the database makes by itself is left out.
    pub objects: BTreeMap<String, Object>,
    /// The schema that the tables were made from.
    pub schema: Snapshot,
    /// Tables whose description this program cannot read, since an earlier version of it made them, or a later one.
    pub unread: BTreeMap<String, String>,
    /// What was applied, in order.
    pub applied: Vec<Applied>,
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

/// Of these three, each row begins with what it is and its place among its like, so that one statement can ask for all.
const OBJECTS: &str = "SELECT 0, rowid, CAST(\"name\" AS BLOB), CAST(\"type\" AS BLOB), CAST(\"tbl_name\" AS BLOB), \
    CAST(\"sql\" AS BLOB) FROM sqlite_master WHERE \"sql\" IS NOT NULL AND \"name\" NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
const SCHEMA: &str = "SELECT 1, rowid, CAST(\"name\" AS BLOB), CAST(\"definition\" AS BLOB), NULL, NULL \
    FROM \"fasttrack_schema\"";
const APPLIED: &str = "SELECT 2, \"version\", CAST(\"name\" AS BLOB), CAST(\"checksum\" AS BLOB), \
    CAST(\"applied_at\" AS BLOB), NULL FROM \"fasttrack_migrations\"";

/// The table of applied migrations.
pub(super) const APPLIED_TABLE: &str = "fasttrack_migrations";

impl Inspected {
    /// Asks a database, in one statement: between two, another process may change the schema.
    ///
    /// # Errors
    /// What the database says.
    pub async fn read(db: &Db) -> Result<Self, DbError> {
        let bare = Self::of(&db.read(Statement::new(OBJECTS, Vec::new())).await?);
        let own = [(MARKER, SCHEMA), (APPLIED_TABLE, APPLIED)];
        let own: Vec<_> =
            own.iter().filter(|(table, _)| bare.objects.contains_key(*table)).map(|(_, sql)| *sql).collect();
        if own.is_empty() {
            return Ok(bare);
        }
        let sql = format!("{OBJECTS} UNION ALL {} ORDER BY 1, 2", own.join(" UNION ALL "));
        Ok(Self::of(&db.read(Statement::new(sql, Vec::new())).await?))
    }

    /// The tables, indexes and triggers, as a transaction sees them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn objects_in(tx: &mut Tx) -> Result<BTreeMap<String, Object>, DbError> {
        Ok(Self::of(&tx.query(Statement::new(OBJECTS, Vec::new())).await?).objects)
    }

    fn of(rows: &[Row]) -> Self {
        let mut inspected = Self::default();
        for row in rows {
            let text = |index| row.text(index).unwrap_or_default().to_owned();
            match row.int(0) {
                Some(0) => {
                    _ = inspected.objects.insert(text(2), Object { kind: text(3), table: text(4), sql: text(5) });
                }
                Some(1) => match serde_json::from_str(&text(3)) {
                    Ok(table) => inspected.schema.tables.push(table),
                    Err(_) => _ = inspected.unread.insert(text(2), text(3)),
                },
                _ => inspected.applied.push(Applied {
                    version: row.int(1).and_then(|version| u32::try_from(version).ok()).unwrap_or(u32::MAX),
                    name: text(2),
                    checksum: text(3),
                    applied_at: text(4),
                }),
            }
        }
        inspected
    }

    /// Whether there is no table at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Takes tables that an earlier version made for what they are declared as, where they are that.
    pub fn adopt(&mut self, declared: &Snapshot) {
        for table in &declared.tables {
            if self.unread.get(&table.name).is_some_and(|text| is_same_table(text, &table.create())) {
                self.unread.remove(&table.name);
                let mut table = table.clone();
                table.indexes.retain(|index| self.objects.contains_key(&index.name));
                self.schema.tables.push(table);
            }
        }
    }

    /// The tables that are not what they were made as.
    pub fn altered_by_hand(&self) -> impl Iterator<Item = &str> {
        self.schema.tables.iter().filter(|table| !is_there(&self.objects, table)).map(|table| table.name.as_str())
    }

    /// The schema without the indexes that were dropped by hand; one that was altered is taken for another. What is
    /// derived can be made again.
    #[must_use]
    pub fn present(&self) -> Snapshot {
        let mut present = self.schema.clone();
        for table in &mut present.tables {
            table.indexes.retain(|index| self.objects.contains_key(&index.name));
            for index in &mut table.indexes {
                let there = self.objects.get(&index.name).map(|there| squeeze(&there.sql)).unwrap_or_default();
                if there != squeeze(&index.create(&table.name)) {
                    index.keys = vec![there];
                }
            }
        }
        present
    }
}

/// Whether a table is there as it is defined, its indexes aside.
pub(super) fn is_there(objects: &BTreeMap<String, Object>, table: &TableDefinition) -> bool {
    objects.get(&table.name).is_some_and(|there| is_same_table(&there.sql, &table.create()))
}

/// Whether all of a definition is there.
pub(super) fn is_all_there(objects: &BTreeMap<String, Object>, table: &TableDefinition) -> bool {
    let has_index = |name: &str, sql: &str| objects.get(name).is_some_and(|there| squeeze(&there.sql) == squeeze(sql));
    is_there(objects, table) && table.indexes.iter().all(|index| has_index(&index.name, &index.create(&table.name)))
}

/// Whether two `CREATE TABLE` make the same table, in whatever order their columns come.
fn is_same_table(one: &str, other: &str) -> bool {
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

/// The words of a text with single spaces between them.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
