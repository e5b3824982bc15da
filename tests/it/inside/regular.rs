//! Jobs that run every so often, and what is due: through restarts, and with several nodes.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use fasttrack::{
    Application, Embedded, clock,
    config::Config,
    db::{Row, ScratchDatabase, Statement},
    job::{Context, JobError, JobResult},
    principal::{Caller, Principal},
    schema::{Resource as _, Schema},
    testing::TestApp,
    wire::Object,
};

use super::{
    accounts::{Member, Team},
    timers::{Club, Meeting, RESOURCES, Room},
};
use crate::driver::{server_only, wait_until};

/// As often as this.
const HOUR: Duration = Duration::from_hours(1);

async fn sweep(context: Context) -> JobResult {
    Ok(context.mail("ada@example.com", "Swept", "clean").await?)
}

async fn stumble(context: Context) -> JobResult {
    context.mail("ada@example.com", "Stumbled", "again").await?;
    Err(JobError::new("it fell"))
}

fn app(application: Application) -> TestApp {
    TestApp::setup(application).set("MIGRATIONS_DIR", "none").start()
}

#[test]
fn it_runs_at_once_and_then_in_its_rhythm() {
    let app = app(Application::new(RESOURCES).every(HOUR, sweep));
    let ran = || {
        app.run_jobs();
        app.mails().len()
    };
    assert_eq!((ran(), ran()), (1, 1));
    app.advance(HOUR);
    assert_eq!(ran(), 2);
    app.advance(HOUR / 2);
    assert_eq!(ran(), 2);
    app.advance(HOUR * 48);
    assert_eq!(ran(), 3, "once for all that it missed");
    app.advance(HOUR / 2);
    assert_eq!(ran(), 4, "and on in its rhythm");
    app.set_clock("2020-01-01T12:00:00Z");
    app.advance(HOUR * 2);
    assert_eq!(ran(), 5, "it waits no longer than its period where the clock was set back");
}

#[test]
fn one_that_fails_is_tried_again_and_not_twice_at_once() {
    let app = app(Application::new(RESOURCES).every(HOUR, stumble));
    let failed = app.try_run_jobs();
    assert_eq!(failed[0].to_string(), "the job inside::regular::stumble failed: it fell");
    let jobs = app.jobs();
    assert_eq!((jobs.len(), jobs[0].row.as_str(), jobs[0].tries), (1, "-", 1));
    app.advance(HOUR * 3);
    assert_eq!(app.jobs().len(), 1, "it is still to run");
    assert_eq!(app.try_run_jobs().len(), 1);
    for _ in 0..20 {
        app.advance(HOUR * 24);
        drop(app.try_run_jobs());
    }
    let jobs = app.jobs();
    assert!(jobs.iter().any(|job| job.due_at.is_none()), "what has failed for good is kept: {jobs:?}");
    assert!(jobs.iter().filter(|job| job.due_at.is_some()).count() <= 1, "and does not keep the next from running");
}

#[test]
fn what_could_not_be_kept_stops_the_start() {
    let start = |application: Application| {
        TestApp::setup(application).set("MIGRATIONS_DIR", "none").try_start().unwrap_err().to_string()
    };
    let twice = Application::new(RESOURCES).every(HOUR, sweep).every(HOUR * 2, sweep);
    assert!(start(twice).contains("inside::regular::sweep is to run in two rhythms"));
    assert!(start(Application::new(RESOURCES).every(Duration::ZERO, sweep)).contains("say a second at least"));
}

/// A database of a test's own.
enum Place {
    File(tempfile::TempDir),
    Server(ScratchDatabase),
}

impl Place {
    fn new() -> Self {
        match ScratchDatabase::on_the_server().unwrap() {
            Some(database) => Self::Server(database),
            None => Self::File(tempfile::tempdir().unwrap()),
        }
    }

