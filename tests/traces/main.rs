//! Traces, as a collector sees them.
//!
//! A target of its own, outside `cargo test`, because it needs a build with another feature:
//! `cargo test --features otel --test traces`. Without the feature, cargo refuses to run it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reports a broken expectation by panicking"
)]

mod collector;
#[path = "../it/driver/mod.rs"]
#[expect(dead_code, reason = "this target needs less of the driver than the one it belongs to")]
#[expect(unused_imports, reason = "as above")]
#[expect(unused_macros, reason = "as above")]
mod driver;

use serde_json::json;

use self::{
    collector::{Collector, Span},
    driver::{Settings, TestApp, wait_until},
};

const SERVER: u64 = 2;
const CLIENT: u64 = 3;
const CONSUMER: u64 = 5;
const UNSET: u64 = 0;
const ERROR: u64 = 2;

fn traced(collector: &Collector) -> Settings {
    Settings::new()
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url())
        .set("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
        .set("OTEL_BSP_SCHEDULE_DELAY", "50")
        .set("LOG_FORMAT", "json")
}

/// Waits for a span.
#[track_caller]
fn awaited(collector: &Collector, what: &str, is_it: impl Fn(&Span) -> bool) -> Span {
    let mut found = None;
    wait_until(what, || {
        found = collector.spans().into_iter().find(|span| is_it(span));
        found.is_some()
    });
    found.expect("waited for")
}

fn children(collector: &Collector, parent: &Span) -> Vec<Span> {
    collector.spans().into_iter().filter(|span| span.get("parentSpanId") == parent.get("spanId")).collect()
}

#[test]
fn a_request_is_a_span_with_what_it_asked_of_the_database() {
    let collector = Collector::start();
    let app = traced(&collector).start();
    let person = app.person();
    let project = app.project(&person);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let path = format!("/projects/{project}");
    let call = app.get(&path).by(&person).header("traceparent", &format!("00-{trace}-b7ad6b7169203331-01"));
    let reply = call.send().expect(200);
    let request_id = reply.header("x-request-id").expect("a request id");

    let span = awaited(&collector, "the request", |span| span.attribute("request_id").as_deref() == Some(request_id));
    assert_eq!((span.get("traceId"), span.get("parentSpanId")), (trace, "b7ad6b7169203331"));
    assert_eq!(span.get("name"), "GET /api/v1/projects/{id}");
    assert_eq!(span.kind_and_status(), (SERVER, UNSET));
    for (key, expected) in [
        ("http.request.method", "GET"),
        ("http.route", "/api/v1/projects/{id}"),
        ("http.response.status_code", "200"),
        ("url.path", &format!("/api/v1{path}")),
        ("user.id", &person.id.to_string()),
    ] {
        assert_eq!(span.attribute(key).as_deref(), Some(expected), "{key}");
    }
    let reads = children(&collector, &span);
    assert_eq!(reads.len(), 1, "{reads:?}");
    assert_eq!((reads[0].get("name"), reads[0].kind_and_status().0), ("database read", CLIENT));
    assert!(reads[0].attribute("db.query.text").is_some_and(|text| text.contains("\"projects\"")), "{reads:?}");
    let logged = || app.log().lines().any(|line| line.contains(request_id) && line.contains(trace));
    wait_until("the trace stands in the log", logged);
    assert!(!app.log().contains("database read"), "the log is not the place for spans");
}

#[test]
fn jobs_are_spans_and_nothing_secret_leaves() {
    let collector = Collector::start();
    let app = traced(&collector).start();
    let person = app.person();
    let project = app.project(&person);
    app.task(&person, project, &json!({"title": "in no trace", "assignee_id": person.id}));
    app.login(&person.email, &person.password);
    app.at("GET", "/nowhere?token=in-no-trace").send().expect(404);
    let job = awaited(&collector, "a job", |span| span.get("name").starts_with("job "));
    assert_eq!(job.kind_and_status(), (CONSUMER, UNSET));
    let lost = awaited(&collector, "what no route took", |span| span.get("name") == "GET unmatched");
    assert_eq!(lost.kind_and_status(), (SERVER, UNSET));
    awaited(&collector, "the log-in", |span| span.get("name") == "POST /api/v1/auth/login");
    let write = awaited(&collector, "a write", |span| span.get("name") == "database write");
    assert_eq!(write.kind_and_status().0, CLIENT);
    for delivery in collector.deliveries() {
        let text = String::from_utf8_lossy(&delivery.body).into_owned();
        for secret in
            ["in-no-trace", "in no trace", &person.password, &person.email, &person.pair.access, &person.pair.refresh]
        {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

#[test]
fn a_job_that_fails_is_an_error() {
    let collector = Collector::start();
    // Nobody listens there.
    let settings = traced(&collector).set("SMTP_URL", "smtp://127.0.0.1:1").set("MAIL_FROM", "a@example.com");
    let app = settings.start();
    let (person, other) = (app.person(), app.person());
    let project = app.project(&person);
    app.task(&person, project, &json!({"assignee_id": other.id}));
    awaited(&collector, "a job that failed", |span| {
        span.get("name").starts_with("job ") && span.kind_and_status() == (CONSUMER, ERROR)
    });
}

#[test]
fn what_is_left_leaves_at_the_end_in_the_usual_encoding() {
    let collector = Collector::start();
    let settings = Settings::new()
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", format!("{}/", collector.url()))
        .set("OTEL_EXPORTER_OTLP_HEADERS", "api-key=open sesame")
        .set("OTEL_SERVICE_NAME", "tracker-of-tests")
        .set("OTEL_BSP_SCHEDULE_DELAY", "3600000");
    let mut app = settings.start();
    app.at("GET", "/health").send().expect(200);
    assert_eq!(collector.deliveries().len(), 0, "it is not time yet");
    stop(&mut app);
    let deliveries = collector.deliveries();
    assert_eq!(deliveries.len(), 1);
    let has = |name: &str, value: &str| deliveries[0].headers.iter().any(|(n, v)| n == name && v == value);
    assert_eq!(deliveries[0].target, "/v1/traces");
    assert!(has("content-type", "application/x-protobuf") && has("api-key", "open sesame"), "{deliveries:?}");
    let text = String::from_utf8_lossy(&deliveries[0].body);
    assert!(text.contains("GET /health") && text.contains("tracker-of-tests"), "{text}");
}

#[test]
fn a_collector_that_is_away_harms_nobody() {
    let settings = Settings::new().set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1");
    let mut app = settings.set("OTEL_BSP_SCHEDULE_DELAY", "50").start();
    let person = app.person();
    app.project(&person);
    wait_until("the log says so", || app.log().contains("opentelemetry"));
    stop(&mut app);
}

#[test]
fn nothing_leaves_that_was_not_asked_for() {
    let collector = Collector::start();
    let mut app = Settings::new().set("OTEL_BSP_SCHEDULE_DELAY", "50").start();
    app.at("GET", "/health").send().expect(200);
    stop(&mut app);
    assert_eq!(collector.deliveries().len(), 0);
    assert!(!app.log().contains("OTEL"), "{}", app.log());
}

fn stop(app: &mut TestApp) {
    app.terminate();
    assert_eq!(app.wait(), Some(0), "{}", app.log());
}
