//! How many there are at a time, of whom, and how much memory they take.

use serde_json::json;

use super::{fill, long_list, sample, wait_for_ending};
use crate::driver::{CSV, NDJSON, Settings, wait_until};

#[test]
fn two_are_streamed_to_one_caller_at_a_time() {
    let settings = Settings::new().set("STREAM_SECONDS", "60");
    let (app, owner, path) = long_list(&settings);
    let (other, admin) = (app.person(), app.admin());
    let held = [CSV, NDJSON].map(|accept| app.stream(&owner, &path, accept));
    let refused = app.get(&path).by(&owner).header("accept", CSV).send();
    let problem = refused.problem(429);
    assert!(problem["detail"].as_str().unwrap().starts_with("2 lists are being streamed to you already"), "{problem}");
    assert!((40..=62).contains(&refused.retry_after_s().unwrap()), "{refused}");
    // Pages, and others, are not concerned.
    app.get(&path).by(&owner).ok();
    assert_eq!(app.ndjson(&other, "/projects").len(), 0);
    let third = app.stream(admin, &path, CSV);
    assert_eq!((third.status, sample(&app, "fasttrack_streams_open")), (200, 3));
    drop((held, third));
    wait_for_ending(&app, "client_gone", 3);
    assert!(!app.csv(&owner, &path).rows.is_empty());
}

#[test]
fn those_that_are_read_slowly_are_in_nobodys_way() {
    let settings = Settings::new().set("STREAMS", "2");
    let (app, owner, path) = long_list(&settings);
    let _held = [CSV, NDJSON].map(|accept| app.stream(&owner, &path, accept));
    app.get(&path).by(app.admin()).header("accept", CSV).refused(503);
    let project = app.project(&owner);
    for round in 0..30 {
        let task = app.task(&owner, project, &json!({ "title": format!("round {round}") }));
        app.get(&format!("/tasks/{task}")).by(&owner).ok();
        app.get(&format!("{path}?q=task&limit=5")).by(&owner).ok();
    }
    assert!(sample(&app, "fasttrack_snapshots_held") > 1);
}

/// Bytes of memory for what is read ahead of the client, and for what is being written: much less than the list has.
const MOST_KIB: usize = 24 * 1024;

#[test]
fn however_long_a_list_is_it_takes_as_much_memory() {
    let settings = Settings::new();
    let app = settings.start();
    let owner = app.person();
    let project = app.project(&owner);
    fill(&settings, project, 100_000, 300);
    let path = format!("/projects/{project}/tasks");
    // What is needed once is there then.
    app.csv(&owner, &format!("{path}?title=task%201"));
    for accept in [CSV, NDJSON] {
        let before = app.peak_kib(|| ()).1;
        let (body, peak) = app.peak_kib(|| {
            let stream = app.stream(&owner, &path, accept);
            stream.finish().expect("a whole list")
        });
        let lines = body.split(|byte| *byte == b'\n').count() - 1;
        assert_eq!(lines, 100_000 + usize::from(accept == CSV));
        assert!(body.len() > MOST_KIB * 1024, "{}", body.len());
        assert!(peak < before + MOST_KIB, "{accept}: {before} KiB before, {peak} KiB at most");
        // One that nobody reads holds as little.
        let (stream, peak) = app.peak_kib(|| {
            let stream = app.stream(&owner, &path, accept);
            wait_until("the server waits for its client", || app.is_idle());
            stream
        });
        assert!(peak < before + MOST_KIB, "{accept}, unread: {before} KiB before, {peak} KiB at most");
        drop(stream);
    }
}