    async fn start(&self, application: Application) -> Embedded {
        let url = match self {
            Self::File(folder) => format!("sqlite://{}", folder.path().join("t.db").display()),
            Self::Server(database) => database.url().to_owned(),
        };
        let lookup = |variable: &str| match variable {
            "DATABASE_URL" => Some(url.clone()),
            "SECRET_KEY" => Some("a key that is good enough for tests".to_owned()),
            "BCRYPT_COST" => Some("4".to_owned()),
            "MIGRATIONS_DIR" => Some("none".to_owned()),
            _ => None,
        };
        application.embed(&Config::from_lookup(&lookup).unwrap()).await.unwrap()
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

async fn rows(server: &Embedded, sql: &str) -> Vec<Row> {
    server.layers().db.read(Statement::new(sql, Vec::new())).await.unwrap()
}

static STARTS: AtomicUsize = AtomicUsize::new(0);

async fn count_starts(_: Context) -> JobResult {
    STARTS.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

/// Somebody, and a meeting of his that is soon at this instant.
async fn begin_with_a_meeting(server: &Embedded, soon_us: i64) {
    let pipeline = &server.layers().pipeline;
    let account = br#"{"email": "ada@example.com", "password": "correct horse battery"}"#;
    pipeline.register(&Object::parse(account).unwrap()).await.unwrap();
    let ada = Principal::Account(Caller { id: 1, role: "user", session: 1, reads_only: false });
    let starts_at = clock::format_us(soon_us + 24 * 60 * 60 * clock::SECOND_US);
    let body = format!(r#"{{"title": "Lunch", "starts_at": "{starts_at}"}}"#);
    let meeting = server.layers().catalog.find("meeting").unwrap().index;
    pipeline.create(meeting, None, &ada, &Object::parse(body.as_bytes()).unwrap()).await.unwrap();
}

/// Waits until this many rows are there.
#[track_caller]
fn expect_rows(runtime: &tokio::runtime::Runtime, server: &Embedded, sql: &str, count: usize) {
    wait_until(sql, || runtime.block_on(rows(server, sql)).len() == count);
}

const SOON: &str = "SELECT 1 FROM outbox WHERE type = 'soon'";

#[test]
fn what_became_due_while_no_server_ran_is_made_up_for_once() {
    let (place, runtime) = (Place::new(), runtime());
    let application = || Application::new(RESOURCES).every(Duration::from_secs(1), count_starts);
    let server = runtime.block_on(place.start(application()));
    let soon_us = clock::now_us() + 1_500_000;
    runtime.block_on(begin_with_a_meeting(&server, soon_us));
    wait_until("it has run", || STARTS.load(Ordering::SeqCst) > 0);
    runtime.block_on(server.stop());
    drop(server);
    let before = STARTS.load(Ordering::SeqCst);
    wait_until("it is due, and was missed", || clock::now_us() > soon_us + 1_000_000);
    let server = runtime.block_on(place.start(application()));
    expect_rows(&runtime, &server, SOON, 1);
    wait_until("it has run again", || STARTS.load(Ordering::SeqCst) > before);
    runtime.block_on(server.stop());
}

static CLUB: Schema = Schema { triggers: &[], ..Club::SCHEMA };

/// The same tables, without triggers.
static WITHOUT: &[&Schema] =
    &[&Member::SCHEMA, &CLUB, &Team::SCHEMA, &Schema { triggers: &[], ..Meeting::SCHEMA }, &Room::SCHEMA];

#[test]
fn what_became_due_while_a_program_served_that_did_not_know_it_is_passed_over() {
    let (place, runtime) = (Place::new(), runtime());
    let knowing = || runtime.block_on(place.start(Application::new(RESOURCES)));
    let known = "SELECT 1 FROM outbox_timers WHERE next_at IS NULL";
    let server = knowing();
    // Not before the server has stopped, however busy the machine is.
    let soon_us = clock::now_us() + 4_000_000;
    runtime.block_on(begin_with_a_meeting(&server, soon_us));
    expect_rows(&runtime, &server, known, 4);
    runtime.block_on(server.stop());
    drop(server);
    let server = runtime.block_on(place.start(Application::new(WITHOUT)));
    expect_rows(&runtime, &server, known, 0);
    wait_until("it was due", || clock::now_us() > soon_us);
    runtime.block_on(server.stop());
    drop(server);
    let server = knowing();
    expect_rows(&runtime, &server, known, 4);
    expect_rows(&runtime, &server, "SELECT 1 FROM outbox_due WHERE is_fired", 2);
    assert_eq!(runtime.block_on(rows(&server, SOON)).len(), 0);
    runtime.block_on(server.stop());
}

static RUNS: AtomicUsize = AtomicUsize::new(0);

async fn count_runs(_: Context) -> JobResult {
    RUNS.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

#[test]
fn one_of_several_nodes_runs_it() {
    server_only!("one database for several nodes");
    let (place, runtime) = (Place::new(), runtime());
    let application = || Application::new(RESOURCES).every(Duration::from_secs(1), count_runs);
    let nodes = runtime.block_on(async { [place.start(application()).await, place.start(application()).await] });
    let begun = Instant::now();
    wait_until("it has run four times", || RUNS.load(Ordering::SeqCst) >= 4);
    assert!(begun.elapsed() > Duration::from_millis(1_900), "in {:?}: both run it", begun.elapsed());
    runtime.block_on(async {
        for node in &nodes {
            node.stop().await;
        }
    });
}
