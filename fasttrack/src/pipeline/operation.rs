//! What a request does to a row, whichever verb it is: prepared with all that needs no transaction, and then applied to one.

use futures_util::FutureExt;

use super::{
    Changed, Pipeline, Target,
    batch::Batch,
    create::New,
    delete::Removal,
    hooked::{Hooking, Turn},
    precondition::{self, Asked},
    read::Reading,
    restore::Revival,
    update::Change,
};
use crate::{
    db::Tx, error::Error, precondition::Preconditions, principal::Principal, schema::Column, types::StoredFile,
    wire::Object,
};

/// What is to be done, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// The place of the resource.
    pub resource: usize,
    /// Who asks for it.
    pub who: &'a Principal,
    /// What is asked of the row that is there before.
    pub preconditions: &'a Preconditions,
    /// What it is.
    pub act: Act<'a>,
}

/// What is done to a row.
#[derive(Debug, Clone, Copy)]
pub enum Act<'a> {
    /// It comes into being.
    Create {
        /// The row that it lies under, where the path names one.
        parent: Option<i64>,
        /// What was sent.
        body: &'a Object<'a>,
    },
    /// It changes.
    Update {
        /// Which row.
        target: Target,
        /// What was sent.
        body: &'a Object<'a>,
    },
    /// It holds another file, or none.
    Attach {
        /// Which row.
        target: Target,
        /// Its field.
        column: &'static Column,
        /// The file, whose bytes are there.
        file: Option<&'a StoredFile>,
    },
    /// It goes.
    Delete {
        /// Which row.
        id: i64,
    },
    /// It is there again.
    Restore {
        /// Which row.
        id: i64,
    },
    /// It is read, as whatever came before in the same transaction has left it.
    Read {
        /// Which row.
        target: Target,
    },
}

/// What came of it.
#[derive(Debug)]
pub enum Outcome {
    /// The new row.
    Created(Vec<u8>),
    /// The row as it is now.
    Changed(Changed),
    /// The row is gone.
    Gone,
    /// The row.
    Read(Vec<u8>),
    /// What came of each of several operations.
    All(Vec<Outcome>),
}

/// An operation that needs a transaction and nothing else; where that has to be run again, it is applied again.
#[derive(Clone)]
pub struct Prepared(pub(super) Kind);

#[derive(Clone)]
pub(super) enum Kind {
    Create(Box<New>),
    Update(Box<Change>),
    Detach(Box<Change>),
    Delete(Box<Removal>),
    Restore(Box<Revival>),
    Read(Box<Reading>),
    Batch(Box<Batch>),
}

impl Pipeline {
    /// Carries out an operation in a transaction of its own; rows that are created alike, in one together.
    ///
    /// # Errors
    /// Whatever of [`Error`] the contract names for its verb.
    pub async fn carry_out(&self, operation: Operation<'_>) -> Result<Outcome, Error> {
        let Operation { resource, who, preconditions, act } = operation;
        let asked = Asked { resource, who, preconditions };
        match act {
            Act::Create { parent, body } => self.create(resource, parent, who, body).await.map(Outcome::Created),
            Act::Update { target, body } => self.change(asked, target, body).await.map(Outcome::Changed),
            Act::Delete { id } => self.remove(asked, id).await.map(|()| Outcome::Gone),
            Act::Restore { id } => self.restore(resource, id, who).await.map(Outcome::Changed),
            Act::Attach { .. } | Act::Read { .. } => self.apply(self.prepare(operation).await?).await,
        }
    }

    /// Does of an operation whatever needs no transaction.
    ///
    /// # Errors
    /// What stands against it, where that is known already.
    pub async fn prepare(&self, operation: Operation<'_>) -> Result<Prepared, Error> {
        let mut prepared = self.prepared(operation)?;
        if let Kind::Create(new) = &mut prepared.0 {
            self.ready(new).await?;
            return Ok(prepared);
        }
        if let Kind::Update(change) | Kind::Detach(change) = &mut prepared.0 {
            self.reauthenticate(change).await?;
        }
        let turn = self.hooking.turn(prepared.followed()).await?;
        prepared.follow(&self.hooking, turn.as_ref())?;
        Ok(prepared)
    }

