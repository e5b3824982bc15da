//! Jobs that run every so often, whatever happens.

use std::{any, fmt, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};

use super::{Context, JobResult};

/// A job that runs every so often: what [`Application::every`](crate::Application::every) is told.
#[derive(Clone)]
pub(crate) struct Regular {
    /// What it is called: the path of the function, without its crate.
    pub(crate) name: String,
    /// How often it runs.
    pub(crate) period: Duration,
    run: Arc<dyn Fn(Context) -> BoxFuture<'static, JobResult> + Send + Sync>,
}

/// The shortest period: jobs are looked for about once a second.
const SHORTEST: Duration = Duration::from_secs(1);

impl Regular {
    pub(crate) fn new<F, R>(period: Duration, job: F) -> Self
    where
        F: Fn(Context) -> R + Send + Sync + 'static,
        R: Future<Output = JobResult> + Send + 'static,
    {
        let path = any::type_name::<F>();
        let name = path.split_once("::").map_or(path, |(_, path)| path).to_owned();
        Self { name, period, run: Arc::new(move |context| job(context).boxed()) }
    }

    /// Begins it.
    pub(crate) fn begin(&self, context: Context) -> BoxFuture<'static, JobResult> {
        (self.run)(context)
    }

    /// Its period in microseconds.
    pub(crate) fn period_us(&self) -> i64 {
        i64::try_from(self.period.as_micros()).unwrap_or(i64::MAX)
    }

    /// Refuses what could not be told from others, or kept.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub(crate) fn check(all: &[Self]) -> Result<(), String> {
        for (place, regular) in all.iter().enumerate() {
            let Self { name, period, .. } = regular;
            if name.contains("{{closure}}") {
                return Err(format!(
                    "a job that runs every {period:?} is a closure, by which nobody knows it after a \
                                    restart; name a function"
                ));
            }
            if *period < SHORTEST {
                return Err(format!("the job {name} cannot run every {period:?}; say a second at least"));
            }
            if all.iter().take(place).any(|other| other.name == *name) {
                return Err(format!("the job {name} is to run in two rhythms; give one of them a function of its own"));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Regular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Regular").field("name", &self.name).field("period", &self.period).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sweep(_: Context) -> JobResult {
        Ok(())
    }

    async fn count(_: Context) -> JobResult {
        Ok(())
    }

    #[test]
    fn what_could_not_be_kept_is_refused() {
        const HOUR: Duration = Duration::from_hours(1);
        let every = Regular::new(HOUR, sweep);
        assert_eq!(every.name, "job::regular::tests::sweep");
        let check = |all: &[Regular]| Regular::check(all).err().unwrap_or_default();
        assert_eq!(check(&[every.clone(), Regular::new(HOUR, count)]), "");
        for (other, words) in [
            (Regular::new(HOUR * 2, sweep), "in two rhythms"),
            (Regular::new(Duration::from_millis(999), count), "a second at least"),
            (Regular::new(HOUR, |_: Context| std::future::ready(Ok(()))), "name a function"),
        ] {
            assert!(check(&[every.clone(), other]).contains(words), "{words}");
        }
    }
}
