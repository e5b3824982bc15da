//! How many tasks of a project there are, by status.

use crate::task::Task;
use fasttrack::{
    db::{Arg, Statement},
    error::Error,
    prelude::*,
};
use serde::{Deserialize, Serialize};

/// What is kept of a project's tasks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stats {
    /// The tasks, counted.
    pub tasks: Counts,
    /// When they were counted.
    pub updated_at: String,
}

/// Tasks by status.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Not begun.
    pub todo: i64,
    /// Begun.
    pub in_progress: i64,
    /// Finished.
    pub done: i64,
}

/// Whether what is kept of the project `$1` is from before the change at `$2`.
const STALE: &str = "id = $1 AND coalesce(json_extract(stats, '$.updated_at'), '') <= $2";

/// Counts the tasks of the project anew, unless that was done after this change already: of a burst of changes, few have
/// it counted.
///
/// # Errors
/// When the database is busy; then it is tried again.
pub async fn count_the_tasks(change: Change<Task>, context: Context) -> JobResult {
    let Some(task) = change.new.or(change.old) else { return Ok(()) };
    let (project, at) = (Arg::Int(task.project.id().get()), Arg::Text(change.at));
    let look = Statement::new(format!("SELECT 1 FROM projects WHERE {STALE}"), vec![project.clone(), at.clone()]);
    if context.read(look).await?.is_empty() {
        return Ok(());
    }
    count(project, at, &context).await?;
    Ok(())
}

/// Counts the tasks of a project anew.
///
/// # Errors
/// When the database is busy.
pub async fn count_tasks_of(project: i64, context: &Context) -> Result<(), Error> {
    let later_than_all = "9999".to_owned();
    count(Arg::Int(project), Arg::Text(later_than_all), context).await
}

async fn count(project: Arg, at: Arg, context: &Context) -> Result<(), Error> {
    let counts = ["todo", "in_progress", "done"]
        .map(|status| format!("'{status}', count(*) FILTER (WHERE status = '{status}')"));
    let sql = format!(
        "UPDATE projects SET stats = (SELECT json_object('tasks', json_object({}), 'updated_at', $3) \
         FROM tasks WHERE project_id = $1) WHERE {STALE}",
        counts.join(", ")
    );
    // The instant is taken where all writes stand in a row: whatever has changed before it is counted.
    context.write_now(move |now| Statement::new(sql, vec![project, at, Arg::Text(now)])).await?;
    Ok(())
}
