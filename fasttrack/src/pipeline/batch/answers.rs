//! What the operations of a batch have answered so far.

use std::{collections::HashMap, sync::OnceLock};

use serde_json::value::RawValue;

use crate::{pipeline::Outcome, wire::Reference};

/// What the operations of a batch have answered so far, in their order.
#[derive(Default)]
pub(super) struct Answers(Vec<Answer>);

struct Answer {
    outcome: Outcome,
    /// Its members by their keys, once somebody refers to one.
    members: OnceLock<HashMap<String, Box<RawValue>>>,
}

impl Answers {
    /// How many have.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds what the next one did.
    pub(super) fn push(&mut self, outcome: Outcome) {
        self.0.push(Answer { outcome, members: OnceLock::new() });
    }

    /// The JSON of what an operation answered under a key.
    pub(super) fn find(&self, reference: &Reference) -> Option<&str> {
        let answer = self.0.get(reference.operation)?;
        // However many refer to it, it is taken apart once.
        let members = answer.members.get_or_init(|| answer.members());
        members.get(&reference.key).map(|value| value.get())
    }

    /// All of it.
    pub(super) fn into_outcomes(self) -> Vec<Outcome> {
        self.0.into_iter().map(|answer| answer.outcome).collect()
    }
}

impl Answer {
    fn members(&self) -> HashMap<String, Box<RawValue>> {
        let json = match &self.outcome {
            Outcome::Created(json) | Outcome::Read(json) => json,
            Outcome::Changed(changed) if changed.is_seen => &changed.json,
            Outcome::Changed(_) | Outcome::Gone | Outcome::All(_) => return HashMap::new(),
        };
        serde_json::from_slice(json).unwrap_or_default()
    }
}
