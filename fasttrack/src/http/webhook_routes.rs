//! The routes under `/webhooks`: receivers, and what they were sent.

use salvo::http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::{
    Site, forms,
    paging::{Paging, Walk},
    reply::Reply,
    routes::{API_PREFIX, WebhookAction},
};
use crate::{
    error::{Error, Fault},
    principal::{Caller, Principal},
    webhooks::{Draft, Patch, Registered},
    wire::{Node, Object, Param, Params},
};

/// The fields that a receiver is made of.
const DRAFT: [&str; 2] = ["url", "events"];

/// Those that may be changed.
const PATCH: [&str; 4] = ["url", "events", "active", "rotate_secret"];

/// What a route under `/webhooks` has to go by.
pub(super) struct WebhookRequest<'a> {
    pub(super) principal: &'a Principal,
    /// The receiver in the path.
    pub(super) id: Option<i64>,
    /// The delivery in the path.
    pub(super) number: Option<i64>,
    pub(super) params: Params,
    pub(super) body: Object<'a>,
}

/// Answers a route under `/webhooks`.
///
/// # Errors
/// 403 before anything else that is wrong with what was sent, 404, 409, 422.
pub(super) async fn answer(site: &Site, action: WebhookAction, request: WebhookRequest<'_>) -> Result<Reply, Error> {
    let WebhookRequest { principal, id, number, params, body } = request;
    let caller = admitted(site, principal)?;
    let row = || id.ok_or_else(|| Error::NotFound("there is no such receiver".into()));
    if !action.takes_body() {
        forms::nothing(body)?;
        return match action {
            WebhookAction::Read => Ok(Reply::json(StatusCode::OK, site.webhooks.find(row()?).await?)),
            WebhookAction::Delete => site.webhooks.delete(row()?).await.map(|()| Reply::empty()),
            WebhookAction::Deliveries => deliveries(site, caller, row()?, params).await,
            WebhookAction::Retry => {
                let number = number.ok_or_else(|| Error::NotFound("there is no such delivery".into()))?;
                site.webhooks.retry(row()?, number).await?;
                Ok(Reply::without_body(StatusCode::ACCEPTED))
            }
            _ => list(site, caller, params).await,
        };
    }
    if action == WebhookAction::Change {
        let registered = site.webhooks.change(row()?, patch(body)?).await?;
        return shown(site, registered, StatusCode::OK);
    }
    let registered = site.webhooks.register(caller, draft(body)?).await?;
    shown(site, registered, StatusCode::CREATED)
}

/// Who is calling, if he may.
pub(super) fn admitted<'a>(site: &Site, principal: &'a Principal) -> Result<&'a Caller, Error> {
    let caller = principal.caller().ok_or_else(|| Error::Unauthenticated("a token is required".into()))?;
    site.webhooks.check_may(caller).map(|()| caller)
}

/// Has a list begin with what is newest, unless it is told.
pub(super) fn newest_first(mut params: Params) -> Params {
    if !params.items.iter().any(|param| param.name == "sort") {
        params.items.push(Param { name: "sort".to_owned(), operator: None, value: "-id".to_owned() });
    }
    params
}

async fn list(site: &Site, caller: &Caller, params: Params) -> Result<Reply, Error> {
    let walk = Walk { keys: &site.keys, list: "webhooks", user: caller.id, has_ids: true };
    let paging = Paging::parse(params, walk)?;
    let page = site.webhooks.list_in(None, &paging.page).await?;
    Ok(Reply::json(StatusCode::OK, paging.render(&page.items, page.next, walk)))
}

async fn deliveries(site: &Site, caller: &Caller, id: i64, params: Params) -> Result<Reply, Error> {
    let list = format!("deliveries of receiver {id}");
    let walk = Walk { keys: &site.keys, list: &list, user: caller.id, has_ids: false };
    let paging = Paging::parse(newest_first(params), walk)?;
    let page = site.webhooks.deliveries_in(None, id, &paging.page).await?;
    Ok(Reply::json(StatusCode::OK, paging.render(&page.items, page.next, walk)))
}

