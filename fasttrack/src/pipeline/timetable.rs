//! Triggers at a time: planned with the change that sets the field, fired once it is due.
//!
//! To fire is one transaction: what is due is taken, and what its triggers write to the outbox is written. So each row
//! and value fires once, on one of however many nodes look. When to look is not decided here.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::FutureExt;
use tokio::sync::{Mutex, Notify};

use super::{
    outbox::{self, Act, Effects},
    regular,
};
use crate::{
    clock,
    db::{Arg, Db, DbError, Row, Statement, Tx},
    error::Error,
    job::Regular,
    outbox::OutboxListener,
    schema::{Catalog, LinkError, Schema},
    sql::{self, DUE_WIDTH, EffectPlan, Timed, bulk},
};

/// Most rows that are fired in one transaction.
const AT_ONCE: usize = 100;

/// The triggers of an application that wait for an instant.
pub struct Timetable {
    db: Db,
    entries: Vec<Entry>,
    listener: Arc<dyn OutboxListener>,
    /// Their names, as a JSON list.
    names: String,
    woken: Arc<Notify>,
    /// What runs every so often.
    regular: Arc<[Regular]>,
    /// Held while something is fired: whoever has fired what is due knows that all of it has been.
    firing: Mutex<()>,
}

struct Entry {
    schema: &'static Schema,
    timed: Timed,
    effect: EffectPlan,
}

/// Plans what is due because of rows that came into being.
pub(super) async fn plan_created(tx: &mut Tx, effects: &Effects, created: &[(i64, &Vec<Arg>)]) -> Result<(), DbError> {
    for timed in effects.timed.iter() {
        let place = effects.schema.columns.iter().position(|column| column.key == timed.column.key);
        let value = |row: &Vec<Arg>| match place.and_then(|place| row.get(place)) {
            Some(Arg::Text(value)) => Some(value.clone()),
            _ => None,
        };
        let rows: Vec<_> = created.iter().filter_map(|(id, row)| timed.row(*id, &value(row)?)).collect();
        plan(tx, &effects.listener, rows).await?;
    }
    Ok(())
}

/// Plans anew what is due because of a field that holds something else now.
pub(super) async fn plan_changed(
    tx: &mut Tx,
    effects: &Effects,
    id: i64,
    new: impl Fn(&str) -> Option<Arg>,
) -> Result<(), DbError> {
    for timed in effects.timed.iter() {
        let Some(value) = new(timed.column.key) else { continue };
        tx.query(sql::unplan_due(&timed.name, id)).await?;
        let row = if let Arg::Text(value) = value { timed.row(id, &value) } else { None };
        plan(tx, &effects.listener, row.into_iter().collect()).await?;
    }
    Ok(())
}

/// Forgets what is due for a row that goes.
pub(super) async fn forget(tx: &mut Tx, effects: &Effects, id: i64) -> Result<(), DbError> {
    if !effects.timed.is_empty() {
        tx.query(sql::forget_due(&effects.timed, id)).await?;
    }
    Ok(())
}

/// Forgets what is due for a row that is deleted and kept; what has fired stays known.
pub(super) async fn suspend(tx: &mut Tx, effects: &Effects, id: i64) -> Result<(), DbError> {
    if !effects.timed.is_empty() {
        tx.query(sql::suspend_due(&effects.timed, id)).await?;
    }
    Ok(())
}

async fn plan(tx: &mut Tx, listener: &Arc<dyn OutboxListener>, rows: Vec<[Arg; DUE_WIDTH]>) -> Result<(), DbError> {
    if rows.is_empty() {
        return Ok(());
    }
    let dialect = tx.dialect();
    let sizes: Vec<_> = bulk::chunks(dialect, rows.len(), DUE_WIDTH).collect();
    let mut rows = rows.into_iter();
    for size in sizes {
        let args = bulk::args(dialect, DUE_WIDTH, rows.by_ref().take(size));
        tx.query(Statement::new(sql::plan_due(dialect, size), args)).await?;
    }
    let listener = Arc::clone(listener);
    tx.wake(move || listener.due_written());
    Ok(())
}

