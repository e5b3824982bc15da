//! What a function of an application is given: the change that it is about, and what it may use.
//!
//! `#[on(changed(assignee) => run mail_the_assignee)]` names an `async fn(Change<Task>, Context) -> JobResult` of the
//! declaration's crate. Nothing here decides when it runs; the workers of `notify` do.

use std::{fmt, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};
use serde::de::DeserializeOwned;

use crate::{error::Error, schema::Resource};

/// A committed change to one row.
#[derive(Debug, Clone)]
pub struct Change<T> {
    /// The id of the row.
    pub id: i64,
    /// The row as it was before; `None` when the change created it. What is hidden is empty.
    pub old: Option<T>,
    /// The row as the change left it; `None` when the change deleted it. What is hidden is empty. Others may have changed
    /// it since.
    pub new: Option<T>,
    /// The id of the account that did it, if one did.
    pub actor: Option<i64>,
    /// When, as RFC 3339 text in UTC with microseconds.
    pub at: String,
}

/// The same before it is read: rows as JSON.
#[derive(Debug, Clone)]
pub struct RawChange {
    /// The id of the row.
    pub id: i64,
    /// The row before, as JSON.
    pub old: Option<Vec<u8>>,
    /// The row after, as JSON.
    pub new: Option<Vec<u8>>,
    /// Who did it.
    pub actor: Option<i64>,
    /// When.
    pub at: String,
}

/// Why a job failed; it is tried again. Any error becomes one with `?`.
pub struct JobError(String);

/// The outcome of a job.
pub type JobResult = Result<(), JobError>;

/// A job as it stands in a trigger: it takes the change and runs.
pub type JobFn = fn(&RawChange, Context) -> BoxFuture<'static, JobResult>;

/// An `async fn(Change<T>, Context) -> JobResult`.
#[diagnostic::on_unimplemented(
    message = "this function is no job for a change of `{T}`",
    label = "not an `async fn(Change<{T}>, Context) -> JobResult`",
    note = "if it looks like one, what it keeps over an `.await` is not `Send`: an `Rc`, or the guard of a lock"
)]
pub trait Job<T>: Send + Sync + 'static {
    /// Begins it.
    fn begin(self, change: Change<T>, context: Context) -> BoxFuture<'static, JobResult>;
}

// Else a function of another form is told as one that lacks some trait of the standard library.
#[diagnostic::do_not_recommend]
impl<T, F, R> Job<T> for F
where
    F: FnOnce(Change<T>, Context) -> R + Send + Sync + 'static,
    R: Future<Output = JobResult> + Send + 'static,
{
    fn begin(self, change: Change<T>, context: Context) -> BoxFuture<'static, JobResult> {
        self(change, context).boxed()
    }
}

/// Runs `job` on a change that has still to be read; what generated code calls.
pub fn run<T: DeserializeOwned + Send + 'static>(
    job: impl Job<T>,
    change: &RawChange,
    context: Context,
) -> BoxFuture<'static, JobResult> {
    match Change::read(change) {
        Ok(change) => job.begin(change, context),
        Err(error) => std::future::ready(Err(error.into())).boxed(),
    }
}

/// What a job, a hook or a handler of an application may use of the server. A clone is the same server.
#[derive(Clone)]
pub struct Context {
    services: Arc<dyn Services>,
}

/// What stands behind a [`Context`].
pub trait Services: Send + Sync {
    /// The row `id` of the resource of this name as JSON, whoever asks; `None` when there is none.
    fn row(&self, resource: &'static str, id: i64) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>>;
}

impl Context {
    /// A context before these services.
    #[must_use]
    pub fn new(services: Arc<dyn Services>) -> Self {
        Self { services }
    }

    /// The row `id` as it is now; no rule is asked. What is hidden is empty.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer; [`Error::Internal`] when the row does not read as a `T`.
    pub async fn find<T: Resource + DeserializeOwned>(&self, id: i64) -> Result<Option<T>, Error> {
        let json = self.services.row(T::NAME, id).await?;
        json.map(|json| serde_json::from_slice(&json)).transpose().map_err(|cause| Error::Internal(cause.to_string()))
    }
}

impl<T: DeserializeOwned> Change<T> {
    /// Reads the rows of a change.
    ///
    /// # Errors
    /// When one does not read as a `T`, as after a change of the declaration.
    pub fn read(raw: &RawChange) -> Result<Self, serde_json::Error> {
        let row = |json: &Option<Vec<u8>>| json.as_deref().map(serde_json::from_slice).transpose();
        Ok(Self { id: raw.id, old: row(&raw.old)?, new: row(&raw.new)?, actor: raw.actor, at: raw.at.clone() })
    }
}

impl<E: std::error::Error> From<E> for JobError {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl JobError {
    /// A failure in these words.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Debug for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}
