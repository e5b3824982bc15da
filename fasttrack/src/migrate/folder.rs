//! Migrations as files: `0001_name.up.sql`, `0001_name.down.sql`, and the schema that it leaves, `0001_name.json`. Those of
//! each database lie in a folder of its name.
//!
//! Which of them a program goes by is said by [`super::Source`].

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{script::ScriptError, snapshot::Snapshot};
use crate::db::Dialect;

/// One migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub version: u32,
    /// What it is called.
    pub name: String,
    /// The statements that lead there.
    pub up: String,
    /// The statements that lead back.
    pub down: String,
    /// The schema that it leaves.
    pub leaves: Snapshot,
    /// The same as it stands in its file.
    pub leaves_text: String,
}

/// What is wrong with the migrations.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file cannot be read or written.
    #[error("{path}: {cause}", path = .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file of a migration is missing.
    #[error("{} is missing; a migration is its `.up.sql`, its `.down.sql` and its `.json`: restore it, or remove the others", .0.display())]
    Incomplete(PathBuf),
    /// The schema of a migration cannot be read.
    #[error("{path} is no schema: {cause}; restore the file", path = .path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: serde_json::Error,
    },
    /// The folder and the program hold different migrations of one number.
    #[error(
        "{} is not the {embedded} that this program was built with; build the program again, or put the files back as they \
         were (with MIGRATIONS_DIR={} the folder alone counts)",
        .folder.join(title).display(), .root.display()
    )]
    Differs {
        /// What the folder of the database lies in.
        root: PathBuf,
        /// The folder.
        folder: PathBuf,
        /// The migration in the folder.
        title: String,
        /// The migration in the program.
        embedded: String,
    },
    /// There are two folders of one database.
    #[error("{root} holds migrations, and so does {root}/sqlite; both are of SQLite: move them all into {root}/sqlite", root = .0.display())]
    TwoFolders(PathBuf),
    /// A number is called otherwise for another database.
    #[error(
        "{} and {} are migrations of one number, for two databases; give them one name, or one of them another number",
        .0.display(), .1.display()
    )]
    TwoNames(PathBuf, PathBuf),
    /// Two migrations have one number.
    #[error("there are two migrations of number {0:04}; give the one that was not applied yet the next free number")]
    Twice(u32),
    /// A script cannot be read.
    #[error("{path}: {cause}", path = .path.display())]
    Script {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: ScriptError,
    },
    /// What was asked for is no name.
    #[error("{0:?} is no name for a migration; write words in lower case, such as add_due_date")]
    Name(String),
}

/// The endings of the three files, the one first that makes a migration known.
const ENDINGS: [&str; 3] = [".up.sql", ".down.sql", ".json"];

impl Migration {
    /// Makes one of the texts of its files (up, down, leaves), which belong into this folder.
    ///
    /// # Errors
    /// [`FolderError::Schema`]
    pub(super) fn parse(
        folder: &Path,
        version: u32,
        name: &str,
        [up, down, leaves_text]: [String; 3],
    ) -> Result<Self, FolderError> {
        let leaves = serde_json::from_str(&leaves_text).map_err(|cause| {
            let path = folder.join(format!("{version:04}_{name}.json"));
            FolderError::Schema { path, cause }
        })?;
        Ok(Self { version, name: name.to_owned(), up, down, leaves, leaves_text })
    }

    /// `0001_name`
    #[must_use]
    pub fn title(&self) -> String {
        title(self.version, &self.name)
    }

