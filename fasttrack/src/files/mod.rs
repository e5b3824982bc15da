//! Where the bytes of files lie. A store knows bytes and the keys that they lie under; rows and rights are nothing to it.
//!
//! Bytes are taken in as they come ([`Upload`]), looked at ([`media`]), and put under a key once they are all there; what is
//! put is never changed. So a reader reads from one file to its end, whatever becomes of the row meanwhile.

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

use self::folder::{Folder, FolderWalk};
pub use self::{
    error::StoreError,
    key::Key,
    place::FilesUrl,
    upload::{Received, Upload},
};

/// Bytes that are read, and taken in, at a time.
pub const PIECE_BYTES: usize = 64 * 1024;

/// Where files lie. A clone is the same place.
#[derive(Debug, Clone)]
pub struct Store(Arc<Folder>);

/// Bytes that are read, piece by piece.
#[derive(Debug)]
pub struct Reading(folder::FolderReading);

/// Looks through all that a store holds.
#[derive(Debug)]
pub struct Walk(FolderWalk);

impl Store {
    /// Opens the place, which is made where it is not there.
    ///
    /// # Errors
    /// Why files cannot be kept there, as a sentence for its operator.
    pub async fn open(url: &FilesUrl) -> Result<Self, String> {
        Folder::open(url.folder().to_owned()).await.map(|folder| Self(Arc::new(folder)))
    }

    /// Begins to take bytes in.
    ///
    /// # Errors
    /// [`StoreError`] where there is no place for them.
    pub async fn receive(&self) -> Result<Upload, StoreError> {
        self.0.receive().await
    }

    /// Keeps what was received under a key. It is there for good when this is done, whatever happens to the machine.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is there, or what nobody refers to.
    pub async fn put(&self, received: Received, key: &Key) -> Result<(), StoreError> {
        self.0.put(received, key).await
    }

    /// Begins to read some of the bytes under a key, which has so many.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there are none, or others.
    pub async fn read(&self, key: &Key, bytes: u64, range: Range<u64>) -> Result<Reading, StoreError> {
        self.0.read(key, bytes, range).await.map(Reading)
    }

    /// Takes the bytes under a key out; nothing is done where there are none.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn remove(&self, key: &Key) -> Result<(), StoreError> {
        self.0.remove(key).await
    }

    /// Begins to look through what was put before an instant. What is not of our form is passed over.
    #[must_use]
    pub fn walk(&self, before: SystemTime) -> Walk {
        Walk(self.0.walk(before))
    }

    /// Throws away what was received before an instant and never put.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn forget_received(&self, before: SystemTime) -> Result<(), StoreError> {
        self.0.forget_received(before).await
    }
}

impl Reading {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError`]: the rest cannot be read.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        self.0.next().await
    }
}

impl Walk {
    /// The next keys, as many as are asked for but for the last; `None` at the end.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn next(&mut self, limit: usize) -> Result<Option<Vec<Key>>, StoreError> {
        self.0.next(limit).await
    }
}
