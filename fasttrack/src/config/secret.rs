//! The key that signs tokens: given, or made at first start and kept beside the database.

use std::{
    fmt, fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::db::{self, DatabaseUrl};

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
    /// Everybody may read the file.
    #[error(
        "the key file {} can be read by others; make it readable by its owner only (chmod 600), or set SECRET_KEY where \
         the file system knows no owners",
        .0.display()
    )]
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

    /// Reads the key that is kept beside `database`, as `<file>.key`; makes it when there is none. Through whatever links
    /// the database is named, its key is the one beside the file itself. That of a database on a server is kept in the
    /// working directory, as `<database>.key`.
    ///
    /// # Errors
    /// [`SecretError`] when the file cannot be used, is readable by everybody, or holds no key.
    pub fn load_or_make(database: &DatabaseUrl) -> Result<Self, SecretError> {
        let path = Self::place(database)?;
        if let Some(key) = read(&path)? {
            return Ok(key);
        }
        let key = make(&path)?;
        if matches!(database, DatabaseUrl::Postgres(_)) {
            tracing::warn!(
                path = %path.display(),
                "a key that signs tokens was made here; servers that share a database need the same SECRET_KEY"
            );
        }
        Ok(key)
    }

    /// Keeps the key of one database for another one, too, unless that has one already. `None` where there is none.
    ///
    /// # Errors
    /// As [`Self::load_or_make`].
    pub fn hand_over(from: &DatabaseUrl, to: &DatabaseUrl) -> Result<Option<HandedOver>, SecretError> {
        let (from, path) = (Self::place(from)?, Self::place(to)?);
        let Some(key) = read(&from)? else { return Ok(None) };
        let there = match read(&path)? {
            Some(there) => there,
            None => keep(&path, &key.0)?,
        };
        Ok(Some(HandedOver { is_same: there == key, from, to: path }))
    }
}

/// What became of the key of one database for another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// Where the one keeps it.
    pub from: PathBuf,
    /// Where the other one does.
    pub to: PathBuf,
    /// Whether it is the same key: the other one may have had its own.
    pub is_same: bool,
}

impl SecretKey {
    /// Where the key of a database is kept.
    ///
    /// # Errors
    /// [`SecretError::File`] where the file of the database cannot be.
    pub fn place(database: &DatabaseUrl) -> Result<PathBuf, SecretError> {
        let mut name = match database {
            DatabaseUrl::Sqlite(file) => db::place(file).map_err(|cause| unusable(file, cause))?.into_os_string(),
            DatabaseUrl::Postgres(url) => {
                let is_plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
                url.database().chars().map(|c| if is_plain(c) { c } else { '_' }).collect::<String>().into()
            }
        };
        name.push(".key");
        Ok(name.into())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// The key in the file; `None` where there is no file.
fn read(path: &Path) -> Result<Option<SecretKey>, SecretError> {
    let deadline = Instant::now() + FILL_LIMIT;
    loop {
        let mut file = match fs::File::open(path) {
            Ok(file) => file,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(unusable(path, cause)),
        };
        check_mode(&file, path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|cause| unusable(path, cause))?;
        if bytes.is_empty() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
            continue;
        }
        return SecretKey::new(bytes.trim_ascii().to_vec())
            .map(Some)
            .map_err(|expected| SecretError::Content { path: path.to_owned(), expected });
    }
}

/// How long a file may stay empty that somebody else has just made, see [`make`].
const FILL_LIMIT: Duration = Duration::from_secs(1);

/// Makes a key and its file.
fn make(path: &Path) -> Result<SecretKey, SecretError> {
    keep(path, random::<48>(path)?.as_bytes())
}

/// So many random bytes, as text.
fn random<const BYTES: usize>(path: &Path) -> Result<String, SecretError> {
    let mut random = [0; BYTES];
    getrandom::fill(&mut random).map_err(|cause| unusable(path, io::Error::other(cause.to_string())))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random))
}

/// Makes the file: who makes it first, empty, has the right to fill it, by giving its name to a file that is whole. So
/// nobody ever reads half a key, and whoever comes second reads the first one's. (A hard link would do both in one step,
/// but there are file systems without them.)
fn keep(path: &Path, key: &[u8]) -> Result<SecretKey, SecretError> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", random::<9>(path)?));
    let draft = PathBuf::from(draft);
    let made = write_new(&draft, &[key, b"\n"].concat()).and_then(|()| create_new(path)).and_then(|_| {
        // What cannot be filled must not stay: it would be no key for ever.
        fs::rename(&draft, path).inspect_err(|_| drop(fs::remove_file(path)))
    });
    match made {
        Ok(()) => {
            // The key counts once it is used; a disk that loses it at a power cut ends all sessions, and no more.
            let _ = path.parent().map(|folder| fs::File::open(folder).and_then(|folder| folder.sync_all()));
            Ok(SecretKey(key.to_vec()))
        }
        Err(cause) => {
            let _ = fs::remove_file(&draft);
            if cause.kind() != io::ErrorKind::AlreadyExists {
                return Err(unusable(path, cause));
            }
            read(path)?.ok_or_else(|| unusable(path, io::ErrorKind::NotFound.into()))
        }
    }
}

