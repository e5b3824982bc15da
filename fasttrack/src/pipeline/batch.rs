//! Many operations in one transaction, in their order, all or nothing.
//!
//! Each is prepared and applied as it is alone, and by the same code; so what it may, breaks and tells is the same. What it
//! says of earlier answers is filled in before. Rows that are created one after the other and alike are written together. That
//! the shape of a batch is sound is for its caller to see to.

mod alike;
mod answers;

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use self::answers::Answers;
use super::{
    Act, Operation, Outcome, Pipeline, Prepared, Target, hooked::Turn, input::CURRENT_PASSWORD, operation::Kind,
};
use crate::{
    db::Tx,
    error::{Error, Fault},
    password,
    precondition::Preconditions,
    principal::Principal,
    schema::{Kind as FieldKind, Schema, Verb},
    wire::{Form, Node, Object, Reference, Unfilled},
};

/// One operation, whose shape is sound.
#[derive(Debug, Clone)]
pub struct Step {
    /// The place of the resource.
    pub resource: usize,
    /// What is done: create, read, update, delete or restore.
    pub verb: Verb,
    /// The row that the path names, if it does: that one, or the one that a new row lies under.
    pub row: Option<Named>,
    /// What is sent.
    pub body: Form,
    /// What is asked of the row before.
    pub preconditions: Preconditions,
}

/// A row in a path.
#[derive(Debug, Clone)]
pub enum Named {
    /// This one.
    Row(Target),
    /// The one whose id an earlier operation answered.
    Answered(Reference),
}

/// Operations that need a transaction and nothing else.
#[derive(Clone)]
pub(super) struct Batch {
    pipeline: Arc<Pipeline>,
    who: Principal,
    steps: Arc<[Step]>,
    /// The hashes of passwords that each sends, by key.
    hashes: Arc<[Vec<(&'static str, String)>]>,
    shown: Option<Shown>,
    turn: Option<Turn>,
}

/// A password that was the right one, and the hash that it was compared with.
#[derive(Clone)]
struct Shown {
    password: String,
    hash: String,
}

impl Step {
    /// Whether its row is named by what the operation at a place answers, or a later one.
    fn is_below(&self, place: usize) -> bool {
        matches!(&self.row, Some(Named::Answered(reference)) if reference.operation >= place)
    }
}

impl Pipeline {
    /// Does of a batch whatever needs no transaction.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too much is going on.
    pub async fn prepare_batch(self: &Arc<Self>, steps: Vec<Step>, who: &Principal) -> Result<Prepared, Error> {
        let (mut hashes, mut followed, mut shown) = (Vec::with_capacity(steps.len()), 0, None);
        for (place, step) in steps.iter().enumerate() {
            let schema = self.engine(step.resource)?.schema;
            hashes.push(self.hash_passwords(schema, step).await?);
            self.reauthenticate_for(schema, step, who, &mut shown).await.map_err(|error| at(place, error))?;
            let along = schema.taken_along().filter_map(|(has, _)| self.schema_called(has.resource));
            let is_followed = |schema: &&Schema| schema.hooks.is_some() && step.verb != Verb::Read;
            followed += std::iter::once(schema).chain(along).filter(is_followed).count();
        }
        let turn = self.hooking.turn(followed).await?;
        let (pipeline, who) = (Arc::clone(self), who.clone());
        let batch = Batch { pipeline, who, steps: steps.into(), hashes: hashes.into(), shown, turn };
        Ok(Prepared(Kind::Batch(Box::new(batch))))
    }

    /// Compares the password that a change of an account is sent with, if it was not compared for an earlier one.
    async fn reauthenticate_for(
        &self,
        schema: &Schema,
        step: &Step,
        who: &Principal,
        shown: &mut Option<Shown>,
    ) -> Result<(), Error> {
        let (true, Verb::Update, Some(caller)) = (schema.account, step.verb, who.caller()) else { return Ok(()) };
        let text = step.body.without_answers();
        let Ok(body) = Object::of_json(&text) else { return Ok(()) };
        let sent = body.members.into_iter().find(|(key, _)| *key == CURRENT_PASSWORD);
        let Some((_, Node::Text(password))) = sent else { return Ok(()) };
        if shown.as_ref().is_none_or(|shown| shown.password != password) {
            let hash = self.reauthentication.reauthenticate(caller, &password).await?;
            *shown = Some(Shown { password: password.into_owned(), hash });
        }
        Ok(())
    }

    fn schema_called(&self, resource: &str) -> Option<&'static Schema> {
        self.engines.iter().map(|engine| engine.schema).find(|schema| schema.name == resource)
    }

    /// Hashes the passwords that a new row would have, so that nobody waits for that in the transaction; what is none is
    /// refused there.
    async fn hash_passwords(&self, schema: &Schema, step: &Step) -> Result<Vec<(&'static str, String)>, Error> {
        let secrets = schema.columns.iter().filter(|column| column.kind == FieldKind::PasswordHash);
        let keys: Vec<_> = secrets.map(|column| column.key).collect();
        let mut hashes = Vec::new();
        if keys.is_empty() || step.verb != Verb::Create {
            return Ok(hashes);
        }
        let text = step.body.without_answers();
        let Ok(body) = Object::of_json(&text) else { return Ok(hashes) };
        for (key, node) in body.members {
            let (Some(known), Node::Text(plain)) = (keys.iter().find(|known| **known == key), node) else { continue };
            if password::check(&plain).is_ok() {
                hashes.push((*known, password::hash(plain.into_owned(), self.options.bcrypt_cost).await?));
            }
        }
        Ok(hashes)
    }
}

impl Batch {
    /// Applies the operations, and answers what came of each.
    ///
    /// # Errors
    /// That of the first which fails, with its place.
    pub(super) fn apply(self, tx: &mut Tx) -> BoxFuture<'_, Result<Vec<Outcome>, Error>> {
        async move { tx.part(move |tx| async move { self.apply_all(tx).await }.boxed()).await }.boxed()
    }

