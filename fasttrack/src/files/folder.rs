//! Files in a folder: `ab/cd/abcd…-7`, each made elsewhere in it and moved there once it is whole.

mod walk;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use bytes::Bytes;
use tokio::sync::Semaphore;

pub(super) use self::walk::FolderWalk;
use super::{
    PIECE_BYTES,
    error::StoreError,
    key::Key,
    upload::{Received, Upload, broken, on_disk},
};

/// Where files are while they are received. No key has a folder of this name.
const RECEIVED: &str = "received";

/// What their names end in there.
const PART: &str = ".part";

/// How many may wait for the disk at once: each has a thread meanwhile.
const AT_ONCE: usize = 8;

/// A folder of files.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    disk: Arc<Semaphore>,
}

/// A file that is read.
#[derive(Debug)]
pub(super) struct FolderReading {
    /// Not there while it is read from, or at its end.
    file: Option<File>,
    left: u64,
    disk: Arc<Semaphore>,
}

impl Folder {
    /// Opens a folder, or makes it.
    ///
    /// # Errors
    /// A sentence for its operator.
    pub(super) async fn open(root: PathBuf) -> Result<Self, String> {
        let path = root.clone();
        let prepared = tokio::task::spawn_blocking(move || prepare(&path)).await;
        prepared.map_err(|cause| cause.to_string())??;
        Ok(Self { root, disk: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    pub(super) async fn receive(&self) -> Result<Upload, StoreError> {
        let (folder, disk) = (self.root.join(RECEIVED), Arc::clone(&self.disk));
        on_disk(&self.disk, move || {
            let name = Key::new(1).map_err(|cause| StoreError::Away(cause.to_string()))?;
            let path = folder.join(format!("{name}{PART}"));
            let file = private_file().read(true).write(true).create_new(true).open(&path)?;
            Ok(Upload::new(file, Some(path), disk))
        })
        .await
    }

    pub(super) async fn put(&self, mut received: Received, key: &Key) -> Result<(), StoreError> {
        let (root, key) = (self.root.clone(), key.clone());
        on_disk(&self.disk, move || {
            let [outer, inner] = key.folders();
            let (outer, mut is_new) = (root.join(outer), Vec::new());
            let inner = outer.join(inner);
            // Whoever makes one has its name on the disk before anything is said to be in it.
            for (folder, holder) in [(&outer, &root), (&inner, &outer)] {
                match private_folder().create(folder) {
                    Ok(()) => is_new.push(holder.clone()),
                    Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(cause) => return Err(cause.into()),
                }
            }
            let scrap = received.taken.path.as_mut().ok_or_else(broken)?;
            fs::rename(scrap.path(), inner.join(key.as_str()))?;
            scrap.keep();
            is_new.push(inner);
            is_new.iter().rev().try_for_each(|folder| sync_folder(folder)).map_err(StoreError::from)
        })
        .await
    }

    pub(super) async fn read(&self, key: &Key, bytes: u64, range: Range<u64>) -> Result<FolderReading, StoreError> {
        let (path, disk) = (self.path(key), Arc::clone(&self.disk));
        on_disk(&self.disk, move || {
            let mut file = File::open(path)?;
            let found = file.metadata()?;
            if !found.is_file() || found.len() != bytes {
                return Err(StoreError::Missing);
            }
            file.seek(SeekFrom::Start(range.start))?;
            Ok(FolderReading { file: Some(file), left: range.end.saturating_sub(range.start), disk })
        })
        .await
    }

    pub(super) async fn remove(&self, key: &Key) -> Result<(), StoreError> {
        let path = self.path(key);
        on_disk(&self.disk, move || gone(fs::remove_file(path)).map_err(StoreError::from)).await
    }

    pub(super) fn walk(&self, before: SystemTime) -> FolderWalk {
        FolderWalk::new(self.root.clone(), before, Arc::clone(&self.disk))
    }

    pub(super) async fn forget_received(&self, before: SystemTime) -> Result<(), StoreError> {
        let folder = self.root.join(RECEIVED);
        on_disk(&self.disk, move || {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let name = entry.file_name();
                let is_ours = name.to_str().and_then(|name| name.strip_suffix(PART)).and_then(Key::parse).is_some();
                if is_ours && walk::is_old_file(&entry, before) {
                    gone(fs::remove_file(entry.path()))?;
                }
            }
            Ok(())
        })
        .await
    }

    fn path(&self, key: &Key) -> PathBuf {
        let [outer, inner] = key.folders();
        self.root.join(outer).join(inner).join(key.as_str())
    }
}

impl FolderReading {
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let Some(mut file) = self.file.take().filter(|_| self.left > 0) else { return Ok(None) };
        let wanted = self.left.min(PIECE_BYTES as u64);
        let (file, piece) = on_disk(&self.disk, move || {
            let mut piece = vec![0; usize::try_from(wanted).unwrap_or(PIECE_BYTES)];
            file.read_exact(&mut piece)?;
            Ok((file, piece))
        })
        .await?;
        self.left -= wanted;
        self.file = Some(file);
        Ok(Some(piece.into()))
    }
}

/// Sees to it that files can be kept in a folder.
fn prepare(root: &Path) -> Result<(), String> {
    let named = |why: &str| format!("FILES names {}, {why}", root.display());
    match fs::symlink_metadata(root) {
        Ok(found) if found.file_type().is_symlink() => {
            return Err(named("which is a symbolic link; name the folder that it leads to"));
        }
        Ok(found) if !found.is_dir() => return Err(named("which is no folder; name another one")),
        Ok(_) => {}
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            let made = private_folder().recursive(true).create(root);
            made.map_err(|cause| named(&format!("which is not there and cannot be made: {cause}")))?;
        }
        Err(cause) => return Err(named(&format!("which cannot be looked at: {cause}"))),
    }
    let unwritable = |cause: io::Error| named(&format!("in which nothing can be written: {cause}"));
    let received = root.join(RECEIVED);
    private_folder().recursive(true).create(&received).map_err(unwritable)?;
    let probe = received.join(format!("{}.probe", std::process::id()));
    private_file().write(true).create(true).truncate(true).open(&probe).map_err(unwritable)?;
    fs::remove_file(&probe).map_err(unwritable)
}

/// What is gone already is taken out as well.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    removed.or_else(|cause| if cause.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(cause) })
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// How to open a file so that it is its owner's alone, should it be made.
fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The same for a folder.
fn private_folder() -> DirBuilder {
    let mut options = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut options, 0o700);
    options
}

#[cfg(test)]
mod tests;
