//! The folder of migrations: `0001_name.up.sql`, `0001_name.down.sql`, and the schema that it leaves, `0001_name.json`.

use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{script::ScriptError, snapshot::Snapshot};

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

/// All migrations, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where they are.
    pub path: PathBuf,
    /// The migrations.
    pub migrations: Vec<Migration>,
}

/// What is wrong with the folder.
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
    /// `0001_name`
    #[must_use]
    pub fn title(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
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

impl Folder {
    /// Reads a folder; one that is not there holds nothing. Files of other names are left alone.
    ///
    /// # Errors
    /// [`FolderError`]
    pub fn read(path: &Path) -> Result<Self, FolderError> {
        let mut folder = Self { path: path.to_owned(), migrations: Vec::new() };
        let failed = |cause| FolderError::File { path: path.to_owned(), cause };
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(folder),
            Err(cause) => return Err(failed(cause)),
        };
        let mut titles = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            titles.extend(name.to_str().and_then(title_of).map(|(version, name)| (version, name.to_owned())));
        }
        titles.sort_unstable();
        titles.dedup();
        for (version, name) in titles {
            if folder.migrations.last().is_some_and(|last| last.version == version) {
                return Err(FolderError::Twice(version));
            }
            folder.migrations.push(folder.read_one(version, name)?);
        }
        Ok(folder)
    }

    fn read_one(&self, version: u32, name: String) -> Result<Migration, FolderError> {
        let read = |ending: &str| {
            let path = self.path.join(format!("{version:04}_{name}{ending}"));
            fs::read_to_string(&path).map_err(|cause| match cause.kind() {
                io::ErrorKind::NotFound => FolderError::Incomplete(path),
                _ => FolderError::File { path, cause },
            })
        };
        let [up, down, leaves_text] = ENDINGS.map(read);
        let leaves_text = leaves_text?;
        let leaves = serde_json::from_str(&leaves_text).map_err(|cause| {
            let path = self.path.join(format!("{version:04}_{name}.json"));
            FolderError::Schema { path, cause }
        })?;
        Ok(Migration { version, up: up?, down: down?, leaves, leaves_text, name })
    }

    /// The schema that the newest migration leaves.
    #[must_use]
    pub fn newest(&self) -> Snapshot {
        self.migrations.last().map(|migration| migration.leaves.clone()).unwrap_or_default()
    }

    /// The schema that a migration starts from.
    #[must_use]
    pub fn before(&self, version: u32) -> Snapshot {
        let before = self.migrations.iter().rev().find(|migration| migration.version < version);
        before.map(|migration| migration.leaves.clone()).unwrap_or_default()
    }

    /// The migration of this number.
    #[must_use]
    pub fn find(&self, version: u32) -> Option<&Migration> {
        self.migrations.iter().find(|migration| migration.version == version)
    }

    /// The number of the next migration.
    #[must_use]
    pub fn next_version(&self) -> u32 {
        self.migrations.last().map_or(1, |migration| migration.version + 1)
    }

    /// Writes a migration. The file that makes it known is written last, and none is written over.
    ///
    /// # Errors
    /// [`FolderError::File`]
    pub fn add(&mut self, migration: Migration) -> Result<(), FolderError> {
        let failed = |path: &Path, cause| FolderError::File { path: path.to_owned(), cause };
        fs::create_dir_all(&self.path).map_err(|cause| failed(&self.path, cause))?;
        let texts = [&migration.up, &migration.down, &migration.leaves_text];
        for (ending, text) in ENDINGS.into_iter().zip(texts).rev() {
            let path = self.path.join(format!("{}{ending}", migration.title()));
            let file = fs::File::create_new(&path);
            file.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
                .map_err(|cause| failed(&path, cause))?;
        }
        self.migrations.push(migration);
        Ok(())
    }
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

/// The number and name of a migration that a file is of.
fn title_of(file: &str) -> Option<(u32, &str)> {
    let stem = ENDINGS.iter().find_map(|ending| file.strip_suffix(ending))?;
    let (number, name) = stem.split_once('_')?;
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
    fn files_of_other_names_are_left_alone() {
        for (file, expected) in [
            ("0001_initial.up.sql", Some((1, "initial"))),
            ("0012_add_x.json", Some((12, "add_x"))),
            ("0000_zero.json", None),
            ("1_short.up.sql", None),
            ("0001_initial.sql", None),
            ("README.md", None),
        ] {
            assert_eq!(title_of(file), expected, "{file}");
        }
    }
}
