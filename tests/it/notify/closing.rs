//! Every way in which a socket ends.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::driver::{Heard, Person, Settings, Socket, TestApp, shared};

/// Checks that a socket is closed with 4001 within a second of `end`.
#[track_caller]
fn check_ended(app: &TestApp, socket: &mut Socket, end: impl FnOnce(&TestApp)) {
    socket.expect_silence();
    end(app);
    let start = Instant::now();
    assert!(!socket.expect_close(4001).is_empty());
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn a_token_that_is_not_good_is_told_so() {
    let app = shared();
    let (person, gone, disabled) = (app.person(), app.person(), app.person());
    app.api("POST", "/auth/logout").by(&gone).done();
    app.disable(&disabled);
    let mut queries = vec![String::new(), "?token=".to_owned(), "?since=0".to_owned(), "?token=a.b.c".to_owned()];
    let tokens = [&person.pair.refresh, &gone.pair.access, &disabled.pair.access];
    queries.extend(tokens.iter().map(|token| format!("?token={token}&since=0")));
    queries.push(format!("?token={}x", person.pair.access));
    for query in queries {
        let reason = app.socket_with(&query).expect_close(4001);
        assert!(!reason.is_empty() && reason.len() <= 123, "{query}: {reason}");
    }
    let bearer = format!("Bearer {}", person.pair.access);
    app.try_socket("", &[("authorization", &bearer)]).unwrap().expect_silence();
    app.try_socket("", &[("authorization", "Bearer x")]).unwrap().expect_close(4001);
    for token in [&person.pair.access, &gone.pair.access, &disabled.pair.access] {
        assert!(!app.log().contains(token.as_str()), "a token is in the log");
    }
}

#[test]
fn a_session_that_ends_takes_its_sockets_along() {
    let app = shared();
    let Person { id, email, password, pair } = app.person();
    let person = Person { id, email, password, pair };
    let log_in = || app.login(&person.email, &person.password);
    let socket = |token: &str| app.socket_with(&format!("?token={token}"));

    let (one, two) = (log_in(), log_in());
    let mut other = socket(&person.pair.access);
    check_ended(app, &mut socket(&one.access), |app| app.api("POST", "/auth/logout").token(&one.access).done());
    let sessions = app.get("/auth/sessions").token(&two.access).ok();
    let current = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == true).unwrap();
    let id = current["id"].as_i64().unwrap();
    check_ended(app, &mut socket(&two.access), |app| {
        app.delete(&format!("/auth/sessions/{id}")).by(&person).done();
    });
    let three = log_in();
    check_ended(app, &mut socket(&three.access), |app| {
        let body = json!({"current_password": person.password, "new_password": "quite another one"});
        app.post("/auth/password", &body).by(&person).done();
    });
    check_ended(app, &mut other, |app| app.disable(&person));
}

#[test]
fn a_refresh_token_used_twice_ends_the_sockets_of_its_session() {
    let app = shared();
    let person = app.person();
    let mut socket = app.socket(&person);
    let refresh = |token: &str| app.post("/auth/refresh", &json!({"refresh_token": token})).send();
    let next = refresh(&person.pair.refresh).expect(200).json();
    socket.expect_silence();
    refresh(next["refresh_token"].as_str().unwrap()).expect(200);
    refresh(&person.pair.refresh).expect(401);
    socket.expect_close(4001);
}

#[test]
fn what_a_client_must_not_send_is_told_so() {
    let app = shared();
    let person = app.person();
    let mut socket = app.socket(&person);
    for text in ["", "x", "{", r#"{"type":"subscribe"}"#, &format!("\"{}\"", "x".repeat(4_094))] {
        socket.say(text);
        socket.expect_silence();
    }
    for bytes in [4_097, 65_536, 2 << 20] {
        let mut socket = app.socket(&person);
        socket.say(&"x".repeat(bytes));
        socket.expect_close(1009);
    }
    for since in ["", "abc", "1.5", "-1"] {
        app.socket_with(&format!("?token={}&since={since}", person.pair.access)).expect_close(1008);
    }
}

#[test]
fn a_server_that_stops_says_so() {
    let mut app = Settings::new().start();
    let person = app.person();
    let mut sockets: Vec<_> = (0..5).map(|_| app.socket(&person)).collect();
    sockets.iter_mut().for_each(Socket::expect_silence);
    let start = Instant::now();
    app.terminate();
    for socket in &mut sockets {
        assert!(!socket.expect_close(1001).is_empty());
        assert_eq!(socket.hear_within(Duration::from_secs(5)), Heard::Nothing);
    }
    assert_eq!(app.wait(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}
