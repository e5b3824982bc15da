//! Projects and tasks with axum and sqlx on SQLite, in the style of their own examples: a pool, structs that rows are read
//! into, one statement after the other.

mod rows;

use std::{env, str::FromStr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::StatusCode,
    routing::get,
};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use self::rows::{List, Project, Task, User};
use super::{
    page::{Asked, Place, Sort},
    problem::Problem,
    project::{NewProject, now},
    token::{Account, Verifier},
};
use crate::Error;

/// What every request needs.
struct Shared {
    pool: SqlitePool,
    verifier: Verifier,
}

impl AsRef<Verifier> for Shared {
    fn as_ref(&self) -> &Verifier {
        &self.verifier
    }
}

/// Connections. More only wait for the two cores.
const POOL: u32 = 4;

const EQUALS: &str = "SELECT * FROM tasks WHERE project_id = ?1 \
    AND CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END = ?2 AND id > ?3 ORDER BY id LIMIT ?4";

const ABOVE: &str = "SELECT * FROM tasks WHERE project_id = ?1 \
    AND CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END > ?2 \
    ORDER BY CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END, id LIMIT ?3";

/// Its routes.
pub async fn app() -> Result<Router, Error> {
    let options = SqliteConnectOptions::from_str(&env::var("DATABASE_URL")?)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(POOL).connect_with(options).await?;
    let shared = Shared { pool, verifier: Verifier::from_environment()? };
    Ok(Router::new()
        .route("/api/v1/users/me", get(me))
        .route("/api/v1/projects", get(projects).post(create))
        .route("/api/v1/projects/{id}", get(project))
        .route("/api/v1/projects/{id}/tasks", get(tasks))
        .route("/api/v1/tasks/{id}", get(task))
        .with_state(Arc::new(shared)))
}

async fn me(State(shared): State<Arc<Shared>>, Account(account): Account) -> Result<Json<User>, Problem> {
    Ok(Json(active(&shared, account).await?))
}

async fn project(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Path(id): Path<i64>,
) -> Result<Json<Project>, Problem> {
    let user = active(&shared, account).await?;
    Ok(Json(owned(&shared, &user, id).await?))
}

async fn task(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Path(id): Path<i64>,
) -> Result<Json<Task>, Problem> {
    let user = active(&shared, account).await?;
    let found = sqlx::query_as("SELECT * FROM tasks WHERE id = ?1").bind(id).fetch_optional(&shared.pool).await?;
    let task: Task = found.ok_or(Problem::NotFound)?;
    if task.assignee_id != Some(user.id) {
        owned(&shared, &user, task.project_id).await?;
    }
    Ok(Json(task))
}

async fn projects(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Query(asked): Query<Asked>,
) -> Result<Json<List<Project>>, Problem> {
    let user = active(&shared, account).await?;
    let (limit, start) = (asked.limit()?, asked.place()?);
    let sql = "SELECT * FROM projects WHERE (owner_id = ?1 OR ?2) AND id > ?3 ORDER BY id LIMIT ?4";
    let rows = sqlx::query_as(sql).bind(user.id).bind(user.is_admin()).bind(start.id).bind(limit + 1);
    let items: Vec<Project> = rows.fetch_all(&shared.pool).await?;
    Ok(Json(List::of(items, limit, |last| Place { id: last.id, ..Place::START })))
}

async fn tasks(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Json<List<Task>>, Problem> {
    let user = active(&shared, account).await?;
    owned(&shared, &user, id).await?;
    let (limit, start) = (asked.limit()?, asked.place()?);
    let items = match asked.sort {
        Sort::Id => {
            let sql = "SELECT * FROM tasks WHERE project_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
            let rows = sqlx::query_as(sql).bind(id).bind(start.id).bind(limit + 1);
            rows.fetch_all(&shared.pool).await?
        }
        Sort::Priority => by_priority(&shared, id, start, limit + 1).await?,
    };
    Ok(Json(List::of(items, limit, |last: &Task| Place::of(&last.priority, last.id))))
}

/// The rest of those that are as pressing as the last one, then those that are more so.
async fn by_priority(shared: &Shared, project: i64, start: Place, wanted: i64) -> Result<Vec<Task>, sqlx::Error> {
    let equals = sqlx::query_as(EQUALS).bind(project).bind(start.rank).bind(start.id).bind(wanted);
    let mut tasks: Vec<Task> = equals.fetch_all(&shared.pool).await?;
    let wanted = wanted - tasks.len() as i64;
    if wanted > 0 {
        let above = sqlx::query_as(ABOVE).bind(project).bind(start.rank).bind(wanted);
        tasks.extend(above.fetch_all(&shared.pool).await?);
    }
    Ok(tasks)
}

async fn create(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    body: Result<Json<NewProject>, JsonRejection>,
) -> Result<(StatusCode, Json<Project>), Problem> {
    let user = active(&shared, account).await?;
    let Json(new) = body.map_err(|_| Problem::Invalid("it is no project"))?;
    new.check()?;
    let sql = "INSERT INTO projects (name, description, status, owner_id, created_at, updated_at) \
        VALUES (?1, ?2, ?3, ?4, ?5, ?5) RETURNING *";
    let row = sqlx::query_as(sql)
        .bind(&new.name)
        .bind(&new.description)
        .bind(new.status.word())
        .bind(user.id)
        .bind(now())
        .fetch_one(&shared.pool)
        .await?;
    Ok((StatusCode::CREATED, Json(row)))
}

/// The account of a token, where it is active.
async fn active(shared: &Shared, account: i64) -> Result<User, Problem> {
    let sql = "SELECT * FROM users WHERE id = ?1 AND is_active";
    let found = sqlx::query_as(sql).bind(account).fetch_optional(&shared.pool).await?;
    found.ok_or(Problem::Unauthorized)
}

/// A project that the user may read.
async fn owned(shared: &Shared, user: &User, id: i64) -> Result<Project, Problem> {
    let found = sqlx::query_as("SELECT * FROM projects WHERE id = ?1").bind(id).fetch_optional(&shared.pool).await?;
    let project: Project = found.ok_or(Problem::NotFound)?;
    if project.owner_id == user.id || user.is_admin() { Ok(project) } else { Err(Problem::Forbidden) }
}
