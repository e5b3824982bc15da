//! How a stream ends before its list does: at once, told by the connection, and with nothing held afterwards.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{LONG, long_list, sample, wait_for_ending};
use crate::driver::{CSV, NDJSON, Person, Settings, Stream, TestApp, wait_until};

/// A list that is being streamed to somebody who has read none of it.
fn unread(settings: &Settings) -> (TestApp, Person, String, Stream) {
    let (app, owner, path) = long_list(settings);
    let stream = app.stream(&owner, &path, NDJSON);
    assert_eq!(stream.status, 200);
    (app, owner, path, stream)
}

#[test]
fn with_its_client() {
    let (app, owner, path, mut stream) = unread(&Settings::new());
    assert!(stream.read_some(1_000) > 0);
    drop(stream);
    wait_for_ending(&app, "client_gone", 1);
    // What it held is lent again, and knows nothing of its instant.
    for task in app.walk(&owner, &format!("{path}?limit=100")).iter().take(3) {
        app.delete(&format!("/tasks/{}", task["id"])).by(&owner).done();
    }
    assert_eq!(app.ndjson(&owner, &path).len(), LONG - 3);
}

#[test]
fn at_its_limit_however_slowly_it_is_read() {
    let (app, owner, _, mut stream) = unread(&Settings::new().set("STREAM_SECONDS", "4"));
    let begun = Instant::now();
    // A reader who makes progress is cut off as well.
    while stream.read_some(512) > 0 && begun.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(5));
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "it was not cut off");
    assert!(stream.finish().is_none(), "a part was taken for the whole");
    wait_for_ending(&app, "time_limit", 1);
    // One that is read in time is whole.
    assert_eq!(app.csv(&owner, "/projects").rows.len(), 1);
}

#[test]
fn within_seconds_of_its_session() {
    let (app, owner, path, stream) = unread(&Settings::new());
    let begun = Instant::now();
    let other = Person { pair: app.login(&owner.email, &owner.password), ..owner.clone() };
    let of_other = app.stream(&other, &path, CSV);
    app.api("POST", "/auth/logout").by(&owner).done();
    wait_for_revoked(&app, 1);
    assert!(begun.elapsed() < Duration::from_secs(15), "it went on for {:?}", begun.elapsed());
    assert!(stream.finish().is_none(), "a part was taken for the whole");
    app.disable(&other);
    wait_for_ending(&app, "revoked", 2);
    assert!(of_other.finish().is_none(), "a part was taken for the whole");
}

/// Waits until so many have ended so; others may go on.
#[track_caller]
fn wait_for_revoked(app: &TestApp, count: u64) {
    let series = r#"fasttrack_streams_total{ending="revoked"}"#;
    wait_until("it is revoked", || sample(app, series) == count);
}

#[test]
fn soon_after_the_server_is_told_to_stop() {
    let (mut app, owner, _, stream) = unread(&Settings::new());
    let short = app.stream(&owner, "/projects", CSV);
    let begun = Instant::now();
    app.terminate();
    assert_eq!(app.wait(), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(15), "it was waited for {:?}", begun.elapsed());
    assert!(stream.finish().is_none(), "a part was taken for the whole");
    let table = short.finish().expect("what was sent already is whole");
    assert!(table.starts_with(b"id,name,"), "{}", String::from_utf8_lossy(&table));
    assert!(app.log().contains("streamed=\"stopped\""), "{}", app.log());
}

#[test]
fn with_a_line_in_the_log_that_says_how() {
    let settings = Settings::new().set("LOG_FORMAT", "json");
    let (app, owner, path, stream) = unread(&settings);
    let reply = app.get(&path).by(&owner).header("accept", CSV).send().expect(200);
    let line_of = |is_it: &dyn Fn(&Value) -> bool| {
        let mut found = None;
        wait_until("the request is in the log", || {
            let log = app.log();
            found = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find(|line| is_it(line));
            found.is_some()
        });
        found.unwrap()
    };
    let id = reply.header("x-request-id").unwrap();
    let line = line_of(&|line| line["request_id"] == id);
    assert_eq!((&line["status"], &line["streamed"]), (&200.into(), &"whole".into()));
    assert_eq!((&line["rows"], &line["bytes"]), (&LONG.into(), &reply.body.len().into()));
    assert_eq!((&line["route"], &line["user"]), (&"/api/v1/projects/{id}/tasks".into(), &owner.id.into()));
    assert!(line["sql_count"].as_u64() > Some(10), "{line}");
    assert!(line["sql_ms"].as_f64() <= line["ms"].as_f64(), "{line}");
    drop(stream);
    let line = line_of(&|line| line["streamed"] == "client_gone");
    assert!(line["rows"].as_u64() < u64::try_from(LONG).ok(), "{line}");
}
