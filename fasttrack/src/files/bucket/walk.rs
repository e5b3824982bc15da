//! Looking through a bucket, page by page.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use rusty_s3::actions::list_objects_v2::ListObjectsContent;

use super::Bucket;
use crate::{
    clock,
    files::{error::StoreError, key::Key},
};

/// The longest page that S3 gives.
const MOST: usize = 1_000;

/// Where one is who looks through a bucket.
#[derive(Debug)]
pub(in crate::files) struct BucketWalk {
    bucket: Arc<Bucket>,
    /// In microseconds since the Unix epoch.
    before_us: i64,
    at: At,
}

#[derive(Debug, PartialEq, Eq)]
enum At {
    Begin,
    /// Behind the page that has given this.
    After(String),
    End,
}

impl BucketWalk {
    pub(in crate::files) fn new(bucket: &Arc<Bucket>, before: SystemTime) -> Self {
        let since = before.duration_since(UNIX_EPOCH).unwrap_or_default();
        let before_us = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Self { bucket: Arc::clone(bucket), before_us, at: At::Begin }
    }

    /// The next keys; `None` at the end.
    pub(in crate::files) async fn next(&mut self, limit: usize) -> Result<Option<Vec<Key>>, StoreError> {
        while self.at != At::End {
            let after = if let At::After(token) = &self.at { Some(token.as_str()) } else { None };
            let (listed, next) = self.bucket.page(limit.min(MOST), after).await?;
            let next = next.map_or(At::End, At::After);
            if next == self.at {
                return Err(StoreError::Away("the list of the bucket does not go on".to_owned()));
            }
            self.at = next;
            let keys: Vec<_> = listed.iter().filter_map(|object| self.old_key(object)).collect();
            if !keys.is_empty() {
                return Ok(Some(keys));
            }
        }
        Ok(None)
    }

    /// The key of an object, if it is ours and was written before the instant.
    fn old_key(&self, object: &ListObjectsContent) -> Option<Key> {
        let written_us = clock::parse_timestamp_us(object.last_modified.as_deref()?)?;
        self.bucket.key(&object.key).filter(|_| written_us < self.before_us)
    }
}
