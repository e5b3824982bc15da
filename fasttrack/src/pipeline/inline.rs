//! Rows that a `POST` takes along: each is created as by a `POST` of its own, in the transaction of the row that it refers
//! to, and the first that is refused refuses all.
//!
//! They come into being after that row, so that their rules are asked of it as it is; only then is anybody told of either.
//! How they are shown is for `sql`.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::{
    Pipeline, create,
    engine::{self, Engine, Setup},
    hooked::{Hooked, Hooking, Turn},
    input::{Input, Purpose},
    refusal,
    rows::{Part, RowsPlan, Written},
    verdict::{Creation, Executor, Refusals},
};
use crate::{
    clock,
    db::{Arg, Tx},
    error::{Error, Fault},
    job::RawChange,
    principal::Principal,
    schema::{Column, Has, Inline, LinkError, Model, Schema, Verb},
    sql::{CallerRole, Insert, Predicate, Table},
    wire::{Node, Object},
    words::words,
};

/// Rows of one name that may be taken along, for callers of one role.
pub(super) struct Along {
    has: &'static Has,
    inline: Inline,
    /// The position of their resource.
    index: usize,
    schema: &'static Schema,
    /// By which they refer to the row that is created with them.
    relation: &'static Column,
    /// How they are created: as others are, but that the row which they refer to has not to be one that may be read.
    plan: Arc<RowsPlan>,
}

/// What a body brings along under one name.
#[derive(Clone)]
pub(super) struct Brought {
    along: Arc<Along>,
    engine: Arc<Engine>,
    hooked: Option<Hooked>,
    rows: Vec<NewRow>,
    /// What is wrong with the list, whatever is in it.
    faults: Vec<Fault>,
}

/// One of them.
#[derive(Clone)]
struct NewRow {
    /// Which item of the list it is.
    place: usize,
    input: Input,
    row: Vec<Arg>,
}

/// The rows that a resource has under this name, where a `POST` takes some along.
pub(super) fn called(schema: &Schema, key: &str) -> Option<&'static Has> {
    schema.taken_along().map(|(has, _)| has).find(|has| has.name == key)
}

/// A row is changed, and what came along with it is not changed through it.
pub(super) fn refuse_change(has: &Has) -> Fault {
    let message = format!("comes along on creation alone; change each {} by its own path", words(has.resource));
    Fault::new(has.name, "read_only", message)
}

impl Along {
    /// What may be taken along with a row of `model`.
    ///
    /// # Errors
    /// [`LinkError`] when a path does not resolve.
    pub(super) fn all(setup: Setup<'_>, model: &Model, role: CallerRole) -> Result<Vec<Arc<Self>>, LinkError> {
        model.schema.taken_along().map(|(has, inline)| Self::new(setup, has, inline, role).map(Arc::new)).collect()
    }

    fn new(setup: Setup<'_>, has: &'static Has, inline: Inline, role: CallerRole) -> Result<Self, LinkError> {
        let (dialect, catalog) = (setup.dialect, setup.catalog);
        let unresolved = || LinkError::unresolved(has.resource, has.relation);
        let model = catalog.find(has.resource).ok_or_else(unresolved)?;
        let schema = model.schema;
        let relation = schema.column(has.relation).ok_or_else(unresolved)?;
        let mut references = engine::references(catalog, model, role)?;
        for reference in references.iter_mut().filter(|reference| reference.key == relation.key) {
            reference.allowed = Predicate::Always;
        }
        let policy = engine::policy(catalog, model, Verb::Create, role)?;
        let guards = engine::guards(catalog, model, role)?;
        let insert = Insert::new(Table::served_at(dialect, schema, catalog.base()), policy, guards, references);
        let plan = Arc::new(RowsPlan::new(schema, insert, setup.effects(model, |_| true)?));
        Ok(Self { has, inline, index: model.index, schema, relation, plan })
    }

    /// What they are called, and the statement that creates one; `None` where the rule refuses without asking the database.
    pub(super) fn statement(&self) -> Option<(&'static str, String)> {
        let insert = &self.plan.insert;
        (!insert.policy.is_never()).then(|| (self.has.name, insert.statement(1)))
    }

    /// The items of the list that a body has of them.
    fn items<'a>(&self, body: &'a Object<'_>) -> Result<Vec<&'a RawValue>, Fault> {
        let (name, rows) = (self.has.name, words(self.schema.plural));
        let fault = |code, message: String| Err(Fault::new(name, code, message));
        let sent = body.members.iter().find(|(key, _)| key == name).map(|(_, node)| node);
        let items: Vec<&RawValue> = match sent {
            None if self.inline.min == 0 => return Ok(Vec::new()),
            None => return fault("required", "is missing".into()),
            Some(Node::Null) => return fault("null", "must not be null".into()),
            Some(Node::Array(text)) => match serde_json::from_str(text) {
                Ok(items) => items,
                Err(cause) => return fault("type", format!("must be a list of {rows}: {cause}")),
            },
            Some(_) => return fault("type", format!("must be a list of {rows}")),
        };
        let Inline { min, max } = self.inline;
        match items.len() {
            count if count < min as usize => fault("too_few", format!("must have at least {min} {rows}")),
            count if count > max as usize => fault("too_many", format!("must have at most {max} {rows}")),
            _ => Ok(items),
        }
    }

