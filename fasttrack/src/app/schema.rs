//! From a file to a database whose schema is current, and who may change it meanwhile.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::StartError;
use crate::{
    auth,
    config::Config,
    db::{Db, DbError, DbOptions},
    migrate::{self, MigrateError, Migrator, Missing, Source},
    schema::{Catalog, EmbeddedMigration, LinkError, Schema},
    sql,
};

/// Opens the database, looks for damage, and brings its schema up to date. Without a lock one is taken, should there be
/// something to do: what serves the database must not lose its tables from under it.
pub(super) async fn open_current(
    catalog: &Catalog,
    embedded: &[EmbeddedMigration],
    config: &Config,
    options: DbOptions,
    mut held: Option<File>,
) -> Result<(Db, Option<File>), StartError> {
    check_is_wanted(config)?;
    let source = migrations(embedded, config)?;
    loop {
        let db = open(config, options.clone()).await?;
        check_for_damage(&db, &config.database).await?;
        let migrator = migrator(&db, catalog, source.clone())?;
        if held.is_none() && !migrator.is_current().await? {
            // The lock has to be taken before the file is opened, see below.
            db.close().await;
            held = Some(lock_patiently(&config.database).await?);
            continue;
        }
        let missing = if config.auto_migrate { Missing::Make } else { Missing::Refuse };
        for done in migrator.start(missing).await? {
            tracing::info!("the schema changed: {done}");
        }
        return Ok((db, held));
    }
}

/// Opens the database as it is, for a command that looks after its schema.
pub(crate) async fn open_alone(config: &Config) -> Result<Db, StartError> {
    let db = open(config, DbOptions { readers: 1, ..DbOptions::default() }).await?;
    check_for_damage(&db, &config.database).await?;
    Ok(db)
}

/// Who may make nothing makes no empty file either.
pub(super) fn check_is_wanted(config: &Config) -> Result<(), StartError> {
    let is_missing = !config.auto_migrate && !config.database.exists();
    if is_missing { Err(StartError::Missing(config.database.clone())) } else { Ok(()) }
}

/// What brings the schema of the database to where it should be.
pub(crate) fn migrator<'a>(db: &'a Db, catalog: &'a Catalog, source: Source) -> Result<Migrator<'a>, MigrateError> {
    let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?.schema;
    Migrator::new(db, catalog, framework_tables(account), source)
}

/// The migrations that the settings have count.
pub(crate) fn migrations(embedded: &[EmbeddedMigration], config: &Config) -> Result<Source, MigrateError> {
    Ok(Source::read(embedded, config.migrations.as_deref())?)
}

/// Tells of migrations that this program has here and would lack elsewhere, or lacks altogether.
pub(super) fn warn_of_migrations(source: &Source) {
    let outside: Vec<_> = source.not_built_in().map(migrate::Migration::title).collect();
    let folder = source.folder.display();
    if !outside.is_empty() {
        tracing::warn!(
            "not in this program, but in {folder}: {}; build it again before it goes anywhere else",
            outside.join(", ")
        );
    }
    if source.missing_folder().is_some() {
        tracing::warn!(
            "MIGRATIONS_DIR names {folder}, which is not there: no migration is known, not even those in the program"
        );
    }
}

async fn open(config: &Config, options: DbOptions) -> Result<Db, StartError> {
    let options = DbOptions { marker: Some(migrate::MARKER.to_owned()), ..options };
    Db::open(&config.database, options).await.map_err(|cause| match cause.to_string() {
        what if what.contains(MALFORMED) => {
            StartError::Damaged { path: config.database.clone(), what: MALFORMED.into() }
        }
        _ => StartError::Database(cause),
    })
}

/// What `SQLite` says of a file that it cannot make sense of.
const MALFORMED: &str = "database disk image is malformed";

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

/// Keeps other servers from the database for as long as the file is held open; one that is not there is made. To be taken
/// before the database is opened and given up after it is closed: to close any handle of a file gives up the locks that
/// `SQLite` has on it (<https://sqlite.org/howtocorrupt.html>, 2.2).
pub(crate) fn lock(database: &Path) -> Result<File, StartError> {
    let file = File::open(database).or_else(|cause| match cause.kind() {
        io::ErrorKind::NotFound => OpenOptions::new().read(true).append(true).create(true).open(database),
        _ => Err(cause),
    });
    let refuse = |cause: io::Error| DbError::Other(format!("{}: {cause}", database.display()));
    let file = file.map_err(|cause| StartError::Database(refuse(cause)))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::Taken(database.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Whether a server has the database now. To be asked before this process opens it, for the reason that [`lock`] has.
pub(crate) fn is_served(database: &Path) -> bool {
    // Who only asks makes no file.
    database.exists() && matches!(lock(database), Err(StartError::Taken(_)))
}

/// The lock for a server, which waits for no other server; but a command that asks [`is_served`] has it for an instant.
pub(super) async fn lock_for_a_server(database: &Path) -> Result<File, StartError> {
    match lock(database) {
        Err(StartError::Taken(_)) => {
            sleep(Duration::from_millis(50)).await;
            lock(database)
        }
        locked => locked,
    }
}

/// How long a command waits for another one that changes the schema.
const LOCK_WAIT: Duration = Duration::from_secs(3);

/// The same for a command, which may meet another one that is done in a moment.
async fn lock_patiently(database: &Path) -> Result<File, StartError> {
    let deadline = Instant::now() + LOCK_WAIT;
    loop {
        match lock(database) {
            Err(StartError::Taken(_)) if Instant::now() < deadline => sleep(Duration::from_millis(50)).await,
            locked => return locked,
        }
    }
}

/// The definitions of the tables that are no resources.
fn framework_tables(account: &Schema) -> Vec<String> {
    let mut statements = auth::sessions::ddl(account);
    statements.extend(sql::outbox(account));
    statements
}
