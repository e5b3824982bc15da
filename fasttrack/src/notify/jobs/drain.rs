//! Jobs run to the end, for a test: when it says so, one after the other, and it hears what failed.

use std::fmt;

use super::{
    Workers,
    queue::{self, Verdict},
};
use crate::{error::Error, job::Context, schema::Catalog};

/// Most jobs that are run at once: jobs that make jobs without end are noticed.
const MOST: usize = 10_000;

/// An attempt at a job that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedJob {
    /// The function.
    pub name: String,
    /// The row that it was about: resource and id, `task 7`; empty where it runs every so often.
    pub row: String,
    /// Why it failed.
    pub error: String,
    /// Whether it is kept as a dead letter, and not tried again.
    pub is_dead: bool,
}

impl Workers {
    /// Runs every job that is due, and those that they lead to, in the order in which they are due. One that fails is due
    /// later.
    ///
    /// # Errors
    /// What the database says; or that there is no end of it.
    pub(crate) async fn run_out(&self, catalog: &Catalog, context: Context) -> Result<Vec<FailedJob>, Error> {
        let dispatcher = self.dispatcher(catalog, context);
        let mut failed = Vec::new();
        queue::pull_in(&self.db).await?;
        for _ in 0..MOST {
            // One at a time: what is taken where jobs have leases is nobody else's for a while.
            let (due, _) = queue::first_due(&self.db, &[], 1).await?;
            let Some(job) = due.into_iter().next() else { return Ok(failed) };
            let (name, row) = (job.name.clone(), job.row());
            let verdict = dispatcher.run_one(job).await.map_err(|not_begun| not_begun.error)?;
            if let Verdict::Failed { error, is_dead, .. } = &verdict {
                failed.push(FailedJob { name, row, error: error.clone(), is_dead: *is_dead });
            }
            queue::settle(&self.db, vec![verdict]).await?;
        }
        Err(Error::Internal(format!("{MOST} jobs were run, and there are more: do jobs lead to jobs without end?")))
    }
}

impl fmt::Display for FailedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dead = if self.is_dead { ", for good" } else { "" };
        let row = if self.row.is_empty() { String::new() } else { format!(" for {}", self.row) };
        write!(f, "the job {}{row} failed{dead}: {}", self.name, self.error)
    }
}