fn create_new(path: &Path) -> io::Result<fs::File> {
    db::private_file().write(true).create_new(true).open(path)
}

fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = create_new(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Refuses a file that everybody may read or write. Its group may: containers are given files that way (`fsGroup` of
/// Kubernetes), and it is told.
#[cfg(unix)]
fn check_mode(file: &fs::File, path: &Path) -> Result<(), SecretError> {
    let metadata = file.metadata().map_err(|cause| unusable(path, cause))?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o007 != 0 {
        return Err(SecretError::Exposed(path.to_owned()));
    }
    if mode & 0o070 != 0 {
        let mode = format!("{mode:04o}");
        tracing::warn!(path = %path.display(), mode, "the group of the key file may use it; the owner alone has to");
    }
    Ok(())
}

#[cfg(not(unix))]
const fn check_mode(_file: &fs::File, _path: &Path) -> Result<(), SecretError> {
    Ok(())
}

fn unusable(path: &Path, cause: io::Error) -> SecretError {
    SecretError::File { path: path.to_owned(), cause }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn load_or_make(file: &Path) -> Result<SecretKey, SecretError> {
        SecretKey::load_or_make(&DatabaseUrl::Sqlite(file.to_owned()))
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("t.db");
        let first = load_or_make(&database).unwrap();
        let file = folder.path().join("t.db.key");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(first.as_bytes().len() >= SecretKey::MIN_BYTES);
        assert_eq!(load_or_make(&database).unwrap(), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
        let other = load_or_make(&folder.path().join("u.db")).unwrap();
        assert_ne!(other, first);
    }

    #[test]
    fn many_that_start_at_once_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.key");
        let keys: Vec<_> = thread::scope(|scope| {
            let made: Vec<_> = (0..8).map(|_| scope.spawn(|| make(&path).unwrap())).collect();
            made.into_iter().map(|made| made.join().unwrap()).collect()
        });
        let kept = read(&path).unwrap().unwrap();
        assert!(keys.iter().all(|key| *key == kept), "the one that was there first counts");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_key_is_found_through_links() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        let (real, link) = (folder.path().join("real/t.db"), folder.path().join("link.db"));
        std::os::unix::fs::symlink("real/t.db", &link).unwrap();
        let before_there_is_one = load_or_make(&link).unwrap();
        fs::write(&real, "").unwrap();
        assert_eq!(load_or_make(&real).unwrap(), before_there_is_one);
        assert_eq!(load_or_make(&link).unwrap(), before_there_is_one);
        assert!(folder.path().join("real/t.db.key").exists() && !folder.path().join("link.db.key").exists());
    }

    #[test]
    fn a_file_that_is_exposed_or_no_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("t.db");
        let file = folder.path().join("t.db.key");
        for content in ["short", ""] {
            let _ = fs::remove_file(&file);
            write_new(&file, content.as_bytes()).unwrap();
            assert!(matches!(load_or_make(&database), Err(SecretError::Content { .. })));
        }
        fs::write(&file, "x".repeat(32)).unwrap();
        for (mode, is_taken) in [
            (0o600, true),
            (0o400, true),
            (0o440, true),
            (0o640, true),
            (0o660, true),
            (0o644, false),
            (0o604, false),
            (0o602, false),
            (0o777, false),
        ] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let exposed = matches!(load_or_make(&database), Err(SecretError::Exposed(_)));
            assert_eq!(!exposed, is_taken, "{mode:o}");
        }
        let missing = folder.path().join("missing/t.db");
        assert!(matches!(load_or_make(&missing), Err(SecretError::File { .. })));
    }

    #[test]
    fn a_key_is_handed_over_unless_there_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other, third] = ["t.db", "u.db", "v.db"].map(|name| DatabaseUrl::Sqlite(folder.path().join(name)));
        assert_eq!(SecretKey::hand_over(&one, &other).unwrap(), None, "there is none");
        let key = SecretKey::load_or_make(&one).unwrap();
        for _ in 0..2 {
            assert!(SecretKey::hand_over(&one, &other).unwrap().unwrap().is_same);
        }
        assert_eq!(SecretKey::load_or_make(&other).unwrap(), key);
        let own = SecretKey::load_or_make(&third).unwrap();
        assert!(!SecretKey::hand_over(&one, &third).unwrap().unwrap().is_same);
        assert_eq!(SecretKey::load_or_make(&third).unwrap(), own, "what is there is kept");
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = SecretKey::new(b"0123456789abcdef0123456789abcdef".to_vec()).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
    }
}
