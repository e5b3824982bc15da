//! From settings to a running server: opens the database, builds the layers, listens, and takes leave.

mod application;
mod log;
mod signals;

use std::{
    fs::{File, TryLockError},
    io,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

pub use self::application::Application;
use self::signals::Signals;
use crate::{
    auth::{self, Auth, Keys},
    bell::Bell,
    config::{Config, SecretError, SecretKey},
    db::{Db, DbError, DbOptions},
    http::{self, CustomRoute, Layers, Listening, Sockets},
    job::{self, Context},
    migrate::{self, Missing},
    notify::{self, Desk, Hub, Limits, Mailer, Outbox, Workers, socket::Services},
    pipeline::{Around, Pipeline, PipelineOptions},
    principal::AccountWatch,
    query::CursorKey,
    schema::{Catalog, LinkError, Schema},
    sql,
};

/// An application with its database open and its schema current.
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
    /// What they are told.
    pub outbox: Outbox,
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
        "the database cannot be opened: {0}; DATABASE_URL names the file, and its folder has to be there and writable"
    )]
    Database(DbError),
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
    /// Mail cannot be sent as configured.
    #[error("SMTP_URL and MAIL_FROM do not say how to send mail: {0}")]
    Mail(String),
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
    /// Opens the database and builds the layers on it.
    ///
    /// # Errors
    /// [`StartError`], which says what to do.
    pub async fn open(resources: &[&'static Schema], config: &Config, options: DbOptions) -> Result<Self, StartError> {
        let catalog = Arc::new(Catalog::link(resources)?);
        let options = DbOptions { marker: Some(migrate::MARKER.to_owned()), ..options };
        let db = Db::open(&config.database, options).await.map_err(StartError::Database)?;
        let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?.schema;
        check_for_damage(&db, &config.database).await?;
        let missing = if config.auto_migrate { Missing::Make } else { Missing::Refuse };
        migrate::apply(&db, &catalog, framework_tables(account), missing).await?;
        let secret = secret(config)?;
        let keys = Keys::new(secret.as_bytes());
        let hub = Arc::new(Hub::new(Limits { per_account: config.sockets_per_user, in_total: http::socket_limit() }));
        let auth = Arc::new(Auth::new(db.clone(), account, auth_settings(config, &keys, &hub))?);
        let watch = Arc::clone(&auth) as Arc<dyn AccountWatch>;
        let cursor_key = CursorKey::derive(secret.as_bytes());
        let workers = Workers::new(db.clone());
        let bell: Arc<dyn Bell> = Arc::new(Bells { hub: Arc::clone(&hub), workers: workers.clone() });
        let desk: Arc<dyn job::Services> = Arc::new(Desk::new(&catalog, db.clone(), mailer(config)?));
        let options = PipelineOptions { cursor_key, bcrypt_cost: config.bcrypt_cost };
        let context = Context::new(desk);
        let around = Around { watch, bell, context: context.clone() };
        let pipeline = Arc::new(Pipeline::new(&catalog, db.clone(), around, options)?);
        let outbox = Outbox::new(&catalog, db.clone())?;
        Ok(Self { catalog, db, pipeline, auth, keys, workers, context, hub, outbox })
    }

    /// What the routes stand on, with these of the application's own.
    #[must_use]
    pub fn layers(&self, custom: Vec<CustomRoute>, config: &Config) -> Layers {
        let messages = Arc::new(self.outbox.clone());
        let sockets = Sockets {
            hub: Arc::clone(&self.hub),
            outbox: self.outbox.clone(),
            services: Services { messages, door: Arc::clone(&self.auth) as _ },
            per_account: config.sockets_per_user,
            origins: config.cors_origins.clone(),
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
            sockets,
        }
    }
}

/// Whoever waits for commits.
struct Bells {
    hub: Arc<Hub>,
    workers: Workers,
}

impl Bell for Bells {
    fn told(&self, accounts: Vec<i64>) {
        self.hub.told(accounts);
    }

    fn queued(&self) {
        self.workers.queued();
    }
}

