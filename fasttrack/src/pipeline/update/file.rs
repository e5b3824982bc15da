//! A change that is about a file: its bytes lie elsewhere already, and what the row has of it comes from whoever put them
//! there. What a row has no more is noted in the transaction of the change, so that its bytes go even if the process does.

use super::{Change, Proof};
use crate::{
    db::{Arg, Db, Tx},
    error::Error,
    pipeline::{Pipeline, Target, input::Input, precondition::Asked, state::State, values},
    schema::Column,
    sql,
    types::StoredFile,
};

impl Pipeline {
    /// What has a row hold this file, or null.
    ///
    /// # Errors
    /// What stands against it whatever the database holds.
    pub(in crate::pipeline) fn replacing(
        &self,
        asked: Asked<'_>,
        target: Target,
        (column, file): (&'static Column, Option<&StoredFile>),
    ) -> Result<Change, Error> {
        let internal = |cause: serde_json::Error| Error::Internal(cause.to_string());
        let value = file.map_or(Ok(Arg::Null), StoredFile::write).map_err(internal)?;
        let input = Input { sent: vec![column.key], fields: vec![(column, value)], faults: Vec::new() };
        self.changing_by(asked, target, (input, Proof::Missing))
    }
}

impl Change {
    /// Whether the caller may make the change, as far as the row as it is tells. It is asked again in the transaction.
    ///
    /// # Errors
    /// What stands against it.
    pub(in crate::pipeline) async fn ask_ahead(&self, db: &Db) -> Result<(), Error> {
        let state = sql::state(&self.engine.table, &self.policies()).fill(values(self.id, &self.who));
        self.judge(db.read(state).await?.into_iter().next()).map(drop)
    }

    /// A file that is the same to whoever looks at it is no change: the row keeps the bytes that it has.
    pub(super) async fn pass_over_same_files(
        &self,
        tx: &mut Tx,
        before: &State,
        changes: &mut Vec<(&'static Column, Arg)>,
    ) -> Result<(), Error> {
        let file_of = |column: &Column, value: &Arg| column.file.and_then(|_| StoredFile::read(value));
        let is_same = |(column, new): &(&'static Column, Arg)| {
            let old = file_of(column, &before.stored(self.engine.schema, column));
            let new = file_of(column, new).filter(|new| old.is_some_and(|old| old.is_like(new)))?;
            Some((column.key, new.key))
        };
        for (key, spare) in changes.iter().filter_map(is_same).collect::<Vec<_>>() {
            changes.retain(|(column, _)| column.key != key);
            self.let_go(tx, spare).await?;
        }
        Ok(())
    }

    /// Notes what the row has no more.
    pub(super) async fn let_go_of_files(
        &self,
        tx: &mut Tx,
        before: &State,
        changes: &[(&'static Column, Arg)],
    ) -> Result<(), Error> {
        for (column, _) in changes.iter().filter(|(column, _)| column.file.is_some()) {
            if let Some(old) = StoredFile::read(&before.stored(self.engine.schema, column)) {
                self.let_go(tx, old.key).await?;
            }
        }
        Ok(())
    }

    async fn let_go(&self, tx: &mut Tx, key: String) -> Result<(), Error> {
        tx.query(sql::let_go(key)).await?;
        let listener = std::sync::Arc::clone(&self.engine.effects.listener);
        tx.wake(move || listener.files_unused());
        Ok(())
    }
}
