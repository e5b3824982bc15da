//! The schema of a database that holds nothing yet, made in a transaction of somebody who goes on to fill it.

use std::sync::Arc;

use super::{
    MigrateError,
    introspect::{Inspected, is_all_there, take_lock},
    migrator::Migrator,
    run::{self, Step},
    snapshot::Snapshot,
};
use crate::{
    db::{DbError, Dialect, Statement, Tx},
    sql::TableDefinition,
};

/// What makes of an empty database what a start would make of it.
#[derive(Debug, Clone)]
pub struct Foundation {
    dialect: Dialect,
    steps: Vec<Step>,
    beside: Vec<String>,
    leaves: Snapshot,
}

impl Migrator<'_> {
    /// What a start would make of an empty database.
    ///
    /// # Errors
    /// [`MigrateError`], where it would refuse.
    pub fn foundation(&self) -> Result<Foundation, MigrateError> {
        let plan = self.plan(&Inspected::nothing(self.dialect()), None)?;
        let (dialect, beside) = (self.dialect(), self.framework().to_vec());
        Ok(Foundation { dialect, steps: plan.steps, beside, leaves: plan.leaves })
    }
}

impl Foundation {
    /// What is in the way: the names of the tables, indexes and views that are there already. Nobody else makes any until
    /// the transaction ends.
    ///
    /// # Errors
    /// What the database says.
    pub async fn in_the_way(&self, tx: &mut Tx) -> Result<Vec<String>, DbError> {
        take_lock(tx).await?;
        Ok(Inspected::objects_in(tx).await?.into_keys().collect())
    }

    /// Makes every table.
    ///
    /// # Errors
    /// [`MigrateError`]; nothing of the transaction may be kept then.
    pub async fn lay(&self, tx: &mut Tx) -> Result<(), MigrateError> {
        for &statement in self.dialect.schema().own_tables() {
            run(tx, statement).await?;
        }
        let nobody: run::Progress = Arc::new(|_, _, _| {});
        for step in &self.steps {
            let before = Inspected::objects_in(tx).await?;
            run::carry_out_in(tx, step, &before, &nobody).await?;
        }
        // They refer to accounts.
        for statement in &self.beside {
            run(tx, statement).await?;
        }
        Ok(())
    }

    /// Takes the references of resources away, so that rows can come in whatever order.
    ///
    /// # Errors
    /// What the database says.
    pub async fn loosen(&self, tx: &mut Tx) -> Result<(), DbError> {
        for table in &self.leaves.tables {
            for column in &table.columns {
                if let Some(statement) = self.dialect.schema().drop_reference(&table.name, column) {
                    run(tx, &statement).await?;
                }
            }
            // What is copied is counted already.
            for first in table.figures_together().iter().filter_map(|figures| figures.first()) {
                for statement in self.dialect.schema().let_go(&table.name, &first.name) {
                    run(tx, &statement).await?;
                }
            }
            // Filled at once, an index takes a part of the time.
            if let Some(search) = &table.search {
                for statement in self.dialect.schema().forget_words(&table.name, search) {
                    run(tx, &statement).await?;
                }
            }
        }
        Ok(())
    }

    /// Puts them back, which asks of every row whether what it refers to is there; and sees to it that every table is
    /// as it was made.
    ///
    /// # Errors
    /// The table that is not as it should be, and what the database says.
    pub async fn tighten(&self, tx: &mut Tx) -> Result<(), (String, DbError)> {
        for table in &self.leaves.tables {
            let failed = |cause| (table.name.clone(), cause);
            let kept = table.figures_together();
            let kept = kept.iter().flat_map(|figures| self.dialect.schema().keep(table, figures));
            let words = table.search.iter().flat_map(|search| self.dialect.schema().index_words(table, search));
            for statement in self.dialect.schema().add_references(table).into_iter().chain(kept).chain(words) {
                run(tx, &statement).await.map_err(failed)?;
            }
        }
        let objects = Inspected::objects_in(tx).await.map_err(|cause| (super::MARKER.to_owned(), cause))?;
        let is_whole = |table: &&TableDefinition| is_all_there(self.dialect, &objects, table);
        match self.leaves.tables.iter().find(|table| !is_whole(table)) {
            Some(table) => Err((table.name.clone(), DbError::Other("the table is not as it was made".to_owned()))),
            None => Ok(()),
        }
    }
}

async fn run(tx: &mut Tx, statement: &str) -> Result<(), DbError> {
    tx.query(Statement::new(statement, Vec::new())).await.map(drop)
}
