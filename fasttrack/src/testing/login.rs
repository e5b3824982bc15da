//! Accounts of a test: made as the operator would, logged in as anybody would.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{TestApp, fail::OrFail};
use crate::{
    auth::Client,
    db::{Arg, Statement},
    decimal::Fixed,
    error::Error,
    schema::{Column, Kind, Schema},
    types::Storage,
    wire::{Node, Object},
};

/// An account that is logged in, with what it is logged in by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Login {
    /// The id of the account.
    pub id: i64,
    /// Its e-mail address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// What requests carry.
    pub access_token: String,
    /// What the next pair of tokens is had for.
    pub refresh_token: String,
}

/// What a login answers.
#[derive(Deserialize)]
struct Pair {
    access_token: String,
    refresh_token: String,
}

/// An account to be.
struct Draft {
    email: String,
    password: String,
    /// What a registration sends.
    sent: Map<String, Value>,
    /// What only an operator can set.
    set: Vec<(&'static str, Arg)>,
    /// What is set once the account is there: relations, which a registration could not see.
    related: Vec<(&'static str, Arg)>,
    /// What is set once it is logged in: that it is disabled.
    last: Vec<(&'static str, Arg)>,
}

impl TestApp {
    /// A new account, `NAME@example.com`, logged in. Its role is the one that everybody has at first.
    ///
    /// # Panics
    /// When there is such an account already.
    #[track_caller]
    pub fn account(&self, name: &str) -> Login {
        self.account_with(name, &Map::new())
    }

    /// A new account of this role: `Role::Admin`, or its word, `"admin"`.
    ///
    /// # Panics
    /// When there is no such role, or the account is there already.
    #[track_caller]
    pub fn account_as(&self, name: &str, role: impl Serialize) -> Login {
        match serde_json::to_value(role) {
            Ok(role) => self.account_with(name, &serde_json::json!({ "role": role })),
            Err(error) => panic!("this is no role: {error}"),
        }
    }

    /// A new account with these fields, whoever may otherwise set them: `&json!({ "plan": "pro", "is_active": true })`.
    ///
    /// # Panics
    /// When the declaration has no such field, or a registration with the rest would be refused.
    #[track_caller]
    pub fn account_with(&self, name: &str, fields: &impl Serialize) -> Login {
        let fields = match serde_json::to_value(fields) {
            Ok(Value::Object(fields)) => fields,
            other => panic!("the fields of an account are an object, not {other:?}"),
        };
        let app = self.layers();
        let Some(account) = app.catalog.account() else { panic!("this application has no account") };
        let draft = draft(account.schema, name, fields).or_fail(|why| format!("no account `{name}`: {why}"));
        let Draft { email, password, sent, set, related, last } = draft;
        let (pipeline, body) = (app.pipeline.clone(), Value::Object(sent).to_string());
        let made = self.block_on(async move {
            let row = pipeline.register_as(&Object::parse(body.as_bytes())?, &set).await?;
            serde_json::from_slice::<Value>(&row).map_err(|cause| Error::Internal(cause.to_string()))
        });
        let row = made.or_fail(|error| format!("no account `{name}`: {}", in_words(&error)));
        let id = row.get("id").and_then(Value::as_i64).unwrap_or_default();
        self.set(account.schema, id, related);
        let login = self.enter(id, email, password);
        self.set(account.schema, id, last);
        login
    }

    /// The same account, logged in once more: another session.
    ///
    /// # Panics
    /// When it cannot log in any more.
    #[track_caller]
    pub fn login(&self, who: &Login) -> Login {
        self.enter(who.id, who.email.clone(), who.password.clone())
    }

    /// Sets fields of an account, whatever rule they have.
    #[track_caller]
    fn set(&self, schema: &'static Schema, id: i64, fields: Vec<(&'static str, Arg)>) {
        let context = self.context().clone();
        for (key, arg) in fields {
            let sql = format!(r#"UPDATE "{}" SET "{key}" = $2 WHERE "id" = $1"#, schema.plural);
            let update = Statement::new(sql, vec![Arg::Int(id), arg]);
            let context = context.clone();
            let set = self.block_on(async move { context.write(update).await });
            set.or_fail(|error| format!("`{key}` of account {id} cannot be set: {}", in_words(&error)));
        }
    }

    #[track_caller]
    fn enter(&self, id: i64, email: String, password: String) -> Login {
        let (auth, address, secret) = (self.layers().auth.clone(), email.clone(), password.clone());
        let pair = self.block_on(async move {
            let pair = auth.login(&address, &secret, Client::default()).await?;
            serde_json::from_slice::<Pair>(&pair).map_err(|cause| Error::Internal(cause.to_string()))
        });
        let Pair { access_token, refresh_token } =
            pair.or_fail(|error| format!("{email} cannot log in: {}", in_words(&error)));
        Login { id, email, password, access_token, refresh_token }
    }
}

/// So that an account can stand for its address: `app.mails_to(&ada)`.
impl AsRef<str> for Login {
    fn as_ref(&self) -> &str {
        &self.email
    }
}

/// What an account of this name is made of.
fn draft(schema: &'static Schema, name: &str, fields: Map<String, Value>) -> Result<Draft, String> {
    let key_of = |kind| schema.columns.iter().find(|column| column.kind == kind).map(|column| column.key);
    let email = format!("{name}@example.com");
    let password = format!("the password of {name}");
    let mut sent = Map::new();
    for (key, value) in [(key_of(Kind::Email), &email), (key_of(Kind::PasswordHash), &password)] {
        sent.extend(key.map(|key| (key.to_owned(), value.as_str().into())));
    }
    if schema.column("display_name").is_some_and(|column| column.kind == Kind::Text) {
        sent.insert("display_name".to_owned(), name.into());
    }
    let (mut own, mut related, mut last) = (Vec::new(), Vec::new(), Vec::new());
    for (key, value) in fields {
        let unknown = || format!("a {} has no field `{key}`", schema.name);
        let column = schema.column_of_key(&key).ok_or_else(unknown)?;
        if is_open(column) {
            sent.insert(key, value);
            continue;
        }
        let when = match column.kind {
            Kind::Relation(_) => &mut related,
            Kind::Bool if key == "is_active" && value == false => &mut last,
            _ => &mut own,
        };
        when.push((column.key, argument(column, &value)?));
    }
    let said = |key: Option<&str>| key.and_then(|key| sent.get(key)?.as_str()).unwrap_or_default().to_owned();
    let (email, password) = (said(key_of(Kind::Email)), said(key_of(Kind::PasswordHash)));
    Ok(Draft { email, password, sent, set: own, related, last })
}

/// Whether a registration may say it.
const fn is_open(column: &Column) -> bool {
    match column.kind {
        Kind::PasswordHash => true,
        Kind::Relation(_) => false,
        _ => !(column.read_only || column.hidden || column.write.is_some()),
    }
}

/// What is stored for a value that no request may send.
fn argument(column: &Column, value: &Value) -> Result<Arg, String> {
    let unfit = || format!("{}: {value} does not fit", column.key);
    let (facts, words) = (column.kind.facts(), column.kind.words());
    if facts.is_automatic || facts.is_secret {
        return Err(unfit());
    }
    match (column.storage(), value) {
        (_, Value::Null) if column.nullable => Ok(Arg::Null),
        (Storage::Json, Value::Array(_)) if facts.holds_many => {
            let text = value.to_string();
            (facts.read)(column.kind, &column.bounds(), &Node::Array(&text)).map_err(|_| unfit())
        }
        (Storage::Json, _) if facts.holds_many => Err(unfit()),
        (Storage::Json, value) => Ok(Arg::Text(value.to_string())),
        (Storage::Boolean, Value::Bool(value)) => Ok(Arg::Int((*value).into())),
        (Storage::Integer, Value::Number(number)) => number.as_i64().map(Arg::Int).ok_or_else(unfit),
        (Storage::Real, Value::Number(number)) => number.as_f64().map(Arg::Float).ok_or_else(unfit),
        (Storage::Decimal(scale), Value::String(text)) => {
            Fixed::parse(text, scale).map(Arg::Decimal).map_err(|_| unfit())
        }
        (Storage::Text, Value::String(word)) if !words.is_empty() && !words.contains(&word.as_str()) => {
            Err(format!("{}: {word} is none of {words:?}", column.key))
        }
        (Storage::Text | Storage::Timestamp | Storage::Date | Storage::Uuid, Value::String(text)) => {
            Ok(Arg::Text(text.clone()))
        }
        _ => Err(unfit()),
    }
}

/// An error of the runtime as a client would hear it.
pub(super) fn in_words(error: &Error) -> String {
    match error {
        Error::Invalid(faults) => {
            let faults = faults.iter().map(|fault| format!("{}: {} ({})", fault.field, fault.code, fault.message));
            faults.collect::<Vec<_>>().join("; ")
        }
        other => other.to_string(),
    }
}
