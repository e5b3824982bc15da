//! What the reference application does not show over HTTP: the outbox, how the database goes about a list, and what a
//! hand-written route may meet. The application runs in the process, as the test kit starts it.

mod access;
pub(crate) mod accounts;
mod actions;
mod batches;
mod caller;
mod circles;
mod constraints;
mod custom;
mod decimals;
mod deletions;
mod expanded;
mod figures;
mod history;
mod hooks;
mod inline;
mod kept;
mod large;
mod limits;
mod lists;
mod many;
mod moments;
mod outbox;
mod paged;
mod person;
mod plans;
mod regular;
mod search;
mod sets;
mod shown;
mod things;
mod timers;
mod types;
mod updates;
mod versions;

use std::{future::Future, sync::Arc};

use fasttrack::{
    Application,
    db::{Arg, Db, Row, Statement},
    error::Error,
    pipeline::{Pipeline, Target},
    principal::{Caller, Principal},
    schema::{Catalog, Schema},
    testing::TestApp,
    wire::Object,
};

use crate::driver::adapted;

/// What lies below the interface of an application on a new database.
struct Inside {
    catalog: Arc<Catalog>,
    pipeline: Arc<Pipeline>,
    db: Db,
    kit: TestApp,
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}

impl Inside {
    #[expect(clippy::unused_async, reason = "what follows it in every test is awaited")]
    async fn new(schemas: &[&'static Schema]) -> Self {
        let schemas: &'static [&'static Schema] = Vec::leak(schemas.to_vec());
        // The migrations beside these tests are the tracker's.
        let app = TestApp::setup(Application::new(schemas)).set("MIGRATIONS_DIR", "none").start();
        let below = app.layers();
        let (catalog, pipeline, db) = (below.catalog.clone(), below.pipeline.clone(), below.db.clone());
        Self { catalog, pipeline, db, kit: app }
    }

    fn index(&self, name: &str) -> usize {
        self.catalog.find(name).unwrap().index
    }

    async fn register(&self, name: &str) -> Principal {
        let body =
            format!(r#"{{"email": "{name}@example.com", "password": "correct horse", "display_name": "{name}"}}"#);
        let user = self.pipeline.register(&Object::parse(body.as_bytes()).unwrap()).await.unwrap();
        Principal::Account(Caller { id: id_of(&user), role: "user", session: 1, reads_only: false })
    }

    async fn create(&self, name: &str, parent: Option<i64>, who: &Principal, body: &str) -> Result<i64, Error> {
        let body = Object::parse(body.as_bytes()).unwrap();
        self.pipeline.create(self.index(name), parent, who, &body).await.map(|json| id_of(&json))
    }

    async fn update(&self, name: &str, id: i64, who: &Principal, body: &str) -> Result<Vec<u8>, Error> {
        let body = Object::parse(body.as_bytes()).unwrap();
        self.pipeline.update(self.index(name), Target::Id(id), who, &body).await.map(|changed| changed.json)
    }

    async fn rows(&self, sql: &str, args: Vec<Arg>) -> Vec<Row> {
        self.db.read(Statement::new(adapted(sql), args)).await.unwrap()
    }

    /// Takes everything out of the outbox, as `name recipient data`.
    async fn drain(&self) -> Vec<String> {
        let sql = "SELECT CAST(type AS BLOB), account_id, CAST(data AS BLOB) FROM outbox ORDER BY account_id, number";
        let told = self.rows(sql, Vec::new()).await;
        let told = told
            .iter()
            .map(|row| format!("{} {} {}", row.text(0).unwrap(), row.int(1).unwrap_or_default(), row.text(2).unwrap()));
        let told = told.collect();
        let forget = Statement::new("DELETE FROM outbox", Vec::new());
        self.db.write(move |tx| Box::pin(async move { Ok(tx.query(forget).await?) })).await.unwrap();
        told
    }
}

fn id_of(json: &[u8]) -> i64 {
    serde_json::from_slice::<serde_json::Value>(json).unwrap()["id"].as_i64().unwrap()
}

fn id(who: &Principal) -> i64 {
    who.caller().unwrap().id
}
