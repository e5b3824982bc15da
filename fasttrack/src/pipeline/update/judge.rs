//! Whether a caller may make a change, by what is found of the row as it is.

use super::Change;
use crate::{
    db::Row,
    error::Error,
    pipeline::{refusal, state::State},
    schema::Verb,
    sql::Predicate,
};

impl Change {
    /// What is asked of the row as it is.
    pub(super) fn policies(&self) -> Vec<&Predicate> {
        let guards = self.guards.iter().map(|guard| &guard.policy);
        [&self.policy, &self.read].into_iter().chain(guards).collect()
    }

    /// Decides by what was found of the row.
    pub(super) fn judge(&self, row: Option<Row>) -> Result<State, Error> {
        let schema = self.engine.schema;
        let policies = self.policies().len();
        let Some(mut row) = row else { return Err(refusal::not_found(schema, self.id)) };
        let holds = |position: usize| row.int(position) == Some(1);
        if !holds(0) {
            let concealed = schema.conceal && !holds(1);
            return Err(if concealed {
                refusal::not_found(schema, self.id)
            } else {
                refusal::forbidden(&self.who, Verb::Update.name(), schema, self.id)
            });
        }
        let refused = self.guards.iter().enumerate().filter(|(position, _)| !holds(2 + position));
        let forbidden: Vec<_> = refused.map(|(_, guard)| guard.key).collect();
        if !forbidden.is_empty() {
            return Err(refusal::forbidden_fields(&forbidden));
        }
        let json = row.take_bytes(policies).unwrap_or_default();
        Ok(State { json, cells: row.0.split_off(policies + 1) })
    }
}
