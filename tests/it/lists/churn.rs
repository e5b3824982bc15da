//! A walk while rows come and go: what was there throughout is seen exactly once.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::json;

use super::id;
use crate::driver::{Person, TestApp, shared};

/// Creates and deletes tasks until told to stop.
fn churn(app: &TestApp, owner: &Person, project: i64, seed: usize, stop: &AtomicBool) {
    let mut round = seed;
    while !stop.load(Ordering::Relaxed) {
        round += 1;
        let made: Vec<_> = (0..4)
            .map(|step| app.task(owner, project, &json!({ "title": format!("{}", (round * 7 + step * 31) % 100) })))
            .collect();
        for task in made {
            app.delete(&format!("/tasks/{task}")).by(owner).done();
        }
    }
}

#[test]
fn a_walk_is_exact_under_concurrent_writes() {
    let app = shared();
    let owner = app.person();
    let project = app.project(&owner);
    let mut steady = BTreeMap::new();
    for index in 0..60 {
        let title = format!("{}", (index * 37) % 100);
        steady.insert(app.task(&owner, project, &json!({ "title": title })), 0);
        // Rows that go before the walk leave gaps among the ids.
        let gone = app.task(&owner, project, &json!({}));
        app.delete(&format!("/tasks/{gone}")).by(&owner).done();
    }
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for seed in 0..3 {
            let (owner, stop) = (&owner, &stop);
            scope.spawn(move || churn(app, owner, project, seed, stop));
        }
        // Stops the others even when a walk fails, so that the scope ends.
        let outcome = thread::scope(|inner| {
            inner
                .spawn(|| {
                    for sort in ["id", "-id", "title", "-title", "-created_at", "status,title"] {
                        check_walk(app, &owner, &format!("/projects/{project}/tasks?limit=3&sort={sort}"), &steady);
                    }
                })
                .join()
        });
        stop.store(true, Ordering::Relaxed);
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

#[track_caller]
fn check_walk(app: &TestApp, owner: &Person, path: &str, steady: &BTreeMap<i64, usize>) {
    let mut seen = steady.clone();
    let mut all = BTreeMap::new();
    for row in app.walk(owner, path) {
        *all.entry(id(&row)).or_insert(0) += 1;
        if let Some(count) = seen.get_mut(&id(&row)) {
            *count += 1;
        }
    }
    let wrong: Vec<_> = seen.iter().filter(|&(_, &count)| count != 1).collect();
    assert!(wrong.is_empty(), "{path}: rows that were there throughout, with how often they were seen: {wrong:?}");
    let doubled: Vec<_> = all.iter().filter(|&(_, &count)| count != 1).collect();
    assert!(doubled.is_empty(), "{path}: rows seen more than once: {doubled:?}");
}
