//! Bytes that are taken in: written down as they come, and looked at meanwhile, so that nothing is read twice and none of it
//! is held.

use std::{
    fmt::Write as _,
    fs::{self, File},
    io::{BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, de::IgnoredAny};
use tokio::sync::Semaphore;

use super::{PIECE_BYTES, StoreError, text::TextCheck};

/// First bytes that are kept to be looked at: what formats are known by lies within.
const HEAD_BYTES: usize = 8 * 1024;

/// Bytes that come in. Dropped, they are thrown away.
#[derive(Debug)]
pub struct Upload {
    /// Not there while it is written to, or after that has failed.
    taken: Option<Box<Taken>>,
    waiting: Vec<u8>,
    disk: Arc<Semaphore>,
}

/// Bytes that have come in, and are on the disk. Dropped, they are thrown away.
#[derive(Debug)]
pub struct Received {
    pub(super) taken: Box<Taken>,
    sha256: String,
    disk: Arc<Semaphore>,
    watch: Watch,
}

/// Is told how many bytes have gone on their way.
struct Watch(Box<dyn Fn(usize) + Send + Sync>);

/// What has been written down so far.
pub(super) struct Taken {
    file: File,
    /// Where it is; nowhere, for one without a name, which goes with its process.
    pub(super) path: Option<Scrap>,
    hash: Context,
    bytes: u64,
    head: Vec<u8>,
    text: TextCheck,
}

/// A file that goes when it is dropped, unless it was moved away.
#[derive(Debug)]
pub(super) struct Scrap {
    path: PathBuf,
    is_kept: bool,
}

impl Upload {
    pub(super) fn new(file: File, path: Option<PathBuf>, disk: Arc<Semaphore>) -> Self {
        let path = path.map(|path| Scrap { path, is_kept: false });
        let (hash, head, text) = (Context::new(&SHA256), Vec::new(), TextCheck::default());
        Self { taken: Some(Box::new(Taken { file, path, hash, bytes: 0, head, text })), waiting: Vec::new(), disk }
    }

    /// Takes a part in.
    ///
    /// # Errors
    /// [`StoreError`]; nothing more can be taken in then.
    pub async fn write(&mut self, mut part: &[u8]) -> Result<(), StoreError> {
        while !part.is_empty() {
            let room = PIECE_BYTES.saturating_sub(self.waiting.len()).min(part.len());
            let (now, later) = part.split_at_checked(room).unwrap_or((part, &[]));
            self.waiting.extend_from_slice(now);
            part = later;
            if self.waiting.len() >= PIECE_BYTES {
                self.write_down().await?;
            }
        }
        Ok(())
    }

    /// Has all of it on the disk.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn finish(mut self) -> Result<Received, StoreError> {
        self.write_down().await?;
        let taken = self.taken.take().ok_or_else(broken)?;
        let disk = Arc::clone(&self.disk);
        let (taken, sha256) = on_disk(&disk, move || {
            taken.file.sync_all()?;
            let digest = taken.hash.clone().finish();
            let sha256 = digest.as_ref().iter().fold(String::new(), |mut text, byte| {
                // Writing to a `String` cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            });
            Ok((taken, sha256))
        })
        .await?;
        Ok(Received { taken, sha256, disk, watch: Watch(Box::new(|_| {})) })
    }

    async fn write_down(&mut self) -> Result<(), StoreError> {
        let mut taken = self.taken.take().ok_or_else(broken)?;
        let mut waiting = std::mem::take(&mut self.waiting);
        let (taken, waiting) = on_disk(&self.disk, move || {
            taken.write(&waiting)?;
            waiting.clear();
            Ok((taken, waiting))
        })
        .await?;
        (self.taken, self.waiting) = (Some(taken), waiting);
        Ok(())
    }
}

impl Taken {
    fn write(&mut self, part: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(part)?;
        self.hash.update(part);
        self.bytes += part.len() as u64;
        let room = HEAD_BYTES.saturating_sub(self.head.len()).min(part.len());
        self.head.extend_from_slice(part.get(..room).unwrap_or_default());
        self.text.see(part);
        Ok(())
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Watch(…)")
    }
}

impl std::fmt::Debug for Taken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Taken").field("path", &self.path).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Received {
    /// How many there are.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.taken.bytes
    }

    /// Their SHA-256, in lower-case hexadecimal digits.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The first of them.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.taken.head
    }

    /// Whether all of it is text in UTF-8, without what no text has.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.taken.text.is_text()
    }

    /// With somebody who is told of all bytes that are sent elsewhere, as they go.
    #[must_use]
    pub fn watched(self, watch: impl Fn(usize) + Send + Sync + 'static) -> Self {
        Self { watch: Watch(Box::new(watch)), ..self }
    }

    /// The bytes from an offset on, to be sent elsewhere, at most [`PIECE_BYTES`] of them; empty at the end.
    ///
    /// # Errors
    /// [`StoreError`]
    pub(super) async fn piece(&self, offset: u64) -> Result<Vec<u8>, StoreError> {
        let mut file = self.taken.file.try_clone()?;
        let wanted = self.bytes().saturating_sub(offset).min(PIECE_BYTES as u64);
        let piece = on_disk(&self.disk, move || {
            let mut piece = vec![0; usize::try_from(wanted).unwrap_or(PIECE_BYTES)];
            file.seek(SeekFrom::Start(offset))?;
            file.read_exact(&mut piece)?;
            Ok(piece)
        })
        .await?;
        (self.watch.0)(piece.len());
        Ok(piece)
    }

    /// Whether all of it is one value of JSON (RFC 8259), nested at most 128 deep. It is read from the disk again.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn is_json(&mut self) -> Result<bool, StoreError> {
        let mut file = self.taken.file.try_clone()?;
        on_disk(&self.disk, move || {
            file.seek(SeekFrom::Start(0))?;
            let mut reader = serde_json::Deserializer::from_reader(BufReader::with_capacity(PIECE_BYTES, file));
            Ok(IgnoredAny::deserialize(&mut reader).and_then(|_| reader.end()).is_ok())
        })
        .await
    }
}

impl Scrap {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// It has been moved away.
    pub(super) const fn keep(&mut self) {
        self.is_kept = true;
    }
}

impl Drop for Scrap {
    fn drop(&mut self) {
        if !self.is_kept {
            // What is left is thrown away by the sweep.
            let _ = fs::remove_file(&self.path);
        }
    }
}

pub(super) fn broken() -> StoreError {
    StoreError::Away("what came before could not be written down".to_owned())
}

/// Does something that waits for the disk, as soon as there are not too many who do.
pub(super) async fn on_disk<T: Send + 'static>(
    disk: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let away = |cause: String| StoreError::Away(cause);
    let turn = Arc::clone(disk).acquire_owned().await.map_err(|cause| away(cause.to_string()))?;
    let work = move || {
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(work).await.map_err(|cause| away(cause.to_string()))?
}
