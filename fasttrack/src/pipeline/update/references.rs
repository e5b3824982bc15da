//! What a changed row would refer to, and where it would hang.

use std::collections::BTreeSet;

use super::{Change, State};
use crate::{
    db::{Arg, Tx},
    error::{Error, Fault},
    pipeline::{
        refusal,
        second::{Second, keys},
        values,
    },
    schema::Column,
    sql::{self, Reference},
};

impl Change {
    /// Reports what was found so far with what is wrong with the references, and what is `broken` besides; first, as for a new row, that the rule does
    /// not hold where the row would hang.
    pub(super) async fn check_references(
        &mut self,
        tx: &mut Tx,
        before: &State,
        changes: &[(&'static Column, Arg)],
        broken: Vec<Fault>,
    ) -> Result<(), Error> {
        let question = self.second.question(&self.policy, changes);
        let question = question.filter(|(asked, _)| !asked.depends_on(&|key| self.input.is_faulty(key)));
        let (mut faults, schema): (Vec<Fault>, _) = (Vec::new(), self.engine.schema);
        for reference in &self.references {
            let ids = before.newly_refers(schema, reference.key, changes);
            if !ids.is_empty() && !self.may_refer(tx, reference, &ids).await? {
                faults.push(refusal::bad_reference(reference.key, reference.target, reference.account));
            }
        }
        faults.splice(..0, std::mem::take(&mut self.input.faults));
        faults.extend(broken);
        if faults.is_empty() {
            return Ok(());
        }
        if let Some((asked, would_hold)) = question {
            let statement = sql::would_hold(&self.engine.table, asked, &would_hold).fill(values(self.id, &self.who));
            if tx.query(statement).await?.is_empty() {
                return Err(self.refuse_second(changes));
            }
        }
        Err(Error::Invalid(faults))
    }

    /// Whether all of these rows are there, and may be referred to.
    async fn may_refer(&self, tx: &mut Tx, reference: &Reference, ids: &BTreeSet<i64>) -> Result<bool, Error> {
        let statement = sql::referable(tx.dialect(), reference, ids).fill(values(self.id, &self.who));
        Ok(tx.query(statement).await?.len() == ids.len())
    }

    pub(super) fn refuse_second(&self, changes: &[(&'static Column, Arg)]) -> Error {
        let moved = self.second.moved(&self.policy, &keys(changes));
        Second::refusal(&self.who, self.engine.schema, self.id, &moved)
    }
}
