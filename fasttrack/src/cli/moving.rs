//! `fasttrack move --to postgres://…`: the database in a file becomes one on a server, whole or not at all.

use std::{
    io::{self, BufRead, Write as _},
    path::Path,
    sync::Arc,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{absent::Absent, table::table};
use crate::{
    app::{self, StartError},
    config::{Config, HandedOver, SecretError, SecretKey, database_address},
    db::{DatabaseUrl, Db, DbError, DbOptions},
    migrate::{MigrateError, Missing},
    program,
    schema::{Catalog, LinkError, Resources},
    transfer::{Copied, Progress, TransferError, transfer},
};

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub(super) enum MoveError {
    /// The declarations do not fit together.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What `--to` says is no address.
    #[error("--to has to be an address such as postgres://USER:PASSWORD@HOST:PORT/DATABASE{0}")]
    Address(String),
    /// It is one of a file.
    #[error(
        "--to names a SQLite file; only PostgreSQL is moved to, and `{} backup FILE` copies a file",
        program::name()
    )]
    ToFile,
    /// The database is on a server already.
    #[error("DATABASE_URL names {0}, which is PostgreSQL already; it has to name the SQLite file that is to be moved")]
    FromServer(DatabaseUrl),
    /// There is nothing to move.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// The database cannot be opened, or is not as it should be.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The same.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database holds what would be left behind.
    #[error(
        "the database holds what this program does not know ({0}), and what would be lost; move it with the program that \
         made that"
    )]
    Unknown(String),
    /// The other database cannot be opened.
    #[error("{url} cannot be opened: {cause}; see that its server runs, and that the database and the user are there")]
    Server {
        /// Where it is.
        url: DatabaseUrl,
        /// Why not.
        cause: DbError,
    },
    /// Something is in the way of a row.
    #[error("nothing was moved to {url}: {cause}")]
    Transfer {
        /// Where to.
        url: DatabaseUrl,
        /// Why not.
        cause: Box<TransferError>,
    },
    /// Everything is moved but the key.
    #[error("everything was moved but the key of the tokens: {0}; give SECRET_KEY the content of the old key file")]
    Secret(#[from] SecretError),
    /// Nobody reads the output.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Moves the database, and says what is to be done next.
pub(super) async fn run(to: &str, resources: Resources, config: &Config) -> Result<(), MoveError> {
    let there = Config { database: address(&given(to, io::stdin().lock())?)?, ..config.clone() };
    let file = source(config)?;
    let catalog = Catalog::link(&resources)?;
    let _lock = app::lock(file)?;
    let db = app::open_alone(config).await?;
    let moved = move_all(&db, &there, &catalog, &resources, config).await;
    db.close().await;
    let (copied, left) = moved?;
    let key = match config.secret_key {
        Some(_) => None,
        None => SecretKey::hand_over(&config.database, &there.database)?,
    };
    report(&copied, &left, config, &there)?;
    writeln!(io::stdout(), "{}", advice(key.as_ref(), config.secret_key.is_some()))?;
    Ok(())
}

/// The address itself, which may come from standard input, where nobody sees it.
fn given(to: &str, mut input: impl BufRead) -> Result<String, MoveError> {
    if to != "-" {
        return Ok(to.to_owned());
    }
    let mut line = String::new();
    input.read_line(&mut line).map_err(|cause| MoveError::Address(format!("; standard input has none: {cause}")))?;
    Ok(line.trim().to_owned())
}

/// Where to.
fn address(to: &str) -> Result<DatabaseUrl, MoveError> {
    match database_address(to) {
        Ok(DatabaseUrl::Sqlite(_)) => Err(MoveError::ToFile),
        Ok(url) => Ok(url),
        Err(_) if to.starts_with("sqlite:") => Err(MoveError::ToFile),
        // What is wrong with it is told of its parts alone.
        Err(expected) if to.starts_with("postgres") => Err(MoveError::Address(format!(": it is not {expected}"))),
        Err(_) => Err(MoveError::Address(String::new())),
    }
}

/// The file that is to be moved. One that is not there is not made.
fn source(config: &Config) -> Result<&Path, MoveError> {
    let file = config.database.file().ok_or_else(|| MoveError::FromServer(config.database.clone()))?;
    if file.metadata().is_ok_and(|file| !file.is_file() || file.len() > 0) {
        Ok(file)
    } else {
        Err(Absent::Database(file.to_owned()).into())
    }
}

/// Copies everything; gives what was copied, and what was not, since it is nobody's that is declared.
async fn move_all(
    db: &Db,
    there: &Config,
    catalog: &Catalog,
    resources: &Resources,
    config: &Config,
) -> Result<(Vec<Copied>, Vec<String>), MoveError> {
    let left = check(db, catalog, resources, config).await?;
    // In one piece each: so it does not matter whether a pooler is in between.
    let options = DbOptions { pool: 2, prepares: false, beside: true, ..DbOptions::default() };
    let url = &there.database;
    let target = Db::connect(url, options).await.map_err(|cause| MoveError::Server { url: url.clone(), cause })?;
    let copied = async {
        let source = app::migrations(resources.migrations(), there)?;
        let foundation = app::migrator(&target, catalog, source)?.foundation()?;
        let (bar, progress) = progress();
        let copied = transfer(db, &target, catalog, foundation, progress).await;
        bar.finish_and_clear();
        copied.map_err(|cause| MoveError::Transfer { url: url.clone(), cause: Box::new(cause) })
    };
    let copied = copied.await;
    target.close().await;
    Ok((copied?, left))
}

/// Whether the database is as declared, and no more than that. Gives what somebody has added by hand.
async fn check(db: &Db, catalog: &Catalog, resources: &Resources, config: &Config) -> Result<Vec<String>, MoveError> {
    let migrator = app::migrator(db, catalog, app::migrations(resources.migrations(), config)?)?;
    let inspected = migrator.inspected().await?;
    if inspected.is_empty() {
        return Err(Absent::Database(config.database.file().map(Path::to_owned).unwrap_or_default()).into());
    }
    if !migrator.is_current().await? {
        migrator.start(Missing::Refuse).await?;
    }
    let unknown = migrator.unknown().await?;
    if !unknown.is_empty() {
        return Err(MoveError::Unknown(unknown.join(", ")));
    }
    Ok(migrator.added_by_hand(&inspected))
}

fn report(copied: &[Copied], left: &[String], config: &Config, there: &Config) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let rows = copied.iter().map(|copied| [copied.table.clone(), copied.rows.to_string()]);
    out.write_all(table(&["table", "rows"], rows).as_bytes())?;
    let total: u64 = copied.iter().map(|copied| copied.rows).sum();
    writeln!(
        out,
        "\nmoved {} to {}: {total} rows, each compared with what was read again; the file is as it was",
        config.database, there.database
    )?;
    if !left.is_empty() {
        writeln!(out, "not moved, since no declaration made it: {}", left.join(", "))?;
    }
    Ok(())
}

