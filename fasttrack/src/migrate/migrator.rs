//! Takes a database from the schema it holds to another one: at start, and step by step.

use std::sync::Arc;

use super::{
    MigrateError, compose,
    diff::{Difference, Way, Weight},
    folder::{FolderError, Migration},
    held::Held,
    run::{self, Progress, Record, Step},
    script,
    snapshot::{Renames, Snapshot},
    source::Source,
};
use crate::{
    db::{Db, Statement},
    schema::Catalog,
    sql::{self, quote},
};

/// What to do about what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Make it.
    Make,
    /// Refuse.
    Refuse,
}

/// A database, what is declared, and the migrations there are.
pub struct Migrator<'a> {
    db: &'a Db,
    catalog: &'a Catalog,
    framework: Vec<String>,
    source: Source,
    declared: Snapshot,
    progress: Progress,
    report: Report,
}

/// Hears of each step that is done, in words.
pub(super) type Report = Arc<dyn Fn(&str) + Send + Sync>;

/// What is to be done, decided before anything is.
#[derive(Debug, Default)]
struct Course {
    steps: Vec<Step>,
    /// The schema at the end of the steps.
    leaves: Snapshot,
}

impl<'a> Migrator<'a> {
    /// `framework` are statements for tables that are no resources; each may be run again.
    ///
    /// # Errors
    /// [`MigrateError::Link`]
    pub fn new(db: &'a Db, catalog: &'a Catalog, framework: Vec<String>, source: Source) -> Result<Self, MigrateError> {
        let declared = Snapshot::declared(catalog)?;
        let (progress, report): (Progress, Report) = (Arc::new(|_, _, _| {}), Arc::new(|_| {}));
        Ok(Self { db, catalog, framework, source, declared, progress, report })
    }

    /// Tells `progress` of every statement.
    #[must_use]
    pub fn with_progress(self, progress: Progress) -> Self {
        Self { progress, ..self }
    }

    /// Tells `report` of every step that is done; those before one that fails stay so.
    #[must_use]
    pub fn with_report(self, report: Report) -> Self {
        Self { report, ..self }
    }

    /// Whether a start would have nothing to do.
    ///
    /// # Errors
    /// [`MigrateError`], where a start would refuse.
    pub async fn is_current(&self) -> Result<bool, MigrateError> {
        let held = self.held().await?;
        Ok(self.course(&held, None)?.steps.is_empty() && !held.is_empty())
    }

    /// Applies every migration, and makes what is declared beyond them where that only adds. Returns what was done, in
    /// words.
    ///
    /// # Errors
    /// [`MigrateError`]; migrations before the one that failed stay applied.
    pub async fn start(&self, missing: Missing) -> Result<Vec<String>, MigrateError> {
        let held = self.held().await?;
        let course = self.course(&held, None)?;
        if missing == Missing::Refuse && (held.is_empty() || !course.steps.is_empty()) {
            let titles: Vec<_> = course.steps.iter().map(|step| step.title.clone()).collect();
            return Err(MigrateError::Pending { what: titles.join("; ") });
        }
        run::make_framework(self.db, self.framework.clone()).await?;
        self.carry_out_all(course).await
    }

    /// Applies migrations up to number `to`.
    ///
    /// # Errors
    /// [`MigrateError`]; migrations before the one that failed stay applied.
    pub async fn up_to(&self, to: u32) -> Result<Vec<String>, MigrateError> {
        if self.source.find(to).is_none() {
            return Err(MigrateError::Unknown(to));
        }
        let held = self.held().await?;
        let course = self.course(&held, Some(to))?;
        run::make_framework(self.db, self.framework.clone()).await?;
        self.carry_out_all(course).await
    }

