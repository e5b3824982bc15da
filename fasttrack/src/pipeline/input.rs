//! The body of a request against a declaration: which fields may be sent, and what each of them holds.

use super::{flow, inline, refusal, value};
use crate::{
    db::Arg,
    error::{Error, Fault},
    schema::{Column, Fallback, Kind, Schema, Verb},
    sql::stored_default,
    wire::{Node, Object, compact},
};

/// What a body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A new row.
    Create,
    /// A new account whose password is sent along, whatever is said of other new ones.
    Register,
    /// A new account for whose address somebody else vouches: it has no password yet.
    Vouch,
    /// A new row that comes along with the one that this field of it will refer to.
    Along(&'static str),
    /// A change to a row (RFC 7396: what is not said stays).
    Update,
}

impl Purpose {
    /// Whether a row comes into being.
    const fn creates(self) -> bool {
        !matches!(self, Self::Update)
    }
}

/// What is sent beside a change of an account's address, and is no field of it.
pub(super) const CURRENT_PASSWORD: &str = "current_password";

/// A body, read.
#[derive(Debug, Clone, Default)]
pub(super) struct Input {
    /// The fields that were sent and are sound.
    pub fields: Vec<(&'static Column, Arg)>,
    /// The fields that were sent, sound or not.
    pub sent: Vec<&'static str>,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
}

impl Input {
    /// Reads a body. `under` is the column that the path fills.
    pub(super) fn read(schema: &'static Schema, purpose: Purpose, body: &Object<'_>) -> Self {
        let mut input = Self::default();
        for (key, node) in &body.members {
            match (schema.column_of_key(key), inline::called(schema, key)) {
                (Some(column), _) => input.take(schema, purpose, column, node),
                (None, None) if purpose == Purpose::Update && schema.account && key == CURRENT_PASSWORD => {}
                (None, None) => input.faults.push(unknown(schema, purpose, key)),
                // Those are read apart from the row itself.
                (None, Some(_)) if purpose == Purpose::Create => {}
                (None, Some(has)) => input.faults.push(inline::refuse_change(has)),
            }
        }
        if purpose.creates() {
            let missing = schema.columns.iter().filter(|column| {
                is_input(schema, purpose, column).is_ok() && is_required(column) && !input.sent.contains(&column.key)
            });
            let faults: Vec<_> = missing.map(|column| Fault::new(column.key, "required", "is missing")).collect();
            input.faults.extend(faults);
        }
        // Of rows that come along each is read by itself, and says it by its place.
        let is_told_inside = |fault: &&Fault| {
            fault.message == Object::DUPLICATE_INSIDE && inline::called(schema, &fault.field).is_some()
        };
        input.faults.extend(body.faults.iter().filter(|fault| !is_told_inside(fault)).cloned());
        input
    }

    fn take(&mut self, schema: &'static Schema, purpose: Purpose, column: &'static Column, node: &Node<'_>) {
        if let Err((code, message)) = is_input(schema, purpose, column) {
            let fault = if column.hidden && column.kind != Kind::PasswordHash {
                unknown(schema, purpose, column.key)
            } else {
                Fault::new(column.key, code, message)
            };
            self.faults.push(fault);
            return;
        }
        self.sent.push(column.key);
        let read = match (purpose, column.kind, node) {
            // Only what a patch makes of the stored value has to fit the type.
            (Purpose::Update, Kind::Json, Node::Object(patch)) => Ok(Arg::Text(compact(patch))),
            _ => value::read(column, node),
        };
        let read = read.and_then(|arg| match purpose {
            Purpose::Create | Purpose::Register | Purpose::Vouch | Purpose::Along(_) => {
                flow::check_beginning(column, &arg).map(|()| arg)
            }
            Purpose::Update => Ok(arg),
        });
        match read {
            Ok(arg) => self.fields.push((column, arg)),
            Err(fault) => self.faults.push(fault),
        }
    }

    /// Whether the field was sent and is unsound, so that nothing can be said of what depends on it.
    pub(super) fn is_faulty(&self, key: &str) -> bool {
        self.sent.contains(&key) && !self.fields.iter().any(|(column, _)| column.key == key)
            || self.faults.iter().any(|fault| fault.field == key)
    }

    /// What the row to be holds in `column`: what was sent, or what the declaration says.
    pub(super) fn value_of(&self, column: &Column) -> Arg {
        let sent = self.fields.iter().find(|(other, _)| other.key == column.key);
        match sent {
            Some((_, arg)) => arg.clone(),
            // Whom the account is for will choose one.
            None if column.kind == Kind::PasswordHash => Arg::Text(String::new()),
            None => stored_default(column).map_or(Arg::Null, value::literal),
        }
    }

    /// Refuses fields that the caller may not set.
    ///
    /// # Errors
    /// [`Error::Forbidden`] that names them.
    pub(super) fn refuse_fields(&self, forbidden: impl Fn(&str) -> bool) -> Result<(), Error> {
        let keys: Vec<_> = self.sent.iter().copied().filter(|key| forbidden(key)).collect();
        if keys.is_empty() { Ok(()) } else { Err(refusal::forbidden_fields(&keys)) }
    }
}

/// Whether a client may send the field.
pub(super) fn is_input(schema: &Schema, purpose: Purpose, column: &Column) -> Result<(), (&'static str, &'static str)> {
    const A_FILE: (&str, &str) =
        ("file", "is a file: send its bytes with PUT to the path of this field, below that of the row");
    const READ_ONLY: (&str, &str) = ("read_only", "is set by the server and cannot be sent");
    let is_known = schema.under == Some(column.name) || purpose == Purpose::Along(column.name);
    if column.file.is_some() {
        return Err(A_FILE);
    }
    if column.is_automatic() || column.read_only || is_known {
        return Err(READ_ONLY);
    }
    if purpose == Purpose::Update && column.kind == Kind::PasswordHash {
        return Err(("read_only", "is changed with POST /api/v1/auth/password"));
    }
    let chooses_later = purpose == Purpose::Vouch || purpose == Purpose::Create && schema.invites();
    if chooses_later && column.kind == Kind::PasswordHash {
        return Err(("read_only", "is chosen by whom the account is for, with the link that he is sent"));
    }
    if purpose == Purpose::Update && column.write_once {
        return Err(("write_once", "cannot be changed after creation"));
    }
    Ok(())
}

/// Whether a client may send the field to make or to change a row; a file, to its own path, as part of a change.
#[must_use]
pub fn takes(schema: &Schema, verb: Verb, column: &Column) -> bool {
    match verb {
        Verb::Create => is_input(schema, Purpose::Create, column).is_ok(),
        Verb::Update => column.file.is_some() || is_input(schema, Purpose::Update, column).is_ok(),
        _ => false,
    }
}

/// Whether whoever registers may send the field.
#[must_use]
pub fn registers(schema: &Schema, column: &Column) -> bool {
    column.write.is_none() && is_input(schema, Purpose::Register, column).is_ok()
}

fn is_required(column: &Column) -> bool {
    column.fallback == Fallback::Required && !column.nullable
}

fn unknown(schema: &Schema, purpose: Purpose, key: &str) -> Fault {
    let known: Vec<_> = schema
        .columns
        .iter()
        .filter(|column| {
            is_input(schema, purpose, column).is_ok() && (!column.hidden || column.kind == Kind::PasswordHash)
        })
        .map(|column| column.key)
        .chain(schema.taken_along().filter(|_| purpose == Purpose::Create).map(|(has, _)| has.name))
        .collect();
    let shown: String = key.chars().take(100).collect();
    Fault::new(shown, "unknown", format!("there is no such field; there are {}", known.join(", ")))
}
