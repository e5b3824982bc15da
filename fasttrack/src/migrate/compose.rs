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
use crate::schema::Catalog;

/// A migration that was composed, and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The migration.
    pub migration: Migration,
    /// What it changes, in words.
    pub changes: Vec<String>,
}

/// The migrations that lead from the newest one to what is declared: none where nothing changed, and two where a start
/// has added what no migration makes yet and the declarations have gone on since. What neither declares, as a newer
/// program made it, is left alone unless it may be lost.
///
/// # Errors
/// [`MigrateError::Destructive`] when data may be lost and `may_lose` is not set; [`MigrateError::Behind`] where the
/// database has migrations that are not here; [`MigrateError::Folder`] for a name that is none.
pub fn compose(
    source: &Source,
    catalog: &Catalog,
    inspected: Option<&Inspected>,
    name: &str,
    may_lose: bool,
) -> Result<Vec<Composed>, MigrateError> {
    check_name(name)?;
    let declared = Snapshot::declared(catalog)?;
    let mut composed = Vec::new();
    let (mut from, mut version) = (source.newest(), source.next_version());
    if let Some(ahead) =
        inspected.and_then(|inspected| inspected.applied.last()).filter(|applied| applied.version >= version)
    {
        return Err(MigrateError::Behind(ahead.title()));
    }
    if let Some(inspected) = inspected.filter(|inspected| inspected.applied.len() == source.migrations.len()) {
        let there = if may_lose {
            inspected.schema.clone()
        } else {
            unknown(inspected, &declared, &from).taken_from(&inspected.schema)
        };
        let added = Difference::between(&from, &there, &Renames::default(), Direction::Up);
        let is_addition = added.at_least(Weight::Alteration).is_empty() && !there.is_same(&from);
        if is_addition && !there.is_same(&declared) {
            let name = if source.migrations.is_empty() { "baseline" } else { "added_at_start" };
            composed.extend(between(version, name, &from, &there, &Renames::default()));
            (from, version) = (there, version + 1);
        }
    }
    let renames = Renames::declared(catalog, &from);
    let difference = Difference::between(&from, &declared, &renames, Direction::Up);
    let losses = difference.at_least(Weight::Loss);
    if !losses.is_empty() && !may_lose {
        return Err(MigrateError::Destructive { what: losses.join("; ") });
    }
    composed.extend(between(version, name, &from, &declared, &renames));
    Ok(composed)
}

/// What a database holds that is neither declared nor in the newest migration, and that a migration can leave alone.
pub(super) fn unknown(inspected: &Inspected, declared: &Snapshot, newest: &Snapshot) -> Surplus {
    let surplus = Surplus::of(&inspected.schema, declared).not_in(newest);
    // What is declared and not there may be the same under another name.
    let is_apart = surplus.added_to(declared).unlike(&inspected.schema).is_empty();
    if is_apart { surplus.without_indexes() } else { Surplus::default() }
}

/// The migration between two schemas; `None` where they are the same.
pub(super) fn between(version: u32, name: &str, from: &Snapshot, to: &Snapshot, renames: &Renames) -> Option<Composed> {
    let there = Difference::between(from, to, renames, Direction::Up);
    if there.is_empty() {
        return None;
    }
    let back = Difference::between(to, from, &renames.inverse(), Direction::Down);
    let title = format!("{version:04}_{name}");
    let up = format!(
        "{title}\nIt may be edited until it is applied, and not afterwards. It is one transaction, after which every \
         reference has to lead somewhere. A SELECT is a check: rows that it finds stop the migration."
    );
    let down = format!("{title}, undone\nWhat the migration dropped cannot come back; where that matters, it is said.");
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

/// Whether a migration between two schemas that renames nothing says what was written for it, and nobody added to that.
pub(super) fn is_as_written(migration: &Migration, from: &Snapshot) -> bool {
    let written = between(migration.version, &migration.name, from, &migration.leaves, &Renames::default());
    let same = |text: &str| text.replace("\r\n", "\n") == migration.up.replace("\r\n", "\n");
    written.is_some_and(|written| same(&written.migration.up))
}
