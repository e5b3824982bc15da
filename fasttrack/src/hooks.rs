//! Code of an application that runs with the writes of one resource: `#[resource(hooks)]` and `impl Hooks for Task`.
//!
//! Says what a hook is and what it is given. Nothing here decides when one runs; the pipeline does.

use std::fmt;

use futures_util::{FutureExt, future::BoxFuture};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    db::{Arg, DbError, Dialect, Row},
    error::{Error, Fault},
    job::{Change, Context, RawChange},
    principal::Caller,
    types::{Entity, RowId},
};

/// What runs with the writes of one resource, once the caller's rights and input are found in order.
///
/// The four that come before are part of the write: what they write happens with it or not at all, and what they leave
/// in `new` is checked as input is, and by the rule. Everybody else's writes wait for them, so they ask the database and
/// compute, and wait for nothing else; after five seconds the write fails. They are not called for a change that changes
/// nothing, nor for rows that go because another one does (`on_delete`); a trigger hears of those.
///
/// Of what is `hidden`, a hook sees the empty value; it stays as it is unless the hook sets it. `id`, `created_at`,
/// `updated_at`, an `actor`, the parent and, after creation, what is `write_once` are not a hook's to change: one that
/// does is a fault of the server (500), and the log says which.
///
/// ```
/// use fasttrack::prelude::*;
///
/// #[resource(hooks)]
/// #[can(create, read, update, delete: role(Admin))]
/// pub struct Page {
///     pub id: Id<Page>,
///     #[field(len = 1..=80)]
///     pub title: String,
///     #[field(len = ..=80, default, read_only, unique)]
///     pub slug: String,
/// }
///
/// impl Hooks for Page {
///     async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
///         new.slug = new.title.to_lowercase().replace(' ', "-");
///         if cx.role() != Some("admin") && new.slug == "index" {
///             return Err(Refusal::field("title", "reserved", "the index is the administrators'"));
///         }
///         Ok(())
///     }
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # type __FasttrackAccount = User;
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` says `hooks`, and has none",
    label = "write `impl Hooks for {Self} {{ … }}` below it",
    note = "or take `hooks` out of #[resource(…)]"
)]
pub trait Hooks: Hooked + Send + Sync {
    /// Runs before a row comes into being; `new` is what it will be, its id still 0.
    fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = (new, cx);
        std::future::ready(Ok(()))
    }

    /// Runs before a row changes; `new` is what `old` will be.
    fn before_update(
        old: &Self,
        new: &mut Self,
        cx: &mut HookContext<'_>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = (old, new, cx);
        std::future::ready(Ok(()))
    }

    /// Runs before a row goes.
    fn before_delete(old: &Self, cx: &mut HookContext<'_>) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = (old, cx);
        std::future::ready(Ok(()))
    }

    /// Runs before a row that was deleted and is kept comes back.
    fn before_restore(old: &Self, cx: &mut HookContext<'_>) -> impl Future<Output = Result<(), Refusal>> + Send {
        let _ = (old, cx);
        std::future::ready(Ok(()))
    }

    /// Runs beside the server once the change is committed, and for no change that is not. It is lost when the server
    /// stops before it ends: what must not be lost is a job, `#[on(created => run …)]`.
    fn after_commit(change: Change<Self>, context: Context) -> impl Future<Output = ()> + Send {
        let _ = (change, context);
        std::future::ready(())
    }
}

/// What `#[resource(hooks)]` makes of a struct: one whose hooks are called.
#[diagnostic::on_unimplemented(
    message = "nothing calls the hooks of `{Self}`",
    label = "its declaration does not say `hooks`",
    note = "write #[resource(hooks)]"
)]
#[doc(hidden)]
pub trait Hooked: Entity {}

/// Why a hook lets a write not happen. An [`Error`] of the framework becomes one with `?`.
#[derive(Debug)]
pub struct Refusal(Error);

/// What a hook is given besides the row: who is calling, and the transaction.
pub struct HookContext<'a> {
    caller: Option<&'a Caller>,
    unit: &'a mut dyn Unit,
}

/// What stands behind a [`HookContext`].
#[doc(hidden)]
pub trait Unit: Send {
    /// Which database it is.
    fn dialect(&self) -> Dialect;

