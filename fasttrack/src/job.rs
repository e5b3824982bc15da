//! What a function of an application is given: the change that it is about, and what it may use.
//!
//! `#[on(changed(assignee) => run mail_the_assignee)]` names an `async fn(Change<Task>, Context) -> JobResult` of the
//! declaration's crate. Nothing here decides when it runs; the workers of `notify` do.

mod letter;
mod mail;
mod regular;

use std::{fmt, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};
use serde::de::DeserializeOwned;

#[doc(hidden)]
pub use self::letter::Letter;
pub use self::mail::{MailError, Recipient};
pub(crate) use self::regular::Regular;
use crate::{
    clock,
    db::{Db, DbError, Dialect, Row, Statement},
    error::Error,
    types::{Entity, RowId},
};

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
    /// When, as RFC 3339 text in UTC with microseconds. What came after what is not said by it: clocks are set.
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

/// Why a job failed; it is tried again, unless it is [`JobError::fatal`]. Any error becomes one with `?`; a fatal one where
/// it is, or is caused by, a mail that can never be sent ([`MailError::is_final`]).
pub struct JobError {
    what: String,
    is_fatal: bool,
}

/// The outcome of a job.
pub type JobResult = Result<(), JobError>;

/// A job as it stands in a trigger: it takes the change and runs.
#[doc(hidden)]
pub type JobFn = fn(&RawChange, Context) -> BoxFuture<'static, JobResult>;

/// An `async fn(Change<T>, Context) -> JobResult`.
///
/// ```
/// # use fasttrack::job::{self, Change, Context, JobFn, JobResult};
/// # #[derive(serde::Deserialize)] struct Task {}
/// async fn tell(change: Change<Task>, context: Context) -> JobResult {
///     Ok(())
/// }
/// let run: JobFn = |change, context| job::run::<Task>(tell, change, context);
/// ```
///
/// Any other function is refused by the compiler, at its name in the declaration:
///
/// ```compile_fail,E0631
/// # use fasttrack::job::{self, Change, Context, JobFn, JobResult};
/// # #[derive(serde::Deserialize)] struct Task {}
/// async fn tell(task: Task, context: Context) -> JobResult {
///     Ok(())
/// }
/// let run: JobFn = |change, context| job::run::<Task>(tell, change, context);
/// ```
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
#[doc(hidden)]
pub fn run<T: DeserializeOwned + Send + 'static>(
    job: impl Job<T>,
    change: &RawChange,
    context: Context,
) -> BoxFuture<'static, JobResult> {
    match Change::read(change) {
        Ok(change) => job.begin(change, context),
        Err(error) => {
            let what = format!("the row that was kept does not read as it is declared now: {error}");
            std::future::ready(Err(JobError::fatal(what))).boxed()
        }
    }
}

/// What a job, a hook or a handler of an application may use of the server. A clone is the same server.
#[derive(Clone)]
pub struct Context {
    services: Arc<dyn Services>,
}

/// What stands behind a [`Context`].
#[doc(hidden)]
pub trait Services: Send + Sync {
    /// The row `id` of the resource of this name as JSON, whoever asks; `None` when there is none.
    fn row(&self, resource: &'static str, id: i64) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>>;

    /// The database.
    fn db(&self) -> &Db;

    /// What the database says of a statement that it refused, in the words of the declarations.
    fn refusal(&self, error: DbError) -> Error {
        error.into()
    }

    /// The address of a path of this server, as its clients see it; the path itself where they are not known to see
    /// another.
    fn link(&self, path: &str) -> String {
        path.to_owned()
    }

    /// Disables an account; whether there was an active one with this id.
    fn disable_account(&self, id: i64) -> BoxFuture<'_, Result<bool, Error>>;

    /// Ends the sessions of an account; how many there were.
    fn end_sessions(&self, account: i64) -> BoxFuture<'_, Result<usize, Error>>;

    /// Writes one of the framework's own mails to the account that a change is about, and sends it.
    fn write(&self, letter: Letter, change: RawChange) -> BoxFuture<'_, JobResult> {
        let _ = (letter, change);
        std::future::ready(Ok(())).boxed()
    }

