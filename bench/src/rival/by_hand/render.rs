//! Rows as JSON, straight from where the database holds them.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use rusqlite::{Row, Rows};
use serde::Serialize;

use super::super::{page::Place, problem::Problem};

#[derive(Serialize)]
pub struct Project<'a> {
    pub id: i64,
    pub name: &'a str,
    pub description: &'a str,
    pub status: &'a str,
    pub owner_id: i64,
    pub created_at: &'a str,
    pub updated_at: &'a str,
}

#[derive(Serialize)]
struct Task<'a> {
    id: i64,
    title: &'a str,
    description: &'a str,
    status: &'a str,
    priority: &'a str,
    project_id: i64,
    assignee_id: Option<i64>,
    created_at: &'a str,
    updated_at: &'a str,
}

#[derive(Serialize)]
struct User<'a> {
    id: i64,
    email: &'a str,
    display_name: &'a str,
    role: &'a str,
    is_active: bool,
    email_verified: bool,
    created_at: &'a str,
    updated_at: &'a str,
}

/// A page that is being written.
pub struct Page {
    json: Vec<u8>,
    rows: usize,
    limit: usize,
    last: Place,
    has_more: bool,
}

/// What a statement has to select for each.
pub const PROJECT: &str = "id, name, description, status, owner_id, created_at, updated_at";
pub const TASK: &str = "id, title, description, status, priority, project_id, assignee_id, created_at, updated_at";
pub const USER: &str = "id, email, display_name, role, is_active, email_verified, created_at, updated_at";

/// Room that most rows fit into, in bytes.
const ROW_BYTES: usize = 256;

/// The words of the one row that there is, if any.
pub fn one(
    rows: &mut Rows<'_>,
    write: fn(&Row<'_>, &mut Vec<u8>) -> Result<Place, Problem>,
) -> Result<Option<Vec<u8>>, Problem> {
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut json = Vec::with_capacity(ROW_BYTES);
    write(row, &mut json)?;
    Ok(Some(json))
}

impl Page {
    /// One of at most `limit` rows.
    pub fn of(limit: usize) -> Self {
        let mut json = Vec::with_capacity(64 + limit * ROW_BYTES);
        json.extend_from_slice(br#"{"items":["#);
        Self { json, rows: 0, limit, last: Place::START, has_more: false }
    }

    /// Adds rows, of which one more than fits says that there is another page.
    pub fn extend(
        &mut self,
        rows: &mut Rows<'_>,
        write: fn(&Row<'_>, &mut Vec<u8>) -> Result<Place, Problem>,
    ) -> Result<(), Problem> {
        while let Some(row) = rows.next()? {
            if self.rows == self.limit {
                self.has_more = true;
                break;
            }
            if self.rows > 0 {
                self.json.push(b',');
            }
            self.last = write(row, &mut self.json)?;
            self.rows += 1;
        }
        Ok(())
    }

    /// Rows that are wanted still, the one more included.
    pub fn wanted(&self) -> i64 {
        if self.has_more { 0 } else { (self.limit + 1 - self.rows) as i64 }
    }

    /// The whole.
    pub fn finish(mut self) -> Vec<u8> {
        if self.has_more {
            self.json.extend_from_slice(br#"],"next_cursor":""#);
            self.json.extend_from_slice(self.last.encode().as_bytes());
            self.json.extend_from_slice(br#"","has_more":true}"#);
        } else {
            self.json.extend_from_slice(br#"],"next_cursor":null,"has_more":false}"#);
        }
        self.json
    }
}

/// A project, of [`PROJECT`].
pub fn project(row: &Row<'_>, json: &mut Vec<u8>) -> Result<Place, Problem> {
    let project = Project {
        id: row.get(0)?,
        name: text(row, 1)?,
        description: text(row, 2)?,
        status: text(row, 3)?,
        owner_id: row.get(4)?,
        created_at: text(row, 5)?,
        updated_at: text(row, 6)?,
    };
    write(&project, json)?;
    Ok(Place { id: project.id, ..Place::START })
}

/// A task, of [`TASK`].
pub fn task(row: &Row<'_>, json: &mut Vec<u8>) -> Result<Place, Problem> {
    let task = Task {
        id: row.get(0)?,
        title: text(row, 1)?,
        description: text(row, 2)?,
        status: text(row, 3)?,
        priority: text(row, 4)?,
        project_id: row.get(5)?,
        assignee_id: row.get(6)?,
        created_at: text(row, 7)?,
        updated_at: text(row, 8)?,
    };
    write(&task, json)?;
    Ok(Place::of(task.priority, task.id))
}

/// An account, of [`USER`].
pub fn user(row: &Row<'_>, json: &mut Vec<u8>) -> Result<Place, Problem> {
    let user = User {
        id: row.get(0)?,
        email: text(row, 1)?,
        display_name: text(row, 2)?,
        role: text(row, 3)?,
        is_active: row.get(4)?,
        email_verified: row.get(5)?,
        created_at: text(row, 6)?,
        updated_at: text(row, 7)?,
    };
    write(&user, json)?;
    Ok(Place { id: user.id, ..Place::START })
}

/// Appends a value.
pub fn write(value: &impl Serialize, json: &mut Vec<u8>) -> Result<(), Problem> {
    serde_json::to_writer(json, value).map_err(|error| Problem::Internal(error.into()))
}

/// An answer of this JSON.
pub fn answer(status: StatusCode, json: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(json));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, Problem> {
    row.get_ref(column)?.as_str().map_err(|error| Problem::Internal(error.into()))
}
