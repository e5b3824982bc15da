//! A server that is killed at any moment of an upload: no row is without its bytes, and no bytes are without a row for longer
//! than a day.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    thread,
    time::{Duration, SystemTime},
};

use serde_json::{Value, json};

use super::{collect, sha256};
use crate::{
    driver::{Person, Settings, TestApp, request_head, unique, unique_email},
    entity::with_readings,
};

/// A new row that may have a file, as the path of that.
#[track_caller]
pub(super) fn reading(app: &TestApp, person: &Person) -> String {
    let body = json!({
        "label": unique("reading "), "value": 0.5, "taken_at": "2026-11-22T16:10:00.123456Z", "day": "2026-11-22",
        "detail": {}, "contact": unique_email(),
    });
    format!("/readings/{}/raw", app.post("/readings", &body).by(person).created()["id"])
}

/// Sends some of a file, and gives the connection.
pub(super) fn send(app: &TestApp, person: &Person, path: &str, (bytes, sent): (&[u8], usize)) -> std::net::TcpStream {
    let (authorization, length) = (format!("Bearer {}", person.pair.access), bytes.len().to_string());
    let headers = [("authorization", authorization.as_str()), ("content-length", &length)];
    let mut stream = app.connect();
    // A server that is gone takes nothing.
    stream.write_all(request_head("PUT", &format!("/api/v1{path}"), &headers).as_bytes()).ok();
    stream.write_all(&bytes[..sent]).ok();
    stream
}

/// Makes everything in a folder look as if it were two days old.
fn age(folder: &Path) {
    let then = SystemTime::now() - Duration::from_hours(48);
    collect(folder, &mut |path| File::options().append(true).open(path).unwrap().set_modified(then).unwrap());
}

fn count(folder: &Path) -> usize {
    let mut count = 0;
    collect(folder, &mut |_| count += 1);
    count
}

#[test]
fn no_row_is_without_its_bytes() {
    let mut app = Settings::new().binary(with_readings()).start();
    let person = app.person();
    let paths: Vec<_> = (0..12).map(|_| reading(&app, &person)).collect();
    let first: Vec<u8> = (0..2_000_000_u32).map(|number| (number % 251) as u8).collect();
    for path in &paths {
        app.api("PUT", path).body("application/octet-stream", first.as_slice()).by(&person).ok();
    }
    let second: Vec<u8> = first.iter().rev().copied().collect();
    for (round, (sent, wait_ms)) in [
        (0, 0),
        (1, 5),
        (1_000_000, 20),
        (1_999_999, 30),
        (2_000_000, 0),
        (2_000_000, 4),
        (2_000_000, 12),
        (2_000_000, 40),
    ]
    .into_iter()
    .enumerate()
    {
        let streams: Vec<_> = paths.iter().map(|path| send(&app, &person, path, (&second, sent))).collect();
        thread::sleep(Duration::from_millis(wait_ms));
        app.kill_now();
        let settings = app.kill();
        drop(streams);
        let files = settings.directory().join("files");
        app = settings.start();
        let person = Person { pair: app.login(&person.email, &person.password), ..person.clone() };
        for path in &paths {
            let row = app.get(path.trim_end_matches("/raw")).by(&person).ok();
            let got = app.get(path).by(&person).send().expect(200);
            assert_eq!(row["raw"]["sha256"], Value::from(sha256(&got.body)), "round {round}, {path}");
            assert!(got.body == first || got.body == second);
        }
        // What was under way is left, and goes once it is a day old; what rows have stays, however old it is.
        crate::driver::wait_until("what was replaced goes", || count(&files) <= 2 * paths.len());
        age(&files);
        app = app.kill().start();
        crate::driver::wait_until("what nobody has goes", || count(&files) == paths.len());
        for path in &paths {
            app.get(path).by(&person).send().expect(200);
        }
        let back = Person { pair: app.login(&person.email, &person.password), ..person.clone() };
        for path in &paths {
            app.api("PUT", path).body("application/octet-stream", first.as_slice()).by(&back).ok();
        }
        assert!(fs::read_dir(files.join("received")).unwrap().count() == 0, "round {round}");
    }
}
