//! `fasttrack migrate`: versioned migrations, written from the declarations.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{
    access::{self, AccessError},
    table::table,
};
use crate::{
    app::{self, StartError},
    config::Config,
    db::{DatabaseUrl, Db},
    migrate::{
        self, Composed, Difference, Direction, FolderError, Inspected, MigrateError, Migration, Progress, Renames,
        Request, Snapshot, Source, Weight,
    },
    program,
    schema::{Catalog, LinkError, Resources},
};

/// What can be done with migrations.
#[derive(Debug, Subcommand)]
pub(super) enum MigrateCommand {
    /// List the migrations, and which of them are applied
    Status,
    /// Apply migrations; the server has to be stopped
    Up {
        /// Stop after this number
        #[arg(long, value_name = "NUMBER")]
        to: Option<u32>,
    },
    /// Undo the newest migration; the server has to be stopped
    Down {
        /// Go on until this one is the newest; 0 undoes all
        #[arg(long, value_name = "NUMBER")]
        to: Option<u32>,
        /// Drop what the migration added even where it holds something
        #[arg(long)]
        allow_destructive: bool,
    },
    /// Write a migration from what changed in the declarations since the newest one
    New {
        /// What it does, in words of lower case: `add_due_date`
        name: String,
        /// Write it even if it may lose what is stored
        #[arg(long)]
        allow_destructive: bool,
    },
    /// Exit 1 when the declarations differ from the newest migration, or an applied one was edited
    Check,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum MigrateFailure {
    /// The declarations do not fit together.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The database cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The schema cannot be changed.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// It cannot be told who may do what, or could.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The folder cannot be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The declarations and the migrations have parted.
    #[error(
        "the declarations differ from the newest migration{place}: {words}; run `{program} migrate new NAME`",
        program = program::name()
    )]
    Differs {
        /// Where that is, unless it is that of the database in use.
        place: String,
        /// How.
        words: String,
    },
    /// There is nothing that could be undone.
    #[error("there is no database at {0}, so that nothing can be undone; name another one in DATABASE_URL")]
    Nothing(DatabaseUrl),
    /// Nobody reads the output.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Runs a command.
pub(super) async fn run(command: MigrateCommand, resources: Resources, config: &Config) -> Result<(), MigrateFailure> {
    let catalog = &Catalog::link(&resources)?;
    let source = || app::migrations(resources.migrations(), config);
    let sources = || app::all_migrations(resources.migrations(), config);
    match command {
        MigrateCommand::Status => status(catalog, source()?, config).await,
        MigrateCommand::Check => check(catalog, sources()?, config).await,
        MigrateCommand::New { name, allow_destructive } => {
            new(catalog, sources()?, config, (&name, allow_destructive)).await
        }
        MigrateCommand::Up { to } => change(catalog, source()?, config, Steps::Up { to }).await,
        MigrateCommand::Down { to, allow_destructive } => {
            change(catalog, source()?, config, Steps::Down { to, may_lose: allow_destructive }).await
        }
    }
}

/// Migrations to apply or to take back, until the database is at `to`.
#[derive(Clone, Copy)]
enum Steps {
    Up { to: Option<u32> },
    Down { to: Option<u32>, may_lose: bool },
}

/// `up` and `down`, with the server kept away.
async fn change(catalog: &Catalog, source: Source, config: &Config, wanted: Steps) -> Result<(), MigrateFailure> {
    if matches!(wanted, Steps::Down { .. }) && !may_have_database(config) {
        return Err(MigrateFailure::Nothing(config.database.clone()));
    }
    let lock = config.database.file().map(app::lock).transpose()?;
    let db = app::open_alone(config).await?;
    let steps = Arc::new(Mutex::new(Vec::new()));
    let done = async {
        let (bar, progress) = progress();
        let told = Arc::clone(&steps);
        let report = move |step: &str| told.lock().unwrap_or_else(PoisonError::into_inner).push(step.to_owned());
        let migrator = app::migrator(&db, catalog, source)?.with_progress(progress).with_report(Arc::new(report));
        let done = match wanted {
            Steps::Down { to, may_lose } => migrator.down(to, may_lose).await,
            Steps::Up { to: Some(to) } => migrator.up_to(to).await,
            Steps::Up { to: None } => migrator.start(migrate::Missing::Make).await,
        };
        bar.finish_and_clear();
        let unknown = if matches!(wanted, Steps::Up { to: None }) { migrator.unknown().await.ok() } else { None };
        done.map(|done| (done.is_empty(), unknown.unwrap_or_default()))
    };
    let done = done.await;
    db.close().await;
    drop(lock);
    let mut out = io::stdout().lock();
    for step in steps.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        writeln!(out, "done: {step}")?;
    }
    let (is_nothing, unknown) = done?;
    if is_nothing {
        writeln!(out, "nothing to do")?;
    }
    tell_of_unknown(&mut out, &unknown)
}

/// What a newer program has made of the database.
fn tell_of_unknown(out: &mut impl Write, unknown: &[String]) -> Result<(), MigrateFailure> {
    if !unknown.is_empty() {
        writeln!(out, "left alone, since this program does not know it: {}", unknown.join(", "))?;
    }
    Ok(())
}

