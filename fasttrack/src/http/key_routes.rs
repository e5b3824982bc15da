//! The routes under `/auth/keys`: API keys, which an account makes for machines.

use salvo::http::{StatusCode, header};
use serde_json::{Map, Value};

use super::{
    Site, forms,
    paging::{Paging, Walk},
    reply::Reply,
};
use crate::{
    auth::{KeyDraft, MadeKey},
    clock,
    error::{Error, Fault},
    principal::Caller,
    wire::{Node, Object, Params},
};

/// Longest name of a key, in characters.
pub(super) const MAX_NAME: usize = 100;

/// The fields that a key is made of.
const FIELDS: [&str; 3] = ["name", "expires_at", "read_only"];

/// Makes a key.
pub(super) async fn make(site: &Site, caller: &Caller, body: Object<'_>) -> Result<Reply, Error> {
    let MadeKey { key, json } = site.auth.make_key(caller, draft(body)?).await?;
    let row: Map<String, Value> =
        serde_json::from_slice(&json).map_err(|error| Error::Internal(format!("a key that is no object: {error}")))?;
    // Beside its name, before what anybody is shown later.
    let mut whole = Map::new();
    for (name, value) in row {
        let is_name = name == "name";
        whole.insert(name, value);
        if is_name {
            whole.insert("key".to_owned(), Value::String(key.clone()));
        }
    }
    let reply = Reply::json(StatusCode::CREATED, Value::Object(whole).to_string());
    Ok(reply.header(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store")))
}

/// One page of the caller's keys.
pub(super) async fn list(site: &Site, caller: &Caller, params: Params, body: Object<'_>) -> Result<Reply, Error> {
    forms::nothing(body)?;
    let walk = Walk { keys: &site.keys, list: "keys", user: caller.id, has_ids: true };
    let paging = Paging::parse(params, walk)?;
    let page = site.auth.keys_in(None, caller, &paging.page).await?;
    Ok(Reply::json(StatusCode::OK, paging.render(&page.items, page.next, walk)))
}

/// Ends one of the caller's keys.
pub(super) async fn end(site: &Site, caller: &Caller, id: Option<i64>, body: Object<'_>) -> Result<Reply, Error> {
    forms::nothing(body)?;
    let id = id.ok_or_else(|| Error::NotFound("there is no such key".into()))?;
    site.auth.end_key(caller, id).await.map(|()| Reply::empty())
}

/// Reads what a key is to be.
fn draft(body: Object<'_>) -> Result<KeyDraft, Error> {
    let mut faults = body.faults;
    let (mut name, mut expires_at_us, mut reads_only) = (None, None, false);
    for (key, node) in body.members {
        let read = match (key.as_ref(), node) {
            ("name", Node::Text(text)) => check_name(&text).map(|()| name = Some(text.into_owned())),
            ("expires_at", Node::Null) => Ok(()),
            ("expires_at", Node::Text(text)) => match clock::parse_timestamp_us(&text) {
                Some(instant_us) => {
                    expires_at_us = Some(instant_us);
                    Ok(())
                }
                None => Err(("type", "must be an instant such as 2026-11-22T16:10:00Z (RFC 3339)")),
            },
            ("read_only", Node::Bool(is)) => {
                reads_only = is;
                Ok(())
            }
            ("name", other) => Err((kind(&other), "must be a string")),
            ("expires_at", other) => Err((kind(&other), "must be a string, or null")),
            ("read_only", other) => Err((kind(&other), "must be true or false")),
            _ => {
                faults.push(forms::unknown(&key, &FIELDS));
                continue;
            }
        };
        if let Err((code, message)) = read {
            faults.push(Fault::new(key.as_ref(), code, message));
        }
        if key == "name" && name.is_none() {
            name = Some(String::new());
        }
    }
    match name {
        Some(name) if faults.is_empty() => Ok(KeyDraft { name, expires_at_us, reads_only }),
        Some(_) => Err(Error::Invalid(faults)),
        None => {
            faults.push(Fault::new("name", "required", "is missing"));
            Err(Error::Invalid(faults))
        }
    }
}

fn kind(node: &Node<'_>) -> &'static str {
    if *node == Node::Null { "null" } else { "type" }
}

fn check_name(name: &str) -> Result<(), (&'static str, &'static str)> {
    match name.chars().count() {
        0 => Err(("too_short", "at least 1 character")),
        length if length > MAX_NAME => Err(("too_long", "at most 100 characters")),
        _ if name.contains('\0') => Err(("nul", "must not contain the character U+0000")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &[(&str, &str)]) {
        let found = match draft(Object::parse(body.as_bytes()).unwrap()) {
            Err(Error::Invalid(faults)) => faults,
            other => panic!("{body}: {other:?}"),
        };
        let found: Vec<_> = found.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn every_fault_is_told() {
        check("{}", &[("name", "required")]);
        check(r#"{"name":""}"#, &[("name", "too_short")]);
        check(&format!(r#"{{"name":"{}"}}"#, "n".repeat(101)), &[("name", "too_long")]);
        check(
            r#"{"name":null,"expires_at":"tomorrow","read_only":1,"x":2}"#,
            &[("name", "null"), ("expires_at", "type"), ("read_only", "type"), ("x", "unknown")],
        );
        let whole = r#"{"name":"ci","expires_at":"2026-11-22T16:10:00+01:00","read_only":true}"#;
        let draft = draft(Object::parse(whole.as_bytes()).unwrap()).unwrap();
        assert_eq!((draft.name.as_str(), draft.reads_only), ("ci", true));
        assert_eq!(draft.expires_at_us.map(clock::format_us).as_deref(), Some("2026-11-22T15:10:00.000000Z"));
    }
}
