//! How a refusal is put: which error it is, in words a person can act on.

use std::borrow::Cow;

use super::check;
use crate::{
    db::{DbError, Row},
    error::{Error, Fault},
    principal::Principal,
    schema::{Check, Exclusive, Kind, Schema, Verb},
    words::{listed, with_article, words},
};

/// Nobody is known to be calling, and that is not enough.
pub(super) fn log_in() -> Error {
    Error::Unauthenticated("log in first: send a valid access token as `Authorization: Bearer …`".into())
}

/// There is no such row.
pub(super) fn not_found(schema: &Schema, id: i64) -> Error {
    Error::NotFound(format!("{} {id} does not exist", words(schema.name)).into())
}

/// No rule lets the caller do this to the row.
pub(super) fn forbidden(who: &Principal, act: &str, schema: &Schema, id: i64) -> Error {
    match who {
        Principal::Anonymous => log_in(),
        Principal::Account(_) => Error::Forbidden(format!("you may not {act} {} {id}", words(schema.name)).into()),
    }
}

/// Whether the caller may do this to a row, by what was asked of it: the rule, then that of reading, for a resource that
/// conceals what one may not read.
///
/// # Errors
/// [`not_found`] or [`forbidden`].
pub(super) fn judge(row: &Row, who: &Principal, act: &str, schema: &Schema, id: i64) -> Result<(), Error> {
    match (row.int(0) == Some(1), schema.conceal && row.int(1) != Some(1)) {
        (true, _) => Ok(()),
        (false, true) => Err(not_found(schema, id)),
        (false, false) => Err(forbidden(who, act, schema, id)),
    }
}

/// A refusal of one of several rows, which has this place in the body.
pub(super) fn at(place: &str, error: Error) -> Error {
    let named = |why: Cow<'static, str>| Cow::from(format!("{place}: {why}"));
    let inside = |fault: Fault| {
        let field = if fault.field.is_empty() { place.to_owned() } else { format!("{place}.{}", fault.field) };
        Fault { field, ..fault }
    };
    match error {
        Error::Invalid(faults) => Error::Invalid(faults.into_iter().map(inside).collect()),
        Error::Forbidden(why) => Error::Forbidden(named(why)),
        Error::Conflict(why) => Error::Conflict(named(why)),
        Error::OverLimit { why, retry_after_s } => Error::OverLimit { why: format!("{place}: {why}"), retry_after_s },
        other => other,
    }
}

/// No rule lets the caller do this to any row.
pub(super) fn forbidden_all(who: &Principal, verb: Verb, schema: &Schema) -> Error {
    match who {
        Principal::Anonymous => log_in(),
        Principal::Account(_) => {
            Error::Forbidden(format!("you may not {} {}", verb.name(), words(schema.plural)).into())
        }
    }
}

/// Only another role may set these fields.
pub(super) fn forbidden_fields(keys: &[&str]) -> Error {
    Error::Forbidden(format!("you may not set {}", keys.join(", ")).into())
}

/// The row referred to does not exist, or may not be referred to.
pub(super) fn bad_reference(key: &str, target: &str, account: bool) -> Fault {
    let what = if account { "is no active" } else { "is no" };
    Fault::new(key, "not_found", format!("{what} {} that you can refer to", words(target)))
}

/// What the database refused, as an answer about `schema`.
pub(super) fn database(schema: &'static Schema, error: DbError) -> Error {
    match error {
        DbError::Unique(constraint) => Error::Conflict(taken(schema, &constraint).into()),
        DbError::ForeignKey => Error::Conflict(format!("something still refers to this {}", words(schema.name)).into()),
        DbError::Excluded(constraint) => Error::Conflict(overlap(schema, &constraint).into()),
        DbError::Constraint(what) => match check_of(schema, &what) {
            Some(check) => Error::Invalid(check::of_check(schema, check)),
            None if is_newer_check(schema, &what) => Error::fault("", check::CODE, NEWER),
            None => DbError::Constraint(what).into(),
        },
        other => other.into(),
    }
}

