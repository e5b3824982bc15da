//! The tables of an application, made at start.
//!
//! A table that is missing is made; what each was made from is kept beside them, so that a declaration that has changed
//! since is noticed. A changed table is never touched here: its rows are somebody's data.

use std::sync::{Arc, OnceLock};

use futures_util::FutureExt;

use crate::{
    db::{Arg, Db, DbError, Statement, Tx},
    error::Error,
    schema::{Catalog, LinkError},
    sql::{self, TableDefinition},
};

/// A table that every database of ours has, and no other.
pub const MARKER: &str = "fasttrack_schema";

const DEFINITIONS: &str = "CREATE TABLE IF NOT EXISTS \"fasttrack_schema\" (\
    \"name\" TEXT PRIMARY KEY, \"definition\" TEXT NOT NULL) STRICT";

/// Why the tables could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The declarations do not fit together.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The file is a database of something else.
    #[error("the database holds tables that are not fasttrack's; name another file in DATABASE_URL")]
    Foreign,
    /// A declaration changed since its table was made.
    #[error(
        "the table `{table}` was made from another declaration than the one in this program; \
         restore the declaration, or name another file in DATABASE_URL"
    )]
    Changed {
        /// The table.
        table: &'static str,
    },
    /// A table is not there, or its indexes are not, and none is to be made.
    #[error("the table `{table}` is not as declared; start once without AUTO_MIGRATE=false, which makes it so")]
    Pending {
        /// The table.
        table: &'static str,
    },
    /// The database refused.
    #[error("the tables could not be made: {0}")]
    Database(#[from] DbError),
    /// The database refused, or the writer did.
    #[error("the tables could not be made: {0}")]
    Refused(String),
}

/// What to do about a table that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Make it.
    Make,
    /// Refuse.
    Refuse,
}

/// Makes what is missing, in one transaction; `framework` are statements for tables that are no resources. Returns the
/// names of the resources' tables that were made.
///
/// # Errors
/// [`MigrateError`]; the database is then as it was.
pub async fn apply(
    db: &Db,
    catalog: &Catalog,
    framework: Vec<String>,
    missing: Missing,
) -> Result<Vec<&'static str>, MigrateError> {
    let tables: Vec<_> = catalog.models().iter().map(|model| sql::define(catalog, model)).collect::<Result<_, _>>()?;
    // The transaction is rolled back on an error of the pipeline's vocabulary; what it was comes out beside it.
    let refusal = Arc::new(OnceLock::new());
    let told = Arc::clone(&refusal);
    let made = db
        .write(move |tx| {
            let work = async move {
                make(tx, &tables, &framework, missing).await.map_err(|error| {
                    let text = error.to_string();
                    _ = told.set(error);
                    Error::Internal(text)
                })
            };
            work.boxed()
        })
        .await;
    made.map_err(|error| {
        Arc::into_inner(refusal)
            .and_then(OnceLock::into_inner)
            .unwrap_or_else(|| MigrateError::Refused(error.to_string()))
    })
}

async fn make(
    tx: &mut Tx,
    tables: &[TableDefinition],
    framework: &[String],
    missing: Missing,
) -> Result<Vec<&'static str>, MigrateError> {
    let ours = "SELECT count(*), count(*) FILTER (WHERE \"name\" = 'fasttrack_schema') FROM sqlite_master";
    let found = run(tx, ours, Vec::new()).await?;
    let count = |index| found.first().and_then(|row| row.int(index)).unwrap_or_default();
    if count(0) > 0 && count(1) == 0 {
        return Err(MigrateError::Foreign);
    }
    for statement in std::iter::once(DEFINITIONS).chain(framework.iter().map(String::as_str)) {
        run(tx, statement, Vec::new()).await?;
    }
    let mut made = Vec::new();
    for table in tables {
        if make_table(tx, table, missing).await? {
            made.push(table.name);
        }
    }
    Ok(made)
}

/// Makes one table unless it is there; renews its indexes when only those are not as declared. What is there is asked of
/// the database itself, so that a table that somebody dropped or altered by hand is noticed.
async fn make_table(tx: &mut Tx, table: &TableDefinition, missing: Missing) -> Result<bool, MigrateError> {
    let name = Arg::Text(table.name.to_owned());
    let found = run(tx, KNOWN, vec![name.clone()]).await?;
    let of_type = |kind: &str| {
        let rows = found.iter().filter(|row| row.text(0) == Some(kind));
        rows.filter_map(|row| row.text(1).map(str::to_owned)).collect::<Vec<_>>()
    };
    let (there, indexes) = (of_type("table"), of_type("index"));
    let was_made = !of_type("made").is_empty();
    let is_new = there.is_empty() && !was_made;
    if !is_new && there.first() != Some(&table.table) {
        return Err(MigrateError::Changed { table: table.name });
    }
    let same_indexes =
        indexes.len() == table.indexes.len() && indexes.iter().all(|index| table.indexes.contains(index));
    if !is_new && same_indexes {
        return Ok(false);
    }
    if missing == Missing::Refuse {
        return Err(MigrateError::Pending { table: table.name });
    }
    if is_new {
        run(tx, &table.table, Vec::new()).await?;
    } else {
        drop_indexes(tx, name.clone()).await?;
    }
    for index in &table.indexes {
        run(tx, index, Vec::new()).await?;
    }
    let record = "INSERT INTO \"fasttrack_schema\" VALUES ($1, $2) ON CONFLICT DO NOTHING";
    run(tx, record, vec![name, Arg::Text(table.table.clone())]).await?;
    Ok(is_new)
}

/// The definitions of a table and its indexes as they are, and whether it was made before.
const KNOWN: &str = "SELECT \"type\", CAST(\"sql\" AS BLOB) FROM sqlite_master \
    WHERE \"tbl_name\" = $1 AND \"type\" IN ('table', 'index') AND \"sql\" IS NOT NULL \
    UNION ALL SELECT 'made', CAST(\"definition\" AS BLOB) FROM \"fasttrack_schema\" WHERE \"name\" = $1";

async fn drop_indexes(tx: &mut Tx, table: Arg) -> Result<(), MigrateError> {
    let indexes = "SELECT CAST(\"name\" AS BLOB) FROM sqlite_master \
                   WHERE \"type\" = 'index' AND \"tbl_name\" = $1 AND \"sql\" IS NOT NULL";
    for row in run(tx, indexes, vec![table]).await? {
        let name = row.text(0).unwrap_or_default().replace('"', "\"\"");
        run(tx, &format!("DROP INDEX \"{name}\""), Vec::new()).await?;
    }
    Ok(())
}

async fn run(tx: &mut Tx, sql: &str, args: Vec<Arg>) -> Result<Vec<crate::db::Row>, MigrateError> {
    Ok(tx.query(Statement::new(sql, args)).await?)
}