/// Serves an application until SIGTERM or Ctrl-C; a second signal does not wait for requests to finish.
///
/// # Errors
/// [`StartError`], which says what to do.
pub async fn serve(application: Application, config: Config) -> Result<(), StartError> {
    log::begin(&config);
    let signals = Signals::listen()?;
    warn_of_what_is_not_served(&config);
    let app = App::open(application.resources, &config, DbOptions::default()).await?;
    let lock = lock(&config.database)?;
    if app.db.was_created() {
        let path = std::path::absolute(&config.database)?;
        tracing::warn!(path = %path.display(), "there was no database; a new one was made");
    }
    let served = http::service(app.layers(application.routes, &config), &config).map_err(StartError::Route)?;
    let listening = Listening::bind(&config.host, config.port).await.map_err(|cause| StartError::Listen {
        host: config.host.clone(),
        port: config.port,
        cause,
    })?;
    tokio::spawn(notify::dispatch(Arc::clone(&app.hub), app.outbox.clone()));
    tokio::spawn(notify::keep_tidy(app.outbox.clone()));
    announce(&listening);
    let jobs = app.workers.start(&app.catalog, app.context.clone(), signals.nth(1));
    listening.serve(served, signals.nth(1), signals.nth(2)).await?;
    tokio::select! {
        _ = jobs => {}
        () = signals.nth(2) => {}
    }
    app.db.close().await;
    drop(lock);
    tracing::info!("stopped");
    Ok(())
}

/// How long the start waits for the file to be looked through; a larger one is looked through beside the service.
const DAMAGE_WAIT: Duration = Duration::from_secs(2);

async fn check_for_damage(db: &Db, path: &Path) -> Result<(), StartError> {
    let (db, path) = (db.clone(), path.to_owned());
    let mut check = tokio::spawn(async move {
        let found = db.find_damage().await.unwrap_or_else(|cause| Some(cause.to_string()));
        found.map_or(Ok(()), |what| Err(StartError::Damaged { path, what }))
    });
    if let Ok(checked) = tokio::time::timeout(DAMAGE_WAIT, &mut check).await {
        return checked.unwrap_or(Ok(()));
    }
    tokio::spawn(async move {
        if let Ok(Err(damage)) = check.await {
            tracing::error!("{damage}");
        }
    });
    Ok(())
}

/// Keeps other servers from the database for as long as the file is held open. To be closed after the database only: to
/// close any handle of a file gives up the locks that `SQLite` has on it (<https://sqlite.org/howtocorrupt.html>, 2.2).
fn lock(database: &Path) -> Result<File, StartError> {
    let file = File::open(database)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::Taken(database.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Says on standard output where the server is, for people and for what starts it. A closed output is no reason to stop.
fn announce(listening: &Listening) {
    let address = listening.address();
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "fasttrack listens on http://{address}, docs at http://{address}/docs");
    let _ = out.flush();
}

fn warn_of_what_is_not_served(config: &Config) {
    if config.redis_url.is_some() {
        tracing::warn!("REDIS_URL is set and has no effect: this version does not use it yet");
    }
}

fn mailer(config: &Config) -> Result<Mailer, StartError> {
    match (&config.smtp_url, &config.mail_from) {
        (Some(url), Some(from)) => Mailer::smtp(url, from).map_err(StartError::Mail),
        _ => Ok(Mailer::log()),
    }
}

fn secret(config: &Config) -> Result<SecretKey, SecretError> {
    config.secret_key.clone().map_or_else(|| SecretKey::load_or_make(&config.database), Ok)
}

fn auth_settings(config: &Config, keys: &Keys, hub: &Arc<Hub>) -> auth::Settings {
    let hub = Arc::clone(hub);
    auth::Settings {
        access_lifetime_s: i64::from(config.access_token_expire_minutes) * 60,
        refresh_lifetime_s: i64::from(config.refresh_token_expire_days) * 24 * 60 * 60,
        bcrypt_cost: config.bcrypt_cost,
        on_change: Arc::new(move |account| hub.recheck(account)),
        ..auth::Settings::new(keys.clone())
    }
}

/// The definitions of the tables that are no resources.
fn framework_tables(account: &Schema) -> Vec<String> {
    let mut statements = auth::sessions::ddl(account);
    statements.extend(sql::outbox(account));
    statements
}
