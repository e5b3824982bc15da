//! The rows that all sides have: one account with many projects, of which the first has many tasks.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::{Error, client, client::Client, server::Server};

/// Projects that are there before.
pub const PROJECTS: usize = 10_000;

/// Tasks that are there before, all of the first project.
pub const TASKS: usize = 100_000;

/// What every server signs with, so that all believe one token.
pub const KEY: &str = "a key that is the same wherever it is needed";

/// The account that asks for everything.
pub const ACCOUNT: &str = r#"{"email": "bench@example.com", "password": "correct horse"}"#;

/// The priorities that tasks have, by turns: a third of them is as pressing as any one of them.
pub const PRIORITIES: [&str; 3] = ["low", "medium", "high"];

/// What fasttrack makes of it, for everybody who has its tables.
pub struct Data {
    folder: TempDir,
    /// An access token of the account that lasts as long as the run.
    pub token: String,
}

/// The file in the folder of each.
pub const FILE: &str = "bench.db";

/// The environment that each is started with, beside what is its own.
pub const ENVIRONMENT: [(&str, &str); 4] = [
    ("DATABASE_URL", "sqlite://bench.db"),
    ("SECRET_KEY", KEY),
    ("BCRYPT_COST", "4"),
    ("ACCESS_TOKEN_EXPIRE_MINUTES", "600"),
];

impl Data {
    /// Has `binary` make the tables and an account, and fills them.
    pub async fn make(binary: &str) -> Result<Self, Error> {
        let folder = Arc::new(tempfile::tempdir()?);
        let server = super::side::start_fasttrack(binary, &folder).await?;
        let token = log_in(&server).await?;
        server.end().await?;
        let made = Self { folder: tempfile::tempdir()?, token };
        let connection = Connection::open(folder.path().join(FILE))?;
        copy(&connection, &made.path("empty"))?;
        fill(&connection)?;
        copy(&connection, &made.path("full"))?;
        Ok(made)
    }

    /// A folder with the tables and the account alone.
    pub fn empty(&self) -> Result<Arc<TempDir>, Error> {
        self.folder_with("empty")
    }

    /// A folder with all rows.
    pub fn full(&self) -> Result<Arc<TempDir>, Error> {
        self.folder_with("full")
    }

    /// A folder with all rows, whose projects have no other index than the one that their list by its owner needs, and no
    /// words to be found by.
    pub fn lean(&self) -> Result<Arc<TempDir>, Error> {
        let folder = self.full()?;
        let connection = Connection::open(folder.path().join(FILE))?;
        let spare = "SELECT 'DROP ' || type || ' \"' || name || '\"' FROM sqlite_schema WHERE type IN ('index', 'trigger') \
            AND tbl_name = 'projects' AND sql IS NOT NULL AND name <> 'projects_owner_id'";
        let mut statement = connection.prepare(spare)?;
        let drops: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        connection.execute_batch(&drops.join(";"))?;
        Ok(folder)
    }

    fn folder_with(&self, which: &str) -> Result<Arc<TempDir>, Error> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join(FILE);
        fs::copy(self.path(which), &file)?;
        // What others may read is warned of.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        Ok(Arc::new(folder))
    }

    fn path(&self, which: &str) -> PathBuf {
        self.folder.path().join(which)
    }
}

async fn log_in(server: &Server) -> Result<String, Error> {
    let mut client = Client::connect(&server.address, "").await?;
    client.send(client::post("/api/v1/auth/register", ACCOUNT)).await?;
    let pair = client.send(client::post("/api/v1/auth/login", ACCOUNT)).await?;
    let pair: serde_json::Value = serde_json::from_slice(&pair)?;
    Ok(pair["access_token"].as_str().ok_or("no access token")?.to_owned())
}

/// In one transaction, with the triggers that the tables have.
fn fill(connection: &Connection) -> Result<(), Error> {
    connection.execute_batch("BEGIN")?;
    let at = "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-01-01', format('+%d seconds', n))";
    connection.execute_batch(&format!(
        "INSERT INTO projects (name, owner_id, created_at, updated_at) \
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {PROJECTS}) \
         SELECT 'Project ' || n, 1, {at}, {at} FROM numbers; \
         INSERT INTO tasks (title, priority, project_id, created_at, updated_at) \
         WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {TASKS}) \
         SELECT 'Task ' || n, CASE n % 3 WHEN 0 THEN '{}' WHEN 1 THEN '{}' ELSE '{}' END, 1, {at}, {at} FROM numbers;",
        PRIORITIES[0], PRIORITIES[1], PRIORITIES[2]
    ))?;
    Ok(connection.execute_batch("COMMIT")?)
}

fn copy(connection: &Connection, to: &Path) -> Result<(), Error> {
    connection.execute("VACUUM INTO ?1", [to.to_str().ok_or("the path is not UTF-8")?])?;
    Ok(())
}
