//! `GET /…/{id}/history`: what changed in a row, for whoever may know.

use salvo::http::StatusCode;

use super::{
    Site, forms,
    paging::{Paging, Walk},
    reply::Reply,
};
use crate::{
    db::Reads,
    error::Error,
    pipeline::HistoryOf,
    principal::Principal,
    query::PageById,
    sql::HistoryPage,
    wire::{Object, Params},
};

/// Whose history is asked for, by whom.
pub(super) struct Asked<'a> {
    pub(super) model: usize,
    pub(super) id: i64,
    pub(super) who: &'a Principal,
}

/// One page.
///
/// # Errors
/// 422 for parameters that there are not, 400 for a cursor of another list; 401, 403, 404 as of the row.
pub(super) async fn list(site: &Site, asked: Asked<'_>, params: Params, body: Object<'_>) -> Result<Reply, Error> {
    forms::nothing(body)?;
    let Asked { model, id, who } = asked;
    let user = who.caller().map_or(0, |caller| caller.id);
    let list =
        site.catalog.get(model).map(|model| format!("changes of {}/{id}", model.schema.plural)).unwrap_or_default();
    let walk = Walk { keys: &site.keys, list: &list, user, has_ids: false };
    let paging = Paging::parse(params, walk)?;
    let PageById { limit, after, descending, .. } = paging.page;
    let beyond = after.unwrap_or(if descending { i64::MAX } else { 0 });
    let page = HistoryPage { beyond, limit: i64::from(limit) + 1, descending };
    let of = HistoryOf { resource: model, id, who };
    let mut changes = site.pipeline.history(of, page, Reads::Now(&site.db)).await?;
    let has_more = changes.len() > usize::from(limit);
    changes.truncate(usize::from(limit));
    let next = changes.last().filter(|_| has_more).map(|(number, _)| *number);
    let items: Vec<_> = changes.iter().map(|(_, change)| change).collect();
    Ok(Reply::json(StatusCode::OK, paging.render(&items, next, walk)))
}
