//! `PATCH`: a row changes (RFC 7396), if the rule allows it as it is, and where it would hang or as it would be.

mod address;
mod caller;
mod file;
mod judge;
mod plans;
mod references;
mod unasked;

use std::sync::Arc;

use futures_util::FutureExt;

use self::plans::{May, UpdatePlan};
pub(super) use self::{address::Proof, plans::UpdatePlans, unasked::set};
use super::{
    Pipeline, Target,
    change::{arguments, fires_on_update},
    check,
    engine::Engine,
    exclusive, flow,
    history::{self, Note},
    hooked::{Hooked, Hooking, Turn},
    input::{Input, Purpose},
    limit, outbox,
    precondition::Asked,
    refusal,
    second::{self, Second},
    sets,
    state::State,
    timetable, value, values,
};
use crate::{
    clock,
    db::{Arg, Tx},
    error::{Error, Fault},
    job::RawChange,
    precondition::Preconditions,
    principal::Principal,
    schema::{Column, Kind, Verb},
    sql::{self, CallerRole, Guard, Predicate, Reference, Template},
    wire::{Object, compact, merge_patch},
};

/// Everything that a change to a row needs inside the transaction.
#[derive(Clone)]
pub(super) struct Change {
    engine: Arc<Engine>,
    who: Principal,
    id: i64,
    policy: Predicate,
    second: Second,
    read: Predicate,
    /// How rows are changed by whom `policy` lets; `None` where that is not known beforehand.
    plans: Option<Arc<UpdatePlans>>,
    /// How the row is looked at where nothing is set that is guarded; `None` where that is not known beforehand.
    looked_at: Option<Arc<Template>>,
    /// Which rows the caller may see; `None` where it may see this one whatever becomes of it.
    seen: Option<Predicate>,
    guards: Vec<Guard>,
    steps: Vec<flow::Step>,
    references: Vec<Reference>,
    /// What reads the row for its answer, where not all of it is shown.
    shown: Option<Template>,
    preconditions: Preconditions,
    hooked: Option<Hooked>,
    input: Input,
    proof: Proof,
}

impl Pipeline {
    /// Changes a row, and returns it as JSON for whoever may see it. What is the same as before is no change.
    ///
    /// # Errors
    /// Whatever of [`Error`] the contract names for it: 401, 403, 404, 409, 422, 503.
    pub async fn update(
        &self,
        resource: usize,
        target: Target,
        who: &Principal,
        body: &Object<'_>,
    ) -> Result<Changed, Error> {
        self.change(Asked { resource, who, preconditions: &Preconditions::default() }, target, body).await
    }

    /// The same, where the row is as is asked.
    ///
    /// # Errors
    /// As [`update`](Self::update); [`Error::PreconditionFailed`].
    pub(super) async fn change(&self, asked: Asked<'_>, target: Target, body: &Object<'_>) -> Result<Changed, Error> {
        let mut change = self.changing(asked, target, body)?;
        self.reauthenticate(&mut change).await?;
        let turn = self.hooking.turn(change.followed()).await?;
        change.follow(&self.hooking, turn.as_ref())?;
        self.db.write(move |tx| async move { change.apply(tx).await }.boxed()).await
    }

    /// What changes a row.
    ///
    /// # Errors
    /// What stands against it whatever the database holds, but for what is wrong with the body.
    pub(super) fn changing(&self, asked: Asked<'_>, target: Target, body: &Object<'_>) -> Result<Change, Error> {
        let schema = self.engine(asked.resource)?.schema;
        let mut input = Input::read(schema, Purpose::Update, body);
        let proof = Proof::read(schema, body, &mut input);
        self.changing_by(asked, target, (input, proof))
    }

