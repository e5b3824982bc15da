//! The document as it is sent: serialised once, with an entity tag.

use bytes::Bytes;
use serde_json::Value;

use crate::http::etag;

/// The document as it is sent. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CachedDocument {
    /// The JSON text, `application/json`.
    pub bytes: Bytes,
    /// The `ETag`, quotes included.
    pub etag: String,
}

impl CachedDocument {
    /// Serialises the document.
    #[must_use]
    pub fn new(document: &Value) -> Self {
        let bytes = Bytes::from(document.to_string());
        let etag = etag::of(&bytes);
        Self { bytes, etag }
    }

    /// Whether a client that sends this `If-None-Match` has it already, so that 304 without a body is the answer.
    #[must_use]
    pub fn is_current(&self, if_none_match: Option<&str>) -> bool {
        etag::matches(if_none_match, &self.etag)
    }
}
