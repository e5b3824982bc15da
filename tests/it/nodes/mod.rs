//! Several processes on one database: what is done through one of them holds for all.

mod databases;
mod redis;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use serde_json::json;

use crate::driver::{Person, Settings, Sink, TestApp, server_only, wait_until};

/// Two servers on one database. They share a directory, and so the key that tokens are signed with.
fn two() -> [TestApp; 2] {
    let settings = Settings::new();
    [settings.start(), settings.start()]
}

/// Somebody who has a token of `one`, which `other` has accepted.
fn known_to_both([one, other]: &[TestApp; 2]) -> Person {
    let person = one.person();
    other.get("/users/me").by(&person).ok();
    person
}

#[test]
fn nodes_that_start_at_once_make_the_schema_once() {
    server_only!("several processes on one database");
    let settings = Settings::new();
    let apps: Vec<_> = thread::scope(|scope| {
        let starting: Vec<_> = (0..3).map(|_| scope.spawn(|| settings.start())).collect();
        starting.into_iter().map(|started| started.join().unwrap()).collect()
    });
    let person = apps[0].person();
    for app in &apps {
        app.get("/users/me").by(&person).ok();
    }
}

#[test]
fn a_client_is_told_of_what_is_done_through_another_node() {
    server_only!("several processes on one database");
    let apps = two();
    let [one, other] = &apps;
    let [owner, assignee] = [(); 2].map(|()| known_to_both(&apps));
    let mut sockets = [one.socket(&assignee), other.socket(&assignee)];
    let project = one.project(&owner);
    for number in 0..20 {
        let through = &apps[number % 2];
        through.task(&owner, project, &json!({ "title": format!("{number}"), "assignee_id": assignee.id }));
    }
    let expected: Vec<_> = (1..=20).collect();
    for socket in &mut sockets {
        assert_eq!(socket.ids(20), expected, "each once, in order");
    }
}

#[test]
fn what_is_revoked_through_one_node_is_refused_by_the_other() {
    server_only!("several processes on one database");
    let apps = two();
    let [one, other] = &apps;
    for _ in 0..20 {
        let person = known_to_both(&apps);
        one.post("/auth/logout", &json!({})).by(&person).send().expect(204);
        other.get("/users/me").by(&person).refused(401);
        let person = known_to_both(&apps);
        one.disable(&person);
        other.post("/projects", &json!({ "name": "late" })).by(&person).refused(401);
    }
    let person = known_to_both(&apps);
    let mut socket = other.socket(&person);
    one.disable(&person);
    socket.expect_close(4001);
}

#[test]
fn a_refresh_token_used_at_once_on_both_nodes_gives_one_child() {
    server_only!("several processes on one database");
    let apps = two();
    let person = known_to_both(&apps);
    let pair = apps[0].login(&person.email, &person.password);
    let children = AtomicUsize::new(0);
    thread::scope(|scope| {
        for number in 0..50 {
            let (app, children, refresh) = (&apps[number % 2], &children, &pair.refresh);
            scope.spawn(move || {
                let reply = app.post("/auth/refresh", &json!({ "refresh_token": refresh })).send();
                children.fetch_add(usize::from(reply.status == 200), Ordering::Relaxed);
                assert!([200, 401].contains(&reply.status), "{}", reply.text());
            });
        }
    });
    assert_eq!(children.into_inner(), 1);
}

#[test]
fn what_is_made_under_a_row_that_goes_has_no_parent() {
    server_only!("several processes on one database");
    let apps = two();
    let [one, other] = &apps;
    let owner = known_to_both(&apps);
    for _ in 0..20 {
        let project = one.project(&owner);
        let statuses: Vec<_> = thread::scope(|scope| {
            let making = (0..8).map(|number| {
                let (app, owner) = (&apps[number % 2], &owner);
                let path = format!("/projects/{project}/tasks");
                scope.spawn(move || app.post(&path, &json!({ "title": "t" })).by(owner).send().status)
            });
            let making: Vec<_> = making.collect();
            other.delete(&format!("/projects/{project}")).by(&owner).send();
            making.into_iter().map(|made| made.join().unwrap()).collect()
        });
        assert!(statuses.iter().all(|status| [201, 404].contains(status)), "{statuses:?}");
    }
}

#[test]
fn of_two_administrators_who_remove_each_other_one_remains() {
    server_only!("several processes on one database");
    for _ in 0..5 {
        let apps = two();
        let admins = [apps[0].new_admin(), apps[1].new_admin()];
        let statuses: Vec<_> = thread::scope(|scope| {
            let removing: Vec<_> = (0..2)
                .map(|number| {
                    let (app, by, whom) = (&apps[number], &admins[number], &admins[1 - number]);
                    let path = format!("/users/{}", whom.id);
                    scope.spawn(move || app.patch(&path, &json!({ "role": "user" })).by(by).send().status)
                })
                .collect();
            removing.into_iter().map(|removed| removed.join().unwrap()).collect()
        });
        assert!(statuses.iter().filter(|status| **status == 200).count() <= 1, "{statuses:?}");
    }
}

#[test]
fn jobs_run_once_and_those_of_a_node_that_is_gone_run_elsewhere() {
    server_only!("several processes on one database");
    let sink = Sink::start();
    let settings = crate::jobs::mailing(&sink);
    let [one, other] = [settings.start(), settings.start()];
    let [owner, assignee] = crate::jobs::people(&one);
    let project = one.project(&owner);
    let assign = |app: &TestApp| app.task(&owner, project, &json!({ "assignee_id": assignee.id }));
    for number in 0..20 {
        assign([&one, &other][number % 2]);
    }
    wait_until("every mail arrives", || crate::jobs::about_tasks(&sink, &assignee).len() >= 20);
    sink.hold(true);
    assign(&one);
    wait_until("a job runs", || sink.held() > 0);
    // One of them runs it, and whichever it is, it goes.
    one.kill_now();
    other.kill_now();
    sink.hold(false);
    let third = settings.start();
    wait_until("the mail arrives", || crate::jobs::about_tasks(&sink, &assignee).len() >= 21);
    crate::jobs::wait_for_the_jobs(&third);
    assert_eq!(crate::jobs::about_tasks(&sink, &assignee).len(), 21, "each once");
}

#[test]
fn sockets_catch_up_on_another_node() {
    server_only!("several processes on one database");
    let apps = two();
    let [owner, assignee] = [(); 2].map(|()| known_to_both(&apps));
    let [one, other] = apps;
    let project = one.project(&owner);
    let assign = |app: &TestApp| app.task(&owner, project, &json!({ "assignee_id": assignee.id }));
    let mut socket = one.socket(&assignee);
    assign(&other);
    assert_eq!(socket.ids(1), [1]);
    one.kill_now();
    for _ in 0..3 {
        assign(&other);
    }
    assert_eq!(other.socket_since(&assignee, 1).ids(3), [2, 3, 4]);
}
