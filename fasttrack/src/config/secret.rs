//! The key that signs tokens: given, or made at first start and kept beside the database.

use std::{
    fmt, fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// A key of at least [`SecretKey::MIN_BYTES`] bytes; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey(Vec<u8>);

/// Why the kept key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read or written.
    #[error("the key file {} cannot be used: {cause}", .path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Others than the owner may read the file.
    #[error("the key file {} can be read by others; make it readable by its owner only (chmod 600)", .0.display())]
    Exposed(PathBuf),
    /// The content is no key.
    #[error("the key file {} does not hold {expected}; restore it, or delete it to end all sessions", .path.display())]
    Content {
        /// Where.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
}

impl SecretKey {
    /// Fewest bytes of a key (RFC 7518, section 3.2: as many as the hash has).
    pub const MIN_BYTES: usize = 32;

    /// Accepts a key.
    ///
    /// # Errors
    /// What the key should be, when it is too short or the placeholder of the documentation.
    pub fn new(bytes: Vec<u8>) -> Result<Self, &'static str> {
        if bytes == b"change-me-to-a-random-secret" {
            return Err("a random secret, not the placeholder; `openssl rand -base64 48` prints one");
        }
        if bytes.len() < Self::MIN_BYTES {
            return Err("at least 32 bytes; `openssl rand -base64 48` prints as many and more");
        }
        Ok(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the key that is kept beside `database`, as `<file>.key`; makes it when there is none.
    ///
    /// # Errors
    /// [`SecretError`] when the file cannot be used, is readable by others than its owner, or holds no key.
    pub fn load_or_make(database: &Path) -> Result<Self, SecretError> {
        let mut name = database.as_os_str().to_owned();
        name.push(".key");
        let path = PathBuf::from(name);
        match read(&path)? {
            Some(key) => Ok(key),
            None => make(&path),
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// The key in the file; `None` where there is no file.
fn read(path: &Path) -> Result<Option<SecretKey>, SecretError> {
    let mut file = match fs::File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(unusable(path, cause)),
    };
    if is_exposed(&file).map_err(|cause| unusable(path, cause))? {
        return Err(SecretError::Exposed(path.to_owned()));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|cause| unusable(path, cause))?;
    SecretKey::new(bytes.trim_ascii().to_vec())
        .map(Some)
        .map_err(|expected| SecretError::Content { path: path.to_owned(), expected })
}

/// Makes the file whole or not at all: written under another name, then linked to its own, which fails when another
/// process was first; its key then counts.
fn make(path: &Path) -> Result<SecretKey, SecretError> {
    let mut random = [0; 57];
    getrandom::fill(&mut random).map_err(|cause| unusable(path, io::Error::other(cause.to_string())))?;
    let (key, draft_name) = random.split_at(48);
    let key = BASE64_URL_SAFE_NO_PAD.encode(key);
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", BASE64_URL_SAFE_NO_PAD.encode(draft_name)));
    let draft = PathBuf::from(draft);
    let made = write_new(&draft, key.as_bytes()).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match made.and(removed) {
        Ok(()) => Ok(SecretKey(key.into_bytes())),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| unusable(path, io::ErrorKind::NotFound.into()))
        }
        Err(cause) => Err(unusable(path, cause)),
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(unix)]
fn is_exposed(file: &fs::File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
const fn is_exposed(_file: &fs::File) -> io::Result<bool> {
    Ok(false)
}

fn unusable(path: &Path, cause: io::Error) -> SecretError {
    SecretError::File { path: path.to_owned(), cause }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("t.db");
        let first = SecretKey::load_or_make(&database).unwrap();
        let file = folder.path().join("t.db.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(first.as_bytes().len() >= SecretKey::MIN_BYTES);
        assert_eq!(SecretKey::load_or_make(&database).unwrap(), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        let other = SecretKey::load_or_make(&folder.path().join("u.db")).unwrap();
        assert_ne!(other, first);
    }

    #[test]
    fn many_that_start_at_once_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.key");
        let first = make(&path).unwrap();
        assert_eq!(make(&path).unwrap(), first, "the one that was there first counts");
    }

    #[test]
    fn a_file_that_is_exposed_or_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("t.db");
        let file = folder.path().join("t.db.key");
        write_new(&file, b"short").unwrap();
        assert!(matches!(SecretKey::load_or_make(&database), Err(SecretError::Content { .. })));
        fs::write(&file, "x".repeat(32)).unwrap();
        assert!(SecretKey::load_or_make(&database).is_ok());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(SecretKey::load_or_make(&database), Err(SecretError::Exposed(_))));
        let missing = folder.path().join("missing/t.db");
        assert!(matches!(SecretKey::load_or_make(&missing), Err(SecretError::File { .. })));
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = SecretKey::new(b"0123456789abcdef0123456789abcdef".to_vec()).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
    }
}