    /// Hands a mail to the server that sends it.
    fn mail(&self, to: Recipient, subject: String, text: String) -> BoxFuture<'_, Result<(), MailError>>;
}

impl Context {
    /// A context before these services.
    #[must_use]
    pub fn new(services: Arc<dyn Services>) -> Self {
        Self { services }
    }

    /// The row of this id as it is now; no rule is asked. What is hidden is empty. A relation to it names it, too.
    ///
    /// ```no_run
    /// # use fasttrack::{job::Context, error::Error, schema::{BelongsTo, Resource}};
    /// # use serde::de::DeserializeOwned;
    /// # async fn find<Task: Resource + DeserializeOwned + HasProject<Project>, Project: Resource + DeserializeOwned>(
    /// #     context: Context,
    /// # ) -> Result<(), Error> {
    /// let Some(task) = context.find::<Task>(7).await? else { return Ok(()) };
    /// let project = context.find(task.project()).await?;
    /// # Ok(()) }
    /// # trait HasProject<Project> { fn project(&self) -> BelongsTo<Project>; }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database cannot answer; [`Error::Internal`] when the row does not read as a `T`.
    pub async fn find<T: Entity + DeserializeOwned>(&self, id: impl RowId<T>) -> Result<Option<T>, Error> {
        let json = self.services.row(T::ENTITY, id.number()).await?;
        json.map(|json| serde_json::from_slice(&json)).transpose().map_err(|cause| Error::Internal(cause.to_string()))
    }

