//! `POST /auth/logout`, `GET /auth/sessions`, `DELETE /auth/sessions/{id}`

use std::time::Duration;

use fasttrack::testing::{Login, TestApp as Kit};
use serde_json::{Value, json};

use crate::driver::{Person, TestApp, exchange, request_head, shared};

fn sessions(app: &TestApp, token: &str) -> Vec<Value> {
    app.get("/auth/sessions").token(token).ok()["items"].as_array().unwrap().clone()
}

/// The id of the session that this token belongs to.
fn current(app: &TestApp, token: &str) -> i64 {
    let all = sessions(app, token);
    let own: Vec<_> = all.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(own.len(), 1, "exactly one session is the caller's: {all:?}");
    own[0]["id"].as_i64().unwrap()
}

#[test]
fn logging_out_ends_this_session_at_once() {
    let app = shared();
    let person = app.person();
    let other = app.login(&person.email, &person.password);
    app.api("POST", "/auth/logout").by(&person).done();
    app.get("/users/me").by(&person).refused(401);
    app.api("POST", "/auth/logout").by(&person).refused(401);
    app.post("/auth/refresh", &json!({ "refresh_token": person.pair.refresh })).refused(401);
    app.get("/users/me").token(&other.access).ok();
    assert_eq!(sessions(app, &other.access).len(), 1, "an ended session is not listed");
}

#[test]
fn a_session_says_where_it_came_from() {
    let app = shared();
    let Person { email, password, .. } = app.person();
    let body = json!({ "email": email, "password": password });
    let pair = app.post("/auth/login", &body).header("user-agent", "a browser/1.0 (\"null\")").ok();
    let token = pair["access_token"].as_str().unwrap();
    let all = sessions(app, token);
    assert_eq!(all.len(), 2);
    let own = all.iter().find(|session| session["current"] == true).unwrap();
    let mut keys: Vec<_> = own.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["created_at", "current", "expires_at", "id", "ip", "last_used_at", "user_agent"]);
    assert_eq!((&own["ip"], &own["user_agent"]), (&json!("127.0.0.1"), &json!("a browser/1.0 (\"null\")")));
    let text = |key: &str| own[key].as_str().unwrap().to_owned();
    assert!(text("created_at") <= text("last_used_at") && text("last_used_at") < text("expires_at"), "{own}");
    for key in ["created_at", "last_used_at", "expires_at"] {
        crate::resources::check_timestamp(&own[key]);
    }
}

#[test]
fn whatever_a_client_calls_itself_is_no_fault() {
    let app = shared();
    let Person { email, password, .. } = app.person();
    let body = json!({ "email": email, "password": password });
    for name in ["null", "{}", "[1]", "\"", "\\", "'; --", "%s", "true", "1", &"x".repeat(4_000)] {
        let pair = app.post("/auth/login", &body).header("user-agent", name).ok();
        let all = app.get("/auth/sessions?limit=100").token(pair["access_token"].as_str().unwrap()).ok();
        let rows = all["items"].as_array().unwrap();
        let own = rows.iter().find(|session| session["current"] == true).unwrap();
        // How much of a long name is kept is open; that it is kept as text is not.
        assert!(
            own["user_agent"].as_str().is_some_and(|kept| !kept.is_empty() && name.starts_with(kept)),
            "{name}: {own}"
        );
    }
    let text = body.to_string();
    let length = text.len().to_string();
    let headers = [("content-type", "application/json"), ("content-length", length.as_str())];
    let head = request_head("POST", "/api/v1/auth/login", &headers).into_bytes();
    let odd = [&head[..head.len() - 2], b"user-agent: \xff\xc3(\r\n\r\n", text.as_bytes()].concat();
    assert_eq!(exchange(app, &odd).status, 200);
    let pair = app.post("/auth/login", &body).ok();
    assert_eq!(sessions(app, pair["access_token"].as_str().unwrap()).len(), 13);
}

#[test]
fn ending_a_session_ends_its_tokens() {
    let app = shared();
    let person = app.person();
    let other = app.login(&person.email, &person.password);
    let id = current(app, &other.access);
    app.delete(&format!("/auth/sessions/{id}")).by(&person).done();
    app.get("/users/me").token(&other.access).refused(401);
    app.post("/auth/refresh", &json!({ "refresh_token": other.refresh })).refused(401);
    app.delete(&format!("/auth/sessions/{id}")).by(&person).refused(404);

    let own = current(app, &person.pair.access);
    app.delete(&format!("/auth/sessions/{own}")).by(&person).done();
    app.get("/users/me").by(&person).refused(401);
}

