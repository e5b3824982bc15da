//! Triggers: what they wait for, what they tell, and whom.

mod added;

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

use super::{
    constant, figure,
    path::{self, Start},
};
use crate::{
    errors::Errors,
    model::{Change, Constant, Declaration, Effect, Field, Path, Payload, Recipient, Trigger},
    shape::Shape,
};

/// Most fields that an event tells; a JSON object of the database has at most 500.
const MAX_TOLD: usize = 300;

/// Most paths to those who are told; a statement of the database has at most 500 parts.
const MAX_RECIPIENTS: usize = 100;

/// Types of messages that the socket sends by itself.
const SOCKET_WORDS: [&str; 3] = ["ping", "pong", "resync"];

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    for trigger in &declaration.triggers {
        check_change(declaration, &trigger.change, errors);
        if let Effect::Add { to, values } = &trigger.effect {
            added::check(declaration, &trigger.change, to, values, errors);
        }
        let Effect::Event { name, payload, to, except_actor } = &trigger.effect else { continue };
        check_change_tells_nothing(declaration, &trigger.change, errors);
        if let (Change::At { .. }, Some(except)) = (&trigger.change, except_actor) {
            errors.push(*except, "nobody does what happens at an instant; leave `except actor` out");
        }
        if SOCKET_WORDS.iter().any(|word| name == word) {
            errors.push(name.span(), format!("`{name}` is a word of the socket itself; give the event another name"));
        }
        check_payload(declaration, trigger, payload, errors);
        check_recipients(declaration, to, errors);
    }
    check_events_agree(declaration, errors);
}

fn check_change(declaration: &Declaration, change: &Change, errors: &mut Errors) {
    let (name, to) = match change {
        Change::Created | Change::Deleted | Change::Restored(_) => return,
        Change::At { field, .. } => return check_instant(declaration, field, errors),
        Change::Changed { field, to } => (field, to),
    };
    if declaration.many(name).is_some() {
        let message = format!("`{name}` are rows that refer here; their own resource hears of their changes");
        return errors.push(name.span(), message);
    }
    let Some(field) = declaration.field(name) else { return path::unknown(declaration, name, &[], errors) };
    if let Some(to) = to.as_ref().filter(|_| field.ty.shape == Shape::Many) {
        let message = format!("`{name}` are many rows; say `changed({name})`, and what they are now is in the row");
        return errors.push(to.span, message);
    }
    if let Some(to) = to.as_ref().filter(|_| field.ty.shape.is_list()) {
        let message = format!("`{name}` is a list; say `changed({name})`, and what it is now is in the row");
        return errors.push(to.span, message);
    }
    if let Some(why) = never_changes(field) {
        errors.push(name.span(), format!("`{}` {why}, so this would never happen", field.name));
    }
    if let Some(to) = to {
        check_new_value(field, to, errors);
    }
}

/// What happens when a field comes to hold something tells what it holds.
fn check_change_tells_nothing(declaration: &Declaration, change: &Change, errors: &mut Errors) {
    let (Change::At { field: name, .. } | Change::Changed { field: name, to: Some(_) }) = change else { return };
    if let Some(field) = declaration.field(name).filter(|field| field.has("read")) {
        let message =
            format!("`{}` is shown to some alone (`read`), and this event would tell what it holds", field.name);
        errors.push(name.span(), message);
    }
}

fn check_instant(declaration: &Declaration, name: &Ident, errors: &mut Errors) {
    let Some(field) = declaration.field(name) else { return path::unknown(declaration, name, &[], errors) };
    let by_a_hook = declaration.hooks.is_some();
    let message = match field.ty.shape {
        Shape::Timestamp if field.has("hidden") => "is hidden, and what happens at its instant would tell it",
        Shape::Timestamp if field.has("read_only") && !by_a_hook => {
            "is `read_only`, so that its instant may never be known; let clients or a hook set it"
        }
        Shape::Timestamp | Shape::CreatedAt => return,
        Shape::UpdatedAt => "moves with every change; name an instant that somebody sets, or `created_at`",
        Shape::DeletedAt => "is null in every row that is there; `#[resource(keep_deleted = 30d)]` erases rows later",
        Shape::Date => "is a day, which begins at no one instant; make it a `Timestamp`",
        _ => "is no instant; `at` waits for a `Timestamp` or the `CreatedAt`",
    };
    errors.push(name.span(), format!("`{}` {message}", field.name));
}

/// Why a field never has another value than it was created with, or always.
fn never_changes(field: &Field) -> Option<&'static str> {
    match field.ty.shape {
        Shape::Id | Shape::CreatedAt => Some("never changes"),
        Shape::DeletedAt => Some("is set when a row is `deleted` and taken back when it is `restored`"),
        _ if figure::of(field).is_some() => Some("is kept by the server, beside what changes it"),
        _ if field.has("actor") => Some("is always who created the row"),
        _ if field.has("write_once") && !field.ty.nullable => Some("is said on creation only"),
        _ => None,
    }
}

fn check_new_value(field: &Field, to: &Constant, errors: &mut Errors) {
    if let Err(message) = constant::fits(field, to) {
        errors.push(to.span, message);
    }
}

