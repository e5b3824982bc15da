//! Schemas over time: what a database holds, what is declared, and what leads from one to the other.
//!
//! A start makes by itself what only adds ([`Weight::Addition`]); everything else is a migration: a pair of scripts in a
//! folder, written from the difference by `compose`, read by people before it is applied, and put into the program by
//! its next build ([`Source`]). The schema is compared
//! as data ([`Snapshot`]), and what a step leaves is asked of the database before it is committed. What is peculiar to
//! a database stands in `sql::dialect::schema`; data is only moved by statements, never read into this process.

mod change;
mod checks;
mod column;
mod compose;
mod diff;
mod exclusions;
mod figures;
mod folder;
mod foundation;
mod introspect;
mod migrator;
mod plan;
mod run;
mod script;
mod searches;
mod snapshot;
mod source;
mod surplus;

#[cfg(test)]
mod tests;

pub(crate) use self::run::alone;
pub use self::{
    change::{Block, Change, Direction, Weight},
    compose::{Composed, Request, compose},
    diff::Difference,
    folder::{FolderError, Migration, check_name, read_folder},
    foundation::Foundation,
    introspect::{Applied, Inspected},
    migrator::{Migrator, Missing},
    run::Progress,
    script::{ScriptError, read as read_script, write as write_script},
    snapshot::{ColumnRename, Renames, Snapshot},
    source::Source,
    surplus::Surplus,
};
use crate::{
    db::{Db, DbError},
    program,
    schema::{Catalog, LinkError},
};

/// A table that every database of ours has, and no other.
pub const MARKER: &str = "fasttrack_schema";

/// Why a schema could not be brought to where it should be. The database is then as it was.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The declarations do not fit together.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The migrations cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It is a database of something else.
    #[error("the database holds tables that are not fasttrack's; name another one in DATABASE_URL")]
    Foreign,
    /// A table is not what it was made as.
    #[error(
        "the table `{table}` is not as it was made: somebody altered or dropped it by hand; undo that, or restore a copy \
         of the database"
    )]
    Altered {
        /// The table.
        table: String,
    },
    /// The files of a migration are not those that were applied.
    #[error(
        "the migration {title} was edited after it was applied; restore its files, and write a new one for the change"
    )]
    Edited {
        /// The migration.
        title: String,
    },
    /// A table is described in a way that this version of the framework does not know.
    #[error(
        "the table `{table}` was made by a newer version of fasttrack than the one in this program; start a program that \
         was built with that version"
    )]
    Unreadable {
        /// The table.
        table: String,
    },
    /// Another migration of this number was applied.
    #[error(
        "the database has the migration {applied}, and this program has {title}: give the one that was not applied \
         anywhere yet the next free number"
    )]
    Other {
        /// The migration here.
        title: String,
        /// The one in the database.
        applied: String,
    },
    /// A newer program changed what this one relies on.
    #[error(
        "the database was taken on to the migration {title}, which this program does not hold, and it cannot serve what \
         is otherwise now: {what}; start the program that holds the migration, or undo it with that one"
    )]
    Newer {
        /// The newest migration that was applied.
        title: String,
        /// The tables and columns.
        what: String,
    },
    /// Migrations would be written behind those of a newer program.
    #[error(
        "the database was taken on to the migration {0}, which is not here, so that its number is taken; fetch it first, or \
         name another database in DATABASE_URL"
    )]
    Behind(String),
    /// A migration would lose what it does not know.
    #[error(
        "{title} was not applied: it would not keep {what}, which a newer program added; apply it with a program that knows \
         what is there"
    )]
    Unknowing {
        /// The migration.
        title: String,
        /// The tables and columns.
        what: String,
    },
    /// A migration comes too late.
    #[error("the migration {title} was not applied, and a later one was; give it the next free number")]
    Late {
        /// The migration.
        title: String,
    },
    /// The database is not where a migration starts.
    #[error(
        "the migration {title} does not start from what the database holds (`{tables}` differ); if a start added that, \
         `{} migrate new NAME` writes it down as a migration of its own",
        program::name()
    )]
    Elsewhere {
        /// The migration.
        title: String,
        /// The tables that differ.
        tables: String,
    },
    /// There is something to do, and nothing is to be done.
    #[error(
        "the database is not as declared ({what}); run `{} migrate up`, or start once without AUTO_MIGRATE=false",
        program::name()
    )]
    Pending {
        /// What is to be done.
        what: String,
    },
    /// The declarations changed in a way that a start does not follow by itself.
    #[error(
        "the declarations differ from the database in a way that needs a migration ({what}); run `{} migrate new \
         NAME`, read what it writes, and start again",
        program::name()
    )]
    NeedsMigration {
        /// The changes.
        what: String,
    },
    /// A migration would lose data.
    #[error(
        "this may lose what is stored: {what}; declare `was` if something was renamed, or say --allow-destructive if that is meant"
    )]
    Destructive {
        /// The changes.
        what: String,
    },
    /// Rows stand against a migration.
    #[error("{title} was not applied: {why}; it finds {count} ({rows}): change them, or the migration, first")]
    Offends {
        /// The migration.
        title: String,
        /// What is asked of the rows.
        why: String,
        /// How many do not hold it.
        count: i64,
        /// The ids of some.
        rows: String,
    },
    /// A statement failed.
    #[error("{title} was not applied: {cause}, at `{sql}`")]
    Statement {
        /// The migration.
        title: String,
        /// How the statement begins.
        sql: String,
        /// What the database says.
        cause: DbError,
    },
    /// Something added by hand cannot be kept.
    #[error("{title} was not applied: `{name}`, which was added by hand, cannot be kept ({cause}); drop it first")]
    ByHand {
        /// The migration.
        title: String,
        /// The index or trigger.
        name: String,
        /// What the database says.
        cause: DbError,
    },
    /// A reference would lead nowhere.
    #[error(
        "{title} was not applied: rows of `{table}` would refer to what is not in `{parent}`; if that was renamed, say so \
         with `was`"
    )]
    Dangling {
        /// The migration.
        title: String,
        /// Whose rows.
        table: String,
        /// Where they should lead.
        parent: String,
    },
    /// A migration does not leave what it says.
    #[error("{title} was not applied: it would not leave the table `{table}` as its .json says; correct its .sql")]
    Unlike {
        /// The migration.
        title: String,
        /// The table.
        table: String,
    },
    /// Somebody else changes the schema.
    #[error("another process changed the schema at the same time; look at what it did, and try again")]
    Overtaken,
    /// There is no such migration.
    #[error("there is no migration {0}; `{program} migrate status` lists them", program = program::name())]
    Unknown(u32),
    /// A migration is to be undone that is not here.
    #[error("the migration {0} is not in this program; undo it with the program that holds it, or restore its files")]
    Lost(String),
    /// The database refused.
    #[error("the schema could not be brought up to date: {0}")]
    Database(#[from] DbError),
    /// The database refused, or the writer did.
    #[error("the schema could not be brought up to date: {0}")]
    Refused(String),
}

/// Makes of a database what is declared, without migrations; `framework` are statements for tables that are
/// no resources.
///
/// # Errors
/// [`MigrateError`]; the database is then as it was.
pub async fn apply(
    db: &Db,
    catalog: &Catalog,
    framework: Vec<String>,
    missing: Missing,
) -> Result<Vec<String>, MigrateError> {
    let none = Source::none(db.dialect(), std::path::Path::new(""));
    Migrator::new(db, catalog, framework, none)?.start(missing).await
}