    /// Reads one item.
    fn read(&self, item: &RawValue) -> Result<Input, Error> {
        if !item.get().starts_with('{') {
            return Err(Error::fault(
                "",
                "type",
                format!("must be an object: one of the {}", words(self.schema.plural)),
            ));
        }
        let mut input =
            Input::read(self.schema, Purpose::Along(self.relation.name), &Object::parse(item.get().as_bytes())?);
        let guards = &self.plan.insert.guards;
        input.refuse_fields(|key| guards.iter().any(|guard| guard.key == key && guard.policy.is_never()))?;
        // It will be said, by whoever creates both; until then nothing is known of what depends on it.
        input.sent.push(self.relation.key);
        Ok(input)
    }
}

impl Pipeline {
    /// Reads what a body brings along.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the caller may create none of it, or not with these fields.
    pub(super) fn brought(
        &self,
        along: &[Arc<Along>],
        who: &Principal,
        body: &Object<'_>,
        now_us: i64,
    ) -> Result<Vec<Brought>, Error> {
        let mut all = Vec::with_capacity(along.len());
        for along in along {
            let engine = Arc::clone(self.engine(along.index)?);
            let mut brought =
                Brought { along: Arc::clone(along), engine, hooked: None, rows: Vec::new(), faults: Vec::new() };
            match along.items(body) {
                Err(fault) => brought.faults.push(fault),
                Ok(items) if items.is_empty() => {}
                Ok(items) => {
                    create::check_may_create(&brought.engine, &along.plan, who)?;
                    brought.take(&items, who, now_us)?;
                }
            }
            all.push(brought);
        }
        Ok(all)
    }
}

impl Brought {
    fn take(&mut self, items: &[&RawValue], who: &Principal, now_us: i64) -> Result<(), Error> {
        let mut refusals = Refusals::default();
        for (place, item) in items.iter().enumerate() {
            match self.along.read(item) {
                Ok(input) => {
                    let row = create::row((&self.engine, &self.along.plan), None, who, &input, now_us);
                    self.rows.push(NewRow { place, input, row });
                }
                Err(error) => refusals.add(Some(&self.place(place)), Some(error)),
            }
        }
        match refusals.into_error() {
            // They are told with what is wrong with the others.
            Some(Error::Invalid(faults)) => self.faults.extend(faults),
            Some(error) => return Err(error),
            None => {}
        }
        Ok(())
    }

