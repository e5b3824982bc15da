//! Which job is which function.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::BoxFuture;

use super::queue::Due;
use crate::{
    job::{Context, JobFn, JobResult, Letter, RawChange, Regular},
    schema::{Catalog, Effect},
};

/// The functions of an application that run as jobs.
pub(super) struct Functions {
    /// By resource and name.
    of_changes: HashMap<(&'static str, &'static str), JobFn>,
    regular: Arc<[Regular]>,
}

/// One of them.
pub(super) enum Function {
    /// Runs because of a change.
    OfAChange(JobFn),
    /// Runs every so often.
    Regular(Regular),
}

impl Functions {
    /// Those that the declarations name, and those that run every so often.
    pub(super) fn of(catalog: &Catalog, regular: Arc<[Regular]>) -> Self {
        let mut of_changes = HashMap::new();
        for model in catalog.models() {
            for trigger in model.schema.triggers {
                if let Effect::Run { job, run } = trigger.effect {
                    of_changes.insert((model.schema.name, job), run);
                }
            }
            if model.schema.account {
                // Asked for by requests, too.
                of_changes.extend(Letter::ALL.map(|letter| ((model.schema.name, letter.job()), letter.run())));
            }
        }
        Self { of_changes, regular }
    }

    /// The function of a job, if this program has it.
    pub(super) fn find(&self, job: &Due) -> Option<Function> {
        if job.resource.is_empty() {
            let regular = self.regular.iter().find(|regular| regular.name == job.name);
            return regular.cloned().map(Function::Regular);
        }
        self.of_changes.get(&(job.resource.as_str(), job.name.as_str())).copied().map(Function::OfAChange)
    }

    /// Resource and name of each.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let regular = self.regular.iter().map(|regular| ("", regular.name.as_str()));
        self.of_changes.keys().copied().chain(regular)
    }
}

impl Function {
    /// Begins it.
    pub(super) fn begin(self, change: &RawChange, context: Context) -> BoxFuture<'static, JobResult> {
        match self {
            Self::OfAChange(run) => run(change, context),
            Self::Regular(regular) => regular.begin(context),
        }
    }
}
