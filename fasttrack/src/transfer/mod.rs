//! From one database to another one, which holds nothing yet: every row as it is stored.
//!
//! Both are in a transaction all the while: so what is copied is of one instant, and the other database has all of it or
//! nothing. Rows travel in parts of a few megabytes, each of which is read again where it was written and compared before
//! anything is committed. What is at the ends knows nothing of what it copies but its kind.

mod reading;
#[cfg(test)]
mod tests;
mod writing;

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::mpsc;

use self::reading::Part;
use crate::{
    db::{Db, DbError},
    migrate::{Foundation, MigrateError, alone},
    schema::Catalog,
    sql::StoredTable,
};

/// Hears how far it is: rows written, rows in all, and the table.
pub type Progress = Arc<dyn Fn(u64, u64, &str) + Send + Sync>;

/// A table that was copied, and how many rows it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The tables cannot be made.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// There is something already.
    #[error("it is not empty, it holds {0}; name an empty database, or empty this one first")]
    NotEmpty(String),
    /// A table cannot be read or written.
    #[error("`{table}` cannot be copied: {cause}")]
    Table {
        /// The table.
        table: String,
        /// What the database says.
        cause: DbError,
    },
    /// A reference leads nowhere.
    #[error("rows of `{0}` refer to what is not there; correct them first")]
    Dangling(String),
    /// Text that is none.
    #[error("`{column}` of `{table}` holds what is no UTF-8, somewhere after the row {after}; correct it first")]
    NoText {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The key before.
        after: String,
    },
    /// A row does not come out as it went in.
    #[error(
        "the row {key} of `{table}` is another one after it is written; look at what it holds, and correct it first"
    )]
    Differs {
        /// The table.
        table: String,
        /// The row.
        key: String,
    },
    /// Rows are missing.
    #[error("`{table}` has {there} rows, and {written} were written")]
    Count {
        /// The table.
        table: String,
        /// How many there are.
        there: u64,
        /// How many there should be.
        written: u64,
    },
    /// The other end is gone.
    #[error("it was broken off")]
    BrokenOff,
    /// A database refused otherwise.
    #[error("{0}")]
    Refused(String),
}

/// Makes the tables, copies all rows, and has ids go on where they were.
///
/// # Errors
/// [`TransferError`]; the other database is then as empty as it was. This one is only read in any case.
pub async fn transfer(
    from: &Db,
    to: &Db,
    catalog: &Catalog,
    foundation: Foundation,
    progress: Progress,
) -> Result<Vec<Copied>, TransferError> {
    let tables = Arc::new(tables(catalog));
    let (sender, parts) = mpsc::channel::<Part>(PARTS);
    let (of_source, of_target, dialect) = (Arc::clone(&tables), tables, to.dialect());
    let read = alone(from, TransferError::Refused, move |tx| {
        async move { reading::send_all(tx, dialect, &of_source, &sender).await }.boxed()
    });
    let written = alone(to, TransferError::Refused, move |tx| {
        async move { writing::fill(tx, &foundation, &of_target, parts, &progress).await }.boxed()
    });
    let (read, written) = tokio::join!(read, written);
    // One that ends because the other one did has nothing to say of its own.
    read.and(written)
}

/// Parts that wait to be written, at most.
const PARTS: usize = 1;

/// The tables in an order in which accounts come before what the framework keeps of them.
fn tables(catalog: &Catalog) -> Vec<StoredTable> {
    let resources = catalog.tables().iter().map(|model| StoredTable::of(model.schema));
    resources.chain(StoredTable::framework()).collect()
}

/// A key as people read it.
fn in_words(key: &[i64]) -> String {
    key.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
