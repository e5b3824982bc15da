//! Hooks of the application, inside the unit of a write: what they see, and what becomes of what they changed.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{account, engine::Engine, flow, input::Purpose, refusal, value, values};
use crate::{
    db::{Arg, Dialect, Row, Statement, Tx},
    error::Error,
    hooks::{Edited, HookContext, HookTable, Refusal, Unit},
    job::{Context, RawChange},
    principal::Principal,
    schema::{Column, Kind, Schema},
    sql::{self, Predicate},
    types::{Storage, StoredFile},
    wire::Object,
};

/// How long a hook may take: everybody else's writes wait for it.
const HOOK_LIMIT: Duration = Duration::from_secs(5);

/// Most changes whose `after_commit` is still to come or running; further writes wait.
const MOST_AFTER_COMMIT: usize = 1024;

/// How long a write waits for its turn.
const TURN_LIMIT: Duration = Duration::from_secs(5);

/// What hooks have in common: the resources, and what comes after a commit.
#[derive(Clone)]
pub(super) struct Hooking {
    engines: Arc<[Arc<Engine>]>,
    /// What `after_commit` is given.
    context: Context,
    turns: Arc<Semaphore>,
}

/// The right of a write to be followed up, with all that it changes.
#[derive(Clone)]
pub(super) struct Turn(#[expect(dead_code, reason = "held, not read")] Arc<OwnedSemaphorePermit>);

/// The hooks of one resource, for one write.
#[derive(Clone)]
pub(super) struct Hooked {
    schema: &'static Schema,
    table: HookTable,
    common: Hooking,
    turn: Turn,
}

impl Hooking {
    pub(super) fn new(context: Context, engines: Arc<[Arc<Engine>]>) -> Self {
        Self { engines, context, turns: Arc::new(Semaphore::new(MOST_AFTER_COMMIT)) }
    }

    /// Waits for the turn of a write that changes so many rows with hooks; it needs none where there are none.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when its turn does not come.
    pub(super) async fn turn(&self, changes: usize) -> Result<Option<Turn>, Error> {
        if changes == 0 {
            return Ok(None);
        }
        let changes = u32::try_from(changes.min(MOST_AFTER_COMMIT)).unwrap_or(u32::MAX);
        match timeout(TURN_LIMIT, Arc::clone(&self.turns).acquire_many_owned(changes)).await {
            Ok(Ok(turn)) => Ok(Some(Turn(Arc::new(turn)))),
            Ok(Err(_)) | Err(_) => Err(Error::Unavailable("too many changes are still being followed up".into())),
        }
    }

    /// The hooks of a resource that has some, in the turn of a write.
    ///
    /// # Errors
    /// [`Error::Internal`] where it has some, and the write waited for no turn.
    pub(super) fn of(&self, schema: &'static Schema, turn: Option<&Turn>) -> Result<Option<Hooked>, Error> {
        let Some(table) = schema.hooks else { return Ok(None) };
        let turn = turn.ok_or_else(|| Error::Internal(format!("nobody would follow up what {} does", schema.name)))?;
        Ok(Some(Hooked { schema, table, common: self.clone(), turn: turn.clone() }))
    }

    /// Waits until no change is being followed up.
    #[cfg(feature = "testing")]
    pub(super) async fn settled(&self) {
        let all = u32::try_from(MOST_AFTER_COMMIT).unwrap_or(u32::MAX);
        // It is never closed; and if it were, nothing would be followed up any more.
        let _ = self.turns.acquire_many(all).await;
    }
}

impl Hooked {
    /// Runs `before_create` on a row to be, and answers what it changed.
    pub(super) async fn before_create(
        &self,
        tx: &mut Tx,
        who: &Principal,
        (purpose, row): (Purpose, &[Arg]),
    ) -> Result<Vec<(&'static Column, Arg)>, Error> {
        let new = self.row_json(row);
        let mut unit = InUnit { tx, engines: &self.common.engines };
        let mut cx = HookContext::new(who.caller(), &mut unit);
        let edited = limited((self.table.before_create)(&new, &mut cx)).await?;
        edits(self.schema, purpose, &edited)
    }

    /// Runs `before_restore` on a row that is deleted.
    pub(super) async fn before_restore(&self, tx: &mut Tx, who: &Principal, row: &[u8]) -> Result<(), Error> {
        let mut unit = InUnit { tx, engines: &self.common.engines };
        let mut cx = HookContext::new(who.caller(), &mut unit);
        limited((self.table.before_restore)(row, &mut cx)).await
    }

    /// Runs `before_update` on a row and on what it would become, and answers what it changed.
    pub(super) async fn before_update(
        &self,
        tx: &mut Tx,
        who: &Principal,
        old: &[u8],
        new: &[Arg],
    ) -> Result<Vec<(&'static Column, Arg)>, Error> {
        let new = self.row_json(new);
        let mut unit = InUnit { tx, engines: &self.common.engines };
        let mut cx = HookContext::new(who.caller(), &mut unit);
        let edited = limited((self.table.before_update)(old, &new, &mut cx)).await?;
        edits(self.schema, Purpose::Update, &edited)
    }

    /// Runs `before_delete` on a row.
    pub(super) async fn before_delete(&self, tx: &mut Tx, who: &Principal, old: &[u8]) -> Result<(), Error> {
        let mut unit = InUnit { tx, engines: &self.common.engines };
        let mut cx = HookContext::new(who.caller(), &mut unit);
        limited((self.table.before_delete)(old, &mut cx)).await
    }

    /// A row that is not stored yet as JSON, as the database would render it; its id is 0 before it has one.
    fn row_json(&self, row: &[Arg]) -> String {
        let columns = self.schema.columns;
        let id = columns.iter().zip(row).find_map(|(column, arg)| match arg {
            Arg::Int(id) if column.kind == Kind::Id => Some(*id),
            _ => None,
        });
        let shown = columns.iter().zip(row).filter(|(column, _)| !column.hidden);
        let value = |column: &Column, arg: &Arg| match (column.file, StoredFile::read(arg)) {
            (Some(field), Some(file)) => {
                let url = format!("{}/{}/{}/{}", self.base(), field.plural, id.unwrap_or_default(), field.name);
                serde_json::to_string(&file.shown(url)).unwrap_or_else(|_| "null".to_owned())
            }
            _ => json(column, arg),
        };
        let members: Vec<_> =
            shown.map(|(column, arg)| format!("{}:{}", text(column.key), value(column, arg))).collect();
        format!("{{{}}}", members.join(","))
    }

    /// What addresses of files begin with.
    fn base(&self) -> &str {
        let engine = self.common.engines.iter().find(|engine| engine.schema.name == self.schema.name);
        engine.map_or("", |engine| &engine.table.base)
    }

    /// Has `after_commit` run when the unit is committed.
    pub(super) fn after_commit(self, tx: &mut Tx, change: RawChange) {
        let Self { table, common, turn, .. } = self;
        let context = common.context.clone();
        tx.after_commit(move || match (table.after_commit)(&change, context) {
            Ok(hook) => drop(tokio::spawn(hook.map(|()| drop(turn)))),
            Err(error) => tracing::error!(%error, id = change.id, "after_commit: a row does not read as its struct"),
        });
    }
}

async fn limited<T>(hook: impl Future<Output = Result<T, Refusal>>) -> Result<T, Error> {
    match timeout(HOOK_LIMIT, hook).await {
        Ok(outcome) => outcome.map_err(Refusal::into_error),
        Err(_) => Err(Error::Internal(format!("a hook took more than {} s", HOOK_LIMIT.as_secs()))),
    }
}

/// What a hook changed, checked as input is.
fn edits(schema: &'static Schema, purpose: Purpose, edited: &Edited) -> Result<Vec<(&'static Column, Arg)>, Error> {
    let parse =
        |json| Object::parse(json).map_err(|cause| Error::Internal(format!("a hook left no sound row: {cause}")));
    let seen = parse(edited.seen.as_slice())?;
    let left = parse(edited.left.as_slice())?;
    let mut edits = Vec::new();
    let mut faults = Vec::new();
    for member in left.members.iter().filter(|member| !seen.members.contains(member)) {
        let (key, node) = member;
        let column = schema.column_of_key(key).filter(|column| is_free(schema, purpose, column));
        let Some(column) = column else {
            return Err(Error::Internal(format!("the hook of {} changed `{key}`, which it may not", schema.name)));
        };
        let read = value::read(column, node).and_then(|arg| match purpose {
            Purpose::Create | Purpose::Register | Purpose::Vouch | Purpose::Along(_) => {
                flow::check_beginning(column, &arg).map(|()| arg)
            }
            Purpose::Update => Ok(arg),
        });
        match read {
            Ok(arg) => edits.push((column, arg)),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(edits) } else { Err(Error::Invalid(faults)) }
}

/// Whether a hook may change the field.
fn is_free(schema: &Schema, purpose: Purpose, column: &Column) -> bool {
    let fixed = column.is_automatic()
        || column.actor
        || column.kind == Kind::PasswordHash
        || schema.under == Some(column.name)
        || purpose == Purpose::Along(column.name)
        || purpose == Purpose::Update && column.write_once;
    !fixed
}

/// A value as the database would render it; a file without its address, since that may lead nowhere by the time it is read.
pub(super) fn json(column: &Column, arg: &Arg) -> String {
    match (column.kind, arg) {
        (Kind::File, value) => StoredFile::read(value).map_or_else(|| "null".to_owned(), |file| file.told()),
        (Kind::Id, Arg::Null) => "0".to_owned(),
        (_, Arg::Null) => "null".to_owned(),
        (_, Arg::Int(value)) if column.storage() == Storage::Boolean => (*value != 0).to_string(),
        (_, Arg::Int(value)) => value.to_string(),
        (_, Arg::Float(value)) => serde_json::Value::from(*value).to_string(),
        (_, Arg::Decimal(value)) => text(&value.to_string()),
        (_, Arg::Text(value)) if column.storage() == Storage::Json => value.clone(),
        (_, Arg::Text(value)) => text(value),
    }
}

pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The transaction as a hook sees it.
struct InUnit<'a> {
    tx: &'a mut Tx,
    engines: &'a [Arc<Engine>],
}

impl Unit for InUnit<'_> {
    fn dialect(&self) -> Dialect {
        self.tx.dialect()
    }

    fn row(&mut self, resource: &'static str, id: i64) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>> {
        async move {
            let statement = find(self.engines, resource, id)?;
            Ok(self.tx.query(statement).await?.first_mut().and_then(|row| row.take_bytes(0)))
        }
        .boxed()
    }

    fn query<'a>(&'a mut self, sql: &'a str, args: Vec<Arg>) -> BoxFuture<'a, Result<Vec<Row>, Error>> {
        async move {
            let refused = |error| refusal::any(self.engines.iter().map(|engine| engine.schema), error);
            self.tx.attempt(Statement::new(sql, args)).await.map_err(refused)
        }
        .boxed()
    }

    fn disable_account(&mut self, id: i64) -> BoxFuture<'_, Result<bool, Error>> {
        let engine = self.engines.iter().find(|engine| engine.schema.account);
        async move {
            let engine = engine.ok_or_else(|| Error::Internal("this application has no account".into()))?;
            account::disable(engine, self.tx, id).await
        }
        .boxed()
    }

    fn end_sessions(&mut self, account: i64) -> BoxFuture<'_, Result<usize, Error>> {
        async move { Ok(self.tx.attempt(sql::end_sessions(account)).await?.len()) }.boxed()
    }
}

/// The row of a resource of this name, whoever asks.
fn find(engines: &[Arc<Engine>], resource: &str, id: i64) -> Result<Statement, Error> {
    let engine = engines.iter().find(|engine| engine.schema.name == resource);
    let engine = engine.ok_or_else(|| Error::Internal(format!("this application holds no {resource}")))?;
    Ok(sql::read(&engine.table, &Predicate::Always).fill(values(id, &Principal::Anonymous)))
}
