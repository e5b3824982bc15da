//! PocketBase with the same rows and rules.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use super::{
    data::{ACCOUNT, PRIORITIES, PROJECTS, TASKS},
    python,
};
use crate::{
    Error,
    client::{self, Client},
    server::{Listening, Server, free_address},
};

/// One that is installed and has its collections.
pub struct PocketBase {
    program: PathBuf,
    /// What it keeps, before there are rows.
    empty: Arc<TempDir>,
    /// The account that asks, and its token.
    pub account: String,
    pub token: String,
}

const ADMIN: &str = "admin@example.com";
const PASSWORD: &str = "correct horse";

/// What the rule of a row asks.
const OWNER: &str = "owner = @request.auth.id";
const MEMBER: &str = "project.owner = @request.auth.id || assignee = @request.auth.id";

impl PocketBase {
    /// Installs it, and makes collections and an account over its API.
    pub async fn make() -> Result<Self, Error> {
        let program = python::programs("pocketbase", "pocketbase.txt").await?.join("pocketbase");
        let folder = Arc::new(tempfile::tempdir()?);
        let mut upsert = Command::new(&program);
        upsert.args(["superuser", "upsert", ADMIN, PASSWORD]).current_dir(folder.path()).stdout(Stdio::null());
        if !upsert.status().await?.success() {
            return Err("it makes no superuser".into());
        }
        let server = serve(&program, &folder).await?;
        let (account, token) = set_up(&server).await?;
        server.end().await?;
        Ok(Self { program, empty: folder, account, token })
    }

    /// Starts it without rows.
    pub async fn start_empty(&self) -> Result<Server, Error> {
        serve(&self.program, &self.copy()?).await
    }

    /// Starts it with all rows.
    pub async fn start(&self) -> Result<Server, Error> {
        let folder = self.copy()?;
        fill(&folder.path().join("pb_data/data.db"), &self.account)?;
        serve(&self.program, &folder).await
    }

    fn copy(&self) -> Result<Arc<TempDir>, Error> {
        let folder = tempfile::tempdir()?;
        let (from, to) = (self.empty.path().join("pb_data"), folder.path().join("pb_data"));
        fs::create_dir(&to)?;
        for file in fs::read_dir(from)? {
            let file = file?;
            if file.file_type()?.is_file() {
                fs::copy(file.path(), to.join(file.file_name()))?;
            }
        }
        Ok(Arc::new(folder))
    }
}

/// The id of the row of this number, in the order of the numbers.
pub fn id(n: usize) -> String {
    format!("{n:015}")
}

async fn serve(program: &Path, folder: &Arc<TempDir>) -> Result<Server, Error> {
    let address = free_address().await?;
    let mut command = Command::new(program);
    command.args(["serve", "--http", &address, "--automigrate=false"]);
    Server::run(command, folder, &[], Listening::At(&address)).await
}

async fn set_up(server: &Server) -> Result<(String, String), Error> {
    let admin = json!({ "identity": ADMIN, "password": PASSWORD });
    let (token, _) = log_in(server, "_superusers", &admin).await?;
    let mut client = Client::connect(&server.address, &token).await?;
    // As fasttrack is told to log warnings only.
    client.send(client::patch("/api/settings", &json!({ "logs": { "maxDays": 0 } }).to_string())).await?;
    let users: Value = serde_json::from_slice(&client.send(client::get("/api/collections/users")).await?)?;
    let users = users["id"].as_str().ok_or("no id")?;
    let projects = create(&mut client, "/api/collections", &projects(users)).await?;
    create(&mut client, "/api/collections", &tasks(users, &projects)).await?;
    let account: Value = serde_json::from_str(ACCOUNT)?;
    let (email, password) = (&account["email"], &account["password"]);
    let user = json!({ "email": email, "password": password, "passwordConfirm": password });
    create(&mut client, "/api/collections/users/records", &user).await?;
    let (token, account) = log_in(server, "users", &json!({ "identity": email, "password": password })).await?;
    Ok((account, token))
}