/// What comes next.
fn advice(key: Option<&HandedOver>, is_given: bool) -> String {
    let next = "next: set DATABASE_URL to the address that --to has, start the server";
    let key = match key {
        None if is_given => "leave SECRET_KEY as it is: tokens and cursors hold as long as it is the same".to_owned(),
        None => "there is no key of tokens yet; the first start makes one".to_owned(),
        Some(HandedOver { from, to, is_same: true }) => format!(
            "the key of tokens and cursors was copied from {} to {}, where a server in this directory finds it; one that \
             runs elsewhere needs its content as SECRET_KEY",
            from.display(),
            to.display()
        ),
        Some(HandedOver { from, to, is_same: false }) => format!(
            "{} was there already, and is another key than {}: for tokens and cursors to hold, set SECRET_KEY to the \
             content of the latter",
            to.display(),
            from.display()
        ),
    };
    format!("{key}\n{next}, and keep the file until you have seen that all is well")
}

/// A bar on a terminal, and nothing elsewhere.
fn progress() -> (ProgressBar, Progress) {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} rows, {eta} left {wide_msg}") {
        bar.set_style(style);
    }
    let shown = bar.clone();
    let progress = move |done: u64, all: u64, table: &str| {
        shown.set_length(all);
        shown.set_position(done);
        shown.set_message(table.to_owned());
        shown.tick();
    };
    (bar, Arc::new(progress))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_a_server_is_moved_to() {
        for (to, expected) in [
            ("postgres://u:s3cret@h/d", None),
            ("postgresql://h/d", None),
            ("sqlite://t.db", Some("--to names a SQLite file")),
            ("sqlite://", Some("--to names a SQLite file")),
            ("", Some("--to has to be an address")),
            ("mysql://u:s3cret@h/d", Some("--to has to be an address")),
            ("postgres://u:s3cret@h:port/d", Some("--to has to be an address")),
            ("postgres://u:s3cret@h/d?sslmode=perhaps", Some("--to has to be an address")),
        ] {
            let said = address(to).err().map(|error| error.to_string());
            let as_expected = match (&said, expected) {
                (Some(said), Some(expected)) => said.starts_with(expected),
                (said, expected) => said.is_none() && expected.is_none(),
            };
            assert!(as_expected, "{to}: {said:?}");
            assert!(!said.unwrap_or_default().contains("s3cret"), "{to}");
        }
    }

    #[test]
    fn an_address_may_come_from_standard_input() {
        for (to, input, expected) in [
            ("postgres://h/d", "postgres://h/e\n", "postgres://h/d"),
            ("-", "postgres://u:p@h/e\nmore", "postgres://u:p@h/e"),
            ("-", "", ""),
        ] {
            assert_eq!(given(to, input.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn it_is_said_where_the_key_is() {
        let key = |is_same| HandedOver { from: "t.db.key".into(), to: "d.key".into(), is_same };
        for (key, is_given, expected) in [
            (None, true, "leave SECRET_KEY as it is"),
            (None, false, "the first start makes one"),
            (Some(key(true)), false, "copied from t.db.key to d.key"),
            (Some(key(false)), false, "d.key was there already, and is another key than t.db.key"),
        ] {
            let said = advice(key.as_ref(), is_given);
            assert!(said.contains(expected) && said.contains("next: set DATABASE_URL"), "{said}");
        }
    }
}
