//! What a route answers when all goes well.

use bytes::Bytes;
use salvo::http::{HeaderName, HeaderValue, ResBody, Response, StatusCode, header};

use crate::etag;

/// A successful answer.
pub(super) struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    /// What comes instead of it, piece after piece.
    streamed: Option<ResBody>,
}

impl Reply {
    /// A JSON body.
    pub(super) fn json(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self::of("application/json", body).status(status)
    }

    /// A row as JSON, which is its plain representation, with the tag of it.
    pub(super) fn row(status: StatusCode, row: impl Into<Bytes>) -> Self {
        let row = row.into();
        let tag = etag::of(&row);
        Self::json(status, row).tagged(tag)
    }

    /// With this entity tag.
    #[must_use]
    pub(super) fn tagged(self, tag: String) -> Self {
        match HeaderValue::try_from(tag) {
            Ok(tag) => self.header(header::ETAG, tag),
            Err(_) => self,
        }
    }

    /// 200 with a body of this type.
    pub(super) fn of(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status: StatusCode::OK, headers: vec![content_type], body: body.into(), streamed: None }
    }

    /// 204.
    pub(super) const fn empty() -> Self {
        Self::without_body(StatusCode::NO_CONTENT)
    }

    /// A status that has no body.
    pub(super) const fn without_body(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), streamed: None }
    }

    /// With a body that is still being made.
    #[must_use]
    pub(super) fn streamed(self, body: ResBody) -> Self {
        Self { streamed: Some(body), ..self }
    }

    /// With another status.
    #[must_use]
    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With one more header.
    #[must_use]
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// What was answered before.
    pub(super) fn kept(status: u16, body: String) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, headers: Vec::new(), body: body.into(), streamed: None }
    }

    /// Status, headers and body.
    pub(super) fn into_parts(self) -> (StatusCode, Vec<(HeaderName, HeaderValue)>, Bytes) {
        (self.status, self.headers, self.body)
    }

    pub(super) fn write(self, res: &mut Response) {
        res.status_code(self.status);
        for (name, value) in self.headers {
            res.headers_mut().insert(name, value);
        }
        if let Some(body) = self.streamed {
            res.replace_body(body);
        } else if !self.body.is_empty() || self.status == StatusCode::ACCEPTED {
            res.replace_body(ResBody::Once(self.body));
        }
    }
}
