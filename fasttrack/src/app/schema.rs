//! From a file to a database whose schema is current, and who may change it meanwhile.

use std::{path::Path, time::Duration};

use super::{
    StartError,
    lock::{Lock, lock_patiently},
};
use crate::{
    auth,
    config::Config,
    db::{Db, DbOptions, Dialect},
    migrate::{self, MigrateError, Migrator, Missing, Source},
    schema::{Catalog, EmbeddedMigration, LinkError, Schema},
    sql,
};

/// Opens the database, looks for damage, and brings its schema up to date. Without a lock one is taken of a file, should
/// there be something to do: what serves the database must not lose its tables from under it.
pub(super) async fn open_current(
    catalog: &Catalog,
    embedded: &[EmbeddedMigration],
    config: &Config,
    options: DbOptions,
    mut held: Option<Lock>,
) -> Result<(Db, Option<Lock>), StartError> {
    check_is_wanted(config)?;
    let source = migrations(embedded, config)?;
    loop {
        let db = open(config, options.clone()).await?;
        let migrator = migrator(&db, catalog, source.clone())?;
        if let Some(file) = config.database.file().filter(|_| held.is_none())
            && !migrator.is_current().await?
        {
            // The lock has to be taken before the file is opened, see below.
            db.close().await;
            held = Some(lock_patiently(file).await?);
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
    open(config, DbOptions { readers: 1, ..DbOptions::default() }).await
}

/// Who may make nothing makes no empty file either.
pub(super) fn check_is_wanted(config: &Config) -> Result<(), StartError> {
    match config.database.file() {
        Some(file) if !config.auto_migrate && !file.exists() => Err(StartError::Missing(file.to_owned())),
        _ => Ok(()),
    }
}

/// What brings the schema of the database to where it should be.
pub(crate) fn migrator<'a>(db: &'a Db, catalog: &'a Catalog, source: Source) -> Result<Migrator<'a>, MigrateError> {
    let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?.schema;
    Migrator::new(db, catalog, framework_tables(db.dialect(), catalog, account), source)
}

/// The migrations that the settings have count.
pub(crate) fn migrations(embedded: &[EmbeddedMigration], config: &Config) -> Result<Source, MigrateError> {
    Ok(Source::read(config.database.dialect(), embedded, config.migrations.as_deref())?)
}

/// The same for every database that the application uses, the one of the settings first.
pub(crate) fn all_migrations(embedded: &[EmbeddedMigration], config: &Config) -> Result<Vec<Source>, MigrateError> {
    Ok(Source::read_all(config.database.dialect(), embedded, config.migrations.as_deref())?)
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
    if let Some(folder) = source.missing_folder().map(Path::display) {
        tracing::warn!(
            "MIGRATIONS_DIR names {folder}, which is not there: no migration is known, not even those in the program"
        );
    }
}

/// Tells of what a newer program has made of the database.
pub(super) async fn warn_of_unknown(db: &Db, catalog: &Catalog, source: Source) -> Result<(), MigrateError> {
    let unknown = migrator(db, catalog, source)?.unknown().await?;
    if !unknown.is_empty() {
        tracing::warn!(
            "the database holds what this program does not know, such as a newer one adds; it is left alone: {}",
            unknown.join(", ")
        );
    }
    Ok(())
}

/// Opens the database, and looks for damage where it is a file.
async fn open(config: &Config, options: DbOptions) -> Result<Db, StartError> {
    let options = DbOptions {
        pool: config.database_pool,
        prepares: config.database_prepared,
        snapshots: config.streams,
        snapshot_limit: Duration::from_secs(u64::from(config.stream_s)),
        marker: Some(migrate::MARKER.to_owned()),
        ..options
    };
    let db = Db::connect(&config.database, options).await;
    let Some(file) = config.database.file() else {
        return db.map_err(|cause| StartError::Server { url: config.database.clone(), cause });
    };
    let db = db.map_err(|cause| match cause.to_string() {
        what if what.contains(MALFORMED) => StartError::Damaged { path: file.to_owned(), what: MALFORMED.into() },
        _ => StartError::Database(cause),
    })?;
    check_for_damage(&db, file).await?;
    Ok(db)
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

/// The definitions of the tables that are no resources.
fn framework_tables(dialect: Dialect, catalog: &Catalog, account: &Schema) -> Vec<String> {
    let schemas: Vec<_> = catalog.models().iter().map(|model| model.schema).collect();
    let mut statements = auth::sessions::ddl(dialect, account);
    statements.extend(sql::outbox(dialect, account));
    statements.extend(sql::history(dialect, account, &schemas));
    statements.extend(sql::answers(dialect, account));
    if catalog.files().next().is_some() {
        statements.extend(sql::files());
    }
    statements
}
