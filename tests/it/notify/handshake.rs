//! What is refused before the connection becomes a socket.

use serde_json::Value;

use crate::driver::{Refused, Settings, Socket, shared};

/// Checks that the handshake was refused with this problem.
#[track_caller]
fn check(outcome: Result<Socket, Box<Refused>>, status: u16) -> Refused {
    let Err(refused) = outcome else { panic!("accepted instead of {status}") };
    assert_eq!(refused.status(), status);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    *refused
}

#[test]
fn a_request_that_is_no_handshake_is_told_what_is_wanted() {
    let app = shared();
    let person = app.person();
    for query in [String::new(), format!("?token={}", person.pair.access)] {
        let reply = app.at("GET", &format!("/ws{query}")).send();
        reply.problem(426);
        assert_eq!(reply.header("upgrade"), Some("websocket"), "{reply}");
    }
    app.at("GET", "/ws").header("upgrade", "websocket").header("connection", "upgrade").refused(426);
    app.at("POST", "/ws").refused(405);
    app.at("GET", "/ws?bogus=1").refused(422);
}

#[test]
fn unknown_and_repeated_parameters_are_refused() {
    let app = shared();
    let token = &app.person().pair.access;
    for query in ["&x=1", "&token=a", "&since=1&since=2", "&since[gt]=1", "&=1", "&since=%zz", "&x="] {
        check(app.try_socket(&format!("?token={token}{query}"), &[]), 422);
    }
}

#[test]
fn a_page_of_another_origin_may_not_connect() {
    let app = Settings::new().set("CORS_ORIGINS", r#"["https://app.example.com"]"#).start();
    let query = format!("?token={}", app.person().pair.access);
    let own = format!("http://{}", app.address());
    for origin in ["https://app.example.com", own.as_str()] {
        app.try_socket(&query, &[("origin", origin)]).unwrap().expect_silence();
    }
    for origin in ["https://evil.example.com", "http://app.example.com", "null"] {
        check(app.try_socket(&query, &[("origin", origin)]), 403);
    }
}

#[test]
fn a_user_has_so_many_sockets() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    let mut sockets: Vec<_> = (0..32).map(|_| app.socket(&person)).collect();
    let query = format!("?token={}", person.pair.access);
    let refused = check(app.try_socket(&query, &[]), 429);
    assert!(refused.headers().contains_key("retry-after"));
    app.socket(&other).expect_silence();
    drop(sockets.pop());
    crate::driver::wait_until("the place is free", || app.try_socket(&query, &[]).is_ok());
}

#[test]
fn sockets_count_against_the_rate_limit() {
    let app = Settings::new().set("RATE_LIMIT_REQUESTS", "6").start();
    let person = app.person();
    let query = format!("?token={}", person.pair.access);
    let sockets: Vec<_> = (0..6).map(|_| app.socket_with(&query)).collect();
    check(app.try_socket(&query, &[]), 429);
    drop(sockets);
    // The address has registered and logged in.
    for _ in 0..4 {
        app.socket_with("?token=x").expect_close(4001);
    }
    check(app.try_socket("?token=x", &[]), 429);
}

#[test]
fn sockets_are_counted() {
    let app = Settings::new().start();
    let person = app.person();
    let project = app.project(&person);
    let mut socket = app.socket(&person);
    app.task(&person, project, &serde_json::json!({"assignee_id": person.id}));
    assert!(socket.message()["id"].is_i64());
    let metrics = || app.at("GET", "/metrics").send().expect(200).text();
    let text = metrics();
    assert!(text.contains("fasttrack_sockets_open 1\n"), "{text}");
    assert!(text.contains("fasttrack_messages_delivered_total 1\n"), "{text}");
    drop(socket);
    crate::driver::wait_until("the socket is gone", || metrics().contains("fasttrack_sockets_open 0\n"));
    assert_eq!(app.get("/notifications").by(&person).ok()["next_cursor"], Value::Null);
}
