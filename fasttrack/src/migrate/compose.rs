//! Writes migrations from what changed. Needs no database; one that is there tells what a start has added to it.

use super::{
    MigrateError,
    diff::{Difference, Way, Weight},
    folder::{Migration, check_name},
    held::Held,
    script,
    snapshot::{Renames, Snapshot},
    source::Source,
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
/// has added what no migration makes yet and the declarations have gone on since.
///
/// # Errors
/// [`MigrateError::Destructive`] when data may be lost and `may_lose` is not set; [`MigrateError::Folder`] for a name that
/// is none.
pub fn compose(
    source: &Source,
    catalog: &Catalog,
    held: Option<&Held>,
    name: &str,
    may_lose: bool,
) -> Result<Vec<Composed>, MigrateError> {
    check_name(name)?;
    let declared = Snapshot::declared(catalog)?;
    let mut composed = Vec::new();
    let (mut from, mut version) = (source.newest(), source.next_version());
    if let Some(held) = held.filter(|held| held.applied.len() == source.migrations.len()) {
        let added = Difference::between(&from, &held.schema, &Renames::default(), Way::Up);
        let is_addition = added.at_least(Weight::Alteration).is_empty() && !held.schema.is_same(&from);
        if is_addition && !held.schema.is_same(&declared) {
            let name = if source.migrations.is_empty() { "baseline" } else { "added_at_start" };
            composed.extend(between(version, name, &from, &held.schema, &Renames::default()));
            (from, version) = (held.schema.clone(), version + 1);
        }
    }
    let renames = Renames::declared(catalog, &from);
    let difference = Difference::between(&from, &declared, &renames, Way::Up);
    let losses = difference.at_least(Weight::Loss);
    if !losses.is_empty() && !may_lose {
        return Err(MigrateError::Destructive { what: losses.join("; ") });
    }
    composed.extend(between(version, name, &from, &declared, &renames));
    Ok(composed)
}

/// The migration between two schemas; `None` where they are the same.
pub(super) fn between(version: u32, name: &str, from: &Snapshot, to: &Snapshot, renames: &Renames) -> Option<Composed> {
    let there = Difference::between(from, to, renames, Way::Up);
    if there.is_empty() {
        return None;
    }
    let back = Difference::between(to, from, &renames.inverse(), Way::Down);
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
