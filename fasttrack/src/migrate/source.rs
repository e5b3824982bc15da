//! The migrations that a program goes by: those it was built with, and what a folder has beside them.

use std::path::{Path, PathBuf};

use super::{
    folder::{FolderError, Migration, folder_of, parse_title, read_folder, write_migration},
    snapshot::Snapshot,
};
use crate::{db::Dialect, schema::EmbeddedMigration};

/// The folder in the working directory, unless another one is named.
const FOLDER: &str = "migrations";

/// All migrations of one database, in their order, and where they come from.
///
/// A folder that is named counts alone. Otherwise there are those in the program, and those in `migrations/` that are not
/// in the program yet, as after `migrate new`; where both hold one number they have to hold the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The database that they are for.
    pub dialect: Dialect,
    /// What the folder lies in, beside those of other databases.
    root: PathBuf,
    /// Where new ones are written, and where those are that are not in the program.
    pub folder: PathBuf,
    /// The migrations.
    pub migrations: Vec<Migration>,
    /// The numbers of those in the program.
    embedded: Vec<u32>,
    /// Whether the folder counts alone, and how many in the program that leaves aside.
    aside: Option<usize>,
}

impl Source {
    /// Reads what there is; `named` is the folder that counts alone.
    ///
    /// # Errors
    /// [`FolderError`], also where the program and the folder contradict each other.
    pub fn read(dialect: Dialect, embedded: &[EmbeddedMigration], named: Option<&Path>) -> Result<Self, FolderError> {
        let root = named.unwrap_or(Path::new(FOLDER));
        let folder = folder_of(root, dialect)?;
        let own = || embedded.iter().filter(|migration| migration.database == dialect.name());
        let source = match named {
            Some(_) => Self { aside: Some(own().count()), ..Self::of_folder(dialect, &folder)? },
            None => Self::of_both(dialect, own(), root, &folder)?,
        };
        Ok(Self { root: root.to_owned(), ..source })
    }

    /// Those of every database that an application uses: the one in use, and whichever has migrations.
    ///
    /// # Errors
    /// As [`Self::read`], and where a number is called otherwise for another database.
    pub fn read_all(
        in_use: Dialect,
        embedded: &[EmbeddedMigration],
        named: Option<&Path>,
    ) -> Result<Vec<Self>, FolderError> {
        let mut sources: Vec<Self> = Vec::new();
        for dialect in Dialect::ALL {
            let source = Self::read(dialect, embedded, named)?;
            if dialect == in_use || !source.migrations.is_empty() || source.folder.is_dir() {
                sources.push(source);
            }
        }
        // The one in use comes first.
        sources.sort_by_key(|source| source.dialect != in_use);
        if let [one, other] = sources.as_slice() {
            for migration in &one.migrations {
                if let Some(same) = other.find(migration.version).filter(|same| same.name != migration.name) {
                    let paths = (one.folder.join(migration.title()), other.folder.join(same.title()));
                    return Err(FolderError::TwoNames(paths.0, paths.1));
                }
            }
        }
        Ok(sources)
    }

    /// What is in a folder, alone.
    ///
    /// # Errors
    /// [`FolderError`]
    pub fn of_folder(dialect: Dialect, folder: &Path) -> Result<Self, FolderError> {
        Ok(Self { migrations: read_folder(folder)?, ..Self::none(dialect, folder) })
    }

    /// No migrations, and where they would be written.
    #[must_use]
    pub fn none(dialect: Dialect, folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self { dialect, root: folder.clone(), folder, migrations: Vec::new(), embedded: Vec::new(), aside: None }
    }

    fn of_both<'a>(
        dialect: Dialect,
        embedded: impl Iterator<Item = &'a EmbeddedMigration>,
        root: &Path,
        folder: &Path,
    ) -> Result<Self, FolderError> {
        let mut source = Self::none(dialect, folder);
        for EmbeddedMigration { title, up, down, leaves, .. } in embedded {
            let (version, name) = parse_title(title).ok_or_else(|| FolderError::Name((*title).to_owned()))?;
            let texts = [up, down, leaves].map(|text| (*text).to_owned());
            source.migrations.push(Migration::parse(folder, version, name, texts)?);
            source.embedded.push(version);
        }
        for migration in read_folder(folder)? {
            match source.find(migration.version) {
                None => source.migrations.push(migration),
                Some(own) if own.name == migration.name && own.checksum() == migration.checksum() => {}
                Some(own) => {
                    let (title, embedded) = (migration.title(), own.title());
                    let (root, folder) = (root.to_owned(), folder.to_owned());
                    return Err(FolderError::Differs { root, folder, title, embedded });
                }
            }
        }
        source.migrations.sort_by_key(|migration| migration.version);
        Ok(source)
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

    /// The migrations in the folder that the next build puts into the program.
    pub fn not_built_in(&self) -> impl Iterator<Item = &Migration> {
        let is_outside = |migration: &&Migration| !self.embedded.contains(&migration.version);
        self.migrations.iter().filter(move |migration| self.aside.is_none() && is_outside(migration))
    }

    /// The folder that was named to count alone, where it is not there.
    #[must_use]
    pub fn missing_folder(&self) -> Option<&Path> {
        Some(self.root.as_path()).filter(|root| self.aside.is_some() && !root.exists())
    }

    /// What is said of a migration that was applied and is not here.
    #[must_use]
    pub fn lack(&self) -> &'static str {
        if self.aside.is_some() { "applied, files missing" } else { "applied, not in this program" }
    }

    /// Where the migrations come from, in words.
    #[must_use]
    pub fn in_words(&self) -> String {
        let count = |number: usize| if number == 1 { "1 migration".to_owned() } else { format!("{number} migrations") };
        let mut folder = self.folder.display().to_string();
        if let Some(missing) = self.missing_folder() {
            folder = format!("{} is not there, and", missing.display());
        }
        match self.aside {
            Some(0) => return format!("{folder} counts alone"),
            Some(number) => return format!("{folder} counts alone; {} in the program left aside", count(number)),
            None => {}
        }
        let inside = format!("{} in the program", count(self.embedded.len()));
        let outside: Vec<_> = self.not_built_in().map(Migration::title).collect();
        if outside.is_empty() {
            return inside;
        }
        format!("{inside}; in {folder} alone, until it is built again: {}", outside.join(", "))
    }

    /// Writes a migration into the folder. The file that makes it known is written last, and none is written over.
    ///
    /// # Errors
    /// [`FolderError::File`]
    pub fn add(&mut self, migration: Migration) -> Result<(), FolderError> {
        write_migration(&self.folder, &migration)?;
        self.migrations.push(migration);
        Ok(())
    }
}
