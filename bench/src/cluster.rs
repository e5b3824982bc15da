//! A PostgreSQL server, and the databases that are made on it for a run and dropped after it.

use std::sync::atomic::{AtomicUsize, Ordering};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, Row,
    postgres::{PgConnectOptions, PgRow},
};

use crate::Error;

/// What tells whether two runs had the same server, and whether a commit is on the disk when it is answered.
const SETTINGS: [&str; 10] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_sync_method",
    "wal_level",
    "shared_buffers",
    "max_wal_size",
    "max_connections",
    "autovacuum",
];

/// The server that the caller named.
pub struct Cluster {
    options: PgConnectOptions,
    next: AtomicUsize,
}

/// A database of the run's own.
pub struct Database {
    pub name: String,
    /// What a server is given as `DATABASE_URL`.
    pub url: String,
}

impl Cluster {
    /// The server at `url`, whose database there is connected to for making others.
    pub fn at(url: &str) -> Result<Self, Error> {
        Ok(Self { options: url.parse()?, next: AtomicUsize::new(0) })
    }

    /// A connection to the database that the caller named.
    pub async fn connect(&self) -> Result<PgConnection, Error> {
        Ok(self.options.connect().await?)
    }

    /// A connection to one of the run's own.
    pub async fn connect_to(&self, database: &Database) -> Result<PgConnection, Error> {
        Ok(self.options.clone().database(&database.name).connect().await?)
    }

    /// Prints the settings that the figures depend on.
    pub async fn show_settings(&self) -> Result<(), Error> {
        let mut connection = self.connect().await?;
        for setting in SETTINGS {
            let row: PgRow = connection.fetch_one(AssertSqlSafe(format!("SHOW {setting}"))).await?;
            let value: String = row.get(0);
            println!("{setting} = {value}");
            if ["fsync", "synchronous_commit", "full_page_writes"].contains(&setting) && value != "on" {
                println!("  figures of writes are of no use: an answer does not mean that the disk has it");
            }
        }
        Ok(connection.close().await?)
    }

    /// Makes a database, as a copy of one that nobody is connected to.
    pub async fn create(&self, template: Option<&Database>) -> Result<Database, Error> {
        let name = format!("{}{}", self.prefix(), self.next.fetch_add(1, Ordering::Relaxed));
        let template = template.map_or("template0", |database| &database.name);
        let mut connection = self.connect().await?;
        let create = format!("CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE {template}");
        connection.execute(AssertSqlSafe(create)).await?;
        connection.close().await?;
        let url = self.options.clone().database(&name).to_url_lossy().to_string();
        // A parameter of sqlx's own, which nobody else knows.
        let url = url.split('?').next().unwrap_or_default().to_owned();
        Ok(Database { name, url })
    }

    /// Drops all that were made, whoever is connected.
    pub async fn drop_all(&self) -> Result<(), Error> {
        let mut connection = self.connect().await?;
        for n in 0..self.next.load(Ordering::Relaxed) {
            let drop = format!("DROP DATABASE IF EXISTS {}{n} WITH (FORCE)", self.prefix());
            connection.execute(AssertSqlSafe(drop)).await?;
        }
        Ok(connection.close().await?)
    }

    fn prefix(&self) -> String {
        format!("fasttrack_bench_{}_", std::process::id())
    }
}