    /// The same by what was read already.
    fn changing_by(&self, asked: Asked<'_>, target: Target, (input, proof): (Input, Proof)) -> Result<Change, Error> {
        let Asked { resource, who, preconditions } = asked;
        let engine = self.engine(resource)?;
        let id = target.id(who)?;
        let Some(plan) = engine.plan(CallerRole::of(who)) else { return Err(refusal::log_in()) };
        let oneself = target == Target::Oneself;
        let (policy, second) =
            if oneself { (Predicate::Always, Second::Nothing) } else { (plan.update.clone(), plan.second.clone()) };
        if (policy.is_never() || second.is_never()) && !(engine.schema.conceal && who.caller().is_some()) {
            return Err(refusal::forbidden(who, Verb::Update.name(), engine.schema, id));
        }
        // What only some may set is never one's own to set, whoever one is.
        let shut = |guard: &Guard| oneself || guard.policy.is_never();
        if !policy.is_never() {
            input.refuse_fields(|key| plan.guards.iter().any(|guard| guard.key == key && shut(guard)))?;
        }
        let sets = |key: &str| input.sent.contains(&key);
        let may_set = |key: &str| sets(key) || engine.schema.hooks.is_some();
        Ok(Change {
            engine: Arc::clone(engine),
            who: who.clone(),
            id,
            plans: (!oneself).then(|| Arc::clone(&plan.updates)),
            looked_at: (!oneself).then(|| Arc::clone(&plan.looked_at)),
            seen: (!oneself && !plan.seen.is_always()).then(|| plan.seen.clone()),
            policy,
            second,
            read: plan.read.clone(),
            guards: plan.guards.iter().filter(|guard| sets(guard.key)).cloned().collect(),
            steps: plan.steps.clone(),
            references: plan.references.iter().filter(|reference| may_set(reference.key)).cloned().collect(),
            shown: if oneself { plan.shown_oneself.clone() } else { plan.shown.clone() },
            preconditions: preconditions.clone(),
            hooked: None,
            input,
            proof,
        })
    }
}

/// A row after a change.
#[derive(Debug)]
pub struct Changed {
    /// The row.
    pub json: Vec<u8>,
    /// Whether the caller may see it.
    pub is_seen: bool,
}

impl Change {
    /// How many resources have hooks of which it changes rows.
    pub(super) fn followed(&self) -> usize {
        usize::from(self.engine.schema.hooks.is_some())
    }

    /// Has its hooks run in this turn.
    ///
    /// # Errors
    /// As [`Hooking::of`].
    pub(super) fn follow(&mut self, hooking: &Hooking, turn: Option<&Turn>) -> Result<(), Error> {
        self.hooked = hooking.of(self.engine.schema, turn)?;
        Ok(())
    }

    /// Changes the row.
    ///
    /// # Errors
    /// What stands against it. Where nothing else is to be undone, the transaction can go on.
    pub(super) async fn apply(mut self, tx: &mut Tx) -> Result<Changed, Error> {
        let hooked = self.hooked.take();
        let before = self.look(tx).await?;
        self.check_preconditions(tx, &before).await?;
        self.merge_json(&before);
        let mut changes = self.differences(&before);
        self.pass_over_same_files(tx, &before, &mut changes).await?;
        self.check_proof(tx, &changes).await?;
        self.forget_confirmation(&before, &mut changes);
        self.check_steps(tx, &before, &changes).await?;
        let broken = if hooked.is_none() { self.broken(&before, &changes) } else { Vec::new() };
        self.check_references(tx, &before, &changes, broken).await?;
        self.check_flows(&before, &changes)?;
        if let Some(hooked) = hooked.as_ref().filter(|_| !changes.is_empty()) {
            changes = self.ask_hook(tx, hooked, &before, changes).await?;
            self.forget_confirmation(&before, &mut changes);
        }
        let json = if changes.is_empty() { before.json } else { self.carry_out(tx, hooked, before, &changes).await? };
        let is_seen = self.is_seen(tx, &changes).await?;
        let json = self.show(tx, json).await?;
        Ok(Changed { json, is_seen })
    }

