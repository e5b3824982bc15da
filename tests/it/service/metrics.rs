//! `/metrics`: what is counted, under which labels, and that no client can make up a label.

use crate::driver::{Settings, TestApp, wait_until};

/// What a sample says; 0 where there is none.
fn sample(app: &TestApp, series: &str) -> f64 {
    let text = app.at("GET", "/metrics").send().expect(200).text();
    let mut samples = text.lines().filter_map(|line| line.rsplit_once(' '));
    samples.find(|(name, _)| *name == series).map_or(0.0, |(_, value)| value.parse().unwrap())
}

/// Waits until a sample says so much: an answer is counted after it was sent.
#[track_caller]
fn check(app: &TestApp, series: &str, expected: f64) {
    wait_until(&format!("{series} is {expected}"), || (sample(app, series) - expected).abs() < f64::EPSILON);
}

#[test]
fn requests_are_counted_by_the_route_that_took_them() {
    let app = Settings::new().set("RATE_LIMIT_REQUESTS", "0").start();
    let person = app.person();
    for id in [app.project(&person), app.project(&person)] {
        app.get(&format!("/projects/{id}")).by(&person).ok();
    }
    app.get("/projects/987654321").by(&person).refused(404);
    app.at("OPTIONS", "/api/v1/projects/1").send().expect(204);
    for number in 0..20 {
        app.at("GET", &format!("/made-up/{number}")).send().expect(404);
    }
    app.at("GET", "/health/").send().expect(404);
    app.at("PUT", "/health").send().expect(405);
    let total = |method: &str, route: &str, status: u16| {
        format!(r#"fasttrack_requests_total{{method="{method}",route="{route}",status="{status}"}}"#)
    };
    check(&app, &total("GET", "/api/v1/projects/{id}", 200), 2.0);
    check(&app, &total("GET", "/api/v1/projects/{id}", 404), 1.0);
    check(&app, &total("OPTIONS", "/api/v1/projects/{id}", 204), 1.0);
    check(&app, &total("GET", "unmatched", 404), 21.0);
    check(&app, &total("PUT", "unmatched", 405), 1.0);
    check(&app, r#"fasttrack_request_seconds_count{method="GET",route="/api/v1/projects/{id}"}"#, 3.0);
    let text = app.at("GET", "/metrics").send().expect(200).text();
    assert!(!text.contains("made-up") && !text.contains("987654321"), "a client made up a label:\n{text}");
}

#[test]
fn the_database_says_how_it_does() {
    let app = Settings::new().start();
    let person = app.person();
    let read = r#"fasttrack_database_seconds_count{kind="read"}"#;
    let write = r#"fasttrack_database_seconds_count{kind="write"}"#;
    let before = (sample(&app, read), sample(&app, write), sample(&app, "fasttrack_write_group_size_sum"));
    app.project(&person);
    assert!(sample(&app, read) > before.0, "the metrics themselves read");
    assert!(sample(&app, write) > before.1);
    assert!(sample(&app, "fasttrack_write_group_size_sum") > before.2);
    check(&app, "fasttrack_writes_waiting", 0.0);
}

#[test]
fn refusals_of_the_limiter_are_counted() {
    let app = Settings::new().set("RATE_LIMIT_REQUESTS", "2").start();
    for status in [401, 401, 429, 429] {
        app.get("/users/me").send().expect(status);
    }
    check(&app, "fasttrack_limiter_refusals_total", 2.0);
}
