//! What `resources!()` makes of a crate: its resources, and the migrations that are put into the program.

use std::{ops::Deref, slice};

use super::Schema;

/// An application as it was declared. `resources!()` makes one of a folder, as `RESOURCES`.
///
/// Derefs to the schemas, in the order of the files.
#[derive(Debug, Clone, Copy)]
pub struct Resources {
    schemas: &'static [&'static Schema],
    migrations: &'static [EmbeddedMigration],
    about: About,
}

/// What heads the documentation of an API: what `Cargo.toml` of the application says of it, unless `main` says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// What it is called.
    pub title: &'static str,
    /// Its version.
    pub version: &'static str,
    /// What it is for, in Markdown; may be empty.
    pub description: &'static str,
}

impl About {
    /// What stands where nothing was said.
    pub(crate) const NOTHING: Self = Self { title: "fasttrack", version: env!("CARGO_PKG_VERSION"), description: "" };
}

/// The three files of a migration, as they were when the program was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedMigration {
    /// The database that it is for: `sqlite` or `postgres`.
    pub database: &'static str,
    /// `0001_name`
    pub title: &'static str,
    /// `0001_name.up.sql`
    pub up: &'static str,
    /// `0001_name.down.sql`
    pub down: &'static str,
    /// `0001_name.json`
    pub leaves: &'static str,
}

impl Resources {
    /// These resources, and these migrations, as `migrations!()` gives them.
    #[must_use]
    pub const fn new(schemas: &'static [&'static Schema], migrations: &'static [EmbeddedMigration]) -> Self {
        Self { schemas, migrations, about: About::NOTHING }
    }

    /// The same with what heads their documentation.
    #[must_use]
    pub const fn headed(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// What heads their documentation.
    #[must_use]
    pub const fn about(&self) -> About {
        self.about
    }

    /// What each resource declares.
    #[must_use]
    pub const fn schemas(&self) -> &'static [&'static Schema] {
        self.schemas
    }

    /// The migrations in the program, in their order.
    #[must_use]
    pub const fn migrations(&self) -> &'static [EmbeddedMigration] {
        self.migrations
    }
}

impl Deref for Resources {
    type Target = [&'static Schema];

    fn deref(&self) -> &Self::Target {
        self.schemas
    }
}

impl<'a> IntoIterator for &'a Resources {
    type Item = &'a &'static Schema;
    type IntoIter = slice::Iter<'a, &'static Schema>;

    fn into_iter(self) -> Self::IntoIter {
        self.schemas.iter()
    }
}

impl From<&Resources> for Resources {
    fn from(resources: &Resources) -> Self {
        *resources
    }
}

/// Resources without migrations in the program.
impl From<&'static [&'static Schema]> for Resources {
    fn from(schemas: &'static [&'static Schema]) -> Self {
        Self::new(schemas, &[])
    }
}

impl<const N: usize> From<&'static [&'static Schema; N]> for Resources {
    fn from(schemas: &'static [&'static Schema; N]) -> Self {
        Self::new(schemas, &[])
    }
}
