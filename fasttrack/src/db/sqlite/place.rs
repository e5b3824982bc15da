//! Where a database file really is: one file may have many names, and what belongs to it is named after one of them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Symbolic links that are followed from a name, as many as Linux follows.
const MAX_LINKS: usize = 40;

/// The one absolute name of a file, symbolic links resolved; of one that is not there, the name that it will have. What
/// `SQLite` keeps beside a database has this name too, and it is no URI, as a relative one is that begins with `file:`.
///
/// # Errors
/// When the folder is not there or may not be looked into, the links go in a circle, what is there is a pipe or a device, or no
/// file can have this name.
pub(crate) fn place(path: &Path) -> io::Result<PathBuf> {
    let mut name = std::path::absolute(path)?;
    for _ in 0..=MAX_LINKS {
        match name.canonicalize() {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            found => return found.and_then(checked),
        }
        let (folder, file) = name.parent().zip(name.file_name()).ok_or(io::ErrorKind::InvalidFilename)?;
        let real = folder.canonicalize()?.join(file);
        match fs::read_link(&real) {
            // A link to what is not there yet: whoever makes the file makes it where the link leads.
            Ok(target) => name = real.with_file_name("").join(target),
            Err(_) => return Ok(real),
        }
    }
    Err(io::Error::other("too many symbolic links lead from one to the next"))
}

/// A pipe would be waited for, and what is beside a device is not to be touched.
fn checked(path: PathBuf) -> io::Result<PathBuf> {
    let kind = fs::metadata(&path)?;
    if kind.is_file() || kind.is_dir() { Ok(path) } else { Err(io::Error::other("this is no regular file")) }
}

/// How many names the file has in its file system.
#[cfg(unix)]
pub(crate) fn names(path: &Path) -> io::Result<u64> {
    Ok(std::os::unix::fs::MetadataExt::nlink(&fs::metadata(path)?))
}

#[cfg(not(unix))]
pub(crate) fn names(path: &Path) -> io::Result<u64> {
    fs::metadata(path).map(|_| 1)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_has_one_place_however_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::write(root.join("a/t.db"), "").unwrap();
        for (link, target) in [
            ("l.db", "a/t.db"),
            ("ll.db", "l.db"),
            ("a/b/up.db", "../t.db"),
            ("c", "a"),
            ("new.db", "a/new.db"),
            ("a/b/far.db", "../../new.db"),
            ("round.db", "round.db"),
            ("lost.db", "nowhere/t.db"),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        symlink(root.join("a/t.db"), root.join("abs.db")).unwrap();
        for (name, real) in [
            ("a/t.db", "a/t.db"),
            ("a/./b/../t.db", "a/t.db"),
            ("l.db", "a/t.db"),
            ("ll.db", "a/t.db"),
            ("abs.db", "a/t.db"),
            ("a/b/up.db", "a/t.db"),
            ("c/t.db", "a/t.db"),
            ("c/b/../t.db", "a/t.db"),
            ("a/other.db", "a/other.db"),
            ("c/other.db", "a/other.db"),
            ("new.db", "a/new.db"),
            ("a/b/far.db", "a/new.db"),
            ("file:x.db", "file:x.db"),
            ("a%20b.db", "a%20b.db"),
        ] {
            assert_eq!(place(&root.join(name)).unwrap(), root.join(real), "{name}");
        }
        for name in ["round.db", "lost.db", "nowhere/t.db", "a/t.db/x", "nowhere/.."] {
            assert!(place(&root.join(name)).is_err(), "{name}");
        }
        assert!(place(Path::new("")).is_err());
        assert_eq!(
            place(Path::new("t.db")).unwrap(),
            std::env::current_dir().unwrap().canonicalize().unwrap().join("t.db")
        );
    }
}
