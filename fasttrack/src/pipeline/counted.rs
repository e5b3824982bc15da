//! Rows that others are counted into (`count`, `sum`) are locked before those that are counted.
//!
//! Whoever deletes a row with what hangs on it has it before what hangs on it; whoever changes what is counted would have that
//! before what it is counted into, since the database writes figures last, and each would wait for the other. One who writes
//! alone waits for nobody.

use super::{engine::Setup, outbox};
use crate::{
    db::{Arg, DbError, Statement, Tx},
    schema::{Column, LinkError, Model, Schema},
    sql::{self, CountedInto},
};

/// What rows of a resource are counted into.
#[derive(Default)]
pub(super) struct Counted {
    into: Vec<CountedInto>,
}

impl Counted {
    pub(super) fn of(setup: Setup<'_>, model: &Model) -> Result<Self, LinkError> {
        Ok(Self { into: sql::counted_into(setup.dialect, setup.catalog, model)? })
    }

    /// Whether rows are locked that more than one statement would lock otherwise, each in an order of its own.
    pub(super) fn is_manifold(&self) -> bool {
        self.into.len() > 1 || self.into.iter().any(|into| into.of_ids.len() > 1)
    }

    /// Locks what a row is counted into before that row is looked at, which is about to go.
    pub(super) async fn hold(&self, tx: &mut Tx, id: i64) -> Result<(), DbError> {
        for into in &self.into {
            hold_row(tx, into, id, &[]).await?;
        }
        Ok(())
    }

    /// The same of a row that is about to hold these values, and maybe others where code of an application has its say;
    /// also what it will be counted into then.
    pub(super) async fn hold_changed(
        &self,
        tx: &mut Tx,
        id: i64,
        (fields, others): (&[(&'static Column, Arg)], bool),
    ) -> Result<(), DbError> {
        let is_sent = |key: &str| fields.iter().any(|(column, _)| column.key == key);
        for into in self.into.iter().filter(|into| others || into.columns.iter().any(|key| is_sent(key))) {
            let then = fields.iter().filter(|(column, _)| column.key == into.key).filter_map(|(_, arg)| match arg {
                Arg::Int(id) => Some(*id),
                _ => None,
            });
            hold_row(tx, into, id, &then.collect::<Vec<_>>()).await?;
        }
        Ok(())
    }

    /// Locks what rows that are about to be are counted into: by one statement, however many they are created with.
    pub(super) async fn hold_all(&self, tx: &mut Tx, schema: &Schema, rows: &[Vec<Arg>]) -> Result<(), DbError> {
        for into in &self.into {
            let place = schema.columns.iter().position(|column| column.key == into.key).unwrap_or(usize::MAX);
            let ids = rows.iter().filter_map(|row| match row.get(place) {
                Some(Arg::Int(id)) => Some(*id),
                _ => None,
            });
            let ids = outbox::json_array(&ids.collect::<Vec<_>>());
            for statement in &into.of_ids {
                tx.query(Statement::new(statement.clone(), vec![ids.clone()])).await?;
            }
        }
        Ok(())
    }
}

async fn hold_row(tx: &mut Tx, into: &CountedInto, id: i64, then: &[i64]) -> Result<(), DbError> {
    for statement in &into.of_row {
        tx.query(Statement::new(statement.clone(), vec![Arg::Int(id), outbox::json_array(then)])).await?;
    }
    Ok(())
}
