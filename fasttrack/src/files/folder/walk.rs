//! Looking through a folder of files, some of them at a time, without a list of all.

use std::{
    ffi::OsStr,
    fs::{self, DirEntry, ReadDir},
    io,
    path::PathBuf,
    sync::Arc,
    time::SystemTime,
};

use tokio::sync::Semaphore;

use crate::files::{error::StoreError, key::Key, upload::on_disk};

/// Where one is who looks through a folder.
#[derive(Debug)]
pub(in crate::files) struct FolderWalk {
    /// Not there while it is looked at, or at its end.
    at: Option<Box<Place>>,
    disk: Arc<Semaphore>,
}

/// The folders that are open, the outermost first.
#[derive(Debug)]
struct Place {
    root: PathBuf,
    before: SystemTime,
    open: Vec<ReadDir>,
    has_begun: bool,
}

/// How many folders there are around a file.
const DEPTH: usize = 3;

impl FolderWalk {
    pub(super) fn new(root: PathBuf, before: SystemTime, disk: Arc<Semaphore>) -> Self {
        Self { at: Some(Box::new(Place { root, before, open: Vec::new(), has_begun: false })), disk }
    }

    /// The next keys; `None` at the end.
    pub(in crate::files) async fn next(&mut self, limit: usize) -> Result<Option<Vec<Key>>, StoreError> {
        let Some(mut place) = self.at.take() else { return Ok(None) };
        let (place, keys) = on_disk(&self.disk, move || {
            let keys = place.next(limit)?;
            Ok((place, keys))
        })
        .await?;
        if keys.is_empty() {
            return Ok(None);
        }
        self.at = Some(place);
        Ok(Some(keys))
    }
}

impl Place {
    fn next(&mut self, limit: usize) -> io::Result<Vec<Key>> {
        let mut keys = Vec::new();
        if !self.has_begun {
            self.has_begun = true;
            self.open.push(fs::read_dir(&self.root)?);
        }
        while let Some(innermost) = self.open.last_mut().filter(|_| keys.len() < limit) {
            match innermost.next() {
                None => _ = self.open.pop(),
                Some(entry) => self.look(&entry?, &mut keys)?,
            }
        }
        Ok(keys)
    }

    fn look(&mut self, entry: &DirEntry, keys: &mut Vec<Key>) -> io::Result<()> {
        if self.open.len() == DEPTH {
            let key = entry.file_name().to_str().and_then(Key::parse);
            keys.extend(key.filter(|key| lies_at(entry, key) && is_old_file(entry, self.before)));
        } else if is_ours(&entry.file_name()) && entry.file_type()?.is_dir() {
            match fs::read_dir(entry.path()) {
                Ok(folder) => self.open.push(folder),
                // Somebody has taken it out meanwhile.
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(cause) => return Err(cause),
            }
        }
        Ok(())
    }
}

/// Whether a folder has a name that we give.
fn is_ours(name: &OsStr) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    name.to_str().is_some_and(|name| name.len() == 2 && name.bytes().all(is_digit))
}

/// Whether a file lies where its key is looked for: elsewhere, it is none of ours.
fn lies_at(entry: &DirEntry, key: &Key) -> bool {
    let [outer, inner] = key.folders();
    let path = entry.path();
    path.parent().is_some_and(|folder| folder.ends_with(PathBuf::from(outer).join(inner)))
}

/// Whether it is a file, not a link to one, that was written before an instant.
pub(super) fn is_old_file(entry: &DirEntry, before: SystemTime) -> bool {
    let found = fs::symlink_metadata(entry.path());
    found.is_ok_and(|found| found.is_file() && found.modified().is_ok_and(|modified| modified < before))
}
