//! One attempt at one job, whatever the job does.

use std::{any::Any, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{
    task::{AbortHandle, JoinError},
    time::timeout,
};
use tracing::Instrument;

use crate::job::{JobError, JobResult};

/// Longest time that an attempt may take.
pub(super) const TIME_LIMIT: Duration = Duration::from_mins(1);

/// Runs a job in a task of its own, so that its panic is its own affair. One that does not end in time has failed; it is
/// dropped where it waits.
///
/// # Errors
/// Why it failed.
pub(super) async fn attempt(
    begin: impl FnOnce() -> BoxFuture<'static, JobResult> + Send + 'static,
) -> Result<(), JobError> {
    let task = tokio::spawn(async move { begin().await }.in_current_span());
    let _aborted = AbortOnDrop(task.abort_handle());
    match timeout(TIME_LIMIT, task).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => Err(JobError::new(last_words(error))),
        Err(_) => Err(JobError::new(format!("it took longer than {} s", TIME_LIMIT.as_secs()))),
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn last_words(error: JoinError) -> String {
    let Ok(payload) = error.try_into_panic() else { return "it was broken off".into() };
    format!("it panicked: {}", words_of(&*payload).unwrap_or("without a word"))
}

fn words_of(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt;
    use serde::Deserialize;

    use super::*;
    use crate::{
        db::Db,
        error::Error,
        job::{self, Change, Context, MailError, RawChange, Recipient, Services},
    };

    struct Nothing;

    impl Services for Nothing {
        fn row(&self, _: &'static str, _: i64) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>> {
            std::future::ready(Ok(None)).boxed()
        }

        fn db(&self) -> &Db {
            panic!("there is no database")
        }

        fn disable_account(&self, _: i64) -> BoxFuture<'_, Result<bool, Error>> {
            std::future::ready(Ok(false)).boxed()
        }

        fn end_sessions(&self, _: i64) -> BoxFuture<'_, Result<usize, Error>> {
            std::future::ready(Ok(0)).boxed()
        }

        fn mail(&self, to: Recipient, _: String, _: String) -> BoxFuture<'_, Result<(), MailError>> {
            let error = if to.address == "nobody" { MailError::Rejected } else { MailError::Refused };
            std::future::ready(Err(error("say why".into()))).boxed()
        }
    }

    #[derive(Deserialize)]
    struct Task {
        title: String,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("unsent")]
    struct Unsent(#[source] MailError);

    async fn by_title(change: Change<Task>, context: Context) -> JobResult {
        match change.new.map(|task| task.title).as_deref() {
            Some("panic") => panic!("{}", "boom"),
            Some("hang") => std::future::pending().await,
            Some("slow") => tokio::time::sleep(Duration::from_secs(59)).await,
            Some("mail") => context.mail("a@example.com", "s", "t").await?,
            Some("nobody") => context.mail("nobody", "s", "t").await?,
            Some("wrapped") => context.mail("nobody", "s", "t").await.map_err(Unsent)?,
            Some("fatal") => return Err(JobError::fatal("never")),
            _ => {}
        }
        Ok(())
    }

    fn by_panicking_at_once() -> BoxFuture<'static, JobResult> {
        panic!("at once")
    }

    #[track_caller]
    fn check(outcome: &Result<(), JobError>, expected: Result<(), (&str, bool)>) {
        let outcome = outcome.as_ref().map_err(|error| (error.to_string(), error.is_fatal())).copied();
        assert_eq!(outcome, expected.map_err(|(text, fatal)| (text.to_owned(), fatal)));
    }

    async fn attempted(json: &str) -> Result<(), JobError> {
        let new = Some(json.as_bytes().to_vec());
        let change = RawChange { id: 1, old: None, new, actor: None, at: String::new() };
        let context = Context::new(Arc::new(Nothing));
        attempt(move || job::run::<Task>(by_title, &change, context)).await
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_a_job_does_is_an_outcome() {
        for (json, expected) in [
            (r#"{"title": "fine"}"#, Ok(())),
            (r#"{"title": "slow"}"#, Ok(())),
            (r#"{"title": "panic"}"#, Err(("it panicked: boom", false))),
            (r#"{"title": "hang"}"#, Err(("it took longer than 60 s", false))),
            (r#"{"title": "mail"}"#, Err(("the mail server did not take it: say why", false))),
            (r#"{"title": "nobody"}"#, Err(("the mail server will not take it: say why", true))),
            (r#"{"title": "wrapped"}"#, Err(("unsent", true))),
            (r#"{"title": "fatal"}"#, Err(("never", true))),
        ] {
            check(&attempted(json).await, expected);
        }
        let unread = attempted("{}").await.unwrap_err();
        assert!(unread.is_fatal() && unread.to_string().contains("missing field `title`"), "{unread}");
        let outcome = attempt(by_panicking_at_once).await;
        check(&outcome, Err(("it panicked: at once", false)));
    }
}
