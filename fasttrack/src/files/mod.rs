//! Where the bytes of files lie. A store knows bytes and the keys that they lie under; rows and rights are nothing to it.
//!
//! Bytes are taken in as they come ([`Upload`]), looked at (`media`), and put under a key once they are all there; what is
//! put is never changed. So a reader reads from one file to its end, whatever becomes of the row meanwhile.

mod bucket;
mod error;
mod folder;
mod key;
pub(crate) mod media;
pub(crate) mod name;
mod place;
mod text;
mod upload;

use std::{ops::Range, sync::Arc, time::SystemTime};

use bytes::Bytes;

use self::{
    bucket::{Bucket, BucketReading, BucketWalk},
    folder::{Folder, FolderReading, FolderWalk},
};
pub use self::{
    error::StoreError,
    key::Key,
    place::{BucketAccess, BucketUrl, FilesUrl},
    upload::{Received, Upload},
};

/// Bytes that are read, and taken in, at a time.
pub const PIECE_BYTES: usize = 64 * 1024;

/// Where files lie. A clone is the same place.
#[derive(Debug, Clone)]
pub struct Store(Place);

#[derive(Debug, Clone)]
enum Place {
    Folder(Arc<Folder>),
    Bucket(Arc<Bucket>),
}

/// Bytes that are read, piece by piece.
#[derive(Debug)]
pub struct Reading(Pieces);

#[derive(Debug)]
enum Pieces {
    Folder(FolderReading),
    Bucket(Box<BucketReading>),
}

/// Looks through all that a store holds.
#[derive(Debug)]
pub struct Walk(Steps);

#[derive(Debug)]
enum Steps {
    Folder(FolderWalk),
    Bucket(BucketWalk),
}

impl Store {
    /// Opens the place; a folder is made where it is not there, a bucket has to be there, and to be open to `access`.
    ///
    /// # Errors
    /// Why files cannot be kept there, as a sentence for its operator.
    pub async fn open(url: &FilesUrl, access: &BucketAccess) -> Result<Self, String> {
        let place = match url {
            FilesUrl::Folder(folder) => Place::Folder(Arc::new(Folder::open(folder.clone()).await?)),
            FilesUrl::Bucket(bucket) => Place::Bucket(Arc::new(Bucket::open(bucket, access).await?)),
        };
        Ok(Self(place))
    }

    /// Begins to take bytes in.
    ///
    /// # Errors
    /// [`StoreError`] where there is no place for them.
    pub async fn receive(&self) -> Result<Upload, StoreError> {
        match &self.0 {
            Place::Folder(folder) => folder.receive().await,
            Place::Bucket(bucket) => bucket.receive().await,
        }
    }

    /// Keeps what was received under a key. It is there for good when this is done, whatever happens to the machine.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is there, or what nobody refers to.
    pub async fn put(&self, received: Received, key: &Key) -> Result<(), StoreError> {
        match &self.0 {
            Place::Folder(folder) => folder.put(received, key).await,
            Place::Bucket(bucket) => bucket.put(received, key).await,
        }
    }

    /// Begins to read some of the bytes under a key, which has so many.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there are none, or others.
    pub async fn read(&self, key: &Key, bytes: u64, range: Range<u64>) -> Result<Reading, StoreError> {
        Ok(Reading(match &self.0 {
            Place::Folder(folder) => Pieces::Folder(folder.read(key, bytes, range).await?),
            Place::Bucket(bucket) => Pieces::Bucket(Box::new(BucketReading::begin(bucket, key, bytes, range).await?)),
        }))
    }

    /// Takes the bytes under a key out; nothing is done where there are none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn remove(&self, key: &Key) -> Result<(), StoreError> {
        match &self.0 {
            Place::Folder(folder) => folder.remove(key).await,
            Place::Bucket(bucket) => bucket.remove(key).await,
        }
    }

    /// Begins to look through what was put before an instant. What is not of our form is passed over.
    #[must_use]
    pub fn walk(&self, before: SystemTime) -> Walk {
        Walk(match &self.0 {
            Place::Folder(folder) => Steps::Folder(folder.walk(before)),
            Place::Bucket(bucket) => Steps::Bucket(BucketWalk::new(bucket, before)),
        })
    }

    /// Throws away what was received before an instant and never put.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn forget_received(&self, before: SystemTime) -> Result<(), StoreError> {
        match &self.0 {
            Place::Folder(folder) => folder.forget_received(before).await,
            // What is received for it has no name, and goes with its process.
            Place::Bucket(_) => Ok(()),
        }
    }
}

impl Reading {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError`]: the rest cannot be read.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        match &mut self.0 {
            Pieces::Folder(reading) => reading.next().await,
            Pieces::Bucket(reading) => reading.next().await,
        }
    }
}

impl Walk {
    /// The next keys, at most as many as are asked for and at least one; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn next(&mut self, limit: usize) -> Result<Option<Vec<Key>>, StoreError> {
        match &mut self.0 {
            Steps::Folder(walk) => walk.next(limit).await,
            Steps::Bucket(walk) => walk.next(limit).await,
        }
    }
}
