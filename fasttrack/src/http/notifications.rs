//! `GET /notifications`: what the caller was told, as far as it is kept and may still be seen.

use salvo::http::StatusCode;

use super::{
    Site, forms,
    paging::{Paging, Walk},
    reply::Reply,
};
use crate::{
    error::Error,
    principal::Principal,
    query::PageById,
    wire::{Object, Params},
};

/// One page.
///
/// # Errors
/// 422 for parameters that there are not, 400 for a cursor of another list.
pub(super) async fn list(site: &Site, principal: &Principal, params: Params, body: Object<'_>) -> Result<Reply, Error> {
    forms::nothing(body)?;
    let caller = principal.caller().ok_or_else(|| Error::Unauthenticated("a token is required".into()))?;
    let walk = Walk { keys: &site.keys, list: "notifications", user: caller.id, has_ids: true };
    let paging = Paging::parse(params, walk)?;
    let asked = PageById { limit: paging.page.limit + 1, ..paging.page.clone() };
    let mut page = site.sockets.outbox.page(caller.id, &asked).await?;
    let has_more = page.is_full;
    page.messages.truncate(usize::from(paging.page.limit));
    let next = page.messages.last().filter(|_| has_more).map(|(number, _)| *number);
    let items: Vec<_> = page.messages.iter().map(|(_, message)| message).collect();
    Ok(Reply::json(StatusCode::OK, paging.render(&items, next, walk)))
}