    /// The row `id` of the resource of this name as JSON, as the transaction has it; `None` when there is none.
    fn row(&mut self, resource: &'static str, id: i64) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>>;

    /// Runs a statement.
    fn query<'a>(&'a mut self, sql: &'a str, args: Vec<Arg>) -> BoxFuture<'a, Result<Vec<Row>, Error>>;

    /// Disables an account; whether there was an active one with this id.
    fn disable_account(&mut self, id: i64) -> BoxFuture<'_, Result<bool, Error>>;

    /// Ends the sessions of an account; how many there were.
    fn end_sessions(&mut self, account: i64) -> BoxFuture<'_, Result<usize, Error>>;
}

/// The hooks of a resource as they stand in its schema; rows are JSON.
#[derive(Debug, Clone, Copy)]
pub struct HookTable {
    pub(crate) before_create: for<'a, 'b> fn(&'a str, &'a mut HookContext<'b>) -> Outcome<'a, Edited>,
    pub(crate) before_update: for<'a, 'b> fn(&'a [u8], &'a str, &'a mut HookContext<'b>) -> Outcome<'a, Edited>,
    pub(crate) before_delete: for<'a, 'b> fn(&'a [u8], &'a mut HookContext<'b>) -> Outcome<'a, ()>,
    pub(crate) before_restore: for<'a, 'b> fn(&'a [u8], &'a mut HookContext<'b>) -> Outcome<'a, ()>,
    pub(crate) after_commit: fn(&RawChange, Context) -> Result<BoxFuture<'static, ()>, serde_json::Error>,
}

/// A hook under way.
type Outcome<'a, T> = BoxFuture<'a, Result<T, Refusal>>;

/// A row as a hook saw it and as it left it, both as JSON: what differs is what the hook changed, however else a type
/// may write what it has read.
#[derive(Debug)]
pub(crate) struct Edited {
    pub(crate) seen: Vec<u8>,
    pub(crate) left: Vec<u8>,
}

/// The hooks of `T`; what generated code calls.
#[doc(hidden)]
#[must_use]
pub const fn of<T: Hooks + Serialize + DeserializeOwned>() -> HookTable {
    HookTable {
        before_create: before_create::<T>,
        before_update: before_update::<T>,
        before_delete: before_delete::<T>,
        before_restore: before_restore::<T>,
        after_commit: after_commit::<T>,
    }
}

fn before_create<'a, T: Hooks + Serialize + DeserializeOwned>(
    new: &'a str,
    cx: &'a mut HookContext<'_>,
) -> Outcome<'a, Edited> {
    async move {
        let mut new: T = read(new.as_bytes())?;
        let seen = write(&new)?;
        T::before_create(&mut new, cx).await?;
        Ok(Edited { seen, left: write(&new)? })
    }
    .boxed()
}

fn before_update<'a, T: Hooks + Serialize + DeserializeOwned>(
    old: &'a [u8],
    new: &'a str,
    cx: &'a mut HookContext<'_>,
) -> Outcome<'a, Edited> {
    async move {
        let (old, mut new): (T, T) = (read(old)?, read(new.as_bytes())?);
        let seen = write(&new)?;
        T::before_update(&old, &mut new, cx).await?;
        Ok(Edited { seen, left: write(&new)? })
    }
    .boxed()
}

fn before_restore<'a, T: Hooks + DeserializeOwned>(old: &'a [u8], cx: &'a mut HookContext<'_>) -> Outcome<'a, ()> {
    async move {
        let old: T = read(old)?;
        T::before_restore(&old, cx).await
    }
    .boxed()
}

fn before_delete<'a, T: Hooks + DeserializeOwned>(old: &'a [u8], cx: &'a mut HookContext<'_>) -> Outcome<'a, ()> {
    async move {
        let old: T = read(old)?;
        T::before_delete(&old, cx).await
    }
    .boxed()
}

fn after_commit<T: Hooks + DeserializeOwned>(
    change: &RawChange,
    context: Context,
) -> Result<BoxFuture<'static, ()>, serde_json::Error> {
    Change::read(change).map(|change| T::after_commit(change, context).boxed())
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(json)
        .map_err(|cause| Refusal::internal(format!("a row does not read as its struct: {cause}")))
}

fn write<T: Serialize>(row: &T) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(row).map_err(|cause| Refusal::internal(format!("a row cannot be written as JSON: {cause}")))
}

impl<'a> HookContext<'a> {
    pub(crate) fn new(caller: Option<&'a Caller>, unit: &'a mut dyn Unit) -> Self {
        Self { caller, unit }
    }

    /// The id of the account that is calling; none at registration, on the command line, and where `anyone` may.
    #[must_use]
    pub fn caller(&self) -> Option<i64> {
        self.caller.map(|caller| caller.id)
    }

