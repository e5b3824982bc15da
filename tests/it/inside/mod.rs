//! What the reference application does not show over HTTP: the outbox, how the database goes about a list, and what a
//! hand-written route may meet. Runs the layers in-process.

mod access;
mod actions;
mod custom;
mod deletions;
mod hooks;
mod outbox;
mod plans;

use std::{future::Future, sync::Arc};

use fasttrack::{
    auth,
    bell::{self, Bell},
    db::{Arg, Db, DbOptions, Row, Statement},
    error::Error,
    job::Context,
    migrate::{self, Missing},
    notify::{Desk, Mailer},
    pipeline::{Around, Pipeline, PipelineOptions, Target},
    principal::{AccountWatch, Caller, Principal},
    query::CursorKey,
    schema::{Catalog, Schema},
    sql,
    wire::Object,
};

/// A pipeline over a new database.
struct Inside {
    catalog: Catalog,
    pipeline: Pipeline,
    db: Db,
    _folder: tempfile::TempDir,
}

struct NoWatch;

impl AccountWatch for NoWatch {
    fn end_sessions(&self, _: i64) -> Vec<Statement> {
        Vec::new()
    }

    fn account_changed(&self, _: i64) {}
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}

impl Inside {
    async fn new(schemas: &[&'static Schema]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("t.db"), DbOptions::default()).await.unwrap();
        let catalog = Catalog::link(schemas).unwrap();
        let mut framework = auth::sessions::ddl(catalog.account().unwrap().schema);
        framework.extend(sql::outbox(catalog.account().unwrap().schema));
        migrate::apply(&db, &catalog, framework, Missing::Make).await.unwrap();
        let bell: Arc<dyn Bell> = Arc::new(bell::Silent);
        let context = Context::new(Arc::new(Desk::new(&catalog, db.clone(), Mailer::log())));
        let around = Around { watch: Arc::new(NoWatch), bell, context };
        let options = PipelineOptions { cursor_key: CursorKey::derive(b"test"), bcrypt_cost: 4 };
        let pipeline = Pipeline::new(&catalog, db.clone(), around, options).unwrap();
        Self { catalog, pipeline, db, _folder: folder }
    }

    fn index(&self, name: &str) -> usize {
        self.catalog.find(name).unwrap().index
    }

    async fn register(&self, name: &str) -> Principal {
        let body =
            format!(r#"{{"email": "{name}@example.com", "password": "correct horse", "display_name": "{name}"}}"#);
        let user = self.pipeline.register(&Object::parse(body.as_bytes()).unwrap()).await.unwrap();
        Principal::Account(Caller { id: id_of(&user), role: "user", session: 1 })
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
        self.db.read(Statement::new(sql, args)).await.unwrap()
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
