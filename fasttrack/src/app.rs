//! From settings to a running server: opens the database, builds the layers, listens, and takes leave.

mod application;
mod beside;
mod demo;
mod embedded;
mod listeners;
mod lock;
pub(crate) mod log;
mod schema;
mod sealing;
mod settings;
mod signals;
mod welcome;

use std::{io, io::Write, path::PathBuf, sync::Arc, time::Duration};

use tokio::sync::Notify;
use tracing::Level;

pub use self::{
    application::Application,
    demo::{Demo, DemoAccount, DemoRow, Fill},
    embedded::Embedded,
};
use self::{beside::Beside, listeners::Listeners, lock::lock_for_a_server, signals::Signals};
pub(crate) use self::{
    lock::{Lock, is_served, lock},
    schema::{all_migrations, migrations, migrator, open_alone},
};
use crate::{
    auth::{self, Auth, Keys},
    config::{Config, SecretError},
    db::{self, DatabaseUrl, Db, DbError, DbOptions},
    http::{self, CustomRoute, Layers, Listening, Sockets},
    job::{Context, Regular},
    mails::AccountMails,
    migrate,
    notify::{Broadcast, FileKeeper, Hub, Mailer, Outbox, Workers, socket::Services},
    outbox::OutboxListener,
    pipeline::{self, Accounts, Around, Pipeline, Reauthentication, Timetable},
    program,
    redis::Redis,
    schema::{Catalog, LinkError, Resources},
    webhooks::Webhooks,
};

/// An application with its database open and its schema current.
#[doc(hidden)]
pub struct App {
    /// What is declared.
    pub catalog: Arc<Catalog>,
    /// Where it is kept.
    pub db: Db,
    /// What is done with it.
    pub pipeline: Arc<Pipeline>,
    /// Who is calling.
    pub auth: Arc<Auth>,
    /// What tokens and cursors are signed with.
    pub keys: Keys,
    /// Who runs its jobs, once they are started.
    pub workers: Workers,
    /// What jobs and hand-written handlers may use.
    pub context: Context,
    /// Who is connected.
    pub hub: Arc<Hub>,
    /// By what other processes on the same database are told and heard.
    pub broadcast: Broadcast,
    /// What it shares with them, if that is set.
    pub redis: Option<Redis>,
    /// What they are told.
    pub outbox: Outbox,
    /// What is due.
    pub timetable: Arc<Timetable>,
    /// What is posted, and to whom.
    pub webhooks: Webhooks,
    /// Who looks after the files of rows, if there may be any.
    pub files: Option<FileKeeper>,
    /// Keeps other servers away, where one was taken to change the schema. Given up after the database is closed.
    lock: Option<Lock>,
}