    /// What its files hold, as a digest in hexadecimal (SHA-256). Line ends do not count: version control changes them.
    #[must_use]
    pub fn checksum(&self) -> String {
        let mut digest = Sha256::new();
        for text in [&self.up, &self.down, &self.leaves_text] {
            let text = text.replace("\r\n", "\n");
            digest.update(text.len().to_be_bytes());
            digest.update(text);
        }
        digest.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// Where the migrations of a database lie below `root`: in the folder of its name. Those of `SQLite` may lie in `root`
/// itself, as they did before there was another database.
///
/// # Errors
/// [`FolderError::TwoFolders`]
pub(super) fn folder_of(root: &Path, dialect: Dialect) -> Result<PathBuf, FolderError> {
    let own = root.join(dialect.name());
    let lie_in_root = dialect == Dialect::Sqlite && !titles(root)?.is_empty();
    match (lie_in_root, own.is_dir() && !titles(&own)?.is_empty()) {
        (false, _) => Ok(own),
        (true, false) => Ok(root.to_owned()),
        (true, true) => Err(FolderError::TwoFolders(root.to_owned())),
    }
}

/// Reads a folder, in the order of the numbers; one that is not there holds nothing. Files of other names are left alone.
///
/// # Errors
/// [`FolderError`]
pub fn read_folder(path: &Path) -> Result<Vec<Migration>, FolderError> {
    let titles = titles(path)?;
    let mut migrations: Vec<Migration> = Vec::new();
    for (version, name) in titles {
        if migrations.last().is_some_and(|last| last.version == version) {
            return Err(FolderError::Twice(version));
        }
        let read = |ending: &str| {
            let path = path.join(format!("{version:04}_{name}{ending}"));
            fs::read_to_string(&path).map_err(|cause| match cause.kind() {
                io::ErrorKind::NotFound => FolderError::Incomplete(path),
                _ => FolderError::File { path, cause },
            })
        };
        let [up, down, leaves] = ENDINGS.map(read);
        migrations.push(Migration::parse(path, version, &name, [up?, down?, leaves?])?);
    }
    Ok(migrations)
}

/// The numbers and names of the migrations in a folder, in their order.
fn titles(path: &Path) -> Result<BTreeSet<(u32, String)>, FolderError> {
    let failed = |cause| FolderError::File { path: path.to_owned(), cause };
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(cause) => return Err(failed(cause)),
    };
    let mut titles = BTreeSet::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let stem = name.to_str().and_then(|name| ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)));
        titles.extend(stem.and_then(parse_title).map(|(version, name)| (version, name.to_owned())));
    }
    Ok(titles)
}

/// Writes a migration. The file that makes it known is written last, and none is written over.
///
/// # Errors
/// [`FolderError::File`]
pub(super) fn write_migration(folder: &Path, migration: &Migration) -> Result<(), FolderError> {
    let failed = |path: &Path, cause| FolderError::File { path: path.to_owned(), cause };
    fs::create_dir_all(folder).map_err(|cause| failed(folder, cause))?;
    let texts = [&migration.up, &migration.down, &migration.leaves_text];
    for (ending, text) in ENDINGS.into_iter().zip(texts).rev() {
        let path = folder.join(format!("{}{ending}", migration.title()));
        let file = fs::File::create_new(&path);
        file.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
            .map_err(|cause| failed(&path, cause))?;
    }
    Ok(())
}

/// Checks what somebody wants to call a migration.
///
/// # Errors
/// [`FolderError::Name`]
pub fn check_name(name: &str) -> Result<(), FolderError> {
    if is_name(name) { Ok(()) } else { Err(FolderError::Name(name.to_owned())) }
}

/// Words in snake case, at most 60 characters.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    name.len() <= 60 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.split('_').all(is_part)
}

/// `0001_name`
pub(super) fn title(version: u32, name: &str) -> String {
    format!("{version:04}_{name}")
}

/// The number and name in `0001_name`.
pub(super) fn parse_title(title: &str) -> Option<(u32, &str)> {
    let (number, name) = title.split_once('_')?;
    let is_number = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    let version = number.parse().ok().filter(|version| is_number && *version > 0)?;
    is_name(name).then_some((version, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_in_snake_case() {
        for good in ["initial", "add_due_date", "a1_2b"] {
            check_name(good).unwrap();
        }
        for bad in ["", "Add", "add due", "_a", "a_", "a__b", "1a", "ä", "a-b", "../a", &"a".repeat(61)] {
            assert!(matches!(check_name(bad), Err(FolderError::Name(_))), "{bad:?}");
        }
    }

    #[test]
    fn titles_are_a_number_of_four_digits_and_a_name() {
        for (title, expected) in [
            ("0001_initial", Some((1, "initial"))),
            ("0012_add_x", Some((12, "add_x"))),
            ("0000_zero", None),
            ("1_short", None),
            ("00001_long", None),
            ("0001", None),
            ("0001_Initial", None),
        ] {
            assert_eq!(parse_title(title), expected, "{title}");
        }
    }
}
