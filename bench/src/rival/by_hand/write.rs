//! What is written: by one thread, in groups.

use std::{sync::Arc, thread};

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::Response,
};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::{
    super::{
        problem::Problem,
        project::{NewProject, now},
        token::Account,
    },
    Shared, render,
};
use crate::Error;

/// The way to the thread that writes.
pub struct Writer(mpsc::Sender<Job>);

/// A project to be written, and who waits for it.
struct Job {
    new: Arc<NewProject>,
    owner: i64,
    now: Arc<str>,
    answer: oneshot::Sender<Result<i64, rusqlite::Error>>,
}

/// Requests that may wait.
const WAITING: usize = 1_024;

/// Requests that share a commit at most.
const GROUP: usize = 256;

const INSERT: &str = "INSERT INTO projects (name, description, status, owner_id, created_at, updated_at) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?5)";

/// `POST /api/v1/projects`
pub async fn create(
    State(shared): State<Arc<Shared>>,
    Account(account): Account,
    body: Result<Json<NewProject>, JsonRejection>,
) -> Result<Response, Problem> {
    let owner = shared.accounts.active(&shared.readers, account)?.id;
    let Json(new) = body.map_err(|_| Problem::Invalid("it is no project"))?;
    new.check()?;
    let (new, now): (_, Arc<str>) = (Arc::new(new), now().into());
    let id = shared.writer.insert(Arc::clone(&new), owner, Arc::clone(&now)).await?;
    let project = render::Project {
        id,
        name: &new.name,
        description: &new.description,
        status: new.status.word(),
        owner_id: owner,
        created_at: &now,
        updated_at: &now,
    };
    let mut json = Vec::with_capacity(256);
    render::write(&project, &mut json)?;
    Ok(render::answer(StatusCode::CREATED, json))
}

impl Writer {
    /// Begins to write on a thread of its own.
    pub fn start(connection: Connection) -> Result<Self, Error> {
        let (sender, jobs) = mpsc::channel(WAITING);
        thread::Builder::new().name("writer".into()).spawn(move || write(connection, jobs))?;
        Ok(Self(sender))
    }

    /// The number of the new row, once it is on the disk.
    async fn insert(&self, new: Arc<NewProject>, owner: i64, now: Arc<str>) -> Result<i64, Problem> {
        let (answer, answered) = oneshot::channel();
        let gone = || Problem::Internal("the writer has ended".into());
        self.0.send(Job { new, owner, now, answer }).await.map_err(|_| gone())?;
        Ok(answered.await.map_err(|_| gone())??)
    }
}

/// Takes whatever waits, again and again.
fn write(mut connection: Connection, mut jobs: mpsc::Receiver<Job>) {
    let mut group = Vec::new();
    while jobs.blocking_recv_many(&mut group, GROUP) > 0 {
        match insert_all(&mut connection, &group) {
            Ok(ids) => group.drain(..).zip(ids).for_each(|(job, id)| _ = job.answer.send(id)),
            Err(error) => {
                eprintln!("{error}");
                // Those whose answer is dropped learn that there is none.
                group.clear();
            }
        }
    }
}

/// One transaction; a row that cannot be written fails alone, as a statement does.
fn insert_all(
    connection: &mut Connection,
    group: &[Job],
) -> Result<Vec<Result<i64, rusqlite::Error>>, rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut statement = transaction.prepare_cached(INSERT)?;
    let ids = group
        .iter()
        .map(|job| {
            let (new, now) = (&job.new, &*job.now);
            statement.insert((&new.name, &new.description, new.status.word(), job.owner, now))
        })
        .collect();
    drop(statement);
    transaction.commit()?;
    Ok(ids)
}
