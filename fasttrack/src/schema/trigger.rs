//! Who hears of a change, and what they are told.

use super::{Literal, Path};
use crate::job::JobFn;

/// One `#[on(change => effect)]`.
#[derive(Debug, Clone, Copy)]
pub struct Trigger {
    /// When.
    pub change: Change,
    /// What then.
    pub effect: Effect,
}

/// A change that can be listened for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// A row came into being.
    Created,
    /// A row went.
    Deleted,
    /// A row that was deleted came back.
    Restored,
    /// What is stored in this field differs from what was before. Before creation an optional field was null and a
    /// required one was nothing, so that creation changes an optional field given a value, and no required one.
    Changed {
        /// Name of the field.
        field: &'static str,
    },
    /// The same, and now it holds this.
    ChangedTo {
        /// Name of the field.
        field: &'static str,
        /// The new value.
        value: Literal,
    },
    /// The instant that a field says has come, or lies so far ahead or back; once for each row and value.
    At {
        /// Name of the field.
        field: &'static str,
        /// How long after its instant, in microseconds; before it, where that is negative.
        offset_us: i64,
    },
}

/// What a trigger does.
#[derive(Debug, Clone, Copy)]
pub enum Effect {
    /// Tells accounts, each once.
    Event {
        /// Type of the message.
        name: &'static str,
        /// Its data, besides the row's own id.
        payload: &'static [Payload],
        /// Paths that end at the account.
        to: &'static [Path],
        /// Whether who did it is left out.
        except_actor: bool,
    },
    /// Runs a background job.
    Run {
        /// Path of the function, for people and for the outbox.
        job: &'static str,
        /// The function.
        run: JobFn,
    },
    /// Adds a row that refers to the changed one.
    Add {
        /// What the declaration calls the rows ([`Has`](super::Has)).
        to: &'static str,
        /// What its fields hold that do not hold their default.
        values: &'static [Assignment],
    },
}

/// What a field of an added row holds.
#[derive(Debug, Clone, Copy)]
pub struct Assignment {
    /// Name of the field.
    pub field: &'static str,
    /// What it holds.
    pub value: Assigned,
}

/// Where the value of a field comes from.
#[derive(Debug, Clone, Copy)]
pub enum Assigned {
    /// Who makes the change.
    Actor,
    /// The declaration.
    Constant(Literal),
    /// A field of the changed row, or of one that it leads to.
    Field {
        /// Relations to follow.
        path: Path,
        /// Name of the field there.
        field: &'static str,
    },
}

/// Which row a payload value is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowVersion {
    /// As it is after the change (before it, when the row is deleted).
    New,
    /// As it was before.
    Old,
}

/// One key of an event's data.
#[derive(Debug, Clone, Copy)]
pub struct Payload {
    /// The key.
    pub key: &'static str,
    /// The version of the row to start from.
    pub row: RowVersion,
    /// Relations to follow.
    pub path: Path,
    /// Name of the field there; of a relation, its id.
    pub field: &'static str,
}

/// What generated code builds it with.
#[doc(hidden)]
impl Change {
    /// The field holds something else.
    #[must_use]
    pub const fn changed(field: &'static str) -> Self {
        Self::Changed { field }
    }

    /// The field holds something else, which is this.
    #[must_use]
    pub const fn changed_to(field: &'static str, value: Literal) -> Self {
        Self::ChangedTo { field, value }
    }

    /// The instant that the field says has come, or will in so long, or had so long ago.
    #[must_use]
    pub const fn at(field: &'static str, offset_us: i64) -> Self {
        Self::At { field, offset_us }
    }
}

/// What generated code builds it with.
#[doc(hidden)]
impl Trigger {
    /// A change that accounts are told of.
    #[must_use]
    pub const fn tell(change: Change, name: &'static str, payload: &'static [Payload], to: &'static [Path]) -> Self {
        Self { change, effect: Effect::Event { name, payload, to, except_actor: false } }
    }

    /// A change for which a row is added.
    #[must_use]
    pub const fn add(change: Change, to: &'static str, values: &'static [Assignment]) -> Self {
        Self { change, effect: Effect::Add { to, values } }
    }

    /// A change that a job runs for.
    #[must_use]
    pub const fn run(change: Change, job: &'static str, run: JobFn) -> Self {
        Self { change, effect: Effect::Run { job, run } }
    }

    /// Leaves out who did it.
    #[must_use]
    pub const fn except_actor(mut self) -> Self {
        if let Effect::Event { except_actor, .. } = &mut self.effect {
            *except_actor = true;
        }
        self
    }
}
