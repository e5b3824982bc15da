//! `fasttrack user`: accounts made by the operator, the first admin among them.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Subcommand;
use serde_json::{Map, Value};

use crate::{
    app::{App, StartError},
    config::Config,
    db::{Arg, DbOptions},
    error::Error,
    schema::{Kind, Resources, Schema},
    wire::Object,
};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account; the password is asked for, or read from standard input
    Create {
        /// Give it the role `admin`
        #[arg(long)]
        admin: bool,
        /// Name to display
        #[arg(long)]
        name: Option<String>,
        /// E-mail address to log in with
        email: String,
    },
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum UserError {
    /// The database is not there.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The password did not come.
    #[error("cannot read the password: {0}")]
    Input(#[from] io::Error),
    /// The declaration of the account has no place for an option.
    #[error("the account has no {0}, so that this option means nothing here")]
    NoSuchField(&'static str),
    /// What registering would have answered.
    #[error("no account was made for {email}: {why}")]
    Refused {
        /// Whose account it would have been.
        email: String,
        /// Why not.
        why: String,
    },
}

/// Runs a command.
pub(super) async fn run(command: UserCommand, resources: Resources, config: &Config) -> Result<(), UserError> {
    let UserCommand::Create { admin, name, email } = command;
    // Asked for first: the database is not kept from others while somebody types.
    let password = password()?;
    // A command that runs once needs no pool.
    let app = App::open(resources, config, DbOptions { readers: 1, ..DbOptions::default() }).await?;
    let made = create(&app, admin, name, &email, password).await;
    app.db.close().await;
    let id = made?;
    let role = if admin { "admin" } else { "user" };
    let _ = writeln!(io::stdout(), "made {role} {id}: {email}");
    Ok(())
}

async fn create(app: &App, admin: bool, name: Option<String>, email: &str, password: String) -> Result<i64, UserError> {
    let schema = app.catalog.account().ok_or(UserError::NoSuchField("declaration"))?.schema;
    if admin && !has_admin(schema) {
        return Err(UserError::NoSuchField("role `admin`"));
    }
    let body = body(schema, name, email, password)?;
    let object = Object::parse(body.as_bytes()).map_err(|error| refused(email, error))?;
    let role = [("role", Arg::Text("admin".into()))];
    let row = app.pipeline.register_as(&object, if admin { &role } else { &[] }).await;
    let row = row.map_err(|error| refused(email, error))?;
    let id = serde_json::from_slice::<Value>(&row).ok().and_then(|row| row.get("id")?.as_i64());
    id.ok_or_else(|| refused(email, Error::Internal("the answer has no id".into())))
}

/// What a registration would send.
fn body(schema: &Schema, name: Option<String>, email: &str, password: String) -> Result<String, UserError> {
    let key_of = |kind| schema.columns.iter().find(|column| column.kind == kind).map(|column| column.key);
    let mut body = Map::new();
    body.insert(key_of(Kind::Email).ok_or(UserError::NoSuchField("e-mail address"))?.into(), email.into());
    body.insert(key_of(Kind::PasswordHash).ok_or(UserError::NoSuchField("password"))?.into(), password.into());
    if let Some(name) = name {
        let column = schema.column("display_name").ok_or(UserError::NoSuchField("display_name"))?;
        body.insert(column.key.into(), name.into());
    }
    Ok(Value::Object(body).to_string())
}

fn has_admin(schema: &Schema) -> bool {
    schema.column("role").is_some_and(|role| matches!(role.kind, Kind::Choice(words) if words.contains(&"admin")))
}

/// Asks on a terminal, twice; takes the first line of standard input otherwise.
fn password() -> io::Result<String> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        return Ok(line
            .strip_suffix('\n')
            .map_or(line.as_str(), |rest| rest.strip_suffix('\r').unwrap_or(rest))
            .into());
    }
    let first = rpassword::prompt_password("Password: ")?;
    if rpassword::prompt_password("Once more: ")? == first {
        return Ok(first);
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "the two entries differ; try again"))
}

fn refused(email: &str, error: Error) -> UserError {
    let why = match error {
        Error::Invalid(faults) => {
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    };
    UserError::Refused { email: email.to_owned(), why }
}
