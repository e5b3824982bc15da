//! Many writers, readers that come and go, and one that does not read.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use serde_json::json;

use crate::driver::{Heard, Person, Settings, TestApp};

/// Makes messages for `person` from several threads.
fn tell(app: &TestApp, person: &Person, project: i64, writers: usize, each: usize) {
    thread::scope(|scope| {
        for _ in 0..writers {
            scope.spawn(|| (0..each).for_each(|_| _ = app.task(person, project, &json!({"assignee_id": person.id}))));
        }
    });
}

#[test]
fn whoever_comes_and_goes_sees_all_in_order_and_once() {
    let app = Settings::new().start();
    let person = app.person();
    let project = app.project(&person);
    let is_done = AtomicBool::new(false);
    let seen = thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut seen, mut round) = (Vec::new(), 0);
            while !is_done.load(Ordering::Acquire) || seen.len() < 800 {
                let mut socket = app.socket_since(&person, seen.last().copied().unwrap_or(0));
                round += 1;
                for _ in 0..=(round * 7 % 40) {
                    match socket.hear_within(Duration::from_millis(500)) {
                        Heard::Message(message) => seen.push(message["id"].as_i64().unwrap()),
                        _ => break,
                    }
                }
                assert!(round < 2_000, "{} messages came", seen.len());
            }
            seen
        });
        tell(&app, &person, project, 4, 200);
        is_done.store(true, Ordering::Release);
        reader.join().unwrap()
    });
    assert_eq!(seen, (1..=800).collect::<Vec<_>>());
}

#[test]
fn a_client_that_does_not_read_is_cut_off_and_delays_nobody() {
    let app = Settings::new().start();
    let person = app.person();
    let name = "n".repeat(200);
    let project = app.post("/projects", &json!({"name": name})).by(&person).created()["id"].as_i64().unwrap();
    let mut slow = app.socket(&person);
    let mut fast: Vec<_> = (0..3).map(|_| app.socket(&person)).collect();
    let (batch, most) = (400, 30_000);
    let mut told = 0;
    let metrics = || app.at("GET", "/metrics").send().expect(200).text();
    while !metrics().contains("fasttrack_sockets_too_slow_total 1\n") {
        assert!(told < most, "{told} messages and it is not noticed");
        tell(&app, &person, project, 4, batch / 4);
        told += i64::try_from(batch).unwrap();
        let expected: Vec<_> = (told - 400 + 1..=told).collect();
        for socket in &mut fast {
            assert_eq!(socket.ids(batch), expected);
        }
    }
    let mut last = 0;
    loop {
        match slow.hear_within(Duration::from_secs(10)) {
            Heard::Message(message) => {
                assert_eq!(message["id"], last + 1);
                last += 1;
            }
            Heard::Closed(code, _) => {
                assert_eq!(code, 4008);
                break;
            }
            Heard::Nothing => panic!("dropped without a word after {last} of {told}"),
        }
    }
    let rest: Vec<_> = (last + 1..=told).collect();
    assert_eq!(app.socket_since(&person, last).ids(rest.len()), rest);
}

#[test]
fn pings_of_a_client_that_does_not_read_fill_no_memory() {
    let app = Settings::new().start();
    let person = app.person();
    let mut socket = app.socket(&person);
    let before = app.resident_kib();
    // 66 MB of frames, each of which asks for an answer as long as itself.
    socket.flood(500_000);
    let grown = app.resident_kib().saturating_sub(before);
    assert!(grown < 24 * 1024, "{grown} KiB are held for one socket");
    app.get("/users/me").by(&person).ok();
}
