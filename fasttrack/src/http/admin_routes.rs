//! The routes under `/admin` of the API.

use bytes::Bytes;
use salvo::http::StatusCode;
use serde_json::json;

use super::{
    CustomRoute, Site, forms,
    openapi::described,
    paging::{Paging, Walk},
    reply::Reply,
    routes::AdminAction,
};
use crate::{
    error::{Error, Fault},
    notify::List,
    pipeline,
    principal::{Caller, Principal},
    schema::Catalog,
    sql::CallerRole,
    wire::{Object, Params},
};

/// What is told of an application as a whole, and to whom.
#[derive(Debug)]
pub(super) struct Admin {
    /// The roles that may look after it: those that manage accounts.
    managers: Vec<&'static str>,
    /// What is declared, for each role.
    described: Vec<(&'static str, Bytes)>,
}

/// What a route under `/admin` has to go by.
pub(super) struct AdminRequest<'a> {
    pub(super) principal: &'a Principal,
    /// The job in the path.
    pub(super) id: Option<i64>,
    pub(super) params: Params,
    pub(super) body: Object<'a>,
}

impl Admin {
    /// What there is to tell of these declarations.
    ///
    /// # Errors
    /// A sentence, when they do not fit together.
    pub(super) fn of(catalog: &Catalog, custom: &[CustomRoute]) -> Result<Self, String> {
        let managers = catalog.account().map_or_else(|| Ok(Vec::new()), |account| pipeline::managers(catalog, account));
        let managers = managers.map_err(|error| error.to_string())?;
        let mut told = Vec::new();
        for role in CallerRole::every(catalog) {
            let CallerRole::Role(word) = role else { continue };
            let description = described(catalog, custom, word).map_err(|error| error.to_string())?;
            told.push((word, Bytes::from(description.to_string())));
        }
        Ok(Self { managers, described: told })
    }

    /// What is declared, for callers of this role.
    fn described(&self, role: &str) -> Option<Bytes> {
        self.described.iter().find(|(word, _)| *word == role).map(|(_, json)| json.clone())
    }
}

/// Answers a route under `/admin`.
///
/// # Errors
/// 403 and 404 before anything else that is wrong with what was sent, 422.
pub(super) async fn answer(site: &Site, action: AdminAction, request: AdminRequest<'_>) -> Result<Reply, Error> {
    let AdminRequest { principal, id, params, body } = request;
    let caller = principal.caller().ok_or_else(|| Error::Unauthenticated("a token is required".into()))?;
    if action == AdminAction::Describe {
        forms::nothing(body)?;
        let json = site.admin.described(caller.role);
        let json = json.ok_or_else(|| Error::Internal(format!("nothing is described for the role {}", caller.role)))?;
        return Ok(Reply::json(StatusCode::OK, json));
    }
    if let AdminAction::Below(model) = action {
        let id = id.ok_or_else(|| Error::NotFound("there is no such row".into()))?;
        // Whether there is such a row is said first, and only to whom it is.
        let create = site.pipeline.creatable_below(&site.catalog, model, id, principal).await?;
        forms::nothing(body)?;
        return Ok(Reply::json(StatusCode::OK, json!({ "create": create }).to_string()));
    }
    check_manages(site, caller)?;
    forms::nothing(body)?;
    if action == AdminAction::RetryJob {
        let id = id.ok_or_else(no_job)?;
        return if site.workers.retry(id).await? {
            Ok(Reply::without_body(StatusCode::ACCEPTED))
        } else {
            Err(no_job())
        };
    }
    let (which, params) = which(params);
    let walk = Walk { keys: &site.keys, list: which.plural(), user: caller.id, has_ids: true };
    let paging = Paging::parse(params, walk)?;
    let page = site.workers.list_in(None, which, &paging.page).await?;
    Ok(Reply::json(StatusCode::OK, paging.render(&page.items, page.next, walk)))
}

/// Refuses who does not look after the application.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::Unauthenticated`].
pub(super) fn admit(site: &Site, principal: &Principal) -> Result<(), Error> {
    let caller = principal.caller().ok_or_else(|| Error::Unauthenticated("a token is required".into()))?;
    check_manages(site, caller)
}

fn check_manages(site: &Site, caller: &Caller) -> Result<(), Error> {
    if site.admin.managers.contains(&caller.role) {
        return Ok(());
    }
    Err(Error::Forbidden(format!("jobs are for {}", who(&site.catalog)).into()))
}

/// Who looks after an application, in the words of rules.
pub(crate) fn who(catalog: &Catalog) -> String {
    let managers = catalog.account().and_then(|account| pipeline::managers(catalog, account).ok()).unwrap_or_default();
    let roles: Vec<_> = managers.iter().map(|role| format!("role {role}")).collect();
    if roles.is_empty() { "nobody".to_owned() } else { roles.join(" or ") }
}

/// Which jobs are asked for, and what else was said. What is no state is left where it was, with its fault.
pub(super) fn which(mut params: Params) -> (List, Params) {
    let mut which = List::All;
    let mut faults = Vec::new();
    params.items.retain(|param| {
        if param.name != "state" || param.operator.is_some() {
            return true;
        }
        match param.value.as_str() {
            "dead" => which = List::Dead,
            "waiting" => which = List::Waiting,
            _ => faults.push(Fault::new("state", "choice", "waiting or dead")),
        }
        false
    });
    params.faults.extend(faults);
    (which, params)
}

fn no_job() -> Error {
    Error::NotFound("there is no such job; what has succeeded is none any more".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: List, rest: usize, faults: usize) {
        let (found, params) = which(Params::parse(Some(query)));
        assert_eq!((found, params.items.len(), params.faults.len()), (expected, rest, faults), "{query}");
    }

    #[test]
    fn jobs_are_asked_for_by_their_state() {
        check("", List::All, 0, 0);
        check("state=dead&limit=3", List::Dead, 1, 0);
        check("state=waiting", List::Waiting, 0, 0);
        check("state=done", List::All, 0, 1);
        check("state[ne]=dead", List::All, 1, 0);
    }
}
