//! Rows that operations one after the other create alike: written together, as those of many requests are, where that cannot
//! be told from one by one.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{Batch, answers::Answers};
use crate::{
    db::{Arg, Tx},
    error::Error,
    pipeline::{Outcome, create::New, operation::Kind, refusal, rows::Part},
    schema::Verb,
};

impl Batch {
    /// Creates the next rows that are alike.
    ///
    /// # Errors
    /// How many operations have to be gone about one by one: where there are no two of them, or one is refused, of which it is
    /// not known which.
    pub(super) async fn create_alike(&self, tx: &mut Tx, answers: &Answers) -> Result<Vec<Outcome>, usize> {
        let news = self.next_alike(answers);
        let count = news.len();
        if count < 2 {
            return Err(1);
        }
        // After what nothing goes on after, the next statement says so once more.
        let created = tx.part(move |tx| async move { create(tx, news).await }.boxed()).await;
        created.map(|rows| rows.into_iter().map(Outcome::Created).collect()).map_err(|_| count)
    }

    /// The next operations that create rows alike, of which none refers to what another of them answers.
    fn next_alike(&self, answers: &Answers) -> Vec<New> {
        let mut news: Vec<New> = Vec::new();
        let first = answers.len();
        for (place, step) in self.steps.iter().enumerate().skip(first) {
            let is_known = step.body.references().all(|(_, reference)| reference.operation < first);
            let is_known = is_known && !step.is_below(first);
            if step.verb != Verb::Create || !is_known {
                break;
            }
            let Ok(Kind::Create(new)) = self.prepare(place, answers).map(|prepared| prepared.0) else { break };
            let is_alike = news.first().is_none_or(|other| other.is_like(&new));
            if !(new.is_plain() && new.plan.stand_alone() && !new.is_faulty() && is_alike) {
                break;
            }
            news.push(*new);
        }
        news
    }
}

impl New {
    /// Whether another row is created by the same statement.
    fn is_like(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.plan, &other.plan)
    }

    /// Puts the hashes of passwords where these were.
    pub(super) fn put_hashes(&mut self, hashes: &[(&'static str, String)]) {
        for (arg, column) in self.row.iter_mut().zip(self.engine.schema.columns) {
            if let Some((_, hash)) = hashes.iter().find(|(key, _)| *key == column.key) {
                *arg = Arg::Text(hash.clone());
            }
        }
    }
}

async fn create(tx: &mut Tx, news: Vec<New>) -> Result<Vec<Vec<u8>>, Error> {
    let Some(New { plan, engine, .. }) = news.first() else { return Ok(Vec::new()) };
    let (plan, schema) = (Arc::clone(plan), engine.schema);
    let refused = |error| refusal::written(schema, error);
    let rows: Vec<Vec<Arg>> = news.into_iter().map(|new| new.row).collect();
    let mut written = plan.write(tx, &rows).await.map_err(refused)?;
    if written.created.len() < rows.len() {
        return Err(Error::Conflict("one of them is refused".into()));
    }
    plan.tell(tx, &rows, &written, Part::All).await.map_err(refused)?;
    plan.show(tx, &rows, &mut written).await.map_err(refused)?;
    let missing = || Error::Internal("a row was created, and is not there".into());
    written.answers.into_iter().map(|row| row.ok_or_else(missing)).collect()
}