/// A program goes on beside a newer one whose declarations ask more.
const NEWER: &str = "the row breaks what a newer version of this program asks of it";

/// The check of a constraint that a row does not hold.
fn check_of(schema: &'static Schema, what: &str) -> Option<&'static Check> {
    let name = what.strip_prefix(CHECK_FAILED)?.strip_prefix(schema.plural)?.strip_prefix('_')?;
    schema.checks.iter().find(|check| check.name == name)
}

/// Whether a constraint has a name that only a check of this resource may have.
fn is_newer_check(schema: &Schema, what: &str) -> bool {
    let name = what.strip_prefix(CHECK_FAILED).and_then(|name| name.strip_prefix(schema.plural));
    name.is_some_and(|rest| rest.starts_with('_') && rest.ends_with("_ck"))
}

/// How it is told which constraint a row does not hold.
const CHECK_FAILED: &str = "CHECK constraint failed: ";

/// What the database refused of a row that was written, likewise: what it refers to was there when it was looked at.
pub(super) fn written(schema: &'static Schema, error: DbError) -> Error {
    match error {
        DbError::ForeignKey => Error::Unavailable("a row that is referred to went meanwhile; try again".into()),
        other => database(schema, other),
    }
}

/// What the database refused of a statement that code of the application wrote, as an answer about whatever of these is
/// concerned.
pub(crate) fn any(schemas: impl IntoIterator<Item = &'static Schema>, error: DbError) -> Error {
    let is_concerned = |schema: &&'static Schema| match &error {
        DbError::Unique(constraint) => unique_keys(schema, constraint).is_some(),
        DbError::Constraint(what) => check_of(schema, what).is_some(),
        DbError::Excluded(constraint) => exclusive_of(schema, constraint).is_some(),
        _ => false,
    };
    let known = schemas.into_iter().find(is_concerned);
    match known {
        Some(schema) => database(schema, error),
        None => error.into(),
    }
}

/// What a row would overlap.
fn overlap(schema: &Schema, constraint: &str) -> String {
    let row = words(schema.name);
    match exclusive_of(schema, constraint) {
        Some(Exclusive { start, end, per: [], .. }) => format!("another {row} overlaps it from {start} to {end}"),
        Some(Exclusive { start, end, per, .. }) => {
            format!("another {row} with this {} overlaps it from {start} to {end}", listed(per))
        }
        None => format!("another {row} overlaps it"),
    }
}

fn exclusive_of(schema: &Schema, constraint: &str) -> Option<&'static Exclusive> {
    let name = constraint.strip_prefix(schema.plural)?.strip_prefix('_')?;
    schema.exclusives.iter().find(|exclusive| exclusive.name == name)
}

fn taken(schema: &Schema, constraint: &str) -> String {
    let row = with_article(&words(schema.name));
    match unique_keys(schema, constraint).as_deref() {
        Some([key]) if schema.column_of_key(key).is_some_and(|column| column.kind == Kind::Email) => {
            format!("{row} with this e-mail address exists already")
        }
        Some(keys) => format!("{row} with this {} exists already", listed(keys)),
        None => format!("{row} like this exists already"),
    }
}

/// The keys of which a constraint wants no two rows to hold the same. It is named by its index, `tasks_slug_unique`, or by
/// its columns, `tasks.slug`.
fn unique_keys(schema: &Schema, constraint: &str) -> Option<Vec<&'static str>> {
    let is_it = |index: &str, keys: &[&str]| {
        let columns: Vec<_> = keys.iter().map(|key| format!("{}.{key}", schema.plural)).collect();
        constraint == format!("{}_{index}", schema.plural) || constraint == columns.join(", ")
    };
    let single = schema.columns.iter().find(|column| is_it(&format!("{}_unique", column.key), &[column.key]));
    let several = || schema.uniques.iter().find(|unique| is_it(unique.name, unique.keys));
    single.map(|column| vec![column.key]).or_else(|| several().map(|unique| unique.keys.to_vec()))
}