impl Timetable {
    /// The timetable of an application. `woken` is told of what is planned.
    ///
    /// # Errors
    /// [`LinkError`] when a path does not resolve, which declarations that compiled cannot cause.
    pub fn new(
        catalog: &Catalog,
        db: Db,
        listener: &Arc<dyn OutboxListener>,
        woken: Arc<Notify>,
    ) -> Result<Self, LinkError> {
        let mut entries = Vec::new();
        for model in catalog.models() {
            let effects = sql::effects(db.dialect(), catalog, model)?;
            for (trigger, effect) in model.schema.triggers.iter().zip(effects) {
                let timed = Timed::of(model.schema, trigger);
                entries.extend(timed.map(|timed| Entry { schema: model.schema, timed, effect }));
            }
        }
        let names: Vec<_> = entries.iter().map(|entry| entry.timed.name.as_str()).collect();
        let names = serde_json::Value::from(names).to_string();
        Ok(Self {
            db,
            entries,
            listener: Arc::clone(listener),
            names,
            woken,
            regular: Arc::default(),
            firing: Mutex::new(()),
        })
    }

    /// The same with these jobs.
    pub(crate) fn with(self, regular: Arc<[Regular]>) -> Self {
        Self { regular, ..self }
    }

    /// Whether there is nothing to wait for, ever.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.regular.is_empty()
    }

    /// Waits until something was planned.
    pub async fn planned(&self) {
        self.woken.notified().await;
    }

    /// Takes up the triggers of this program: of one that the database does not know yet, what is still to come of the rows
    /// that are there. What became due while a program served that did not have it is passed over.
    ///
    /// # Errors
    /// What the database says.
    pub async fn take_up(&self) -> Result<(), Error> {
        let rows = self.db.read(sql::timers(self.db.dialect(), AT)).await?;
        let name = |row: &Row| Some(row.text(0)?.strip_prefix(AT)?.to_owned());
        let known: BTreeMap<_, _> = rows.iter().filter_map(|row| Some((name(row)?, row.text(1).is_none()))).collect();
        for name in known.keys().filter(|name| !self.entries.iter().any(|entry| entry.timed.name == **name)) {
            self.run(sql::drop_timer(&format!("{AT}{name}"), clock::now())).await?;
        }
        for entry in &self.entries {
            if known.get(&entry.timed.name) != Some(&true) {
                self.begin(entry, &known).await?;
            }
        }
        regular::take_up(&self.db, &self.regular).await
    }

    async fn begin(&self, entry: &Entry, known: &BTreeMap<String, bool>) -> Result<(), Error> {
        let (timed, now_us) = (&entry.timed, clock::now_us());
        let was = timed.was.as_ref().filter(|was| known.contains_key(*was));
        match (known.contains_key(&timed.name), was) {
            (true, _) => self.run(sql::pass_over_due(&timed.name, clock::format_us(now_us))).await?,
            // It goes on under another name.
            (false, Some(was)) => self.run(sql::rename_due(was, &timed.name)).await?,
            (false, None) => {}
        }
        let (mut after, dialect) = (0, self.db.dialect());
        loop {
            let rows = self.db.read(timed.to_come(dialect, entry.schema, after, now_us)).await?;
            let Some(last) = rows.last().and_then(|row| row.int(0)) else { break };
            after = last;
            let rows: Vec<_> = rows.iter().filter_map(|row| timed.row(row.int(0)?, row.text(1)?)).collect();
            let listener = Arc::clone(&self.listener);
            self.db.write(move |tx| async move { Ok(plan(tx, &listener, rows).await?) }.boxed()).await?;
        }
        self.run(sql::know_timer(&format!("{AT}{}", timed.name))).await
    }

    async fn run(&self, statement: Statement) -> Result<(), Error> {
        self.db.write(move |tx| async move { Ok(tx.query(statement).await.map(drop)?) }.boxed()).await
    }

    /// Fires all that is due; whether that was anything.
    ///
    /// # Errors
    /// What the database says; what was not fired is still due.
    pub async fn fire(self: &Arc<Self>) -> Result<bool, Error> {
        let _firing = self.firing.lock().await;
        let mut has_fired = regular::enqueue(&self.db, &self.regular, &self.listener).await?;
        // To look costs less than to take nothing.
        while self.next_due().await?.is_some_and(|next| next <= clock::now()) {
            let timetable = Arc::clone(self);
            let taken = self.db.write(move |tx| async move { timetable.fire_some(tx).await }.boxed()).await?;
            has_fired |= taken > 0;
            if taken < AT_ONCE {
                break;
            }
        }
        Ok(has_fired)
    }

    /// The jobs that run every so often: their periods in microseconds, their names, and when each runs next, where that is
    /// known.
    ///
    /// # Errors
    /// What the database says.
    pub async fn regular(&self) -> Result<Vec<(u64, String, Option<String>)>, DbError> {
        regular::list(&self.db, &self.regular).await
    }

    /// When the next of it is due, as RFC 3339 text.
    ///
    /// # Errors
    /// What the database says.
    pub async fn next(&self) -> Result<Option<String>, DbError> {
        let due = self.next_due().await?;
        let regular = regular::next(&self.db, &self.regular).await?;
        Ok(due.into_iter().chain(regular).min())
    }

    async fn next_due(&self) -> Result<Option<String>, DbError> {
        if self.entries.is_empty() {
            return Ok(None);
        }
        let rows = self.db.read(sql::next_due(self.db.dialect(), &self.names)).await?;
        Ok(rows.first().and_then(|row| row.text(0)).map(str::to_owned))
    }

    async fn fire_some(&self, tx: &mut Tx) -> Result<usize, Error> {
        let now = clock::now();
        let mut taken = tx.query(sql::take_due(tx.dialect(), &self.names, now.clone(), AT_ONCE)).await?;
        taken.sort_by(|one, other| (one.text(3), one.int(1)).cmp(&(other.text(3), other.int(1))));
        let mut by_name: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
        for row in &taken {
            if let (Some(name), Some(id), Some(value)) = (row.text(0), row.int(1), row.text(2)) {
                by_name.entry(name.to_owned()).or_default().push((id, value.to_owned()));
            }
        }
        for (name, due) in by_name {
            let entries: Vec<_> = self.entries.iter().filter(|entry| entry.timed.name == name).collect();
            let Some(first) = entries.first() else { continue };
            let ids: Vec<_> = due.iter().map(|(id, _)| *id).collect();
            let held = tx.query(first.timed.held(tx.dialect(), first.schema, &ids)).await?;
            let held: Vec<_> = held.iter().filter_map(held_value).collect();
            self.plan_what_was_moved(tx, &first.timed, &due, &held).await?;
            let columns = first.schema.columns.len();
            let act = |id| Act { id, actor: Arg::Null, at: now.clone(), old: vec![Arg::Null; columns] };
            for entry in entries {
                let acts = due.iter().filter(|due| held.contains(due)).map(|(id, _)| act(*id)).collect();
                outbox::write(tx, &self.listener, &entry.effect, acts).await?;
            }
        }
        Ok(taken.len())
    }

    /// Where the field holds something else, as after a statement of an application's own, that is what it waits for.
    async fn plan_what_was_moved(
        &self,
        tx: &mut Tx,
        timed: &Timed,
        due: &[(i64, String)],
        held: &[(i64, String)],
    ) -> Result<(), DbError> {
        let moved = held.iter().filter(|held| !due.contains(held));
        let rows = moved.filter_map(|(id, value)| timed.row(*id, value)).collect();
        plan(tx, &self.listener, rows).await
    }
}

/// What the names of timers begin with that are triggers.
const AT: &str = "at ";

fn held_value(row: &Row) -> Option<(i64, String)> {
    Some((row.int(0)?, row.text(1)?.to_owned()))
}
