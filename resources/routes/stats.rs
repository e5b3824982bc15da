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
        .explain("Exact: kept in the transaction of each change.")
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

/// What the project keeps of its tasks, and when one of them last changed, which an index has.
fn figures(dialect: Dialect) -> String {
    let last_change = dialect.instant("max(updated_at)");
    format!(
        "SELECT todo_tasks, begun_tasks, done_tasks, (SELECT {last_change} FROM tasks WHERE project_id = $1) \
         FROM projects WHERE id = $1"
    )
}

#[derive(Serialize)]
struct ProjectStats {
    project_id: i64,
    tasks: Counts,
    updated_at: String,
}

#[derive(Serialize)]
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
    let figures = Statement::new(figures(api.context().dialect()), vec![Arg::Int(project_id)]);
    let found = api.context().read(figures).await?;
    let row = found.first().ok_or_else(|| Error::NotFound(format!("project {project_id} does not exist").into()))?;
    let count = |column| row.int(column).unwrap_or_default();
    let tasks = Counts { todo: count(0), in_progress: count(1), done: count(2) };
    let updated_at = row.text(3).map_or(project.created_at.0, str::to_owned);
    Ok(Json(ProjectStats { project_id, tasks, updated_at }))
}
