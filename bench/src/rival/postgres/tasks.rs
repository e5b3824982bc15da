//! One task, a page of tasks, a new task.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::StatusCode,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};
use sqlx::{AssertSqlSafe, FromRow};

use super::{
    super::{
        page::{Asked, Place, Sort},
        problem::Problem,
        token::Account,
    },
    Shared,
};

#[derive(Serialize, FromRow)]
pub struct Task {
    id: i64,
    title: String,
    description: String,
    status: String,
    priority: String,
    project_id: i64,
    assignee_id: Option<i64>,
    #[serde(serialize_with = "instant")]
    created_at: DateTime<Utc>,
    #[serde(serialize_with = "instant")]
    updated_at: DateTime<Utc>,
}

#[derive(Serialize)]
pub struct Page {
    items: Vec<Task>,
    next_cursor: Option<String>,
    has_more: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    status: Status,
    #[serde(default)]
    priority: Priority,
    assignee_id: Option<i64>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Status {
    #[default]
    Todo,
    InProgress,
    Done,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum Priority {
    Low,
    #[default]
    Medium,
    High,
}

const ONE: &str = "SELECT t.* FROM tasks t JOIN projects p ON p.id = t.project_id \
    JOIN users u ON u.id = $2 AND u.is_active \
    WHERE t.id = $1 AND (p.owner_id = u.id OR t.assignee_id = u.id OR u.role = 'admin')";

const BY_ID: &str = "SELECT t.* FROM tasks t JOIN projects p ON p.id = t.project_id \
    JOIN users u ON u.id = $2 AND u.is_active \
    WHERE t.project_id = $1 AND (p.owner_id = u.id OR u.role = 'admin') AND t.id > $3 \
    ORDER BY t.id LIMIT";

const BY_PRIORITY: &str = "SELECT t.* FROM tasks t JOIN projects p ON p.id = t.project_id \
    JOIN users u ON u.id = $2 AND u.is_active \
    WHERE t.project_id = $1 AND (p.owner_id = u.id OR u.role = 'admin') \
    AND (CASE t.priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END, t.id) > ($3::int, $4) \
    ORDER BY CASE t.priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END, t.id LIMIT";

const NEW: &str = "INSERT INTO tasks \
    (title, description, status, priority, project_id, assignee_id, created_at, updated_at) \
    SELECT $3, $4, $5, $6, p.id, $7, now(), now() FROM projects p JOIN users u ON u.id = $2 AND u.is_active \
    WHERE p.id = $1 AND (p.owner_id = u.id OR u.role = 'admin') \
    AND ($7 IS NULL OR EXISTS (SELECT FROM users a WHERE a.id = $7 AND a.is_active)) RETURNING *";

/// `GET /api/v1/tasks/{id}`
pub async fn read(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Path(id): Path<i64>,
) -> Result<Json<Task>, Problem> {
    let task = sqlx::query_as(ONE).bind(id).bind(account).fetch_optional(&shared.pool).await?;
    match task {
        Some(task) => Ok(Json(task)),
        None => Err(why_not(&shared, account, "SELECT EXISTS (SELECT FROM tasks WHERE id = $1)", id).await?),
    }
}

/// `GET /api/v1/projects/{id}/tasks`
pub async fn list(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Path(project): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Json<Page>, Problem> {
    let (limit, start) = (asked.limit()?, asked.place()?);
    // In the text: a plan that is made once for every limit is so much dearer that PostgreSQL would plan each time.
    let limited = |sql| AssertSqlSafe(format!("{sql} {}", limit + 1));
    let page = match asked.sort {
        Sort::Id => sqlx::query_as(limited(BY_ID)).bind(project).bind(account),
        Sort::Priority => sqlx::query_as(limited(BY_PRIORITY)).bind(project).bind(account).bind(start.rank),
    };
    let mut items: Vec<Task> = page.bind(start.id).fetch_all(&shared.pool).await?;
    if items.is_empty() && start.id == Place::START.id {
        let readable = "SELECT EXISTS (SELECT FROM projects WHERE id = $1)";
        return Err(why_not(&shared, account, readable, project).await?);
    }
    let has_more = items.len() as i64 > limit;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| has_more).map(|last| Place::of(&last.priority, last.id).encode());
    Ok(Json(Page { items, next_cursor, has_more }))
}

/// `POST /api/v1/projects/{id}/tasks`
pub async fn create(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Path(project): Path<i64>,
    body: Result<Json<NewTask>, JsonRejection>,
) -> Result<(StatusCode, Json<Task>), Problem> {
    let Json(new) = body.map_err(|_| Problem::Invalid("it is no task"))?;
    if !(1..=300).contains(&new.title.chars().count()) || new.description.chars().count() > 10_000 {
        return Err(Problem::Invalid("a title has 1 to 300 characters, a description 10,000 at most"));
    }
    let task = sqlx::query_as(NEW)
        .bind(project)
        .bind(account)
        .bind(&new.title)
        .bind(&new.description)
        .bind(new.status.word())
        .bind(new.priority.word())
        .bind(new.assignee_id)
        .fetch_optional(&shared.pool)
        .await?;
    match task {
        Some(task) => Ok((StatusCode::CREATED, Json(task))),
        None => {
            let writable = "SELECT EXISTS (SELECT FROM projects WHERE id = $1)";
            Err(why_not(&shared, account, writable, project).await?)
        }
    }
}

/// Why there was no row: asked only when there was none.
async fn why_not(shared: &Shared, account: i64, exists: &'static str, id: i64) -> Result<Problem, sqlx::Error> {
    let active = "SELECT EXISTS (SELECT FROM users WHERE id = $1 AND is_active)";
    if !sqlx::query_scalar(active).bind(account).fetch_one(&shared.pool).await? {
        return Ok(Problem::Unauthorized);
    }
    let exists = sqlx::query_scalar(exists).bind(id).fetch_one(&shared.pool).await?;
    Ok(if exists { Problem::Forbidden } else { Problem::NotFound })
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::InProgress => "in_progress",
            Self::Done => "done",
        }
    }
}

impl Priority {
    fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

fn instant<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Micros, true))
}