/// Why an application does not start, as a sentence for its operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The declarations do not fit together.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The account's declaration lacks what logging in needs.
    #[error(transparent)]
    Account(#[from] auth::SetupError),
    /// The key cannot be kept.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database cannot be opened.
    #[error(
        "the database cannot be opened: {0}; DATABASE_URL has to name one of fasttrack's, in a folder that is there and writable"
    )]
    Database(DbError),
    /// The database on a server cannot be opened.
    #[error(
        "the database {url} cannot be opened: {cause}; see that its server runs and that DATABASE_URL names it, with a \
         database and a user that are there"
    )]
    Server {
        /// Where it is.
        url: DatabaseUrl,
        /// Why not.
        cause: DbError,
    },
    /// There is no database, and none may be made.
    #[error(
        "there is no database at {}, and with AUTO_MIGRATE=false none is made; run `{} migrate up`",
        .0.display(), program::name()
    )]
    Missing(PathBuf),
    /// The database file is damaged.
    #[error("the database {} is damaged and was left as it is: {what}; restore a copy of it", .path.display())]
    Damaged {
        /// Its file.
        path: PathBuf,
        /// What was found first.
        what: String,
    },
    /// Another server serves the database.
    #[error("another server runs on {}; stop that one first, or name another file in DATABASE_URL", .0.display())]
    Taken(PathBuf),
    /// The schema cannot be brought up to date.
    #[error(transparent)]
    Migrate(#[from] migrate::MigrateError),
    /// What is kept sealed cannot be sealed with the key in use.
    #[error("what was sealed with SECRET_KEY_PREVIOUS cannot be sealed anew: {0}; start again")]
    Sealed(String),
    /// Mail cannot be sent as configured.
    #[error("SMTP_URL and MAIL_FROM do not say how to send mail: {0}")]
    Mail(String),
    /// Redis cannot be reached as configured, whoever is there.
    #[error("REDIS_URL does not say how to reach a Redis: {0}")]
    Redis(String),
    /// Traces cannot leave as configured.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT and its kin do not say how to export traces: {0}")]
    Traces(String),
    /// What runs every so often cannot be kept.
    #[error("{0}")]
    Regular(String),
    /// Files cannot be kept where the settings say.
    #[error("{0}")]
    Files(String),
    /// A route cannot be matched.
    #[error("a route cannot be served: {0}")]
    Route(String),
    /// The port cannot be listened on.
    #[error("cannot listen on {host}:{port}: {cause}; set HOST and PORT to what is free")]
    Listen {
        /// `HOST`.
        host: String,
        /// `PORT`.
        port: u16,
        /// Why.
        cause: io::Error,
    },
    /// The process lacks something that the system should give.
    #[error("the server failed: {0}")]
    System(#[from] io::Error),
}

impl App {
    /// Opens the database and builds the layers on it. Other servers are kept away while the schema is changed.
    ///
    /// # Errors
    /// [`StartError`], which says what to do.
    pub async fn open(
        resources: impl Into<Resources>,
        config: &Config,
        options: DbOptions,
    ) -> Result<Self, StartError> {
        Self::open_with(resources.into(), config, Opening { options, ..Opening::default() }).await
    }

    /// The same, as it is told.
    pub(crate) async fn open_with(resources: Resources, config: &Config, opening: Opening) -> Result<Self, StartError> {
        let Opening { options, lock, mailer, redis, regular, mails } = opening;
        Regular::check(&regular).map_err(StartError::Regular)?;
        let regular: Arc<[Regular]> = regular.into();
        let catalog = settings::catalog(&resources, config)?;
        let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?;
        let (db, lock) = schema::open_current(&catalog, resources.migrations(), config, options, lock).await?;
        let secret = settings::secret(config)?;
        let (keys, cursor_key) = settings::derive_keys(config, &secret);
        sealing::renew(&db, &keys).await.map_err(|cause| StartError::Sealed(cause.to_string()))?;
        let hub = settings::hub(config);
        let managers = pipeline::managers(&catalog, account)?;
        let webhooks = Webhooks::new(&catalog, db.clone(), keys.clone(), config.webhooks_allow_private);
        let told = auth::Settings { managers, ..settings::auth_settings(config, &keys, &hub, &webhooks) };
        let auth = Arc::new(Auth::new(db.clone(), account.schema, told).await?);
        let workers = Workers::new(db.clone(), Arc::clone(&regular));
        // Where one process has the database there is nobody to tell.
        let is_shared = config.database.file().is_none();
        let broadcast = Broadcast::new(db.clone(), redis.clone().filter(|_| is_shared));
        let (planned, unused) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let listeners = Listeners {
            hub: Arc::clone(&hub),
            workers: workers.clone(),
            broadcast: broadcast.clone(),
            planned: Arc::clone(&planned),
            webhooks: webhooks.clone(),
            unused: Arc::clone(&unused),
        };
        let listener: Arc<dyn OutboxListener> = Arc::new(listeners);
        let timetable = Arc::new(Timetable::new(&catalog, db.clone(), &listener, planned)?.with(regular));
        // A test runs jobs when it says so, and has nobody to hide from.
        let letters_within_us = if mailer.is_some() { 0 } else { LETTERS_WITHIN_US };
        let mailer = mailer.map_or_else(|| settings::mailer(config), Ok)?;
        let accounts = Accounts::new(&catalog, db.clone(), &listener)?;
        let services = settings::services((&catalog, &db), config, accounts, mailer, mails)?;
        let options = settings::pipeline_options(config, cursor_key, letters_within_us);
        let context = Context::new(services);
        let reauthentication = Arc::clone(&auth) as Arc<dyn Reauthentication>;
        let around = Around { listener, context: context.clone(), reauthentication };
        let pipeline = Arc::new(Pipeline::new(&catalog, db.clone(), around, options)?);
        let outbox = Outbox::new(&catalog, db.clone())?;
        let files = settings::files(&catalog, config, (&pipeline, unused)).await?;
        Ok(Self {
            catalog,
            db,
            pipeline,
            auth,
            keys,
            workers,
            context,
            hub,
            broadcast,
            redis,
            outbox,
            timetable,
            webhooks,
            files,
            lock,
        })
    }

    /// Finishes what is going on at the database, closes it, and takes leave of other nodes.
    async fn close(&self) {
        self.db.close().await;
        self.broadcast.leave().await;
    }

    /// What the routes stand on, with these of the application's own.
    #[must_use]
    pub fn layers(&self, custom: Vec<CustomRoute>, config: &Config) -> Layers {
        let messages = Arc::new(self.outbox.clone());
        let sockets = Sockets {
            hub: Arc::clone(&self.hub),
            outbox: self.outbox.clone(),
            services: Services { messages, sessions: Arc::clone(&self.auth) as _ },
            per_account: config.sockets_per_user,
            origins: config.cors_origins.clone(),
            public_url: config.public_url.clone(),
        };
        Layers {
            catalog: Arc::clone(&self.catalog),
            pipeline: Arc::clone(&self.pipeline),
            auth: Arc::clone(&self.auth),
            keys: self.keys.clone(),
            db: self.db.clone(),
            custom,
            context: self.context.clone(),
            workers: self.workers.clone(),
            webhooks: self.webhooks.clone(),
            sockets,
            redis: self.redis.clone(),
            files: self.files.as_ref().map(|keeper| keeper.store().clone()),
        }
    }
}

/// How an application is opened, beyond its settings.
#[derive(Default)]
pub(crate) struct Opening {
    /// How its database is.
    pub(crate) options: DbOptions,
    /// A lock that is held already.
    pub(crate) lock: Option<Lock>,
    /// Where mail goes, if that is not for the settings to say.
    pub(crate) mailer: Option<Mailer>,
    /// What it shares with other servers.
    pub(crate) redis: Option<Redis>,
    /// What runs every so often.
    pub(crate) regular: Vec<Regular>,
    /// What mails to accounts say, if that is not what is usual.
    pub(crate) mails: Option<Arc<dyn AccountMails>>,
}

/// Within what time mails are begun that requests ask for, in microseconds: long for who measures requests, short for who
/// waits for the mail.
const LETTERS_WITHIN_US: i64 = 1_000_000;

/// How long the start waits for a database server that starts as well, or is full.
const START_WAIT: Duration = Duration::from_secs(10);

impl Opening {
    /// For a server, which may be started beside that of its database.
    async fn of_a_server(config: &Config) -> Result<Self, StartError> {
        let lock = lock_for_a_server(&config.database).await?;
        let redis = match &config.redis_url {
            Some(url) => Some(Redis::open(url).await.map_err(StartError::Redis)?),
            None => None,
        };
        let options = DbOptions { start_wait: START_WAIT, ..DbOptions::default() };
        Ok(Self { options, lock, redis, ..Self::default() })
    }
}

/// Serves an application until SIGTERM or Ctrl-C; a second signal does not wait for requests to finish.
///
/// # Errors
/// [`StartError`], which says what to do.
pub async fn serve(application: Application, config: Config) -> Result<(), StartError> {
    let begun = log::begin(&config)?;
    let signals = Signals::listen()?;
    warn_of_what_is_not_served(&config);
    schema::check_is_wanted(&config)?;
    let source = migrations(application.resources.migrations(), &config)?;
    schema::warn_of_migrations(&source);
    let Application { regular, mails, .. } = application.clone();
    let opening = Opening { regular, mails, ..Opening::of_a_server(&config).await? };
    let app = App::open_with(application.resources, &config, opening).await?;
    tell_of_the_file(&app.db, &config)?;
    schema::warn_of_unknown(&app.db, &app.catalog, source).await?;
    let served = http::service(app.layers(application.routes, &config), &config).map_err(StartError::Route)?;
    let listening = Listening::bind(&config.host, config.port).await.map_err(|cause| StartError::Listen {
        host: config.host.clone(),
        port: config.port,
        cause,
    })?;
    let docs = announce(&listening, &config);
    // Whoever is not told finds it in the documentation.
    welcome::welcome(&app, &docs).await.ok();
    let beside = Beside::begin(&app, signals.nth(1));
    listening.serve(served, signals.nth(1), signals.nth(2)).await?;
    tokio::select! {
        () = beside.end() => {}
        () = signals.nth(2) => {}
    }
    app.close().await;
    drop(app);
    tokio::select! {
        () = begun.finish() => {}
        () = signals.nth(2) => {}
    }
    tracing::info!("stopped");
    Ok(())
}

/// Says on standard output where the server is, for people and for what starts it; gives where its documentation is. A
/// closed output is no reason to stop.
fn announce(listening: &Listening, config: &Config) -> String {
    let here: Vec<_> = listening.addresses().iter().map(|address| format!("http://{address}")).collect();
    let own = || format!("http://{}/docs", listening.address());
    let docs = config.public_url.as_ref().map_or_else(own, |public| public.link("/docs"));
    let text = format!("fasttrack listens on {}, docs at {docs}", here.join(" and "));
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{}", log::line(config.log_format, Level::INFO, &text));
    let _ = out.flush();
    docs
}

/// Tells what is unusual about the database file: that it is new, or has names that are not safe to start it by.
fn tell_of_the_file(db: &Db, config: &Config) -> io::Result<()> {
    let Some(file) = config.database.file() else { return Ok(()) };
    let path = db::place(file)?;
    if db.was_created() {
        tracing::warn!(path = %path.display(), "there was no database; a new one was made");
    }
    for path in db::open_to_others(&path) {
        tracing::warn!(path = %path.display(), "others than its owner may use the database file; chmod 600 keeps them out");
    }
    if db::names(&path)? > 1 {
        tracing::warn!(
            path = %path.display(),
            "the database file has several names (hard links); serve it by one of them alone, since what was written last \
             lies beside the name that it was opened by"
        );
    }
    Ok(())
}

fn warn_of_what_is_not_served(config: &Config) {
    if config.otlp_endpoint.is_some() && !cfg!(feature = "otel") {
        tracing::warn!(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set and has no effect: this program was built without `--features otel`"
        );
    }
}
