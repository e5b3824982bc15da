//! What holds of several fields of a row, or of all rows together, whoever writes them: the API, hooks, jobs, many at once.

mod check;
mod exclusive;
mod limit;
mod unique;

use std::{fmt::Debug, future::Future, sync::Arc};

use fasttrack::{
    db::{Arg, Statement},
    error::Error,
    principal::Principal,
    schema::Schema,
};
use tokio::task::JoinSet;

use super::{Inside, id, run};

/// How many write at once.
const WRITERS: usize = 50;

/// These resources and the account of the tracker, and somebody who is logged in.
async fn begin(schemas: &[&'static Schema]) -> (Arc<Inside>, Principal) {
    let user = resources::RESOURCES.iter().copied().find(|schema| schema.account).unwrap();
    let schemas: Vec<_> = std::iter::once(user).chain(schemas.iter().copied()).collect();
    let app = Inside::new(&schemas).await;
    let ada = app.register("ada").await;
    (Arc::new(app), ada)
}

#[track_caller]
fn conflict<T: Debug>(outcome: &Result<T, Error>, expected: &str) {
    assert!(matches!(outcome, Err(Error::Conflict(words)) if words == expected), "{expected}: {outcome:?}");
}

/// Has as many try at once, each with a number, and says how many succeeded. The others have to meet this conflict.
async fn race<T, F>(expected: &str, attempt: impl Fn(usize) -> F) -> usize
where
    T: Debug + Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let outcomes = (0..WRITERS).map(attempt).collect::<JoinSet<_>>().join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    for outcome in &lost {
        conflict(outcome, expected);
    }
    won.len()
}

/// What a job writes.
async fn job(app: &Inside, sql: &str, args: Vec<Arg>) -> Result<usize, Error> {
    let (context, statement) = (app.kit.context().clone(), Statement::new(sql, args));
    context.write(statement).await.map(|rows| rows.len())
}

/// How many rows a table has.
async fn count(app: &Inside, table: &str) -> i64 {
    app.rows(&format!("SELECT count(*) FROM {table}"), Vec::new()).await[0].int(0).unwrap()
}