#[test]
fn anothers_session_is_not_there() {
    let app = shared();
    let (person, stranger) = (app.person(), app.person());
    let id = current(app, &person.pair.access);
    app.delete(&format!("/auth/sessions/{id}")).by(&stranger).refused(404);
    app.delete(&format!("/auth/sessions/{id}")).by(app.admin()).refused(404);
    app.get("/users/me").by(&person).ok();
    let ids: Vec<_> = sessions(app, &stranger.pair.access).iter().map(|session| session["id"].as_i64()).collect();
    assert!(!ids.contains(&Some(id)), "another's session is listed");
}

#[test]
fn sessions_are_a_list_like_any_other() {
    let app = shared();
    let person = app.person();
    for _ in 0..4 {
        app.login(&person.email, &person.password);
    }
    let ids = |query: &str| -> Vec<i64> {
        app.walk(&person, &format!("/auth/sessions{query}")).iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    let ascending = ids("");
    assert_eq!(ascending.len(), 5);
    assert!(ascending.is_sorted(), "{ascending:?}");
    assert_eq!(ids("?limit=1"), ascending);
    assert_eq!(ids("?limit=2&sort=id"), ascending);
    assert_eq!(ids("?limit=2&sort=-id"), ascending.iter().rev().copied().collect::<Vec<_>>());
    for query in ["?limit=0", "?limit=101", "?sort=created_at", "?ip=127.0.0.1", "?q=a", "?bogus=1"] {
        app.get(&format!("/auth/sessions{query}")).by(&person).refused(422);
    }
    app.get("/auth/sessions?cursor=abc").by(&person).refused(400);
}

#[test]
fn everything_here_needs_an_access_token() {
    let app = shared();
    let person = app.person();
    for (method, path) in [
        ("POST", "/auth/logout"),
        ("GET", "/auth/sessions"),
        ("DELETE", "/auth/sessions/1"),
        ("POST", "/auth/password"),
    ] {
        let body = json!({ "current_password": person.password, "new_password": "another one" });
        let call = || if path.ends_with("password") { app.post(path, &body) } else { app.api(method, path) };
        call().refused(401);
        call().token(&person.pair.refresh).refused(401);
    }
}

const DAY: Duration = Duration::from_hours(24);

/// Goes on with a session every six days, for so many times: what the last time was answered.
fn refreshed(app: &Kit, somebody: &Login, times: usize) -> (u16, String) {
    let mut token = somebody.refresh_token.clone();
    let mut last = (0, String::new());
    for _ in 0..times {
        app.advance(DAY * 6);
        let reply = app.anonymous().post("/auth/refresh", &json!({ "refresh_token": token })).send();
        let pair: Value = reply.json();
        let of = |name: &str| pair[name].as_str().unwrap_or_default().to_owned();
        (token, last) = (of("refresh_token"), (reply.status, of("access_token")));
        if reply.status != 200 {
            break;
        }
    }
    last
}

#[test]
fn a_session_that_nobody_uses_ends_after_a_week() {
    let app = Kit::start(resources::application());
    let (ada, eve) = (app.account("ada"), app.account("eve"));
    let refresh = |token: &str| app.anonymous().post("/auth/refresh", &json!({ "refresh_token": token })).send().status;
    app.advance(Duration::from_mins(7 * 24 * 60 - 1));
    assert_eq!(refresh(&ada.refresh_token), 200);
    app.advance(Duration::from_mins(2));
    assert_eq!(refresh(&eve.refresh_token), 401);
}

#[test]
fn a_session_ends_as_old_as_the_settings_say_however_often_it_is_refreshed() {
    let unbound = Kit::start(resources::application());
    assert_eq!(refreshed(&unbound, &unbound.account("ada"), 10).0, 200);

    let app = Kit::setup(resources::application()).set("SESSION_MAX_DAYS", "20").start();
    let (status, access) = refreshed(&app, &app.account("ada"), 3);
    assert_eq!(status, 200);
    let ada = app.with_token(&access);
    let own = ada.get("/auth/sessions").expect(200).json()["items"][0].clone();
    let instant_s = |key: &str| fasttrack::clock::parse_timestamp_us(own[key].as_str().unwrap()).unwrap() / 1_000_000;
    assert_eq!(instant_s("expires_at") - instant_s("created_at"), 20 * 24 * 60 * 60, "{own}");
    assert_eq!(refreshed(&app, &app.account("eve"), 4).0, 401);
}

#[test]
fn what_is_open_ends_with_its_session() {
    let settings = Kit::setup(resources::application()).set("SESSION_MAX_DAYS", "1");
    let app = settings.set("ACCESS_TOKEN_EXPIRE_MINUTES", "10080").start();
    let ada = app.account("ada");
    let ada = app.as_(&ada);
    app.advance(Duration::from_mins(24 * 60 - 1));
    ada.get("/users/me").expect(200);
    let mut socket = ada.socket();
    app.advance(Duration::from_mins(2));
    ada.get("/users/me").refused(401);
    socket.expect_close(4001);
}
