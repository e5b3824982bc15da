//! What is known of the files of rows, and of those that no row has any more. Their bytes are nothing to this layer.

use std::{collections::HashSet, sync::Arc};

use futures_util::FutureExt;

use super::{Pipeline, Target, outbox::Effects, precondition::Asked, read::refuse_unseen, refusal, values};
use crate::{
    db::{DbError, Tx},
    error::Error,
    precondition::Preconditions,
    principal::Principal,
    schema::{Column, Schema, Verb},
    sql::{self, CallerRole, Predicate},
    types::StoredFile,
};

/// A field of a row that holds a file, and who asks for it.
#[derive(Debug, Clone, Copy)]
pub struct FileOf<'a> {
    /// The place of the resource.
    pub resource: usize,
    /// The row.
    pub target: Target,
    /// The field.
    pub column: &'static Column,
    /// Who asks.
    pub who: &'a Principal,
}

impl Pipeline {
    /// What a row has in a field that holds a file, for who may read the row: nothing also where he is not shown the field.
    ///
    /// # Errors
    /// 401, 403 or 404 as of the row, 503.
    pub async fn file(&self, of: FileOf<'_>) -> Result<Option<StoredFile>, Error> {
        let FileOf { resource, target, column, who } = of;
        let engine = self.engine(resource)?;
        let Some(plan) = engine.plan(CallerRole::of(who)) else { return Err(refusal::log_in()) };
        let id = target.id(who)?;
        let (policy, view) = match target {
            Target::Oneself => (&Predicate::Always, &plan.own.view),
            Target::Id(_) if plan.read.is_never() => return Err(refuse_unseen(engine, who, id)),
            Target::Id(_) => (&plan.read, &plan.alone.view),
        };
        let statement = sql::file_of(&engine.table, column, policy, &view.policy_of(column));
        let mut found = self.db.read(statement.fill(values(id, who))).await?;
        match found.first_mut() {
            Some(row) => Ok(row.take_bytes(0).and_then(|json| serde_json::from_slice(&json).ok())),
            None => Err(self.explain_unseen(engine, who, id, Verb::Read).await?),
        }
    }

    /// Whether somebody may have the row hold another file, as far as that is known before there is one.
    ///
    /// # Errors
    /// What the change would be refused with: 401, 403 or 404; 503.
    pub async fn may_replace(&self, of: FileOf<'_>) -> Result<(), Error> {
        let FileOf { resource, target, column, who } = of;
        let asked = Asked { resource, who, preconditions: &Preconditions::default() };
        self.replacing(asked, target, (column, None))?.ask_ahead(&self.db).await
    }

    /// The first keys that no row has any more, in order.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unused_files(&self, limit: u16) -> Result<Vec<String>, Error> {
        let found = self.db.read(sql::unused_files(self.db.dialect(), limit)).await?;
        Ok(found.iter().filter_map(|row| row.text(0)).map(str::to_owned).collect())
    }

    /// Forgets keys of which the bytes are out.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_files(&self, keys: &[String]) -> Result<(), Error> {
        let keys = serde_json::to_string(keys).map_err(|cause| Error::Internal(cause.to_string()))?;
        let forget = sql::forget_files(self.db.dialect(), keys);
        self.db.write(move |tx| async move { Ok(tx.query(forget).await.map(drop)?) }.boxed()).await
    }

    /// Of whatever files there are, the keys that rows have, of the rows with these ids.
    ///
    /// # Errors
    /// What the database says: nothing is known then.
    pub async fn files_in_use(&self, ids: &[i64]) -> Result<HashSet<String>, Error> {
        let mut keys = HashSet::new();
        let ids = serde_json::to_string(ids).map_err(|cause| Error::Internal(cause.to_string()))?;
        for engine in self.engines.iter() {
            for column in engine.schema.columns.iter().filter(|column| column.file.is_some()) {
                let found = sql::keys_of(self.db.dialect(), engine.schema, column, ids.clone());
                let found = self.db.read(found).await?;
                keys.extend(found.iter().filter_map(|row| row.text(0)).map(str::to_owned));
            }
        }
        Ok(keys)
    }
}

/// Whether rows of a resource may have files.
pub(super) fn has_any(schema: &Schema) -> bool {
    schema.columns.iter().any(|column| column.file.is_some())
}

/// Notes of the files of a row that goes for good that no row has them any more.
pub(super) async fn let_go(tx: &mut Tx, effects: &Effects, id: i64) -> Result<(), DbError> {
    for statement in sql::let_go_with(effects.schema, id) {
        tx.query(statement).await?;
    }
    wake(tx, effects);
    Ok(())
}

/// The same of whatever is written down to go of a table.
pub(super) async fn let_go_doomed(tx: &mut Tx, effects: &Effects, position: usize) -> Result<(), DbError> {
    for statement in sql::let_go_with_doomed(effects.schema, position) {
        tx.query(statement).await?;
    }
    wake(tx, effects);
    Ok(())
}

fn wake(tx: &mut Tx, effects: &Effects) {
    if has_any(effects.schema) {
        let listener = Arc::clone(&effects.listener);
        tx.wake(move || listener.files_unused());
    }
}
