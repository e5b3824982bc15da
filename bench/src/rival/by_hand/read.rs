//! What is read.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use rusqlite::{Connection, OptionalExtension};

use super::{
    super::{
        page::{Asked, Place, Sort},
        problem::Problem,
        token::Account,
    },
    Shared,
    accounts::Caller,
    render::{self, PROJECT, Page, TASK, USER},
};

/// The priority as the index on `(project_id, priority)` has it.
const RANK: &str = "CASE priority WHEN 'low' THEN 0 WHEN 'medium' THEN 1 WHEN 'high' THEN 2 END";

/// Texts that are put together once.
mod sql {
    use std::{fmt::Write, sync::LazyLock};

    use super::{PROJECT, RANK, TASK, USER};

    macro_rules! texts {
        ($($name:ident = $($part:expr),+;)+) => {
            $(pub static $name: LazyLock<String> = LazyLock::new(|| {
                let mut text = String::new();
                $(write!(text, "{}", $part).unwrap_or_default();)+
                text
            });)+
        };
    }

    texts! {
        ME = "SELECT ", USER, " FROM users WHERE id = ?1";
        PROJECTS = "SELECT ", PROJECT, " FROM projects WHERE owner_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        ALL_PROJECTS = "SELECT ", PROJECT, " FROM projects WHERE id > ?1 ORDER BY id LIMIT ?2";
        ONE_PROJECT = "SELECT ", PROJECT, " FROM projects WHERE id = ?1 AND (owner_id = ?2 OR ?3)";
        ONE_TASK = "SELECT ", TASK, " FROM tasks WHERE id = ?1 AND (?3 OR assignee_id = ?2 OR EXISTS \
            (SELECT 1 FROM projects WHERE projects.id = tasks.project_id AND owner_id = ?2))";
        TASKS = "SELECT ", TASK, " FROM tasks WHERE project_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        EQUALS = "SELECT ", TASK, " FROM tasks WHERE project_id = ?1 AND ", RANK, " = ?2 AND id > ?3 ORDER BY id LIMIT ?4";
        ABOVE = "SELECT ", TASK, " FROM tasks WHERE project_id = ?1 AND ", RANK, " > ?2 ORDER BY ", RANK, ", id LIMIT ?3";
    }
}

/// `GET /api/v1/users/me`
pub async fn me(State(shared): State<Arc<Shared>>, Account(account): Account) -> Result<Response, Problem> {
    let caller = shared.accounts.active(&shared.readers, account)?;
    let json = shared.readers.with(|connection| {
        let mut statement = connection.prepare_cached(&sql::ME)?;
        render::one(&mut statement.query([caller.id])?, render::user)
    })?;
    Ok(render::answer(StatusCode::OK, json.ok_or(Problem::Unauthorized)?))
}

/// `GET /api/v1/projects/{id}`
pub async fn project(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let caller = shared.accounts.active(&shared.readers, account)?;
    shared.readers.with(|connection| {
        let mut statement = connection.prepare_cached(&sql::ONE_PROJECT)?;
        let found = render::one(&mut statement.query((id, caller.id, caller.is_admin))?, render::project)?;
        match found {
            Some(json) => Ok(render::answer(StatusCode::OK, json)),
            None => Err(why_not(connection, "SELECT 1 FROM projects WHERE id = ?1", id)?),
        }
    })
}

/// `GET /api/v1/tasks/{id}`
pub async fn task(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let caller = shared.accounts.active(&shared.readers, account)?;
    shared.readers.with(|connection| {
        let mut statement = connection.prepare_cached(&sql::ONE_TASK)?;
        let found = render::one(&mut statement.query((id, caller.id, caller.is_admin))?, render::task)?;
        match found {
            Some(json) => Ok(render::answer(StatusCode::OK, json)),
            None => Err(why_not(connection, "SELECT 1 FROM tasks WHERE id = ?1", id)?),
        }
    })
}

/// `GET /api/v1/projects`: one's own, and for an admin all.
pub async fn projects(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let caller = shared.accounts.active(&shared.readers, account)?;
    let (mut page, start) = (Page::of(asked.limit()? as usize), asked.place()?);
    if asked.sort != Sort::Id {
        return Err(Problem::Invalid("projects have no priority"));
    }
    shared.readers.with(|connection| {
        if caller.is_admin {
            let mut statement = connection.prepare_cached(&sql::ALL_PROJECTS)?;
            page.extend(&mut statement.query((start.id, page.wanted()))?, render::project)?;
        } else {
            let mut statement = connection.prepare_cached(&sql::PROJECTS)?;
            page.extend(&mut statement.query((caller.id, start.id, page.wanted()))?, render::project)?;
        }
        Ok(render::answer(StatusCode::OK, page.finish()))
    })
}

/// `GET /api/v1/projects/{id}/tasks`
pub async fn tasks(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    Path(project): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let caller = shared.accounts.active(&shared.readers, account)?;
    let (mut page, start) = (Page::of(asked.limit()? as usize), asked.place()?);
    shared.readers.with(|connection| {
        check_owner(connection, project, caller)?;
        match asked.sort {
            Sort::Id => {
                let mut statement = connection.prepare_cached(&sql::TASKS)?;
                page.extend(&mut statement.query((project, start.id, page.wanted()))?, render::task)?;
            }
            Sort::Priority => by_priority(connection, project, start, &mut page)?,
        }
        Ok(render::answer(StatusCode::OK, page.finish()))
    })
}

/// The rest of the tasks that are as pressing as the last one, and only then those that are more so: each is one range of the
/// index, where a comparison of both at once would walk over all that are as pressing.
fn by_priority(connection: &Connection, project: i64, start: Place, page: &mut Page) -> Result<(), Problem> {
    if start.rank >= 0 {
        let mut statement = connection.prepare_cached(&sql::EQUALS)?;
        page.extend(&mut statement.query((project, start.rank, start.id, page.wanted()))?, render::task)?;
    }
    if page.wanted() > 0 {
        let mut statement = connection.prepare_cached(&sql::ABOVE)?;
        page.extend(&mut statement.query((project, start.rank, page.wanted()))?, render::task)?;
    }
    Ok(())
}

fn check_owner(connection: &Connection, project: i64, caller: Caller) -> Result<(), Problem> {
    let mut statement = connection.prepare_cached("SELECT owner_id FROM projects WHERE id = ?1")?;
    let owner: Option<i64> = statement.query_row([project], |row| row.get(0)).optional()?;
    match owner {
        None => Err(Problem::NotFound),
        Some(owner) if owner == caller.id || caller.is_admin => Ok(()),
        Some(_) => Err(Problem::Forbidden),
    }
}

/// Why there was no row: asked only when there was none.
fn why_not(connection: &Connection, exists: &str, id: i64) -> Result<Problem, rusqlite::Error> {
    Ok(if connection.prepare_cached(exists)?.exists([id])? { Problem::Forbidden } else { Problem::NotFound })
}