    async fn apply_all(self, tx: &mut Tx) -> Result<Vec<Outcome>, Error> {
        let mut answers = Answers::default();
        // What has to hold of all may be broken by one and mended by a later one.
        let (mut broken, mut alone_until) = (None, 0);
        while answers.len() < self.steps.len() {
            let place = answers.len();
            if place >= alone_until {
                match self.create_alike(tx, &answers).await {
                    Ok(created) => created.into_iter().for_each(|created| answers.push(created)),
                    Err(alone) => alone_until = place + alone,
                }
            }
            if answers.len() == place {
                let outcome = self.apply_one(tx, place, &answers).await.map_err(|error| at(place, error))?;
                answers.push(outcome);
            }
            broken = match tx.settle().await.map_err(Error::from) {
                Ok(()) => None,
                Err(error @ Error::Conflict(_)) => broken.or(Some(at(place, error))),
                Err(error) => return Err(error),
            };
        }
        broken.map_or_else(|| Ok(answers.into_outcomes()), Err)
    }

    async fn apply_one(&self, tx: &mut Tx, place: usize, answers: &Answers) -> Result<Outcome, Error> {
        self.prepare(place, answers)?.apply(tx).await
    }

    /// Prepares the operation at a place, when what the ones before it answered is known.
    fn prepare(&self, place: usize, answers: &Answers) -> Result<Prepared, Error> {
        let step = self.steps.get(place).ok_or_else(|| Error::Internal(format!("there is no operation {place}")))?;
        // What is referred to counts as if it had been sent.
        let max_bytes = self.pipeline.options.max_body_bytes;
        let text = step.body.fill(max_bytes, |reference| answers.find(reference)).map_err(|why| match why {
            Unfilled::Missing(paths) => Error::Invalid(paths.into_iter().map(unanswered).collect()),
            Unfilled::TooLong => Error::TooLarge { max_bytes },
        })?;
        let body = Object::of_json(&text)?;
        let target = match &step.row {
            None => None,
            Some(Named::Row(target)) => Some(*target),
            Some(Named::Answered(reference)) => Some(Target::Id(named(answers.find(reference))?)),
        };
        let row = || target.ok_or_else(|| Error::NotFound("there is no such row".into()));
        let id = || row()?.id(&self.who);
        let act = match step.verb {
            Verb::Create => Act::Create { parent: target.map(|target| target.id(&self.who)).transpose()?, body: &body },
            Verb::Update => Act::Update { target: row()?, body: &body },
            Verb::Delete => Act::Delete { id: id()? },
            Verb::Restore => Act::Restore { id: id()? },
            Verb::Read => Act::Read { target: row()? },
            other => return Err(Error::Internal(format!("a batch does not {}", other.name()))),
        };
        let operation = Operation { resource: step.resource, who: &self.who, preconditions: &step.preconditions, act };
        let mut prepared = self.pipeline.prepared(operation)?;
        prepared.follow(&self.pipeline.hooking, self.turn.as_ref())?;
        match &mut prepared.0 {
            Kind::Create(new) => new.put_hashes(self.hashes.get(place).map(Vec::as_slice).unwrap_or_default()),
            Kind::Update(change) => {
                self.shown.iter().for_each(|shown| change.put_proof(&shown.password, &shown.hash));
            }
            _ => {}
        }
        Ok(prepared)
    }
}

/// The id that was answered, for a path.
fn named(json: Option<&str>) -> Result<i64, Error> {
    let id = json.and_then(|json| json.parse().ok()).filter(|id: &i64| *id > 0);
    id.ok_or_else(|| match json {
        Some("null") => Error::fault("path", "unanswered", "refers to what was answered as null, which names no row"),
        _ => Error::Invalid(vec![unanswered("path".to_owned())]),
    })
}

fn unanswered(path: String) -> Fault {
    Fault::new(path, "unanswered", "refers to what was not answered to this caller")
}

/// The error of the operation at a place.
fn at(place: usize, error: Error) -> Error {
    Error::InOperation { operation: place, error: Box::new(error) }
}
