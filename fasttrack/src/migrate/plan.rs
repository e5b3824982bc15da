//! What has to be done to a database, decided before anything is.

use super::{
    MigrateError,
    change::{Direction, Weight},
    compose,
    diff::Difference,
    folder::Migration,
    introspect::Inspected,
    migrator::Migrator,
    run::{Record, Step},
    snapshot::{Renames, Snapshot},
    surplus::Surplus,
};
use crate::db::Dialect;

/// The steps, in their order.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// The schema at the end of the steps.
    pub(super) leaves: Snapshot,
    /// What the database holds and this program does not know, in words.
    pub(super) unknown: Vec<String>,
}

/// How far migrations to come were made by starts.
struct Made {
    /// How many of them, the last one perhaps in part.
    migrations: usize,
    /// What else is there.
    beside: Surplus,
}

impl Migrator<'_> {
    /// What a start has to do; up to a migration alone, where one is named.
    pub(super) fn plan(&self, inspected: &Inspected, to: Option<u32>) -> Result<Plan, MigrateError> {
        let mut plan = Plan { leaves: inspected.present(), unknown: self.unknown_titles(inspected), ..Plan::default() };
        plan.unknown.extend(unread(inspected));
        plan.add(self.dialect(), "indexes that were dropped", &inspected.schema, &Renames::default());
        for step in self.pending(inspected, to)? {
            plan.leaves = step.leaves.clone();
            plan.steps.push(step);
        }
        if to.is_none() && !plan.leaves.is_same(self.declared()) {
            self.go_beyond_migrations(&mut plan, self.newer(inspected))?;
        }
        Ok(plan)
    }

    /// From what the migrations leave to what is declared. `newer` is the migration of a newer program that was applied
    /// last, if one was: then nothing is made, since the next one of its kind starts from what it left.
    fn go_beyond_migrations(&self, plan: &mut Plan, newer: Option<String>) -> Result<(), MigrateError> {
        let renames = Renames::declared(self.catalog(), &plan.leaves);
        let mut surplus = Surplus::of(&plan.leaves, self.declared()).not_in(&self.source().newest());
        let unlike = surplus.added_to(self.declared()).unlike(&plan.leaves);
        if let Some(title) = newer {
            plan.unknown.extend(surplus.words());
            let what = unlike.join(", ");
            return if what.is_empty() { Ok(()) } else { Err(MigrateError::Newer { title, what }) };
        }
        if !unlike.is_empty() {
            // Something is there, and something else is not: it may be one thing that was renamed.
            surplus = Surplus::default();
        }
        let target = surplus.added_to(self.declared());
        let rest = Difference::between(self.dialect(), &plan.leaves, &target, &renames, Direction::Up);
        let heavy = rest.at_least(Weight::Alteration);
        if !heavy.is_empty() {
            return Err(MigrateError::NeedsMigration { what: heavy.join("; ") });
        }
        plan.unknown.extend(surplus.words());
        plan.add(self.dialect(), &rest.at_least(Weight::Addition).join("; "), &target, &renames);
        Ok(())
    }

    /// The migrations that are to be applied, and those that only have to be recorded: a start made what they make.
    fn pending(&self, inspected: &Inspected, to: Option<u32>) -> Result<Vec<Step>, MigrateError> {
        let newest = inspected.applied.last().map_or(0, |applied| applied.version);
        let migrations = &self.source().migrations;
        let is_applied = |version: u32| inspected.applied.iter().any(|applied| applied.version == version);
        let is_late = |migration: &&Migration| migration.version < newest && !is_applied(migration.version);
        if let Some(late) = migrations.iter().find(is_late) {
            return Err(MigrateError::Late { title: late.title() });
        }
        let until = to.unwrap_or(u32::MAX);
        let is_pending = |migration: &&Migration| migration.version > newest && migration.version <= until;
        let pending: Vec<_> = migrations.iter().filter(is_pending).collect();
        let Some(first) = pending.first() else { return Ok(Vec::new()) };
        let made = self.made(inspected, &pending).ok_or_else(|| MigrateError::Elsewhere {
            title: first.title(),
            tables: inspected.schema.different(&self.source().before(first.version)).join("`, `"),
        })?;
        let mut from = inspected.schema.clone();
        let mut steps = Vec::new();
        for (position, migration) in pending.into_iter().enumerate() {
            let lost = made.beside.without_a_table(&migration.leaves);
            if !lost.is_empty() {
                return Err(MigrateError::Unknowing { title: migration.title(), what: lost.join(", ") });
            }
            let mut step = self.way_there(migration, &from)?;
            step.leaves = made.beside.added_to(&migration.leaves);
            step.beside = made.beside.clone();
            if position + 1 < made.migrations {
                step.title = format!("{} (its tables were there)", step.title);
                (step.blocks, step.leaves) = (Vec::new(), inspected.schema.clone());
            } else if position + 1 == made.migrations {
                let rest = Difference::between(self.dialect(), &from, &step.leaves, &Renames::default(), Direction::Up);
                let what = if rest.is_empty() { "its tables were there" } else { "some of it was there" };
                (step.title, step.blocks) = (format!("{} ({what})", step.title), rest.blocks);
            }
            from = step.leaves.clone();
            steps.push(step);
        }
        Ok(steps)
    }

    /// How far starts have made what migrations to come make; `None` where the first of these does not start from what
    /// there is, and none was made either.
    ///
    /// A start of an earlier program makes what its declarations add, and knows nothing of a migration that is written
    /// for it later. What only adds is then made as a start would; unless somebody wrote more than that into the scripts,
    /// which nobody may leave out. What none of the migrations speaks of stays beside them.
    fn made(&self, inspected: &Inspected, pending: &[&Migration]) -> Option<Made> {
        let start = self.source().before(pending.first()?.version);
        let beside = Surplus::of(&inspected.schema, &start);
        let is_apart = pending.iter().all(|migration| !beside.touches(&migration.leaves));
        if inspected.schema.is_same(&beside.added_to(&start)) && !start.tables.is_empty() && is_apart {
            return Some(Made { migrations: 0, beside });
        }
        if inspected.schema.is_same(&start) {
            return Some(Made { migrations: 0, beside: Surplus::default() });
        }
        if let Some(position) = pending.iter().position(|migration| migration.leaves.is_same(&inspected.schema)) {
            return Some(Made { migrations: position + 1, beside: Surplus::default() });
        }
        let mut from = start;
        for (position, migration) in pending.iter().enumerate() {
            if !from.tables.is_empty() && !compose::is_as_written(self.dialect(), migration, &from) {
                return None;
            }
            let rest = Difference::between(
                self.dialect(),
                &inspected.schema,
                &migration.leaves,
                &Renames::default(),
                Direction::Up,
            );
            if rest.at_least(Weight::Alteration).is_empty() {
                return Some(Made { migrations: position + 1, beside: Surplus::default() });
            }
            from = migration.leaves.clone();
        }
        None
    }

    fn way_there(&self, migration: &Migration, from: &Snapshot) -> Result<Step, MigrateError> {
        let (version, name) = (migration.version, migration.name.clone());
        Ok(Step {
            title: migration.title(),
            blocks: self.read(migration, &migration.up, ".up.sql")?,
            from: from.clone(),
            leaves: migration.leaves.clone(),
            beside: Surplus::default(),
            record: Record::Add { version, name, checksum: migration.checksum() },
        })
    }

    /// The newest migration that was applied, where a program applied it that has more of them than this one.
    pub(super) fn newer(&self, inspected: &Inspected) -> Option<String> {
        let newest = self.source().migrations.last().map_or(0, |migration| migration.version);
        inspected.applied.last().filter(|applied| applied.version > newest).map(super::Applied::title)
    }

    /// The migrations that were applied and are not here, in words.
    fn unknown_titles(&self, inspected: &Inspected) -> Vec<String> {
        let is_unknown = |applied: &&super::Applied| self.source().find(applied.version).is_none();
        inspected
            .applied
            .iter()
            .filter(is_unknown)
            .map(|applied| format!("the migration {}", applied.title()))
            .collect()
    }
}

impl Plan {
    /// Goes on to a schema, where that is another one.
    fn add(&mut self, dialect: Dialect, title: &str, to: &Snapshot, renames: &Renames) {
        let difference = Difference::between(dialect, &self.leaves, to, renames, Direction::Up);
        if difference.is_empty() {
            return;
        }
        self.steps.push(Step {
            title: title.to_owned(),
            blocks: difference.blocks,
            from: std::mem::replace(&mut self.leaves, to.clone()),
            leaves: to.clone(),
            beside: Surplus::default(),
            record: Record::Nothing,
        });
    }
}

/// Tables that only a newer version of the framework can describe, in words.
fn unread(inspected: &Inspected) -> impl Iterator<Item = String> {
    inspected.unread.keys().map(|table| format!("the table `{table}`"))
}