    /// How a fault names one of the rows.
    fn place(&self, place: usize) -> String {
        format!("{}.{place}", self.along.has.name)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether they have hooks.
    pub(super) fn is_followed(&self) -> bool {
        self.along.schema.hooks.is_some() && !self.is_empty()
    }

    /// Has their hooks run in this turn.
    ///
    /// # Errors
    /// As [`Hooking::of`].
    pub(super) fn follow(&mut self, hooking: &Hooking, turn: Option<&Turn>) -> Result<(), Error> {
        self.hooked = if self.is_empty() { None } else { hooking.of(self.along.schema, turn)? };
        Ok(())
    }

    /// Whether something is wrong with them, as far as that can be told without the database.
    pub(super) fn is_faulty(&self) -> bool {
        let is_faulty = |new: &NewRow| {
            !new.input.faults.is_empty()
                || !self
                    .creation(new, &Principal::Anonymous, self.along.schema.hooks.is_none())
                    .broken(&new.row)
                    .is_empty()
        };
        !self.faults.is_empty() || self.rows.iter().any(is_faulty)
    }

    /// Hashes the passwords that they have.
    pub(super) async fn hash_passwords(&mut self, cost: u32) -> Result<(), Error> {
        for new in &mut self.rows {
            create::hash_passwords(self.along.schema, &mut new.row, cost).await?;
        }
        Ok(())
    }

    fn creation<'a>(&'a self, new: &'a NewRow, who: &'a Principal, is_final: bool) -> Creation<'a> {
        // Under which row they come is no question: it has just come itself.
        Creation { engine: &self.engine, plan: &self.along.plan, parent: None, who, input: &new.input, is_final }
    }

    /// Adds what stands against the rows at these places, or against all.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn refusals(
        &self,
        mut executor: Executor<'_>,
        who: &Principal,
        places: Option<&[usize]>,
        found: &mut Refusals,
    ) -> Result<(), Error> {
        found.add(None, (!self.faults.is_empty()).then(|| Error::Invalid(self.faults.clone())));
        let is_asked = |new: &&NewRow| places.is_none_or(|places| places.contains(&new.place));
        for new in self.rows.iter().filter(is_asked) {
            let creation = self.creation(new, who, places.is_some() || self.along.schema.hooks.is_none());
            found.add(Some(&self.place(new.place)), creation.refusal(executor.again(), new.row.clone()).await?);
        }
        Ok(())
    }

    /// Creates the rows, which refer to the row `id`; `together` in as few statements as there can be, of which it is not
    /// known which row one has failed for.
    ///
    /// # Errors
    /// What stands against one of them, by its place.
    pub(super) async fn create(
        &mut self,
        tx: &mut Tx,
        id: i64,
        who: &Principal,
        together: bool,
    ) -> Result<Created, Error> {
        self.refer_to(id);
        if let Some(hooked) = self.hooked.clone() {
            self.ask_hooks(tx, &hooked, who).await?;
        }
        let rows: Vec<_> = self.rows.iter().map(|new| new.row.clone()).collect();
        let mut parts = Vec::new();
        for (part, rows) in rows.chunks(if together { rows.len().max(1) } else { 1 }).enumerate() {
            let place = if together { self.along.has.name.to_owned() } else { self.place(part) };
            let refused = |error| refusal::at(&place, refusal::written(self.along.schema, error));
            let written = self.along.plan.write(tx, rows).await.map_err(refused)?;
            let missing: Vec<_> = (0..rows.len())
                .filter(|at| written.answers.get(*at).is_none_or(Option::is_none))
                .map(|at| part * rows.len() + at)
                .collect();
            if !missing.is_empty() {
                let mut found = Refusals::default();
                self.refusals(Executor::Tx(tx), who, Some(&missing), &mut found).await?;
                return Err(found.into_error().unwrap_or_else(create::changed_meanwhile));
            }
            self.along.plan.tell(tx, rows, &written, Part::Added).await.map_err(refused)?;
            parts.push((rows.to_vec(), written));
        }
        Ok(Created { along: Arc::clone(&self.along), hooked: self.hooked.clone(), parts })
    }

    fn refer_to(&mut self, id: i64) {
        let relation = self.along.relation;
        let position = self.along.schema.columns.iter().position(|column| column.key == relation.key);
        for new in &mut self.rows {
            new.input.fields.push((relation, Arg::Int(id)));
            if let Some(cell) = position.and_then(|position| new.row.get_mut(position)) {
                *cell = Arg::Int(id);
            }
        }
    }

    /// Lets the hooks change the rows as they would be.
    async fn ask_hooks(&mut self, tx: &mut Tx, hooked: &Hooked, who: &Principal) -> Result<(), Error> {
        let purpose = Purpose::Along(self.along.relation.name);
        for place in 0..self.rows.len() {
            let at = self.place(place);
            let Some(new) = self.rows.get(place) else { continue };
            if let Some(error) = self.creation(new, who, false).refusal(Executor::Tx(tx), new.row.clone()).await? {
                return Err(refusal::at(&at, error));
            }
            let edits = hooked.before_create(tx, who, (purpose, &new.row)).await;
            let edits = edits.map_err(|error| refusal::at(&at, error))?;
            let Some(new) = self.rows.get_mut(place) else { continue };
            create::apply(self.along.schema, &mut new.row, edits);
            let Some(new) = self.rows.get(place) else { continue };
            let broken = self.creation(new, who, true).broken(&new.row);
            if !broken.is_empty() {
                return Err(refusal::at(&at, Error::Invalid(broken)));
            }
        }
        Ok(())
    }
}

/// Rows that came along, of which nobody has been told yet.
pub(super) struct Created {
    along: Arc<Along>,
    hooked: Option<Hooked>,
    /// What was sent, and what became of it.
    parts: Vec<(Vec<Vec<Arg>>, Written)>,
}

impl Created {
    /// Tells whoever is to hear of them.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn tell(self, tx: &mut Tx, who: &Principal) -> Result<(), Error> {
        let refused = |error| refusal::at(self.along.has.name, refusal::written(self.along.schema, error));
        for (rows, written) in self.parts {
            self.along.plan.tell(tx, &rows, &written, Part::Told).await.map_err(refused)?;
            let Some(hooked) = &self.hooked else { continue };
            let actor = who.caller().map(|caller| caller.id);
            for (id, place) in written.created {
                let new = written.answers.get(place).cloned().flatten();
                hooked.clone().after_commit(tx, RawChange { id, old: None, new, actor, at: clock::now() });
            }
        }
        Ok(())
    }
}