    /// Applies it in a transaction of its own.
    ///
    /// # Errors
    /// What stands against it.
    pub async fn apply(&self, prepared: Prepared) -> Result<Outcome, Error> {
        self.db.write(move |tx| async move { prepared.apply(tx).await }.boxed()).await
    }

    /// Reads an operation.
    ///
    /// # Errors
    /// What stands against it whatever the database holds, but for what is wrong with the body.
    pub(super) fn prepared(&self, operation: Operation<'_>) -> Result<Prepared, Error> {
        let Operation { resource, who, preconditions, act } = operation;
        let asked = Asked { resource, who, preconditions };
        Ok(Prepared(match act {
            Act::Create { parent, body } => Kind::Create(Box::new(self.creation(resource, parent, who, body)?)),
            Act::Update { target, body } => Kind::Update(Box::new(self.changing(asked, target, body)?)),
            Act::Attach { target, column, file } => {
                let change = Box::new(self.replacing(asked, target, (column, file))?);
                if file.is_some() { Kind::Update(change) } else { Kind::Detach(change) }
            }
            Act::Delete { id } => Kind::Delete(Box::new(self.removal(asked, id)?)),
            Act::Restore { id } => Kind::Restore(Box::new(self.revival(resource, id, who)?)),
            Act::Read { target } => Kind::Read(Box::new(self.reading(asked, target)?)),
        }))
    }

    /// The key under which rows of a resource say when they were changed last, where they do.
    #[must_use]
    pub fn updated_at(&self, resource: usize) -> Option<&'static str> {
        self.engines.get(resource).and_then(|engine| precondition::updated_at(engine.schema))
    }
}

impl Prepared {
    /// How many resources have hooks of which it changes rows.
    pub(super) fn followed(&self) -> usize {
        match &self.0 {
            Kind::Create(new) => new.followed(),
            Kind::Update(change) | Kind::Detach(change) => change.followed(),
            Kind::Delete(removal) => removal.followed(),
            Kind::Restore(revival) => revival.followed(),
            // A batch has waited for its turn.
            Kind::Read(_) | Kind::Batch(_) => 0,
        }
    }

    /// Has hooks run in this turn.
    ///
    /// # Errors
    /// [`Error::Internal`] where it needs one, and there is none.
    pub(super) fn follow(&mut self, hooking: &Hooking, turn: Option<&Turn>) -> Result<(), Error> {
        match &mut self.0 {
            Kind::Create(new) => new.follow(hooking, turn),
            Kind::Update(change) | Kind::Detach(change) => change.follow(hooking, turn),
            Kind::Delete(removal) => removal.follow(hooking, turn),
            Kind::Restore(revival) => revival.follow(hooking, turn),
            Kind::Read(_) | Kind::Batch(_) => Ok(()),
        }
    }

    /// Applies it.
    ///
    /// # Errors
    /// What stands against it.
    pub(super) async fn apply(self, tx: &mut Tx) -> Result<Outcome, Error> {
        match self.0 {
            Kind::Create(new) => new.apply(tx).await.map(Outcome::Created),
            Kind::Update(change) => change.apply(tx).await.map(Outcome::Changed),
            Kind::Detach(change) => change.apply(tx).await.map(|_| Outcome::Gone),
            Kind::Delete(removal) => removal.apply(tx).await.map(|()| Outcome::Gone),
            Kind::Restore(revival) => revival.apply(tx).await.map(Outcome::Changed),
            Kind::Read(reading) => reading.apply(tx).await.map(Outcome::Read),
            Kind::Batch(batch) => batch.apply(tx).await.map(Outcome::All),
        }
    }
}
