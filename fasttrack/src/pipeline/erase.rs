//! The end of what was deleted and kept: erased for good, once it has been kept as long as its declaration says.
//!
//! Each row is one transaction, on the way of any other deletion: what hangs on it goes along, and what a foreign key holds
//! stays until that lets go. When to look is not decided here.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{Pipeline, engine::Engine, files, history, refusal, timetable};
use crate::{
    clock,
    db::{Arg, Tx},
    error::Error,
    sql::{self, Values},
};

/// Rows that are looked for at a time.
const PAGE: usize = 100;

/// Before whatever could have been deleted.
const EVER: &str = "0001-01-01T00:00:00.000000Z";

impl Pipeline {
    /// Erases what was deleted longer ago than it is kept, and gives how many rows went by themselves.
    ///
    /// # Errors
    /// What the database says; what was not erased is still there, and is next time.
    pub async fn erase_old(&self) -> Result<usize, Error> {
        let mut erased = 0;
        for (resource, engine) in self.engines.iter().enumerate() {
            if let Some(kept_us) = engine.schema.keep_deleted_us {
                let before = clock::format_us(clock::now_us().saturating_sub(kept_us));
                erased += self.erase_from(resource, engine, &before).await?;
            }
        }
        Ok(erased)
    }

    async fn erase_from(&self, resource: usize, engine: &Arc<Engine>, before: &str) -> Result<usize, Error> {
        let (mut erased, mut after) = (0, (EVER.to_owned(), 0));
        loop {
            let Some(next) = sql::long_gone(&engine.table, before, (&after.0, after.1), PAGE) else {
                return Ok(erased);
            };
            let found = self.db.read(next.fill(Values::default())).await?;
            let found: Vec<_> = found.iter().filter_map(|row| Some((row.text(1)?.to_owned(), row.int(0)?))).collect();
            let Some(last) = found.last() else { return Ok(erased) };
            after = last.clone();
            for (_, id) in found {
                let erasure = Erasure { engine: Arc::clone(engine), resource, id, before: before.to_owned() };
                let done = self.db.write(move |tx| async move { erasure.apply(tx).await }.boxed()).await;
                match done {
                    Ok(is_erased) => erased += usize::from(is_erased),
                    Err(Error::Conflict(_)) => {
                        tracing::debug!(
                            resource = engine.schema.name,
                            id,
                            "something still refers to what was deleted"
                        );
                    }
                    Err(error) => return Err(error),
                }
                tokio::task::yield_now().await;
            }
        }
    }
}

#[derive(Clone)]
struct Erasure {
    engine: Arc<Engine>,
    resource: usize,
    id: i64,
    before: String,
}

impl Erasure {
    /// Erases the row, unless it has come back meanwhile.
    async fn apply(self, tx: &mut Tx) -> Result<bool, Error> {
        let Self { engine, resource, id, before } = self;
        let row = Values { id: Some(id), ..Values::default() };
        if tx.query(sql::erasable(&engine.table, &before).fill(row)).await?.is_empty() {
            return Ok(false);
        }
        let refused = |error| refusal::database(engine.schema, error);
        engine.cascade.clear(tx, resource, id, &Arg::Null).await.map_err(refused)?;
        timetable::forget(tx, &engine.effects, id).await.map_err(refused)?;
        files::let_go(tx, &engine.effects, id).await.map_err(refused)?;
        history::forget(tx, engine.schema, id).await.map_err(refused)?;
        let gone = tx.query(sql::erase(&engine.table, &before).fill(row)).await.map_err(refused)?;
        Ok(!gone.is_empty())
    }
}