fn check_payload(declaration: &Declaration, trigger: &Trigger, payload: &[Payload], errors: &mut Errors) {
    let own = format!("{}_id", declaration.name);
    if let Some(entry) = payload.get(MAX_TOLD) {
        errors.push(entry.key.span(), format!("an event tells at most {MAX_TOLD} fields; the row has the rest"));
    }
    let mut seen: Vec<String> = Vec::new();
    for entry in payload {
        let key = entry.key.unraw().to_string();
        if key == own {
            errors.push(entry.key.span(), format!("`{own}` is always there; take it away"));
        } else if seen.contains(&key) {
            errors.push(entry.key.span(), format!("there is a key `{key}` already"));
        }
        seen.push(key);
        check_version(trigger, entry, errors);
        check_told(declaration, entry, errors);
    }
}

fn check_version(trigger: &Trigger, entry: &Payload, errors: &mut Errors) {
    let Some(version) = &entry.version else { return };
    if version == "old" && matches!(trigger.change, Change::Created) {
        errors.push(version.span(), "before it was created there was nothing; leave `old.` out");
    }
    if version == "old" && matches!(trigger.change, Change::Restored(_)) {
        errors.push(version.span(), "it comes back as it was; leave `old.` out");
    }
    if version == "old" && matches!(trigger.change, Change::At { .. }) {
        errors.push(version.span(), "nothing changes at an instant; leave `old.` out");
    }
    if version == "new" && matches!(trigger.change, Change::Deleted) {
        errors.push(version.span(), "after it was deleted there is nothing; leave `new.` out");
    }
}

fn check_told(declaration: &Declaration, entry: &Payload, errors: &mut Errors) {
    match path::start(declaration, &entry.path, errors) {
        Some(Start::Field(field)) if field.has("hidden") => {
            errors.push(entry.path.last.span(), format!("`{}` is hidden, so no event may tell it", field.name));
        }
        Some(Start::Field(field)) if field.has("read") => {
            let message = format!("`{}` is shown to some alone (`read`), so no event may tell it", field.name);
            errors.push(entry.path.last.span(), message);
        }
        Some(Start::Rule) => {
            errors.push(entry.path.last.span(), "a rule cannot be told; name a field");
        }
        Some(Start::Many) => {
            let name = &entry.path.last;
            errors.push(name.span(), format!("`{name}` are many rows; an event tells fields of one"));
        }
        Some(Start::Field(_) | Start::Elsewhere) | None => {}
    }
}

fn check_recipients(declaration: &Declaration, to: &[Recipient], errors: &mut Errors) {
    if let Some(recipient) = to.get(MAX_RECIPIENTS) {
        let span = match recipient {
            Recipient::Oneself(span) => *span,
            Recipient::Path(path) => path.last.span(),
        };
        errors.push(span, format!("an event is told along at most {MAX_RECIPIENTS} paths"));
    }
    let mut seen: Vec<String> = Vec::new();
    for recipient in to {
        match recipient {
            Recipient::Oneself(span) if declaration.account.is_none() => {
                errors.push(*span, "`self` is the account that the row is; only `#[resource(account)]` has it");
            }
            Recipient::Oneself(_) => {}
            Recipient::Path(path) => {
                if seen.contains(&path.text()) {
                    errors.push(path.last.span(), format!("`{}` is told already, once", path.text()));
                }
                seen.push(path.text());
                if speaks_of_a_version(declaration, path) {
                    let message = format!(
                        "`{}.` is for what an event tells; a recipient is whom the row names as it is then",
                        path.first()
                    );
                    errors.push(path.first().span(), message);
                    continue;
                }
                let name = path.last.unraw();
                match path::start(declaration, path, errors) {
                    Some(Start::Field(field)) if !matches!(field.ty.shape, Shape::Relation | Shape::Many) => {
                        errors.push(path.last.span(), format!("`{name}` is nobody; name a relation to the account"));
                    }
                    Some(Start::Rule) => {
                        errors.push(path.last.span(), format!("`{name}` is a rule; name a relation to the account"));
                    }
                    _ => {}
                }
            }
        }
    }
}

fn speaks_of_a_version(declaration: &Declaration, path: &Path) -> bool {
    let first = path.first();
    !path.head.is_empty() && (first == "old" || first == "new") && declaration.field(first).is_none()
}

/// A client tells an event by its name alone, so that one name has one payload; `old.` and `new.` may differ.
fn check_events_agree(declaration: &Declaration, errors: &mut Errors) {
    let events = declaration.triggers.iter().filter_map(|trigger| match &trigger.effect {
        Effect::Event { name, payload, .. } => Some((name, payload)),
        Effect::Run(_) | Effect::Add { .. } => None,
    });
    let events: Vec<_> = events.collect();
    for (place, (name, payload)) in events.iter().enumerate() {
        let earlier = events.iter().take(place).find(|(other, _)| other == name);
        if earlier.is_some_and(|(_, other)| told(other) != told(payload)) {
            errors.push(name.span(), format!("`{name}` has other data above; give both the same, or one another name"));
        }
    }
}

fn told(payload: &[Payload]) -> Vec<(String, String)> {
    let mut told: Vec<_> = payload.iter().map(|entry| (entry.key.unraw().to_string(), entry.path.text())).collect();
    told.sort();
    told
}