/// Writes a migration for each database; the one in use is asked for what a start has added to it.
async fn new(
    catalog: &Catalog,
    sources: Vec<Source>,
    config: &Config,
    (name, may_lose): (&str, bool),
) -> Result<(), MigrateFailure> {
    let rights = access::changes(catalog)?;
    let mut version = sources.iter().map(Source::next_version).max().unwrap_or(1);
    let mut written = Vec::new();
    for source in sources {
        let is_in_use = source.dialect == config.database.dialect();
        let inspected = if is_in_use { inspected(catalog, &source, config).await? } else { None };
        let inspected = inspected.as_ref();
        let request = Request { source: &source, catalog, inspected, rights: &rights, name, version, may_lose };
        let composed = migrate::compose(request)?;
        // What was added at a start has a number of its own, which the others leave out.
        version = composed.last().map_or(version, |composed| composed.migration.version);
        written.push((source, composed));
    }
    let mut out = io::stdout().lock();
    if written.iter().all(|(_, composed)| composed.is_empty()) {
        writeln!(out, "nothing changed since the newest migration; nothing was written")?;
    }
    for (mut source, composed) in written {
        for Composed { migration, changes } in composed {
            let path = source.folder.join(migration.title());
            source.add(migration)?;
            writeln!(out, "wrote {}.up.sql, .down.sql and .json:", path.display())?;
            for change in changes {
                writeln!(out, "  {change}")?;
            }
        }
    }
    Ok(())
}

async fn check(catalog: &Catalog, sources: Vec<Source>, config: &Config) -> Result<(), MigrateFailure> {
    for source in sources {
        let is_in_use = source.dialect == config.database.dialect();
        if is_in_use {
            inspected(catalog, &source, config).await?;
        }
        if let Some(words) = difference(catalog, &source)? {
            let place = if is_in_use { String::new() } else { format!(" in {}", source.folder.display()) };
            return Err(MigrateFailure::Differs { place, words });
        }
    }
    Ok(writeln!(io::stdout(), "the newest migration is what is declared")?)
}

/// What the newest migration lacks, in words.
fn difference(catalog: &Catalog, source: &Source) -> Result<Option<String>, MigrateFailure> {
    let (newest, declared) = (source.newest(), Snapshot::declared(source.dialect, catalog)?);
    let renames = Renames::declared(catalog, &newest);
    let difference = Difference::between(source.dialect, &newest, &declared, &renames, Direction::Up);
    let words = difference.at_least(Weight::Addition).join("; ");
    Ok((!difference.is_empty()).then_some(words))
}

async fn status(catalog: &Catalog, source: Source, config: &Config) -> Result<(), MigrateFailure> {
    let (inspected, unknown) = match database(config).await? {
        Some(db) => {
            let inspected = Inspected::read(&db).await.map_err(MigrateError::from);
            let unknown = async { app::migrator(&db, catalog, source.clone())?.unknown().await };
            let unknown = unknown.await;
            db.close().await;
            (inspected?, unknown)
        }
        None => (Inspected::nothing(source.dialect), Ok(Vec::new())),
    };
    let is_there = !inspected.is_empty();
    let mut rows: Vec<_> = source.migrations.iter().map(|migration| row(migration, &inspected)).collect();
    let is_lost = |version: u32| source.find(version).is_none();
    let lost = inspected.applied.iter().filter(|applied| is_lost(applied.version));
    rows.extend(lost.map(|applied| {
        [format!("{:04}", applied.version), applied.name.clone(), applied.applied_at.clone(), source.lack().to_owned()]
    }));
    rows.sort();
    let mut out = io::stdout().lock();
    out.write_all(table(&["version", "name", "applied at", "state"], rows.into_iter()).as_bytes())?;
    writeln!(out, "\n{}", source.in_words())?;
    if !is_there {
        writeln!(out, "there is no database at {} yet", config.database)?;
    }
    match difference(catalog, &source)? {
        Some(words) => writeln!(out, "the declarations differ from the newest migration: {words}")?,
        None => writeln!(out, "the newest migration is what is declared")?,
    }
    match unknown {
        Ok(unknown) => tell_of_unknown(&mut out, &unknown),
        // What is said above.
        Err(MigrateError::Edited { .. } | MigrateError::NeedsMigration { .. }) => Ok(()),
        Err(error) => Ok(writeln!(out, "{error}")?),
    }
}

fn row(migration: &Migration, inspected: &Inspected) -> [String; 4] {
    let applied = inspected.applied.iter().find(|applied| applied.version == migration.version);
    let state = match applied {
        None => "pending",
        Some(applied) if applied.checksum != migration.checksum() || applied.name != migration.name => "edited",
        Some(_) => "applied",
    };
    let at = applied.map(|applied| applied.applied_at.clone()).unwrap_or_default();
    [format!("{:04}", migration.version), migration.name.clone(), at, state.to_owned()]
}

/// The database, where there is one.
async fn database(config: &Config) -> Result<Option<Db>, StartError> {
    if may_have_database(config) { app::open_alone(config).await.map(Some) } else { Ok(None) }
}

/// Whether there is a database, as far as can be told without asking a server.
fn may_have_database(config: &Config) -> bool {
    config.database.file().is_none_or(|file| file.metadata().is_ok_and(|file| file.len() > 0))
}

/// What the database holds, where there is one; refused when an applied migration was edited.
async fn inspected(catalog: &Catalog, source: &Source, config: &Config) -> Result<Option<Inspected>, MigrateFailure> {
    let Some(db) = database(config).await? else { return Ok(None) };
    let inspected = async { app::migrator(&db, catalog, source.clone())?.inspected().await };
    let inspected = inspected.await;
    db.close().await;
    Ok(Some(inspected?))
}

/// A bar on a terminal, and nothing elsewhere.
fn progress() -> (ProgressBar, Progress) {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    let shown = bar.clone();
    let progress = move |done: usize, all: usize, why: &str| {
        shown.set_length(u64::try_from(all).unwrap_or(u64::MAX));
        shown.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        shown.set_message(why.lines().next().unwrap_or_default().to_owned());
        shown.tick();
    };
    (bar, Arc::new(progress))
}
