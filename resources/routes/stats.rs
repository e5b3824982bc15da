//! `GET /projects/{id}/stats`: how the tasks of a project stand.

use crate::project::Project;
use fasttrack::{
    db::{Arg, Dialect, Statement},
    error::Error,
    http::{
        Api, CustomRoute,
        salvo::{self, prelude::*},
    },
};
use serde::Serialize;
use serde_json::json;

/// The route, as `main` adds it.
#[must_use]
pub fn project_stats() -> CustomRoute {
    let count = json!({ "type": "integer", "format": "int64", "minimum": 0 });
    CustomRoute::get("/projects/{id}/stats", stats_of_a_project)
        .named("get_project_stats")
        .summary("Count the tasks of a project")
        .explain("Exact: every change that was answered before is counted.")
        .who("owner or role admin")
        .answers(
            "The tasks by status.",
            json!({
                "title": "ProjectStats",
                "type": "object",
                "required": ["project_id", "tasks", "updated_at"],
                "properties": {
                    "project_id": { "type": "integer", "format": "int64", "minimum": 1 },
                    "tasks": {
                        "type": "object",
                        "required": ["todo", "in_progress", "done"],
                        "properties": { "todo": count, "in_progress": count, "done": count },
                    },
                    "updated_at": {
                        "description": "When one of them was last made or changed.",
                        "type": "string",
                        "format": "date-time",
                    },
                },
            }),
        )
}

/// How many tasks are how far. They are counted where they are asked for, so that nothing has to be kept in step with
/// them; each status is a range of the index that lists are filtered by, which has it in this form.
fn count(dialect: Dialect) -> String {
    let last_change = dialect.instant("max(updated_at)");
    format!(
        "SELECT CASE status WHEN 'todo' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'done' THEN 2 END, count(*), \
         (SELECT {last_change} FROM tasks WHERE project_id = $1) FROM tasks WHERE project_id = $1 GROUP BY 1"
    )
}

#[derive(Serialize)]
struct ProjectStats {
    project_id: i64,
    tasks: Counts,
    updated_at: String,
}

#[derive(Default, Serialize)]
struct Counts {
    todo: i64,
    in_progress: i64,
    done: i64,
}

/// Whoever may read the project may read this.
#[handler]
async fn stats_of_a_project(api: Api) -> Result<Json<ProjectStats>, Error> {
    let project = api.read::<Project>(api.id()?).await?;
    let project_id = project.id.get();
    let (mut tasks, mut updated_at) = (Counts::default(), project.created_at.0);
    let count = Statement::new(count(api.context().dialect()), vec![Arg::Int(project_id)]);
    for row in api.context().read(count).await? {
        let count = row.int(1).unwrap_or_default();
        match row.int(0) {
            Some(0) => tasks.todo = count,
            Some(1) => tasks.in_progress = count,
            _ => tasks.done = count,
        }
        updated_at = row.text(2).map_or(updated_at, str::to_owned);
    }
    Ok(Json(ProjectStats { project_id, tasks, updated_at }))
}