    /// Its role, as the word of the choice (`admin`).
    #[must_use]
    pub fn role(&self) -> Option<&'static str> {
        self.caller.map(|caller| caller.role)
    }

    /// The row `id` as the transaction has it; no rule is asked. What is hidden is empty.
    ///
    /// # Errors
    /// When the database cannot answer, or the row does not read as a `T`.
    pub async fn find<T: Entity + DeserializeOwned>(&mut self, id: impl RowId<T>) -> Result<Option<T>, Refusal> {
        let json = self.unit.row(T::ENTITY, id.number()).await?;
        json.map(|json| read(&json)).transpose()
    }

    /// Which database it is: what SQL of one's own asks where databases differ.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.unit.dialect()
    }

    /// Runs one statement that reads or writes (`SELECT`, `INSERT`, `UPDATE`, `DELETE`), as part of the write. Arguments
    /// are `$1`, `$2`, …; text is selected as [`Dialect::text`] writes it. What it writes is checked by nobody and fires no
    /// trigger; what it does to accounts and sessions counts from the next request, as ever. The write fails with a 409
    /// when nobody would be left who may manage accounts.
    ///
    /// # Errors
    /// What the database says: a value that is taken and declared as unique is a conflict, a row that breaks a check is
    /// invalid; another constraint that it breaks is a fault of the server, to be avoided by asking first.
    pub async fn query(&mut self, sql: &str, args: impl IntoIterator<Item = Arg> + Send) -> Result<Vec<Row>, Refusal> {
        check_statement(sql).map_err(Refusal::internal)?;
        Ok(self.unit.query(sql, args.into_iter().collect()).await?)
    }

    /// Disables an account as part of the write: with its commit the sessions of the account end and its sockets are
    /// closed; triggers hear of it. No rule is asked, and no hook runs. Says whether there was an active account with this
    /// id. The write fails with a 409 when nobody would be left who may manage accounts.
    ///
    /// # Errors
    /// When the database cannot answer.
    pub async fn disable_account(&mut self, id: impl Into<i64> + Send) -> Result<bool, Refusal> {
        Ok(self.unit.disable_account(id.into()).await?)
    }

    /// Ends every session of an account as part of the write, and says how many there were. The account may log in again.
    ///
    /// # Errors
    /// When the database cannot answer.
    pub async fn end_sessions(&mut self, account: impl Into<i64> + Send) -> Result<usize, Refusal> {
        Ok(self.unit.end_sessions(account.into()).await?)
    }
}

/// Refuses what would end the transaction of others, or speak of more than the tables.
fn check_statement(sql: &str) -> Result<(), String> {
    let first = sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if !["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].contains(&first.as_str()) {
        return Err(format!("a hook reads and writes rows; `{first}` does neither"));
    }
    if sql.contains(';') {
        return Err("a hook runs one statement at a time; leave the `;` out, and give text as an argument".into());
    }
    if sql.to_ascii_uppercase().contains("ROLLBACK") {
        return Err("a hook cannot roll back; return a `Refusal`".into());
    }
    Ok(())
}

impl Refusal {
    /// The client's input is at fault (422): in this field, with this word for programs and this sentence for people.
    pub fn field(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self(Error::fault(field, code, message))
    }

    /// The same, with one more fault.
    #[must_use]
    pub fn and(self, field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        let fault = Fault::new(field, code, message);
        match self.0 {
            Error::Invalid(mut faults) => {
                faults.push(fault);
                Self(Error::Invalid(faults))
            }
            other => Self(other),
        }
    }

    /// What is stored stands against it (409).
    pub fn conflict(message: impl Into<String>) -> Self {
        Self(Error::Conflict(message.into().into()))
    }

    /// A fault of the server (500); the client hears nothing of it, the log does.
    pub fn internal(message: impl fmt::Display) -> Self {
        Self(Error::Internal(message.to_string()))
    }

    pub(crate) fn into_error(self) -> Error {
        self.0
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<DbError> for Refusal {
    fn from(error: DbError) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for HookContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookContext").field("caller", &self.caller).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_reads_or_writes_rows_and_ends_nothing() {
        for sql in ["SELECT 1", "  with a as (select 1) select * from a", "UPDATE t SET x = $1"] {
            assert_eq!(check_statement(sql), Ok(()), "{sql}");
        }
        for sql in
            ["COMMIT", "", "PRAGMA x", "SELECT 1; COMMIT", "INSERT OR rollback INTO t VALUES (1)", "-- x\nCOMMIT"]
        {
            assert!(check_statement(sql).is_err(), "{sql}");
        }
    }
}
