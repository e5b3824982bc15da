//! How tables are written, changed in place or anew, and found again in the catalog of a database.
//!
//! What is the same in every database stands in `sql::alter`; statements about rows are not written here.

mod postgres;
mod sqlite;

pub(in crate::sql) use self::{
    postgres::{WORDS_COLUMN, words_mark},
    sqlite::words_column,
};

use crate::{
    db::Dialect,
    schema::Literal,
    sql::definition::{
        CheckDefinition, ColumnDefinition, ExclusionDefinition, FigureDefinition, Holds, IndexDefinition,
        SearchDefinition, TableDefinition,
    },
};

/// How what a column holds becomes what another one may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// The value, as an expression over the old column.
    pub value: String,
    /// Which rows it cannot be done for, as a condition.
    pub offends: Option<String>,
}

/// What becomes of one column of a table that holds rows.
#[derive(Debug, Clone, Copy)]
pub enum ColumnAlteration<'a> {
    /// It is added, and holds this in the rows that are there; null, or there are none, where that is not said.
    Add(&'a ColumnDefinition, Option<&'a str>),
    /// It is dropped.
    Drop(&'a ColumnDefinition),
    /// It becomes another one.
    Change {
        /// What it was.
        old: &'a ColumnDefinition,
        /// What it becomes.
        new: &'a ColumnDefinition,
        /// What it holds then, as an expression over the old one.
        value: &'a str,
    },
}

/// Something that an index is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// The column, or an expression over it.
    pub expression: String,
    /// Whether it is the column itself.
    pub is_plain: bool,
    /// Whether it may be null.
    pub is_nullable: bool,
}

/// How scripts are cut into statements.
#[derive(Debug)]
pub struct Lexis {
    /// First words of statements that would break the transaction that a script runs in.
    pub forbidden: &'static [&'static str],
    /// What encloses text in which nothing ends: how it opens, how it closes, and what it is.
    pub quotes: &'static [(char, &'static str, &'static str)],
    /// Whether a trigger has statements inside, and ends with END.
    pub has_trigger_bodies: bool,
    /// Whether text may stand between `$$` and `$$`, or `$TAG$` and `$TAG$`.
    pub has_dollar_quotes: bool,
}

/// The schema's side of a dialect.
pub trait SchemaSyntax: Sync {
    /// `CREATE TABLE`.
    fn create_table(&self, table: &TableDefinition) -> String;

    /// What makes the references of a new table, where they can only be made once every table is there.
    fn add_references(&self, _table: &TableDefinition) -> Vec<String> {
        Vec::new()
    }

    /// What takes a reference away from a table that is going to be dropped together with the one that it leads to.
    fn drop_reference(&self, _table: &str, _column: &ColumnDefinition) -> Option<String> {
        None
    }

    /// What else is named after a table that was renamed, and has to follow. `table` has the old name.
    fn follow_table(&self, _table: &TableDefinition, _name: &str) -> Vec<String> {
        Vec::new()
    }

    /// What else is named after a column that was renamed, and has to follow. `column` has the old name.
    fn follow_column(&self, _table: &str, _column: &ColumnDefinition, _name: &str) -> Vec<String> {
        Vec::new()
    }

    /// What an index is over, so that rows come along it as lists show them: null first, and ties in the order of ids.
    fn index_keys(&self, keys: Vec<IndexKey>, unique: bool) -> Vec<String>;