async fn log_in(server: &Server, who: &str, with: &Value) -> Result<(String, String), Error> {
    let mut client = Client::connect(&server.address, "").await?;
    let call = client::post(&format!("/api/collections/{who}/auth-with-password"), &with.to_string());
    let answer: Value = serde_json::from_slice(&client.send(call).await?)?;
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or("no token");
    Ok((text(&answer["token"])?, text(&answer["record"]["id"])?))
}

/// The id of what is made.
async fn create(client: &mut Client, path: &str, what: &Value) -> Result<String, Error> {
    let made: Value = serde_json::from_slice(&client.send(client::post(path, &what.to_string())).await?)?;
    Ok(made["id"].as_str().ok_or("no id")?.to_owned())
}

fn projects(users: &str) -> Value {
    json!({
        "name": "projects",
        "type": "base",
        "listRule": OWNER, "viewRule": OWNER, "updateRule": OWNER, "deleteRule": OWNER,
        "createRule": "@request.auth.id != '' && owner = @request.auth.id",
        "fields": [
            { "name": "name", "type": "text", "required": true, "max": 200 },
            { "name": "description", "type": "text", "max": 10_000 },
            { "name": "status", "type": "select", "values": ["active", "archived"], "maxSelect": 1, "required": true },
            { "name": "owner", "type": "relation", "collectionId": users, "maxSelect": 1, "required": true },
            { "name": "created", "type": "autodate", "onCreate": true },
            { "name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true }
        ],
        "indexes": ["CREATE INDEX projects_owner ON projects (owner, id)"]
    })
}

fn tasks(users: &str, projects: &str) -> Value {
    json!({
        "name": "tasks",
        "type": "base",
        "listRule": MEMBER, "viewRule": MEMBER, "updateRule": MEMBER,
        "createRule": "project.owner = @request.auth.id", "deleteRule": "project.owner = @request.auth.id",
        "fields": [
            { "name": "title", "type": "text", "required": true, "max": 300 },
            { "name": "description", "type": "text", "max": 10_000 },
            { "name": "status", "type": "select", "values": ["todo", "in_progress", "done"], "maxSelect": 1 },
            { "name": "priority", "type": "select", "values": PRIORITIES, "maxSelect": 1 },
            { "name": "project", "type": "relation", "collectionId": projects, "maxSelect": 1, "required": true },
            { "name": "assignee", "type": "relation", "collectionId": users, "maxSelect": 1 },
            { "name": "created", "type": "autodate", "onCreate": true },
            { "name": "updated", "type": "autodate", "onCreate": true, "onUpdate": true }
        ],
        "indexes": [
            "CREATE INDEX tasks_project ON tasks (project, id)",
            "CREATE INDEX tasks_priority ON tasks (project, priority, id)",
            "CREATE INDEX tasks_assignee ON tasks (assignee)"
        ]
    })
}

/// Straight into its file while nobody has it open: over the API it would take minutes.
fn fill(path: &Path, account: &str) -> Result<(), Error> {
    let mut connection = Connection::open(path)?;
    let transaction = connection.transaction()?;
    let at = "2026-01-01 00:00:00.000Z";
    let mut project = transaction.prepare(
        "INSERT INTO projects (id, name, description, status, owner, created, updated) \
         VALUES (?1, ?2, '', 'active', ?3, ?4, ?4)",
    )?;
    for n in 1..=PROJECTS {
        project.execute((id(n), format!("Project {n}"), account, at))?;
    }
    let mut task = transaction.prepare(
        "INSERT INTO tasks (id, title, description, status, priority, project, assignee, created, updated) \
         VALUES (?1, ?2, '', 'todo', ?3, ?4, '', ?5, ?5)",
    )?;
    for n in 1..=TASKS {
        task.execute((id(n), format!("Task {n}"), PRIORITIES[n % 3], id(1), at))?;
    }
    drop((project, task));
    Ok(transaction.commit()?)
}