    /// The address of a path of this server, as its clients see it (`PUBLIC_URL`), for mails and the like. Without that
    /// setting it is relative: the path itself.
    ///
    /// ```no_run
    /// # fn link(context: fasttrack::job::Context) {
    /// assert_eq!(context.link("/api/v1/tasks/7"), "https://x.example/tracker/api/v1/tasks/7");
    /// # }
    /// ```
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        self.services.link(path)
    }

    /// Which database it is: what SQL of one's own asks where databases differ.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.services.db().dialect()
    }

    /// Runs a statement that reads; no rule is asked. Text is selected as [`Dialect::text`] writes it.
    ///
    /// ```no_run
    /// # use fasttrack::{job::Context, error::Error};
    /// use fasttrack::db::{Arg, Statement};
    ///
    /// # async fn count(context: Context) -> Result<Option<i64>, Error> {
    /// let open = Statement::new("SELECT count(*) FROM tasks WHERE project_id = $1", vec![Arg::Int(1)]);
    /// let rows = context.read(open).await?;
    /// let count = rows.first().and_then(|row| row.int(0));
    /// # Ok(count) }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy; [`Error::Internal`] when it refuses the statement.
    pub async fn read(&self, statement: Statement) -> Result<Vec<Row>, Error> {
        Ok(self.services.db().read(statement).await?)
    }

    /// Runs a statement that writes, in a transaction that others share; no rule is asked and no trigger hears of it. What
    /// it does to accounts and sessions, by itself or by `on_delete`, counts from the next request, as ever.
    ///
    /// # Errors
    /// As [`Self::read`]; [`Error::Conflict`] when nobody would be left who may manage accounts, or a value is taken that
    /// is declared as unique; [`Error::Invalid`] for a row that breaks a check. Nothing is written then.
    pub async fn write(&self, statement: Statement) -> Result<Vec<Row>, Error> {
        self.write_now(|_| statement).await
    }

    /// The same for a statement that needs the present instant, as [`clock::now`] gives it where all writes stand in a row.
    /// It is for people: clocks are set, so that a later change may have an earlier instant.
    ///
    /// ```no_run
    /// # use fasttrack::{job::Context, error::Error};
    /// use fasttrack::db::{Arg, Statement};
    ///
    /// # async fn touch(context: Context) -> Result<(), Error> {
    /// let touch = |now| Statement::new("UPDATE projects SET seen_at = $1 WHERE id = 1", vec![Arg::Text(now)]);
    /// context.write_now(touch).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_now(
        &self,
        statement: impl FnOnce(String) -> Statement + Clone + Send + 'static,
    ) -> Result<Vec<Row>, Error> {
        let services = Arc::clone(&self.services);
        self.services
            .db()
            .write(|tx| {
                let write = async move { tx.query(statement(clock::now())).await };
                async move { write.await.map_err(|error| services.refusal(error)) }.boxed()
            })
            .await
    }

    /// Disables an account, as `PATCH` with `"is_active": false` would: its sessions end, its sockets are closed, triggers
    /// hear of it. No rule is asked, and no hook runs. Says whether there was an active account with this id; so a job may
    /// do it again.
    ///
    /// ```no_run
    /// # use fasttrack::{error::Error, job::{Change, Context, JobError, JobResult}};
    /// # struct User;
    /// # struct Contract { user: fasttrack::schema::BelongsTo<User> }
    /// /// Runs when a contract ends.
    /// async fn shut_out(change: Change<Contract>, context: Context) -> JobResult {
    ///     let Some(contract) = change.old else { return Ok(()) };
    ///     match context.disable_account(contract.user).await {
    ///         Ok(_) => Ok(()),
    ///         // The last administrator stays: to try again would change nothing.
    ///         Err(Error::Conflict(why)) => Err(JobError::fatal(why)),
    ///         Err(error) => Err(error.into()),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Conflict`] for the last active account that may manage others; [`Error::Unavailable`] when the database is
    /// busy.
    pub async fn disable_account(&self, id: impl Into<i64> + Send) -> Result<bool, Error> {
        self.services.disable_account(id.into()).await
    }

    /// Ends every session of an account: its tokens are good for nothing on the next request, and its sockets are closed.
    /// It may log in again. Says how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn end_sessions(&self, account: impl Into<i64> + Send) -> Result<usize, Error> {
        self.services.end_sessions(account.into()).await
    }

    /// Sends a mail of plain text; without `SMTP_URL` it is logged instead. It has been sent when this is done, so a job
    /// that fails afterwards sends it again. Line breaks in the subject and the name become spaces.
    ///
    /// ```no_run
    /// # use fasttrack::{job::{Context, MailError}, schema::Email};
    /// # struct User { email: Email, display_name: String }
    /// # async fn greet(context: Context, user: User) -> Result<(), MailError> {
    /// context.mail((&user.email, &user.display_name), "Welcome", "It is good to have you.").await?;
    /// context.mail(&user.email, "Welcome", "It is good to have you.").await?;
    /// context.mail("ada@example.com", "Somebody came", &user.display_name).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`MailError`] when the address is none, or the mail server does not take it; a job that passes it on with `?` is
    /// tried again only where that is of use.
    pub async fn mail(&self, to: impl Into<Recipient> + Send, subject: &str, text: &str) -> Result<(), MailError> {
        self.services.mail(to.into(), subject.to_owned(), text.to_owned()).await
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

impl<E: std::error::Error + 'static> From<E> for JobError {
    fn from(error: E) -> Self {
        let first: &(dyn std::error::Error + 'static) = &error;
        let mut causes = std::iter::successors(Some(first), |cause| cause.source());
        let is_fatal = causes.any(|cause| cause.downcast_ref::<MailError>().is_some_and(MailError::is_final));
        Self { is_fatal, what: error.to_string() }
    }
}

impl JobError {
    /// A failure in these words.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), is_fatal: false }
    }

    /// A failure that would be the same every time: the job is not tried again, but kept for people to look at.
    pub fn fatal(what: impl Into<String>) -> Self {
        Self { what: what.into(), is_fatal: true }
    }

    /// Whether to try again is without hope.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        self.is_fatal
    }
}

impl fmt::Debug for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}
