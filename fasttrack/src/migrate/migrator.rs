//! Takes a database from the schema it holds to another one: at start, and step by step.

use std::sync::Arc;

use super::{
    Block, MigrateError,
    folder::{FolderError, Migration, title},
    introspect::Inspected,
    plan::Plan,
    run::{self, Progress, Record, Recorded, Step},
    script,
    snapshot::Snapshot,
    source::Source,
    surplus::Surplus,
};
use crate::{
    db::{Db, Dialect, Statement},
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

impl<'a> Migrator<'a> {
    /// `framework` are statements for tables that are no resources; each may be run again.
    ///
    /// # Errors
    /// [`MigrateError::Link`]
    pub fn new(db: &'a Db, catalog: &'a Catalog, framework: Vec<String>, source: Source) -> Result<Self, MigrateError> {
        let declared = Snapshot::declared(db.dialect(), catalog)?;
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
        let inspected = self.inspected().await?;
        Ok(self.plan(&inspected, None)?.steps.is_empty()
            && !inspected.is_empty()
            && self.lacking(&inspected).is_empty())
    }

    /// Applies every migration, and makes what is declared beyond them where that only adds. Returns what was done, in
    /// words.
    ///
    /// # Errors
    /// [`MigrateError`]; migrations before the one that failed stay applied.
    pub async fn start(&self, missing: Missing) -> Result<Vec<String>, MigrateError> {
        let mut done = Vec::new();
        // What another process did meanwhile is there to go on from.
        while !self.go_on(missing, None, &mut done).await? {}
        Ok(done)
    }

    /// Applies migrations up to number `to`.
    ///
    /// # Errors
    /// [`MigrateError`]; migrations before the one that failed stay applied.
    pub async fn up_to(&self, to: u32) -> Result<Vec<String>, MigrateError> {
        if self.source.find(to).is_none() {
            return Err(MigrateError::Unknown(to));
        }
        let mut done = Vec::new();
        while !self.go_on(Missing::Make, Some(to), &mut done).await? {}
        Ok(done)
    }

    /// Plans, and carries out; false where another process changed the schema before the end.
    async fn go_on(&self, missing: Missing, to: Option<u32>, done: &mut Vec<String>) -> Result<bool, MigrateError> {
        let inspected = self.inspected().await?;
        let plan = self.plan(&inspected, to)?;
        let lacking = self.lacking(&inspected);
        if missing == Missing::Refuse && (!lacking.is_empty() || !plan.steps.is_empty()) {
            let titles = plan.steps.iter().map(|step| step.title.clone());
            let what: Vec<_> = made_beside(&inspected, &lacking).into_iter().chain(titles).collect();
            return Err(MigrateError::Pending { what: what.join("; ") });
        }
        run::make_own_tables(self.db).await?;
        let has_accounts = self.catalog.account().is_none_or(|model| plan.leaves.table(model.schema.plural).is_some());
        let mut recorded = Some(inspected.recorded.clone());
        for step in plan.steps {
            match self.carry_out(step, recorded).await {
                Ok((title, now)) => {
                    done.push(title);
                    recorded = now;
                }
                Err(MigrateError::Overtaken) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        // They refer to accounts.
        if has_accounts {
            // To make what is there, even in vain, would keep others from the table.
            let is_there = |sql: &&String| made(sql).is_some_and(|name| inspected.objects.contains_key(name));
            let statements = self.framework.iter().filter(|sql| !is_there(sql)).cloned().collect();
            run::make(self.db, statements).await?;
            if let Some(title) = made_beside(&inspected, &lacking) {
                (self.report)(&title);
                done.push(title);
            }
        }
        Ok(true)
    }

    /// Undoes migrations until number `to` is the newest; the newest one alone where that is not said.
    ///
    /// # Errors
    /// [`MigrateError`]; migrations after the one that failed stay undone.
    pub async fn down(&self, to: Option<u32>, may_lose: bool) -> Result<Vec<String>, MigrateError> {
        let inspected = self.inspected().await?;
        if let Some(unknown) =
            to.filter(|to| *to > 0 && !inspected.applied.iter().any(|applied| applied.version == *to))
        {
            return Err(MigrateError::Unknown(unknown));
        }
        let undone = inspected.applied.iter().rev().enumerate();
        let undone: Vec<_> = undone
            .take_while(|(position, applied)| to.map_or(*position == 0, |to| applied.version > to))
            .map(|(_, applied)| (applied.version, applied.name.clone()))
            .collect();
        let mut plan = Plan { leaves: inspected.schema.clone(), ..Plan::default() };
        for (version, name) in undone {
            let migration = self.source.find(version).ok_or_else(|| MigrateError::Lost(title(version, &name)))?;
            let step = self.way_back(migration, &plan.leaves)?;
            plan.leaves = step.leaves.clone();
            plan.steps.push(step);
        }
        let (mut done, mut recorded) = (Vec::new(), Some(inspected.recorded.clone()));
        for step in plan.steps {
            // Asked only now: what an earlier step renames has its name by then.
            if !may_lose {
                self.check_nothing_is_lost(&step).await?;
            }
            let (title, now) = self.carry_out(step, recorded).await?;
            done.push(title);
            recorded = now;
        }
        Ok(done)
    }

    /// The tables, indexes and triggers that are no resources, and not there.
    fn lacking(&self, inspected: &Inspected) -> Vec<&str> {
        let own = self.dialect().schema().own_tables().iter().copied().chain(self.framework.iter().map(String::as_str));
        own.filter_map(made).filter(|name| !inspected.objects.contains_key(*name)).collect()
    }

    /// What the database holds, when it is ours and nobody touched it, nor the migrations that were applied.
    ///
    /// # Errors
    /// [`MigrateError`]
    pub async fn inspected(&self) -> Result<Inspected, MigrateError> {
        let mut inspected = Inspected::read(self.db).await?;
        if !inspected.is_empty() && !inspected.objects.contains_key(super::MARKER) {
            return Err(MigrateError::Foreign);
        }
        inspected.adopt(&self.declared);
        let newest = self.source.newest();
        let is_known = |table: &str| self.declared.table(table).is_some() || newest.table(table).is_some();
        if let Some(table) = inspected.unread.keys().find(|table| is_known(table)) {
            return Err(MigrateError::Unreadable { table: table.clone() });
        }
        if let Some(table) = inspected.altered_by_hand().find(|table| is_known(table)) {
            return Err(MigrateError::Altered { table: table.to_owned() });
        }
        for applied in &inspected.applied {
            let Some(migration) = self.source.find(applied.version) else { continue };
            if migration.name != applied.name {
                return Err(MigrateError::Other { title: migration.title(), applied: applied.title() });
            }
            if migration.checksum() != applied.checksum {
                return Err(MigrateError::Edited { title: migration.title() });
            }
        }
        Ok(inspected)
    }

    /// What the database holds and this program does not know, in words: a newer one made it, and it is left alone.
    ///
    /// # Errors
    /// [`MigrateError`], where a start would refuse.
    pub async fn unknown(&self) -> Result<Vec<String>, MigrateError> {
        let inspected = self.inspected().await?;
        Ok(self.plan(&inspected, None)?.unknown)
    }

    /// The tables, indexes, triggers and views that neither a declaration nor the framework has made, in words.
    #[must_use]
    pub fn added_by_hand(&self, inspected: &Inspected) -> Vec<String> {
        let own = self.dialect().schema().own_tables().iter().copied().chain(self.framework.iter().map(String::as_str));
        let own: Vec<_> = own.filter_map(made).collect();
        let tables = &self.declared.tables;
        let declared =
            tables.iter().flat_map(|table| table.indexes.iter().map(|index| &index.name).chain([&table.name]));
        let declared: Vec<_> = declared.collect();
        let syntax = self.dialect().schema();
        let beside: Vec<_> =
            tables.iter().flat_map(|table| syntax.objects_beside(table)).map(|(name, _)| name).collect();
        let is_ours = |name: &String| own.contains(&name.as_str()) || declared.contains(&name) || beside.contains(name);
        let added = inspected.objects.iter().filter(|(name, _)| !is_ours(name));
        added.map(|(name, object)| format!("the {} `{name}`", object.kind)).collect()
    }

    /// The migrations there are.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The statements that make the tables that are no resources.
    pub(super) fn framework(&self) -> &[String] {
        &self.framework
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.db.dialect()
    }

    pub(super) fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    pub(super) fn declared(&self) -> &Snapshot {
        &self.declared
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
            beside: Surplus::default(),
            record: Record::Remove { version: migration.version },
        };
        if step.leaves.tables.is_empty() {
            // Without any account, what the framework keeps of accounts goes too.
            let tables =
                self.framework.iter().filter(|sql| sql.starts_with("CREATE TABLE ")).filter_map(|sql| made(sql));
            let drop = |table: &str| Block { why: String::new(), sql: sql::drop_table(table) };
            // First, since they refer to accounts, and the last of them first, since it may refer to one before it.
            step.blocks.splice(0..0, tables.rev().map(drop).collect::<Vec<_>>());
        }
        Ok(step)
    }

    /// The statements of one of the scripts of a migration.
    pub(super) fn read(&self, migration: &Migration, text: &str, ending: &str) -> Result<Vec<Block>, MigrateError> {
        let path = || self.source.folder.join(format!("{}{ending}", migration.title()));
        Ok(script::read(self.dialect(), text).map_err(|cause| FolderError::Script { path: path(), cause })?)
    }

    /// Refuses to drop what holds something.
    async fn check_nothing_is_lost(&self, step: &Step) -> Result<(), MigrateError> {
        let mut lost = Vec::new();
        for (words, table, condition) in step.dropped(self.dialect()) {
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

    async fn carry_out(&self, step: Step, recorded: Recorded) -> Result<(String, Recorded), MigrateError> {
        let title = step.title.clone();
        let recorded = run::carry_out(self.db, step, recorded, Arc::clone(&self.progress)).await?;
        (self.report)(&title);
        Ok((title, recorded))
    }
}

/// What is made beside all migrations, in words, unless there is no table yet that it goes with.
fn made_beside(inspected: &Inspected, lacking: &[&str]) -> Option<String> {
    let is_told = !inspected.schema.tables.is_empty() && !lacking.is_empty();
    is_told.then(|| format!("fasttrack's own `{}`", lacking.join("`, `")))
}

/// What a statement of the framework makes.
fn made(sql: &str) -> Option<&str> {
    let (_, rest) = sql.split_once(" IF NOT EXISTS ")?;
    Some(rest.split([' ', '(']).next()?.trim_matches('"'))
}
