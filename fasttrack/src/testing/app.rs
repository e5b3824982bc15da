//! The application of a test: started in the process, stopped and gone when the test ends.
//!
//! It runs on threads of its own, so that a test is an ordinary function, and all that it does follows one clock.

use std::{
    fmt,
    net::SocketAddr,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{runtime::Handle, sync::oneshot};

use super::{
    Client, FailedJob, Job, Login, Mail,
    fail::OrFail,
    http::Http,
    login::in_words,
    run::{Ready, Running},
    store::Store,
};
use crate::{
    app::{App, Application, StartError},
    clock::{self, moved::Moved},
    config::{Config, VARIABLES},
    job::Context,
    notify::{self, List, Postbox},
};

/// Settings that make tests quick and repeatable: cheap hashes, no rate limit, any free port.
const SETTINGS: [(&str, &str); 6] = [
    ("HOST", "127.0.0.1"),
    ("PORT", "0"),
    ("BCRYPT_COST", "4"),
    ("RATE_LIMIT_REQUESTS", "0"),
    ("LOG", "warn"),
    ("SECRET_KEY", "a key that is good enough for tests"),
];

/// How long a message that has to come is waited for, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

/// An application that runs for one test.
///
/// ```no_run
/// use fasttrack::{Application, testing::TestApp};
///
/// # static RESOURCES: &[&fasttrack::schema::Schema] = &[];
/// let app = TestApp::start(Application::new(RESOURCES));
/// app.anonymous().at("GET", "/health").ok();
/// ```
pub struct TestApp {
    http: Http,
    app: Arc<App>,
    runtime: Handle,
    clock: Moved,
    postbox: Postbox,
    patience: Duration,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
    _store: Store,
}

/// An application that is to be started with other settings: made by [`TestApp::setup`].
#[derive(Debug)]
pub struct Setup {
    application: Application,
    settings: Vec<(String, String)>,
    patience: Duration,
}

impl Setup {
    /// Sets a variable, as the environment would.
    #[must_use]
    pub fn set(mut self, variable: &str, value: &str) -> Self {
        self.settings.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// How long a message that has to come is waited for at a [`Socket`](super::Socket), before the test fails; 5 s unless
    /// told. A machine that is very busy may need more.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Starts the application.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    #[track_caller]
    pub fn start(self) -> TestApp {
        self.try_start().or_fail(|error| format!("the application does not start: {error}"))
    }

    /// Starts the application, which may refuse to, as where a route of its own is there already.
    ///
    /// # Errors
    /// What `serve` would say.
    ///
    /// # Panics
    /// When the settings do not hold.
    #[track_caller]
    pub fn try_start(self) -> Result<TestApp, StartError> {
        let store = Store::new()?;
        let config = self.config(&store);
        let (clock, postbox) = (Moved::default(), Postbox::default());
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::sync_channel(1);
        let (application, kept, patience) = (self.application, postbox.clone(), self.patience);
        let running = Running { application, config, clock: clock.clone(), postbox: kept };
        let thread = thread::Builder::new().name("application".to_owned());
        let thread = thread.spawn(move || running.run(&ready, stopped))?;
        match started.recv() {
            Ok(Ok(Ready { app, address, runtime })) => {
                let (stop, thread) = (Some(stop), Some(thread));
                let http = Http::to(address);
                Ok(TestApp { http, app, runtime, clock, postbox, patience, stop, thread, _store: store })
            }
            Ok(Err(error)) => Err(error),
            Err(_) => match thread.join() {
                Err(cause) => panic::resume_unwind(cause),
                Ok(()) => panic!("the application ended before it had started"),
            },
        }
    }

    #[track_caller]
    fn config(&self, store: &Store) -> Config {
        for (name, _) in &self.settings {
            assert!(VARIABLES.iter().any(|variable| variable.name == name), "there is no variable {name} to be set");
        }
        let (url, files) = (store.url(), store.files());
        let lookup = |name: &str| {
            let told = self.settings.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            let usual = || SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            let own = || match name {
                "DATABASE_URL" => Some(url.clone()),
                "FILES" => Some(files.clone()),
                _ => None,
            };
            told.or_else(own).or_else(usual)
        };
        let config = Config::from_lookup(&lookup);
        config.or_fail(|error| format!("the settings of the test do not hold: {error}"))
    }
}

impl TestApp {
    /// Starts an application on an empty database, with the usual settings; hashes are cheap, and there is no rate limit.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    #[track_caller]
    pub fn start(application: Application) -> Self {
        Self::setup(application).start()
    }

    /// An application that is to be started with other settings:
    /// `TestApp::setup(application).set("RATE_LIMIT_REQUESTS", "5").start()`.
    #[must_use]
    pub const fn setup(application: Application) -> Setup {
        Setup { application, settings: Vec::new(), patience: PATIENCE }
    }

    /// Calls by this account.
    #[must_use]
    pub fn as_(&self, who: &Login) -> Client<'_> {
        Client::of(self, who)
    }

    /// Calls by whoever has this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Client<'_> {
        Client::with_token(self, token)
    }

    /// Calls by somebody who is not logged in.
    #[must_use]
    pub fn anonymous(&self) -> Client<'_> {
        Client::anonymous(self)
    }

    /// Runs the jobs that are due, and those that they lead to, one after the other. No job runs at any other time.
    ///
    /// # Panics
    /// When one fails.
    #[track_caller]
    pub fn run_jobs(&self) {
        let failed = self.try_run_jobs();
        let words: Vec<_> = failed.iter().map(ToString::to_string).collect();
        assert!(failed.is_empty(), "{}", words.join("\n"));
    }

    /// Posts what is due to the receivers of webhooks, one after the other; how many attempts that were. Nothing is posted at
    /// any other time. `WEBHOOKS_ALLOW_PRIVATE` has to be set for receivers of the test's own.
    ///
    /// # Panics
    /// When the database fails.
    #[track_caller]
    pub fn post_webhooks(&self) -> usize {
        let webhooks = self.app.webhooks.clone();
        let posted = self.block_on(async move { webhooks.run_out().await });
        posted.or_fail(|error| format!("the webhooks cannot be posted: {}", in_words(&error)))
    }

    /// The same where jobs are to fail: those that did. They are due again later, see [`Self::advance`].
    #[must_use]
    #[track_caller]
    pub fn try_run_jobs(&self) -> Vec<FailedJob> {
        let app = Arc::clone(&self.app);
        let run = self.block_on(async move {
            let mut failed = Vec::new();
            loop {
                let has_fired = app.timetable.fire().await?;
                failed.append(&mut app.workers.run_out(&app.catalog, app.context.clone()).await?);
                if !has_fired {
                    return Ok::<_, crate::error::Error>(failed);
                }
            }
        });
        run.or_fail(|error| format!("the jobs cannot be run: {}", in_words(&error)))
    }

    /// Waits until `after_commit` of every change so far has ended.
    pub fn settle(&self) {
        let pipeline = Arc::clone(&self.app.pipeline);
        self.block_on(async move { pipeline.settled().await });
    }

    /// The jobs that are to run, and those that have failed.
    #[must_use]
    #[track_caller]
    pub fn jobs(&self) -> Vec<Job> {
        let db = self.app.db.clone();
        let listed = self.block_on(async move {
            let mut jobs: Vec<Job> = Vec::new();
            loop {
                let after = jobs.last().map_or(0, |job| job.id);
                let more = notify::list(&db, List::All, after).await?;
                if more.is_empty() {
                    return Ok::<_, crate::db::DbError>(jobs);
                }
                jobs.extend(more);
            }
        });
        listed.or_fail(|error| format!("the jobs cannot be read: {error}"))
    }

    /// The mails that were sent, in order. Most are sent by jobs: see [`Self::run_jobs`].
    #[must_use]
    pub fn mails(&self) -> Vec<Mail> {
        self.postbox.mails()
    }

    /// The mails that were sent to this address, or to the one of this [`Login`].
    #[must_use]
    pub fn mails_to(&self, address: &(impl AsRef<str> + ?Sized)) -> Vec<Mail> {
        let address = address.as_ref();
        self.mails().into_iter().filter(|mail| mail.to == address).collect()
    }

    /// Moves the clock of this application on: tokens expire, jobs become due, triggers fire that wait for an instant, the windows of the rate limit pass, messages
    /// grow too old to be kept.
    #[track_caller]
    pub fn advance(&self, by: Duration) {
        self.leap(i64::try_from(by.as_micros()).unwrap_or(i64::MAX));
    }

    /// Sets the clock of this application to an instant, as RFC 3339 text.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn set_clock(&self, instant: &str) {
        let Some(to_us) = clock::parse_timestamp_us(instant) else { panic!("`{instant}` is no RFC 3339 instant") };
        self.leap(to_us.saturating_sub(self.clock.now_us()));
    }

    /// Moves the clock, and has done what a server does by the hour.
    #[track_caller]
    fn leap(&self, by_us: i64) {
        self.clock.advance(by_us);
        self.app.hub.recheck_all();
        let (outbox, timetable) = (self.app.outbox.clone(), Arc::clone(&self.app.timetable));
        let (pipeline, webhooks) = (Arc::clone(&self.app.pipeline), self.app.webhooks.clone());
        let files = self.app.files.clone();
        let tidied = self.block_on(async move {
            if let Some(keeper) = files {
                keeper.sweep().await?;
            }
            timetable.fire().await?;
            notify::delete_old(&outbox).await?;
            webhooks.forget_old().await?;
            pipeline.erase_old().await?;
            pipeline.forget_answers().await
        });
        tidied.or_fail(|error| format!("what is due or old cannot be seen to: {}", in_words(&error)));
    }

    /// What its clock shows, as RFC 3339 text.
    #[must_use]
    pub fn now(&self) -> String {
        clock::format_us(self.clock.now_us())
    }

    /// What a job, a hook or a handler may use: rows and statements without a rule, and mail. For
    /// [`block_on`](Self::block_on).
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.app.context
    }

    /// The layers of the application, for a test that looks below its interface.
    #[must_use]
    pub fn layers(&self) -> &App {
        &self.app
    }

    /// Runs something asynchronous beside the application, by its clock, and waits for it.
    ///
    /// ```no_run
    /// # use fasttrack::{schema::Resource, testing::TestApp};
    /// # fn test<Task: Resource + serde::de::DeserializeOwned + Send>(app: TestApp) {
    /// let context = app.context().clone();
    /// let task = app.block_on(async move { context.find::<Task>(7).await });
    /// # }
    /// ```
    ///
    /// # Panics
    /// When it does.
    pub fn block_on<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> T {
        let (done, outcome) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let outcome = AssertUnwindSafe(future).catch_unwind().await;
            // A test that waits no more has failed already.
            done.send(outcome).ok();
        });
        match outcome.recv() {
            Ok(Ok(value)) => value,
            Ok(Err(cause)) => panic::resume_unwind(cause),
            Err(mpsc::RecvError) => panic!("the application has ended"),
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.http.address
    }

    /// `http://127.0.0.1:PORT` and this path, for a client of another kind.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// How long a message that has to come is waited for.
    pub(super) const fn patience(&self) -> Duration {
        self.patience
    }

    pub(super) const fn http(&self) -> &Http {
        &self.http
    }

    /// The number of the newest message of an account.
    #[track_caller]
    pub(super) fn last_message(&self, account: i64) -> i64 {
        let outbox = self.app.outbox.clone();
        let last = self.block_on(async move { outbox.last(account).await });
        last.or_fail(|error| format!("the messages cannot be read: {error}"))
    }
}

impl fmt::Debug for TestApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestApp").field("address", &self.address()).finish_non_exhaustive()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A failure of the application has been told where it happened; a second panic here would hide it.
            thread.join().ok();
        }
    }
}
