//! The routes that concern the server itself. They are neither authenticated nor rate limited.

use std::time::Duration;

use bytes::Bytes;
use salvo::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{
    Site, admin, docs, links, live,
    page::{Asset, Page},
    readings,
    reply::Reply,
    routes::ServiceAction,
};
use crate::{error::Error, etag};

/// How long the database may take to say that it is there.
const PING_LIMIT: Duration = Duration::from_secs(2);

/// Answers a service route. `file` is the last segment of the path of a page's file.
pub(super) async fn answer(
    site: &Site,
    action: ServiceAction,
    file: Option<&str>,
    headers: &HeaderMap,
) -> Result<Reply, Error> {
    match action {
        ServiceAction::Health => Ok(Reply::json(StatusCode::OK, &br#"{"status":"ok"}"#[..])),
        ServiceAction::Ready => Box::pin(ready(site)).await,
        ServiceAction::Metrics => Box::pin(metrics(site)).await,
        ServiceAction::Document => {
            let document = &site.document;
            let reply = Reply::json(StatusCode::OK, document.bytes.clone());
            Ok(cached(reply, &document.etag, headers))
        }
        ServiceAction::Docs => Ok(asset(docs::page(), &docs::page().index, headers)),
        ServiceAction::DocsFile => file_of(docs::page(), file, headers),
        ServiceAction::Live => Ok(asset(live::page(), &live::page().index, headers)),
        ServiceAction::LiveFile => file_of(live::page(), file, headers),
        ServiceAction::Admin => Ok(asset(admin::page(), &admin::page().index, headers)),
        ServiceAction::AdminFile => file_of(admin::page(), file, headers),
        ServiceAction::Reset => Ok(asset(links::reset(), &links::reset().index, headers)),
        ServiceAction::ResetFile => file_of(links::reset(), file, headers),
        ServiceAction::Verify => Ok(asset(links::verify(), &links::verify().index, headers)),
        ServiceAction::VerifyFile => file_of(links::verify(), file, headers),
    }
}

async fn metrics(site: &Site) -> Result<Reply, Error> {
    let jobs = tokio::time::timeout(PING_LIMIT, site.workers.figures()).await;
    // What the database cannot say now is left out; the rest is all the more wanted.
    let jobs = jobs.ok().and_then(Result::ok).map(readings::of_jobs);
    let webhooks = tokio::time::timeout(PING_LIMIT, site.webhooks.figures()).await;
    let webhooks = webhooks.ok().and_then(Result::ok).map(readings::of_webhooks);
    let others = readings::of_hub(&site.sockets.hub).into_iter().chain([readings::of_gate(&site.gate)]);
    let text = site.metrics.render(others.chain(jobs.into_iter().chain(webhooks).flatten()));
    let text = text.map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Reply::of("text/plain; version=0.0.4; charset=utf-8", text))
}

/// Whether requests should be sent here: the server is not stopping, and the database answers. The schema is current,
/// or the server would not have started.
async fn ready(site: &Site) -> Result<Reply, Error> {
    if site.stop.is_ordered() {
        return Err(Error::Unavailable("the server is stopping".into()));
    }
    match tokio::time::timeout(PING_LIMIT, site.db.ping()).await {
        Ok(Ok(())) => Ok(Reply::json(StatusCode::OK, &br#"{"status":"ready"}"#[..])),
        Ok(Err(_)) | Err(_) => Err(Error::Unavailable("the database does not answer".into())),
    }
}

fn file_of(page: &'static Page, name: Option<&str>, headers: &HeaderMap) -> Result<Reply, Error> {
    name.and_then(|name| page.file(name))
        .map(|found| asset(page, found, headers))
        .ok_or_else(|| Error::NotFound("there is no such file".into()))
}

fn asset(page: &Page, asset: &'static Asset, headers: &HeaderMap) -> Reply {
    let mut reply = Reply::of(asset.content_type, Bytes::from_static(asset.bytes));
    if let Some(encoding) = asset.content_encoding {
        reply = reply.header(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    // Of one that the client has as well: what it has kept may do from then on what that answer says.
    let policy = HeaderValue::from_static(page.content_security_policy);
    cached(reply, &asset.etag, headers).header(header::CONTENT_SECURITY_POLICY, policy)
}

/// With its entity tag; 304 when the client has it already.
fn cached(reply: Reply, tag: &str, headers: &HeaderMap) -> Reply {
    let if_none_match = headers.get_all(header::IF_NONE_MATCH).iter().map(HeaderValue::as_bytes);
    let reply = if etag::matches(if_none_match, tag) { Reply::without_body(StatusCode::NOT_MODIFIED) } else { reply };
    let reply = reply.header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    reply.tagged(tag.to_owned())
}
