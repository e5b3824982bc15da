//! `GET /projects/{id}/stats`: how the tasks of a project stand.

use crate::{
    jobs::{Counts, Stats},
    project::Project,
};
use fasttrack::{
    db::{Arg, Statement},
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
        .explain("Kept up by a background job, so up to a second behind.")
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
                    "updated_at": { "description": "When they were counted.", "type": "string", "format": "date-time" },
                },
            }),
        )
}

#[derive(Serialize)]
struct ProjectStats {
    project_id: i64,
    #[serde(flatten)]
    stats: Stats,
}

/// Whoever may read the project may read this; nothing was counted before its first task.
#[handler]
async fn stats_of_a_project(api: Api) -> Result<Json<ProjectStats>, Error> {
    let project = api.read::<Project>(api.id()?).await?;
    let project_id = project.id.get();
    let kept = Statement::new("SELECT CAST(stats AS BLOB) FROM projects WHERE id = $1", vec![Arg::Int(project_id)]);
    let row = api.context().read(kept).await?.into_iter().next().and_then(|mut row| row.take_bytes(0));
    let stats = match row {
        Some(json) => serde_json::from_slice(&json).map_err(|cause| Error::Internal(cause.to_string()))?,
        None => Stats { tasks: Counts::default(), updated_at: project.created_at.0 },
    };
    Ok(Json(ProjectStats { project_id, stats }))
}