    /// What an index is called that would be called so.
    fn index_name(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Whether rows that are null come in the order of ids along a unique index.
    fn lists_nulls_along_unique(&self) -> bool {
        true
    }

    /// A condition as a table has it, which holds where it is null.
    fn condition(&self, condition: String, _may_be_null: bool) -> String {
        condition
    }

    /// A constant as it stands in a condition of a table.
    fn constant(&self, value: Literal) -> String;

    /// Has a condition asked of the rows of a table that is there; `None` where the table has to be made anew for it.
    fn add_check(&self, _table: &str, _check: &CheckDefinition) -> Option<String> {
        None
    }

    /// Has it asked no more.
    fn drop_check(&self, _table: &str, _name: &str) -> Option<String> {
        None
    }

    /// Calls it otherwise.
    fn rename_check(&self, _table: &str, _before: &str, _name: &str) -> Option<String> {
        None
    }

    /// Whether what rows do not share is found along an index of its own.
    fn excludes_along_index(&self) -> bool {
        false
    }

    /// Has rows not overlap that would.
    fn exclude(&self, table: &TableDefinition, exclusion: &ExclusionDefinition) -> Vec<String>;

    /// Lets them, wherever that is refused as yet.
    fn let_overlap(&self, table: &str, name: &str) -> Vec<String>;

    /// What stands beside the table for it: names, and definitions of the catalog.
    fn exclusion_objects(&self, _table: &TableDefinition, _exclusion: &ExclusionDefinition) -> Vec<(String, String)> {
        Vec::new()
    }

    /// What keeps figures is called so, so that what is called after it fits.
    fn figure_name(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Has figures kept, those of one table, that are right.
    fn keep(&self, counted: &TableDefinition, figures: &[&FigureDefinition]) -> Vec<String>;

    /// Has them kept no more.
    fn let_go(&self, counted: &str, name: &str) -> Vec<String>;

    /// What keeps them, beside the table: names, and definitions of the catalog where it has them as they were written.
    fn figure_objects(&self, counted: &TableDefinition, figures: &[&FigureDefinition]) -> Vec<(String, String)>;

    /// What the index of words of a table is called, so that what is called after it fits.
    fn search_name(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Makes the index of words of a table that holds rows, and has it kept.
    fn index_words(&self, table: &TableDefinition, search: &SearchDefinition) -> Vec<String>;

    /// Drops it.
    fn forget_words(&self, table: &str, search: &SearchDefinition) -> Vec<String>;

    /// Has one that is right kept on.
    fn watch_words(&self, _table: &TableDefinition, _search: &SearchDefinition) -> Vec<String> {
        Vec::new()
    }

    /// Has it kept no more, while the table changes in other ways.
    fn unwatch_words(&self, _search: &SearchDefinition) -> Vec<String> {
        Vec::new()
    }

    /// What it is, beside the table: names, and definitions of the catalog where it has them as they were written.
    fn search_objects(&self, table: &TableDefinition, search: &SearchDefinition) -> Vec<(String, String)>;

    /// Everything that stands beside a table and was made with it, its indexes aside.
    fn objects_beside(&self, table: &TableDefinition) -> Vec<(String, String)> {
        let exclusions = table.exclusions.iter().flat_map(|one| self.exclusion_objects(table, one));
        let together = table.figures_together();
        let figures = together.iter().flat_map(|kept| self.figure_objects(table, kept));
        let search = table.search.iter().flat_map(|one| self.search_objects(table, one));
        exclusions.chain(figures).chain(search).collect()
    }

    /// What an index is over by which the lists in a column are found that have a value; `None` where there is none.
    fn list_key(&self, _column: &str) -> Option<String> {
        None
    }

    /// `CREATE INDEX`.
    fn create_index(&self, table: &str, index: &IndexDefinition) -> String;

    /// Changes one column where it stands; `None` where the table has to be made anew for it.
    fn alter(&self, table: &str, change: ColumnAlteration<'_>) -> Option<Vec<String>>;

    /// What copies every row of a table into a new one and puts that in its place; each statement with its reason.
    /// `values` says what each column of the new one holds, as expressions over the old. Nothing where every column changes
    /// where it stands.
    fn replace(&self, _old: &TableDefinition, _new: &TableDefinition, _values: &[String]) -> Vec<(String, String)> {
        Vec::new()
    }

    /// How what `from` holds becomes what `to` may hold; `None` where nothing of it means anything there.
    fn convert(&self, from: &ColumnDefinition, to: &ColumnDefinition) -> Option<Conversion>;

    /// The instant of the migration, as instants are kept.
    fn now(&self) -> &'static str;

    /// What stands for a value that is gone, for a column that may not be null; `None` where nothing can.
    fn neutral(&self, column: &ColumnDefinition) -> Option<String>;

    /// A condition: the column holds something other than its default.
    fn holds_something(&self, column: &ColumnDefinition) -> String;

    /// How scripts are cut into statements.
    fn lexis(&self) -> &'static Lexis;

    /// The statements that make the tables of the schema and of the migrations, and what scripts call; each may be run again.
    fn own_tables(&self) -> &'static [&'static str];

    /// What has processes that look at the schema or change it wait for one another until their transactions end; `None`
    /// where one process alone may have the database.
    fn lock(&self) -> Option<&'static str> {
        None
    }

    /// A query for every table, index, trigger and view but what the database makes by itself: 0, a number, name, kind,
    /// table, definition.
    fn objects(&self) -> &'static str;

    /// A query for what the tables were made from: 1, a number, name, definition, NULL, NULL.
    fn recorded_schema(&self) -> &'static str;

    /// A query for the migrations that were applied: 2, number, name, checksum, instant, NULL.
    fn applied_migrations(&self) -> &'static str;

    /// Queries for references that lead nowhere: whose rows, and to which table they should lead.
    fn dangling_references(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether a definition of the catalog is that of this table, its indexes aside, in whatever order its columns come.
    fn is_table(&self, there: &str, table: &TableDefinition) -> bool;

    /// Whether a definition of the catalog is that of this index.
    fn is_index(&self, there: &str, table: &str, index: &IndexDefinition) -> bool;
}

impl Dialect {
    /// How tables are written in it.
    #[must_use]
    pub fn schema(self) -> &'static dyn SchemaSyntax {
        match self {
            Self::Sqlite => &sqlite::SqliteSchema,
            Self::Postgres => &postgres::PostgresSchema,
        }
    }
}

/// The tables that one relation after another may lead to.
fn target(column: &ColumnDefinition) -> Option<&str> {
    column.references.as_ref().map(|reference| reference.table.as_str())
}

/// Whether nothing that one column holds means anything in the other, whatever the database.
fn is_foreign(from: &ColumnDefinition, to: &ColumnDefinition) -> bool {
    let is_moved = target(from).zip(target(to)).is_some_and(|(old, new)| old != new);
    let is_secret = from.holds.facts().is_secret != to.holds.facts().is_secret;
    let is_apart = from.holds != to.holds && (from.holds.facts().is_apart || to.holds.facts().is_apart);
    let is_either = |holds: Holds| from.holds == holds || to.holds == holds;
    is_moved || is_secret || is_apart || is_either(Holds::Id) || is_either(Holds::DeletedAt)
}

/// The words of a text with single spaces between them.
fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