/// A receiver, with its secret beside its address where that is told.
fn shown(site: &Site, registered: Registered, status: StatusCode) -> Result<Reply, Error> {
    let Registered { json, secret } = registered;
    let Some(secret) = secret else { return Ok(Reply::json(status, json)) };
    let row: Map<String, Value> = serde_json::from_slice(&json)
        .map_err(|error| Error::Internal(format!("a receiver that is no object: {error}")))?;
    let path = format!("{API_PREFIX}/webhooks/{}", row.get("id").and_then(Value::as_i64).unwrap_or_default());
    let location = site.public_url.as_ref().map_or_else(|| path.clone(), |public| public.link(&path));
    let mut whole = Map::new();
    for (name, value) in row {
        let is_events = name == "events";
        whole.insert(name, value);
        if is_events {
            whole.insert("secret".to_owned(), Value::String(secret.clone()));
        }
    }
    let reply = Reply::json(status, Value::Object(whole).to_string());
    let reply = reply.header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match HeaderValue::try_from(location) {
        Ok(location) if status == StatusCode::CREATED => Ok(reply.header(header::LOCATION, location)),
        _ => Ok(reply),
    }
}

/// Reads what a receiver is to be.
fn draft(body: Object<'_>) -> Result<Draft, Error> {
    let (mut faults, patch) = read(body, &DRAFT);
    for name in DRAFT {
        let is_there = match name {
            "url" => patch.url.is_some(),
            _ => patch.events.is_some(),
        };
        if !is_there && !faults.iter().any(|fault| fault.field == name) {
            faults.push(Fault::new(name, "required", "is missing"));
        }
    }
    match (patch.url, patch.events) {
        (Some(url), Some(events)) if faults.is_empty() => Ok(Draft { url, events }),
        _ => Err(Error::Invalid(faults)),
    }
}

/// Reads what is to be other of one.
fn patch(body: Object<'_>) -> Result<Patch, Error> {
    let (faults, patch) = read(body, &PATCH);
    if faults.is_empty() { Ok(patch) } else { Err(Error::Invalid(faults)) }
}

fn read(body: Object<'_>, names: &[&str]) -> (Vec<Fault>, Patch) {
    let (mut faults, mut patch) = (body.faults, Patch::default());
    for (key, node) in body.members {
        if !names.contains(&key.as_ref()) {
            faults.push(forms::unknown(&key, names));
            continue;
        }
        let read = match (key.as_ref(), node) {
            ("url", Node::Text(text)) => {
                patch.url = Some(text.into_owned());
                Ok(())
            }
            ("events", Node::Array(text)) => {
                let events = serde_json::from_str(text).map_err(|_| ("type", "must be a list of strings"));
                events.map(|events| patch.events = Some(events))
            }
            ("active", Node::Bool(is)) => {
                patch.active = Some(is);
                Ok(())
            }
            ("rotate_secret", Node::Bool(is)) => {
                patch.rotates_secret = is;
                Ok(())
            }
            (name, other) => Err((if other == Node::Null { "null" } else { "type" }, must_be(name))),
        };
        if let Err((code, message)) = read {
            faults.push(Fault::new(key.as_ref(), code, message));
        }
    }
    (faults, patch)
}

const fn must_be(name: &str) -> &'static str {
    match name.as_bytes() {
        b"url" => "must be a string",
        b"events" => "must be a list of strings",
        _ => "must be true or false",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T: std::fmt::Debug>(read: Result<T, Error>, expected: &[(&str, &str)]) {
        let Err(Error::Invalid(faults)) = read else { panic!("{read:?}") };
        let found: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
        assert_eq!(found, expected);
    }

    fn object(body: &str) -> Object<'_> {
        Object::parse(body.as_bytes()).unwrap()
    }

    #[test]
    fn every_fault_is_told() {
        check(draft(object("{}")), &[("url", "required"), ("events", "required")]);
        check(draft(object(r#"{"url":null,"events":"a"}"#)), &[("url", "null"), ("events", "type")]);
        check(draft(object(r#"{"url":"u","events":[1],"active":true}"#)), &[("events", "type"), ("active", "unknown")]);
        check(
            patch(object(r#"{"url":1,"events":null,"active":"yes","rotate_secret":1,"secret":"x"}"#)),
            &[
                ("url", "type"),
                ("events", "null"),
                ("active", "type"),
                ("rotate_secret", "type"),
                ("secret", "unknown"),
            ],
        );
        let whole = draft(object(r#"{"events":["a","b"],"url":"https://x.example"}"#)).unwrap();
        assert_eq!(whole, Draft { url: "https://x.example".into(), events: vec!["a".into(), "b".into()] });
        assert_eq!(patch(object("{}")).unwrap(), Patch::default());
        let some = patch(object(r#"{"active":false,"rotate_secret":true}"#)).unwrap();
        assert_eq!(some, Patch { active: Some(false), rotates_secret: true, ..Patch::default() });
    }
}
