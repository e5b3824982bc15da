//! Reading a file of a bucket, from where a connection broke as well.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;

use super::{Bucket, Fault};
use crate::{
    files::{error::StoreError, key::Key},
    outgoing::{HttpResponse, StatusCode, header},
};

/// How often it is asked for the rest without a byte of it coming.
const TRIES: u32 = 3;

/// A file that is read.
#[derive(Debug)]
pub(in crate::files) struct BucketReading {
    bucket: Arc<Bucket>,
    key: Key,
    /// How long the whole file is.
    bytes: u64,
    left: Range<u64>,
    /// What the rest comes in; nothing where it has to be asked for.
    answer: Option<HttpResponse>,
    tried: u32,
}

impl BucketReading {
    /// Begins to read some bytes of those under a key.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there are none, or not so many.
    pub(in crate::files) async fn begin(
        bucket: &Arc<Bucket>,
        key: &Key,
        bytes: u64,
        range: Range<u64>,
    ) -> Result<Self, StoreError> {
        let (bucket, key) = (Arc::clone(bucket), key.clone());
        let mut this = Self { bucket, key, bytes, left: range, answer: None, tried: 0 };
        if !this.left.is_empty() {
            this.answer = Some(this.rest().await?);
        }
        Ok(this)
    }

    pub(in crate::files) async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        while !self.left.is_empty() {
            let mut answer = match self.answer.take() {
                Some(answer) => answer,
                None => self.rest().await?,
            };
            let cause = match answer.piece().await {
                Ok(Some(piece)) => {
                    self.left.start = self.left.start.saturating_add(piece.len() as u64);
                    if self.left.start > self.left.end {
                        return Err(StoreError::Away("the bucket sends more than was asked for".to_owned()));
                    }
                    (self.answer, self.tried) = (Some(answer), 0);
                    return Ok(Some(piece));
                }
                Ok(None) => "it ends too early".to_owned(),
                Err(cause) => cause.to_string(),
            };
            self.tried += 1;
            if self.tried >= TRIES {
                return Err(StoreError::Away(format!("the bucket breaks off: {cause}")));
            }
        }
        Ok(None)
    }

    /// Asks for what is left.
    async fn rest(&self) -> Result<HttpResponse, StoreError> {
        let (first, last) = (self.left.start, self.left.end.saturating_sub(1));
        let answer = self.bucket.get(&self.key, [first, last]).await?;
        let is_whole = self.left == (0..self.bytes);
        let says = |name: header::HeaderName| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let is_it = match answer.status() {
            StatusCode::PARTIAL_CONTENT => {
                says(header::CONTENT_RANGE) == Some(&format!("bytes {first}-{last}/{}", self.bytes))
            }
            // As if it had not been asked for a part.
            StatusCode::OK if is_whole => says(header::CONTENT_LENGTH) == Some(&self.bytes.to_string()),
            StatusCode::OK => {
                return Err(Fault::Refused("it sends the whole where a part was asked for".to_owned()).into());
            }
            _ => false,
        };
        if is_it { Ok(answer) } else { Err(StoreError::Missing) }
    }
}
