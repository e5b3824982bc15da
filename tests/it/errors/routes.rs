//! Routes that are not there, methods that a route does not know, and HEAD.

use crate::driver::{exchange, request_head, shared};

#[test]
fn an_unknown_route_is_a_problem() {
    let app = shared();
    let person = app.person();
    for target in [
        "/",
        "/api",
        "/api/v1",
        "/api/v1/bogus",
        "/api/v2/projects",
        "/projects",
        "/API/v1/projects",
        "/api/v1/Projects",
        "/api/v1/projects/1/bogus",
        "/api/v1/projects/1/tasks/1",
        "/api/v1/tasks",
        "/api/v1//projects",
        "/api/v1/projects/",
        "/api/v1/users//me",
        "/api/v1/comments",
        "/api/v1/auth",
        "/api/v1/auth/login/x",
        "/auth/login",
        "/health/x",
        "/openapi.yaml",
        "/..%2f..%2fetc%2fpasswd",
        "/%00",
        "/%zz",
        "/%ff",
        "/%E2%82%AC",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let reply = app.at(method, target).by(&person).send();
            assert_eq!(reply.status, 404, "{reply}");
            reply.problem(404);
        }
        app.at("GET", target).refused(404);
    }
}

#[test]
fn an_unknown_method_is_told_the_known_ones() {
    let app = shared();
    let person = app.person();
    for (method, target, known) in [
        ("PUT", "/api/v1/projects", &["GET", "POST"][..]),
        ("DELETE", "/api/v1/projects", &["GET", "POST"]),
        ("PATCH", "/api/v1/projects", &["GET", "POST"]),
        ("POST", "/api/v1/projects/1", &["GET", "PATCH", "DELETE"]),
        ("PUT", "/api/v1/projects/1", &["GET", "PATCH", "DELETE"]),
        ("DELETE", "/api/v1/projects/1/tasks", &["GET", "POST"]),
        ("PUT", "/api/v1/tasks/1", &["GET", "PATCH", "DELETE"]),
        ("GET", "/api/v1/comments/1", &["DELETE"]),
        ("POST", "/api/v1/users", &["GET"]),
        ("DELETE", "/api/v1/users/1", &["GET", "PATCH"]),
        ("DELETE", "/api/v1/users/me", &["GET", "PATCH"]),
        ("GET", "/api/v1/auth/login", &["POST"]),
        ("GET", "/api/v1/auth/register", &["POST"]),
        ("DELETE", "/api/v1/auth/refresh", &["POST"]),
        ("GET", "/api/v1/auth/logout", &["POST"]),
        ("GET", "/api/v1/auth/password", &["POST"]),
        ("POST", "/api/v1/auth/sessions", &["GET"]),
        ("GET", "/api/v1/auth/sessions/1", &["DELETE"]),
        ("POST", "/health", &["GET"]),
        ("DELETE", "/ready", &["GET"]),
        ("POST", "/metrics", &["GET"]),
        ("PUT", "/openapi.json", &["GET"]),
        ("POST", "/docs", &["GET"]),
        ("POST", "/live", &["GET"]),
        ("POST", "/admin", &["GET"]),
        ("BREW", "/api/v1/projects", &["GET", "POST"]),
    ] {
        let reply = app.at(method, target).by(&person).send();
        assert_eq!(reply.status, 405, "{reply}");
        reply.problem(405);
        let allow: Vec<_> = reply.header("allow").unwrap().split(',').map(str::trim).collect();
        for known in known {
            assert!(allow.contains(known), "{known} is not in {allow:?}: {reply}");
        }
        for verb in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(known.contains(&verb) || !allow.contains(&verb), "{verb} is in {allow:?}: {reply}");
        }
    }
}

#[test]
fn head_answers_as_get_without_the_body() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    let authorization = format!("Bearer {}", person.pair.access);
    for target in [
        "/health".to_owned(),
        "/ready".to_owned(),
        "/openapi.json".to_owned(),
        "/docs".to_owned(),
        "/live".to_owned(),
        "/admin".to_owned(),
        "/api/v1/projects".to_owned(),
        format!("/api/v1/projects/{project}"),
        format!("/api/v1/projects/{project}/tasks?limit=1"),
        "/api/v1/users/me".to_owned(),
        "/api/v1/auth/sessions".to_owned(),
        "/api/v1/projects/999999999999".to_owned(),
        "/api/v1/users".to_owned(),
        "/api/v1/projects?bogus=1".to_owned(),
        "/bogus".to_owned(),
    ] {
        let answer = |method: &str| {
            exchange(app, request_head(method, &target, &[("authorization", &authorization)]).as_bytes())
        };
        let (head, get) = (answer("HEAD"), answer("GET"));
        assert_eq!(head.status, get.status, "{target}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{target}");
        assert_eq!(head.body, b"", "{target}");
        assert!(get.status >= 300 || !get.body.is_empty(), "{target}");
        assert!(head.header("x-request-id").is_some(), "{target}");
    }
    let anonymous = exchange(app, request_head("HEAD", "/api/v1/projects", &[]).as_bytes());
    assert_eq!((anonymous.status, anonymous.body.len()), (401, 0));
    assert!(anonymous.header("www-authenticate").is_some());
}

#[test]
fn what_is_no_http_does_not_disturb_the_server() {
    let app = shared();
    for bytes in [
        &b"\r\n\r\n\r\n\r\n"[..],
        b"GARBAGE\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /api/v1/projects HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"POST /api/v1/projects HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST /api/v1/projects HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        use std::io::Write;
        app.connect().write_all(bytes).ok();
        app.at("GET", "/health").ok();
    }
}