    async fn carry_out(
        &self,
        tx: &mut Tx,
        hooked: Option<Hooked>,
        before: State,
        changes: &[(&'static Column, Arg)],
    ) -> Result<Vec<u8>, Error> {
        exclusive::hold_changed(tx, self.engine.schema, changes).await?;
        let json = self.store(tx, &before, changes).await?;
        self.let_go_of_files(tx, &before, changes).await?;
        limit::check_changed(tx, self.engine.schema, self.id, changes).await?;
        self.check_row_as_it_is_now(tx).await?;
        self.follow_up(tx, &before, changes).await?;
        let json = if self.engine.effects.move_own_figures() { self.read_whole(tx).await? } else { json };
        if let Some(hooked) = hooked {
            hooked.after_commit(tx, self.told(before, &json));
        }
        Ok(json)
    }

    async fn read_whole(&self, tx: &mut Tx) -> Result<Vec<u8>, Error> {
        let whole = sql::read(&self.engine.table, &Predicate::Always).fill(values(self.id, &self.who));
        Ok(tx.query(whole).await?.first_mut().and_then(|row| row.take_bytes(0)).unwrap_or_default())
    }

    /// Whether the caller may see the row, as it has become.
    async fn is_seen(&self, tx: &mut Tx, changes: &[(&'static Column, Arg)]) -> Result<bool, Error> {
        let Some(seen) = &self.seen else { return Ok(true) };
        let is_known = if changes.is_empty() { self.policy.implies(seen) } else { self.plan(changes).leaves_seen };
        if is_known {
            return Ok(true);
        }
        let statement = sql::read(&self.engine.table, seen).fill(values(self.id, &self.who));
        Ok(!tx.query(statement).await?.is_empty())
    }

    /// How the row is changed so.
    fn plan(&self, changes: &[(&'static Column, Arg)]) -> Arc<UpdatePlan> {
        let Self { engine, policy, second, .. } = self;
        let may = May { schema: engine.schema, policy, second, seen: self.seen.as_ref() };
        let keys = second::keys(changes);
        match &self.plans {
            Some(plans) => plans.find(&engine.table, may, keys),
            None => Arc::new(UpdatePlan::new(&engine.table, may, &keys)),
        }
    }

    /// Lets the hook change the row as it would be, and answers what differs then from what is stored.
    async fn ask_hook(
        &mut self,
        tx: &mut Tx,
        hooked: &Hooked,
        before: &State,
        mut changes: Vec<(&'static Column, Arg)>,
    ) -> Result<Vec<(&'static Column, Arg)>, Error> {
        let schema = self.engine.schema;
        let row: Vec<_> = schema.columns.iter().map(|column| self.would_hold(before, &changes, column)).collect();
        let edits = hooked.before_update(tx, &self.who, &before.json, &row).await?;
        changes.retain(|(column, _)| !edits.iter().any(|(edited, _)| edited.key == column.key));
        changes.extend(edits);
        changes.retain(|(column, arg)| before.stored(schema, column) != *arg);
        let broken = self.broken(before, &changes);
        self.check_references(tx, before, &changes, broken).await?;
        self.check_flows(before, &changes)?;
        Ok(changes)
    }

    /// What the row would hold in `column`.
    fn would_hold(&self, before: &State, changes: &[(&'static Column, Arg)], column: &Column) -> Arg {
        let change = changes.iter().find(|(other, _)| other.key == column.key);
        change.map_or_else(|| before.stored(self.engine.schema, column), |(_, arg)| arg.clone())
    }

    /// What would be wrong with fields of the row together.
    fn broken(&self, before: &State, changes: &[(&'static Column, Arg)]) -> Vec<Fault> {
        if changes.is_empty() {
            return Vec::new();
        }
        let value = |column: &Column| self.would_hold(before, changes, column);
        check::faults(self.engine.schema, &value, &|key| self.input.is_faulty(key))
    }

    fn check_flows(&self, before: &State, changes: &[(&'static Column, Arg)]) -> Result<(), Error> {
        let stored = |column| before.stored(self.engine.schema, column);
        changes.iter().try_for_each(|(column, to)| flow::check_transition(column, &stored(column), to))
    }

    /// The change as `after_commit` hears of it.
    fn told(&self, before: State, json: &[u8]) -> RawChange {
        RawChange {
            id: self.id,
            old: Some(before.json),
            new: Some(json.to_owned()),
            actor: self.who.caller().map(|caller| caller.id),
            at: clock::now(),
        }
    }

    /// Reads the row and decides whether the caller may change it.
    async fn look(&self, tx: &mut Tx) -> Result<State, Error> {
        let changed = (self.input.fields.as_slice(), self.engine.schema.hooks.is_some());
        self.engine.effects.counted.hold_changed(tx, self.id, changed).await?;
        sets::hold(tx, &self.engine.table, self.id, false).await?;
        let known = self.looked_at.as_deref().filter(|_| self.guards.is_empty());
        let filled = |looked_at: &Template| looked_at.fill(values(self.id, &self.who));
        let statement =
            known.map_or_else(|| filled(&sql::locked_state(&self.engine.table, &self.policies(), false)), filled);
        self.judge(tx.query(statement).await?.into_iter().next())
    }

    /// A JSON object is merged into what is stored (RFC 7396, section 2); what comes of it has to fit the type.
    fn merge_json(&mut self, before: &State) {
        for (column, arg) in &mut self.input.fields {
            let (Kind::Json, Arg::Text(patch)) = (column.kind, &arg) else { continue };
            if !patch.starts_with('{') {
                continue;
            }
            let stored = match before.stored(self.engine.schema, column) {
                Arg::Text(stored) => stored,
                _ => "null".to_owned(),
            };
            match value::json(column, merge_patch(&compact(&stored), patch)) {
                Ok(merged) => *arg = merged,
                Err(fault) => self.input.faults.push(fault),
            }
        }
    }

    /// The fields that would hold something else than before.
    fn differences(&self, before: &State) -> Vec<(&'static Column, Arg)> {
        let schema = self.engine.schema;
        let differs = |(column, arg): &&(&'static Column, Arg)| before.stored(schema, column) != *arg;
        self.input.fields.iter().filter(differs).cloned().collect()
    }

    /// When the row is changed: after it was the last time, also where the clock was set back in between.
    fn touched(&self, before: &State, column: &Column) -> Arg {
        let last = match before.stored(self.engine.schema, column) {
            Arg::Text(last) => last,
            _ => String::new(),
        };
        Arg::Text(clock::now_after(&last))
    }

    async fn store(&self, tx: &mut Tx, before: &State, changes: &[(&'static Column, Arg)]) -> Result<Vec<u8>, Error> {
        let schema = self.engine.schema;
        let plan = self.plan(changes);
        let touched = schema.columns.iter().filter(|column| column.kind == Kind::UpdatedAt);
        let set: Vec<_> = changes
            .iter()
            .map(|(column, arg)| (column.key, arg.clone()))
            .chain(touched.map(|column| (column.key, self.touched(before, column))))
            .collect();
        let mut rows = tx
            .query(plan.update.fill(&set, values(self.id, &self.who)))
            .await
            .map_err(|error| refusal::written(schema, error))?;
        let json = rows.first_mut().and_then(|row| row.take_bytes(0));
        // The row as it is was looked at before: it is where it would hang that does not do.
        let json = json.ok_or_else(|| match plan.moved.as_slice() {
            [] => refusal::forbidden(&self.who, Verb::Update.name(), schema, self.id),
            moved => Second::refusal(&self.who, schema, self.id, moved),
        })?;
        let whole = sets::replace(tx, &self.engine.table, self.id, changes).await;
        whole.map(|whole| whole.unwrap_or(json)).map_err(|error| refusal::written(schema, error))
    }

    /// What the declaration asks of the row as it would be is asked of it as it has become, so that a path which comes
    /// back to the row finds it so.
    async fn check_row_as_it_is_now(&self, tx: &mut Tx) -> Result<(), Error> {
        let Second::AsItWouldBe(after) = &self.second else { return Ok(()) };
        let statement = sql::read(&self.engine.table, after).fill(values(self.id, &self.who));
        let rows = tx.query(statement).await?;
        if rows.is_empty() { Err(Second::refusal(&self.who, self.engine.schema, self.id, &[])) } else { Ok(()) }
    }

    async fn follow_up(&self, tx: &mut Tx, before: &State, changes: &[(&'static Column, Arg)]) -> Result<(), Error> {
        let actor = self.who.caller().map_or(Arg::Null, |caller| Arg::Int(caller.id));
        for plan in self.engine.effects.plans.iter().filter(|plan| fires_on_update(plan.change, changes)) {
            let old = arguments(self.engine.schema.columns, &before.cells);
            let act = outbox::Act { id: self.id, actor: actor.clone(), at: clock::now(), old };
            outbox::write(tx, &self.engine.effects.listener, plan, vec![act]).await?;
        }
        let stored = |column| before.stored(self.engine.schema, column);
        let fields = changes.iter().map(|(column, new)| (*column, stored(column), new.clone()));
        history::write(tx, self.engine.schema, Note::updated(self.id, actor, fields)).await?;
        let new = |key: &str| changes.iter().find(|(column, _)| column.key == key).map(|(_, arg)| arg.clone());
        timetable::plan_changed(tx, &self.engine.effects, self.id, new).await?;
        Ok(())
    }
}
