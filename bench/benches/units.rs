//! What parts of a request cost on their own: a cursor, filters, the text of a page, a problem, a token.
//!
//! They are measured over the resources of the reference application, by what the library shows: `cargo bench` here.

use std::hint::black_box;

use divan::Bencher;
use fasttrack::{
    auth::{Auth, Client, Keys, Settings, sessions},
    db::{Arg, Db, DbOptions, Dialect},
    error::{Error, Fault},
    http::salvo::{Depot, Request, Response, Writer},
    query::{self, CursorKey, CursorScope},
    schema::{Catalog, Model, Verb},
    sql::{self, CallerRole, PageQuery, Table},
    wire::Params,
};
use tokio::runtime::{Builder, Runtime};

fn main() {
    divan::main();
}

/// A list as clients ask for it.
const QUERY: &str = "status=todo&priority[in]=low,high&created_at[gte]=2026-01-01T00:00:00Z&sort=priority,-id&limit=50";

const SCOPE: CursorScope<'_> = CursorScope { caller: 7, list: "tasks", parent: 3, query: "status" };

fn catalog() -> Catalog {
    Catalog::of(resources::RESOURCES).expect("the application links")
}

fn task(catalog: &Catalog) -> &Model {
    catalog.find("task").expect("there are tasks")
}

#[divan::bench]
fn seal_a_cursor(bencher: Bencher<'_, '_>) {
    let key = CursorKey::derive(b"a secret of more than thirty-two bytes");
    let keys = [Arg::Int(1), Arg::Int(50_000)];
    bencher.bench(|| key.seal(SCOPE, black_box(&keys), 50_000));
}

#[divan::bench]
fn open_a_cursor(bencher: Bencher<'_, '_>) {
    let key = CursorKey::derive(b"a secret of more than thirty-two bytes");
    let cursor = key.seal(SCOPE, &[Arg::Int(1), Arg::Int(50_000)], 50_000);
    bencher.bench(|| key.open(SCOPE, black_box(&cursor)).expect("it is ours"));
}

#[divan::bench]
fn read_filters(bencher: Bencher<'_, '_>) {
    let catalog = catalog();
    let schema = task(&catalog).schema;
    bencher.bench(|| query::parse(schema, Params::parse(Some(black_box(QUERY)))).expect("it fits"));
}

#[divan::bench(args = [Dialect::Sqlite, Dialect::Postgres])]
fn plan_a_page(bencher: Bencher<'_, '_>, dialect: Dialect) {
    let catalog = catalog();
    let model = task(&catalog);
    let rule = model.schema.rule(Verb::List).expect("tasks are listed");
    let policy = sql::fold(&catalog, model, rule, CallerRole::Role("user")).expect("the rule links");
    let table = Table::new(dialect, model.schema);
    let asked = query::parse(model.schema, Params::parse(Some(QUERY))).expect("it fits");
    let after = [Arg::Int(1), Arg::Int(50_000)];
    bencher.bench(|| {
        sql::page(&PageQuery {
            table: &table,
            parent_key: Some("project_id"),
            policy: &policy,
            conditions: black_box(&asked.conditions),
            search: None,
            sort: &asked.sort,
            after: Some(&after),
            limit: 51,
        })
    });
}

#[divan::bench]
fn link_the_application(bencher: Bencher<'_, '_>) {
    bencher.bench(catalog);
}

#[divan::bench(args = ["not found", "two faults"])]
fn answer_a_problem(bencher: Bencher<'_, '_>, which: &str) {
    let runtime = runtime();
    let error = || match which {
        "not found" => Error::NotFound("task 99999 does not exist".into()),
        _ => Error::Invalid(vec![
            Fault::new("title", "too_long", "at most 300 characters"),
            Fault::new("status", "unknown", "todo, in_progress or done"),
        ]),
    };
    bencher.with_inputs(error).bench_values(|error| {
        let (mut request, mut depot, mut response) = (Request::default(), Depot::new(), Response::new());
        runtime.block_on(error.write(&mut request, &mut depot, &mut response));
        response
    });
}

#[divan::bench]
fn check_a_token(bencher: Bencher<'_, '_>) {
    let runtime = runtime();
    let folder = tempfile::tempdir().expect("there is room");
    let (auth, header) = runtime.block_on(logged_in(&folder.path().join("bench.db")));
    bencher.bench(|| runtime.block_on(auth.admit_bearer(black_box(&header))).expect("it is good"));
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime starts")
}

/// Authentication over one account, and the header that it comes with.
async fn logged_in(path: &std::path::Path) -> (Auth, String) {
    const EMAIL: &str = "ada@example.com";
    let catalog = catalog();
    let account = catalog.account().expect("there is an account").schema;
    let hash = fasttrack::password::hash("correct horse".into(), 4).await.expect("it is hashed");
    let connection = rusqlite::Connection::open(path).expect("the file is made");
    let users = "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL, password TEXT NOT NULL, \
        role TEXT NOT NULL, is_active INTEGER NOT NULL, updated_at TEXT NOT NULL);";
    let tables = sessions::ddl(Dialect::Sqlite, account).join(";");
    connection.execute_batch(&format!("{users}{tables}")).expect("the tables are made");
    let row = "INSERT INTO users (email, password, role, is_active, updated_at) VALUES (?1, ?2, 'user', 1, '')";
    connection.execute(row, [EMAIL, &hash]).expect("the account is made");
    drop(connection);
    let db = Db::open(path, DbOptions::default()).await.expect("the database opens");
    let settings = Settings::new(Keys::new(b"a secret of more than thirty-two bytes"));
    let auth = Auth::new(db, account, settings).await.expect("the account can log in");
    let pair = auth.login(EMAIL, "correct horse", Client::default()).await.expect("the password is right");
    let pair: serde_json::Value = serde_json::from_slice(&pair).expect("it is JSON");
    let token = pair["access_token"].as_str().expect("a token");
    (auth, format!("Bearer {token}"))
}
