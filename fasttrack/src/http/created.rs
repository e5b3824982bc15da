//! What answers a creation: 201, the row, and where it is to be found (RFC 9110, section 10.2.2).

use bytes::Bytes;
use salvo::http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use super::{Site, reply::Reply, routes};

/// The answer to who created this row of a resource.
pub(super) fn reply(site: &Site, model: usize, row: impl Into<Bytes>) -> Reply {
    let row = row.into();
    let location = location(site, model, &row);
    let reply = Reply::row(StatusCode::CREATED, row);
    match location {
        Some(location) => reply.header(header::LOCATION, location),
        None => reply,
    }
}

/// Where a row is; none where no verb has a route for one, or this is no row.
pub(super) fn location(site: &Site, model: usize, row: &[u8]) -> Option<HeaderValue> {
    /// All of a row that has to be known.
    #[derive(Deserialize)]
    struct Row {
        id: i64,
    }

    let Row { id } = serde_json::from_slice(row).ok()?;
    let path = routes::of_row(site.catalog.get(model)?.schema, id)?;
    let location = site.public_url.as_ref().map_or_else(|| path.clone(), |public| public.link(&path));
    HeaderValue::try_from(location).ok()
}
