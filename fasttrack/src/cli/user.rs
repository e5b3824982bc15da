//! `fasttrack user`: accounts made by the operator, the first admin among them; passwords set, and accounts shut out.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    time::Duration,
};

use clap::Subcommand;
use serde_json::{Map, Value};

use super::absent::{self, Absent};
use crate::{
    app::{self, App, StartError},
    auth::Known,
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
    /// Set the password of an account, and end its sessions; it is asked for, or read from standard input
    Password {
        /// E-mail address of the account
        email: String,
    },
    /// Take the second factor of an account away, for whoever has lost it and his recovery codes
    ResetTotp {
        /// E-mail address of the account
        email: String,
    },
    /// Shut an account out, at once; an administrator can let it in again (PATCH, `is_active`)
    Disable {
        /// E-mail address of the account
        email: String,
    },
}

/// Why that was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum UserError {
    /// The database is not there.
    #[error(transparent)]
    Start(#[from] StartError),
    /// What it is about is not there.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// Something stands against it.
    #[error("the account of {email} was not changed: {why}")]
    Unchanged {
        /// Whose account it is.
        email: String,
        /// Why not.
        why: String,
    },
    /// The server beside does not answer.
    #[error(
        "the account of {0} was changed, but the server of this database did not take note within {limit} s: what was \
         open may still be; restart the server",
        limit = SERVER_LIMIT.as_secs()
    )]
    Unheard(String),
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
    if !matches!(command, UserCommand::Create { .. }) {
        absent::database(&config.database)?;
    }
    // Asked for first: the database is not kept from others while somebody types.
    let password = match command {
        UserCommand::Disable { .. } | UserCommand::ResetTotp { .. } => String::new(),
        UserCommand::Create { .. } | UserCommand::Password { .. } => password()?,
    };
    let is_served = app::is_served(&config.database);
    let app = App::open(resources, config, DbOptions { readers: 1, beside: true, ..DbOptions::default() }).await?;
    let done = carry_out(&app, command, password, is_served).await;
    app.db.close().await;
    let _ = writeln!(io::stdout(), "{}", done?);
    Ok(())
}

/// Does what is asked, and says what was done.
async fn carry_out(app: &App, command: UserCommand, password: String, is_served: bool) -> Result<String, UserError> {
    let (email, done) = match command {
        UserCommand::Create { admin, name, email } => {
            let id = create(app, admin, name, &email, password).await?;
            // Of an account that was not there before a server has nothing to forget.
            return Ok(format!("made {} {id}: {email}", if admin { "admin" } else { "user" }));
        }
        UserCommand::Password { email } => {
            let Known { id, is_active, .. } = find(app, &email).await?;
            app.auth.set_password(id, &password).await.map_err(|error| unchanged(&email, error))?;
            let but = if is_active { "" } else { " (it is disabled, and cannot log in)" };
            let done = format!("set the password of account {id}{but}: {email}");
            (email, done)
        }
        UserCommand::ResetTotp { email } => {
            let Known { id, .. } = find(app, &email).await?;
            let was_on = app.auth.reset_totp(id).await.map_err(|error| unchanged(&email, error))?;
            let done = if was_on {
                "took the second factor away from account"
            } else {
                "there was no second factor for account"
            };
            return Ok(format!("{done} {id}: {email}"));
        }
        UserCommand::Disable { email } => {
            let Known { id, .. } = find(app, &email).await?;
            let was_active = app.context.disable_account(id).await.map_err(|error| unchanged(&email, error))?;
            let done = if was_active { "disabled account" } else { "this account was disabled already," };
            let done = format!("{done} {id}: {email}");
            (email, done)
        }
    };
    let heard = !is_served || app.auth.await_server(SERVER_LIMIT).await.map_err(|error| unchanged(&email, error))?;
    if heard { Ok(done) } else { Err(UserError::Unheard(email)) }
}

/// How long a server may take to hear of what a command did; a fraction of a second, unless its disk stands still.
const SERVER_LIMIT: Duration = Duration::from_secs(10);

async fn find(app: &App, email: &str) -> Result<Known, UserError> {
    absent::account(&app.auth, email, |error| unchanged(email, error)).await
}

async fn create(app: &App, admin: bool, name: Option<String>, email: &str, password: String) -> Result<i64, UserError> {
    let schema = app.catalog.account().ok_or(UserError::NoSuchField("declaration"))?.schema;
    if admin && !schema.has_role("admin") {
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
    UserError::Refused { email: email.to_owned(), why: in_words(error) }
}

fn unchanged(email: &str, error: Error) -> UserError {
    UserError::Unchanged { email: email.to_owned(), why: in_words(error) }
}

fn in_words(error: Error) -> String {
    match error {
        Error::Invalid(faults) => {
            faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}