    /// Undoes migrations until number `to` is the newest; the newest one alone where that is not said.
    ///
    /// # Errors
    /// [`MigrateError`]; migrations after the one that failed stay undone.
    pub async fn down(&self, to: Option<u32>, may_lose: bool) -> Result<Vec<String>, MigrateError> {
        let held = self.held().await?;
        if let Some(unknown) = to.filter(|to| *to > 0 && !held.applied.iter().any(|applied| applied.version == *to)) {
            return Err(MigrateError::Unknown(unknown));
        }
        let undone = held.applied.iter().rev().enumerate();
        let undone: Vec<_> = undone
            .take_while(|(position, applied)| to.map_or(*position == 0, |to| applied.version > to))
            .map(|(_, applied)| (applied.version, applied.name.clone()))
            .collect();
        let mut course = Course { steps: Vec::new(), leaves: held.schema.clone() };
        for (version, name) in undone {
            let migration =
                self.source.find(version).ok_or_else(|| MigrateError::Lost(format!("{version:04}_{name}")))?;
            let step = self.way_back(migration, &course.leaves)?;
            course.leaves = step.leaves.clone();
            course.steps.push(step);
        }
        let mut done = Vec::new();
        for step in course.steps {
            // Asked only now: what an earlier step renames has its name by then.
            if !may_lose {
                self.check_nothing_is_lost(&step).await?;
            }
            done.push(self.carry_out(step).await?);
        }
        Ok(done)
    }

    /// What the database holds, when it is ours and nobody touched it, nor the migrations that were applied.
    ///
    /// # Errors
    /// [`MigrateError`]
    pub async fn held(&self) -> Result<Held, MigrateError> {
        let mut held = Held::read(self.db).await?;
        if !held.is_empty() && !held.objects.contains_key(super::MARKER) {
            return Err(MigrateError::Foreign);
        }
        held.adopt(&self.declared);
        if let Some(table) = held.altered_by_hand() {
            return Err(MigrateError::Altered { table: table.to_owned() });
        }
        for applied in &held.applied {
            let Some(migration) = self.source.find(applied.version) else { continue };
            if migration.name != applied.name || migration.checksum() != applied.checksum {
                return Err(MigrateError::Edited { title: migration.title() });
            }
        }
        Ok(held)
    }

    /// The migrations there are.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What a start has to do; up to a migration alone, where one is named.
    fn course(&self, held: &Held, to: Option<u32>) -> Result<Course, MigrateError> {
        let mut course = Course { steps: Vec::new(), leaves: held.present() };
        course.add("indexes that were dropped", &held.schema, &Renames::default());
        for step in self.pending(held, to)? {
            course.leaves = step.leaves.clone();
            course.steps.push(step);
        }
        if to.is_some() || course.leaves.is_same(&self.declared) {
            return Ok(course);
        }
        let renames = Renames::declared(self.catalog, &course.leaves);
        let rest = Difference::between(&course.leaves, &self.declared, &renames, Way::Up);
        let heavy = rest.at_least(Weight::Alteration);
        if !heavy.is_empty() {
            return Err(MigrateError::NeedsMigration { what: heavy.join("; ") });
        }
        course.add(&rest.at_least(Weight::Addition).join("; "), &self.declared, &renames);
        Ok(course)
    }

    /// The migrations that are to be applied, and those that only have to be recorded: a start made what they make.
    fn pending(&self, held: &Held, to: Option<u32>) -> Result<Vec<Step>, MigrateError> {
        let newest = held.applied.last().map_or(0, |applied| applied.version);
        let is_applied = |version: u32| held.applied.iter().any(|applied| applied.version == version);
        if let Some(late) =
            self.source.migrations.iter().find(|migration| migration.version < newest && !is_applied(migration.version))
        {
            return Err(MigrateError::Late { title: late.title() });
        }
        let last = to.unwrap_or(u32::MAX);
        let is_pending = |migration: &&Migration| migration.version > newest && migration.version <= last;
        let pending: Vec<_> = self.source.migrations.iter().filter(is_pending).collect();
        let Some(first) = pending.first() else { return Ok(Vec::new()) };
        let there = self.already_there(held, &pending).ok_or_else(|| MigrateError::Elsewhere {
            title: first.title(),
            tables: held.schema.different(&self.source.before(first.version)).join("`, `"),
        })?;
        let mut from = held.schema.clone();
        let mut steps = Vec::new();
        for (position, migration) in pending.into_iter().enumerate() {
            let mut step = self.way_there(migration, &from)?;
            if position + 1 < there {
                step.title = format!("{} (its tables were there)", step.title);
                (step.blocks, step.leaves) = (Vec::new(), held.schema.clone());
            } else if position + 1 == there {
                let rest = Difference::between(&from, &migration.leaves, &Renames::default(), Way::Up);
                let what = if rest.is_empty() { "its tables were there" } else { "some of it was there" };
                (step.title, step.blocks) = (format!("{} ({what})", step.title), rest.blocks);
            }
            from = step.leaves.clone();
            steps.push(step);
        }
        Ok(steps)
    }

