//! Writes migrations from what changed. Needs no database; one that is there tells what a start has added to it.

use super::{
    MigrateError,
    change::{Direction, Weight},
    diff::Difference,
    folder::{Migration, check_name},
    introspect::Inspected,
    script,
    snapshot::{Renames, Snapshot},
    source::Source,
    surplus::Surplus,
};
use crate::{db::Dialect, schema::Catalog};

/// A migration that was composed, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The migration.
    pub migration: Migration,
    /// What it changes, in words.
    pub changes: Vec<String>,
}

/// What a migration is to be written from.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The migrations there are.
    pub source: &'a Source,
    /// What is declared.
    pub catalog: &'a Catalog,
    /// What the database holds, where there is one.
    pub inspected: Option<&'a Inspected>,
    /// What who may do has become with it, a line each.
    pub rights: &'a [String],
    /// What it is to be called.
    pub name: &'a str,
    /// The first number that is free, for whichever database.
    pub version: u32,
    /// Whether it may lose what is stored.
    pub may_lose: bool,
}

/// The migrations that lead from the newest one to what is declared: none where nothing changed, and two where a start
/// has added what no migration makes yet and the declarations have gone on since. What neither declares, as a newer
/// program made it, is left alone unless it may be lost.
///
/// # Errors
/// [`MigrateError::Destructive`] when data may be lost and `may_lose` is not set; [`MigrateError::Behind`] where the
/// database has migrations that are not here; [`MigrateError::Folder`] for a name that is none.
pub fn compose(request: Request<'_>) -> Result<Vec<Composed>, MigrateError> {
    let Request { source, catalog, inspected, rights, name, version: mut next, may_lose } = request;
    check_name(name)?;
    let dialect = source.dialect;
    let declared = Snapshot::declared(dialect, catalog)?;
    let mut composed = Vec::new();
    let mut from = source.newest();
    if let Some(ahead) =
        inspected.and_then(|found| found.applied.last()).filter(|applied| applied.version >= source.next_version())
    {
        return Err(MigrateError::Behind(ahead.title()));
    }
    if let Some(inspected) = inspected.filter(|found| found.applied.len() == source.migrations.len()) {
        let there = if may_lose {
            inspected.schema.clone()
        } else {
            unknown(inspected, &declared, &from).taken_from(&inspected.schema)
        };
        let added = Difference::between(dialect, &from, &there, &Renames::default(), Direction::Up);
        let is_addition = added.at_least(Weight::Alteration).is_empty() && !there.is_same(&from);
        if is_addition && !there.is_same(&declared) {
            let name = if source.migrations.is_empty() { "baseline" } else { "added_at_start" };
            let draft = Draft { dialect, version: next, name, rights: &[] };
            composed.extend(draft.between(&from, &there, &Renames::default()));
            (from, next) = (there, next + 1);
        }
    }
    let renames = Renames::declared(catalog, &from);
    let difference = Difference::between(dialect, &from, &declared, &renames, Direction::Up);
    let losses = difference.at_least(Weight::Loss);
    if !losses.is_empty() && !may_lose {
        return Err(MigrateError::Destructive { what: losses.join("; ") });
    }
    composed.extend(Draft { dialect, version: next, name, rights }.between(&from, &declared, &renames));
    Ok(composed)
}

/// What a database holds that is neither declared nor in the newest migration, and that a migration can leave alone.
pub(super) fn unknown(inspected: &Inspected, declared: &Snapshot, newest: &Snapshot) -> Surplus {
    let surplus = Surplus::of(&inspected.schema, declared).not_in(newest);
    // What is declared and not there may be the same under another name.
    let is_apart = surplus.added_to(declared).unlike(&inspected.schema).is_empty();
    if is_apart { surplus.without_indexes() } else { Surplus::default() }
}

/// A migration that has a place and a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft<'a> {
    pub(super) dialect: Dialect,
    pub(super) version: u32,
    pub(super) name: &'a str,
    /// What its head says of who may do what.
    pub(super) rights: &'a [String],
}

impl Draft<'_> {
    /// The migration between two schemas; `None` where they are the same.
    pub(super) fn between(self, from: &Snapshot, to: &Snapshot, renames: &Renames) -> Option<Composed> {
        let Self { dialect, version, name, rights } = self;
        let there = Difference::between(dialect, from, to, renames, Direction::Up);
        if there.is_empty() {
            return None;
        }
        let back = Difference::between(dialect, to, from, &renames.inverse(), Direction::Down);
        let title = format!("{version:04}_{name}");
        let mut up = format!(
            "{title}\nIt may be edited until it is applied, and not afterwards. It is one transaction, after which every \
         reference has to lead somewhere. A SELECT is a check: rows that it finds stop the migration."
        );
        script::add_rights(&mut up, rights);
        let down =
            format!("{title}, undone\nWhat the migration dropped cannot come back; where that matters, it is said.");
        let leaves_text = serde_json::to_string_pretty(to).map(|text| text + "\n").unwrap_or_default();
        Some(Composed {
            changes: there.changes.iter().map(|change| change.words.clone()).collect(),
            migration: Migration {
                version,
                name: name.to_owned(),
                up: script::write(&up, &there.blocks),
                down: script::write(&down, &back.blocks),
                leaves: to.clone(),
                leaves_text,
            },
        })
    }
}

/// Whether a migration between two schemas that renames nothing says what was written for it, and nobody added to that. What
/// its head says of rights, nobody knows any more.
pub(super) fn is_as_written(dialect: Dialect, migration: &Migration, from: &Snapshot) -> bool {
    let draft = Draft { dialect, version: migration.version, name: &migration.name, rights: &[] };
    let written = draft.between(from, &migration.leaves, &Renames::default());
    let same = |text: &str| text.replace("\r\n", "\n") == script::without_rights(&migration.up.replace("\r\n", "\n"));
    written.is_some_and(|written| same(&written.migration.up))
}
