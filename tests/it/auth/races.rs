//! Once a revocation was answered, no request that begins afterwards gets through, however busy the account is.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::json;

use crate::driver::{Person, TestApp, shared};

/// Revokes while six clients ask with the same token; checks what they get from requests begun after the revocation.
#[track_caller]
fn check_revoked_under_load(path: &str, person: &Person, status: u16, revoke: impl FnOnce()) {
    let app = shared();
    let (revoked, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    let ask = || {
        let mut late = 0;
        while late < 5 && !stop.load(Ordering::SeqCst) {
            let begun_late = revoked.load(Ordering::SeqCst);
            let reply = app.get(path).by(person).send();
            if begun_late {
                assert_eq!(reply.status, status, "let through after the revocation was answered: {reply}");
                late += 1;
            } else {
                assert!([200, status].contains(&reply.status), "{reply}");
            }
        }
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..6).map(|_| scope.spawn(ask)).collect();
        revoke();
        revoked.store(true, Ordering::SeqCst);
        let failed = clients.into_iter().find_map(|client| client.join().err());
        stop.store(true, Ordering::SeqCst);
        if let Some(panic) = failed {
            std::panic::resume_unwind(panic);
        }
    });
}

const ROUNDS: usize = 10;

#[test]
fn a_disabled_account_is_out() {
    for _ in 0..ROUNDS {
        let person = shared().person();
        check_revoked_under_load("/users/me", &person, 401, || shared().disable(&person));
    }
}

#[test]
fn a_session_that_ended_is_out() {
    for _ in 0..ROUNDS {
        let person = shared().person();
        check_revoked_under_load("/users/me", &person, 401, || shared().api("POST", "/auth/logout").by(&person).done());
    }
}

#[test]
fn a_lost_role_lets_nobody_in() {
    let app = shared();
    for _ in 0..ROUNDS {
        let person = app.person();
        let set_role = |role: &str| {
            app.patch(&format!("/users/{}", person.id), &json!({ "role": role })).by(app.admin()).ok();
        };
        set_role("admin");
        check_revoked_under_load("/users?limit=1", &person, 403, || set_role("user"));
    }
}

#[test]
fn a_lost_task_lets_nobody_in() {
    let app: &TestApp = shared();
    let owner = app.person();
    let project = app.project(&owner);
    for _ in 0..ROUNDS {
        let assignee = app.person();
        let path = format!("/tasks/{}", app.task(&owner, project, &json!({ "assignee_id": assignee.id })));
        check_revoked_under_load(&path, &assignee, 403, || {
            app.patch(&path, &json!({ "assignee_id": null })).by(&owner).ok();
        });
    }
}