    /// How many of the migrations to come were made by starts, the last of them perhaps in part; `None` where the first
    /// one does not start from what there is and none was made either.
    ///
    /// A start of an earlier program makes what its declarations add, and knows nothing of a migration that is written
    /// for it later. What only adds is then made as a start would; unless somebody wrote more than that into the scripts,
    /// which nobody may leave out.
    fn already_there(&self, held: &Held, pending: &[&Migration]) -> Option<usize> {
        let first = pending.first()?;
        let start = self.source.before(first.version);
        if held.schema.is_same(&start) {
            return Some(0);
        }
        if let Some(position) = pending.iter().position(|migration| migration.leaves.is_same(&held.schema)) {
            return Some(position + 1);
        }
        let mut from = start;
        for (position, migration) in pending.iter().enumerate() {
            if !from.tables.is_empty() && !compose::is_as_written(migration, &from) {
                return None;
            }
            let rest = Difference::between(&held.schema, &migration.leaves, &Renames::default(), Way::Up);
            if rest.at_least(Weight::Alteration).is_empty() {
                return Some(position + 1);
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
            record: Record::Add { version, name, checksum: migration.checksum() },
        })
    }

    fn way_back(&self, migration: &Migration, from: &Snapshot) -> Result<Step, MigrateError> {
        let title = migration.title();
        if !from.is_same(&migration.leaves) {
            let tables = from.different(&migration.leaves).join("`, `");
            return Err(MigrateError::Elsewhere { title, tables });
        }
        let mut step = Step {
            title: format!("{title}, undone"),
            blocks: self.read(migration, &migration.down, ".down.sql")?,
            from: from.clone(),
            leaves: self.source.before(migration.version),
            record: Record::Remove { version: migration.version },
        };
        if step.leaves.tables.is_empty() {
            // Without any account, what the framework keeps of accounts goes too.
            let tables = self.framework.iter().filter_map(|sql| made_table(sql));
            let drop = |table: &str| super::Block { why: String::new(), sql: sql::drop_table(table) };
            step.blocks.extend(tables.map(drop));
        }
        Ok(step)
    }

    fn read(&self, migration: &Migration, text: &str, ending: &str) -> Result<Vec<super::Block>, MigrateError> {
        let path = || self.source.folder.join(format!("{}{ending}", migration.title()));
        Ok(script::read(text).map_err(|cause| FolderError::Script { path: path(), cause })?)
    }

    /// Refuses to drop what holds something.
    async fn check_nothing_is_lost(&self, step: &Step) -> Result<(), MigrateError> {
        let mut lost = Vec::new();
        for (words, table, condition) in step.dropped() {
            let sql = format!("SELECT 1 FROM {} WHERE {condition} LIMIT 1", quote(&table));
            if !self.db.read(Statement::new(sql, Vec::new())).await?.is_empty() {
                lost.push(words);
            }
        }
        if lost.is_empty() {
            Ok(())
        } else {
            Err(MigrateError::Destructive { what: format!("{}, {}", step.title, lost.join("; ")) })
        }
    }

    async fn carry_out_all(&self, course: Course) -> Result<Vec<String>, MigrateError> {
        let mut done = Vec::new();
        for step in course.steps {
            done.push(self.carry_out(step).await?);
        }
        Ok(done)
    }

    async fn carry_out(&self, step: Step) -> Result<String, MigrateError> {
        let title = step.title.clone();
        run::carry_out(self.db, step, Arc::clone(&self.progress)).await?;
        (self.report)(&title);
        Ok(title)
    }
}

impl Course {
    /// Goes on to a schema, where that is another one.
    fn add(&mut self, title: &str, to: &Snapshot, renames: &Renames) {
        let difference = Difference::between(&self.leaves, to, renames, Way::Up);
        if difference.is_empty() {
            return;
        }
        self.steps.push(Step {
            title: title.to_owned(),
            blocks: difference.blocks,
            from: std::mem::replace(&mut self.leaves, to.clone()),
            leaves: to.clone(),
            record: Record::Nothing,
        });
    }
}

/// The table that a statement of the framework makes.
fn made_table(sql: &str) -> Option<&str> {
    let name = sql.trim_start().strip_prefix("CREATE TABLE IF NOT EXISTS ")?.split([' ', '(']).next()?;
    Some(name.trim_matches('"'))
}
