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
    pipeline::Target,
    principal::{Caller, Principal},
    testing::TestApp,
    wire::Object,
};

use super::timers::RESOURCES;
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
    app.set_clock("2040-01-01T12:00:00Z");
    let ran = || {
        app.run_jobs();
        app.mails().len()
    };
    let begun = ran();
    assert!((1..=2).contains(&begun), "before the clock was set, and after it");
    assert_eq!(ran(), begun);
    app.advance(HOUR);
    assert_eq!(ran(), begun + 1);
    app.advance(HOUR / 2);
    assert_eq!(ran(), begun + 1);
    app.advance(HOUR * 48);
    assert_eq!(ran(), begun + 2, "once for all that it missed");
    app.advance(HOUR / 2);
    assert_eq!(ran(), begun + 3, "and on in its rhythm");
    app.set_clock("2039-01-01T12:00:00Z");
    app.advance(HOUR * 2);
    assert_eq!(ran(), begun + 4, "it waits no longer than its period where the clock was set back");
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

#[test]
fn what_became_due_while_no_server_ran_is_made_up_for_once() {
    let (place, runtime) = (Place::new(), runtime());
    let application = || Application::new(RESOURCES).every(Duration::from_secs(1), count_starts);
    let due_us = runtime.block_on(async {
        let server = place.start(application()).await;
        let pipeline = &server.layers().pipeline;
        let account = br#"{"email": "ada@example.com", "password": "correct horse battery"}"#;
        pipeline.register(&Object::parse(account).unwrap()).await.unwrap();
        let ada = Principal::Account(Caller { id: 1, role: "user", session: 1 });
        let due_us = clock::now_us() + 1_500_000;
        let starts_at = clock::format_us(due_us + 24 * 60 * 60 * clock::SECOND_US);
        let body = format!(r#"{{"title": "Lunch", "starts_at": "{starts_at}"}}"#);
        let meeting = server.layers().catalog.find("meeting").unwrap().index;
        pipeline.create(meeting, None, &ada, &Object::parse(body.as_bytes()).unwrap()).await.unwrap();
        pipeline.read(meeting, Target::Id(1), &ada).await.unwrap();
        wait_until("it has run", || STARTS.load(Ordering::SeqCst) > 0);
        server.stop().await;
        due_us
    });
    let before = STARTS.load(Ordering::SeqCst);
    wait_until("it is due", || clock::now_us() > due_us + 1_000_000);
    runtime.block_on(async {
        let server = place.start(application()).await;
        let begun = Instant::now();
        while rows(&server, "SELECT 1 FROM outbox WHERE type = 'soon'").await.len() != 1 {
            assert!(begun.elapsed() < Duration::from_secs(10), "nobody was told");
            tokio::task::yield_now().await;
        }
        wait_until("it has run again", || STARTS.load(Ordering::SeqCst) > before);
        server.stop().await;
    });
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
