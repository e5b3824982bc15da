//! The document as it is sent: serialised once, with an entity tag.

use bytes::Bytes;
use serde_json::Value;

use crate::etag;

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
}
