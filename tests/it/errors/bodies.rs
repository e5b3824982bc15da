//! Bodies that are no JSON (400), or of another type (415).

use serde_json::json;

use crate::{driver::shared, resources::JSON};

#[test]
fn what_is_no_json_is_malformed() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    let cases: &[&[u8]] = &[
        b"",
        b" \r\n\t",
        b"{",
        b"{\"name\":\"x\"",
        b"{\"name\":\"x\"}}",
        b"{\"name\":\"x\"} x",
        b"{\"name\":\"x\"}{\"name\":\"x\"}",
        b"{\"name\":\"x\",}",
        b"{'name':'x'}",
        b"{name:\"x\"}",
        b"{\"name\":\"x\"}\0",
        b"{\"name\":\"x\" // no comments\n}",
        b"{\"name\" \"x\"}",
        b"{\"name\":\"a\nb\"}",
        b"{\"name\":\"a\x01b\"}",
        b"{\"name\":\"\\x41\"}",
        b"{\"name\":\"\\u12\"}",
        b"{\"name\":NaN}",
        b"{\"name\":Infinity}",
        b"{\"name\":01}",
        b"{\"name\":+1}",
        b"{\"name\":.5}",
        b"{\"name\":1.}",
        b"{\"name\":nul}",
        b"{\"name\":True}",
        b"[1,]",
        b"\"unfinished",
        b"name=x",
        b"<name>x</name>",
        b"\xef\xbb\xbf{\"name\":\"x\"}",
        b"\xff\xfe{\x00}\x00",
        b"{\"name\":\"\xff\"}",
        b"{\"name\":\"\xc3\"}",
        b"{\"name\":\"\xc0\xaf\"}",
        b"{\"name\":\"\xed\xa0\x80\"}",
        b"{\"name\":\"\xf5\x80\x80\x80\"}",
        b"{\"n\xff\":\"x\"}",
    ];
    for body in cases {
        for (method, path) in [("POST", "/projects".to_owned()), ("PATCH", format!("/projects/{project}"))] {
            let reply = app.api(method, &path).body(JSON, *body).by(&person).send();
            assert_eq!(reply.status, 400, "{:?}: {reply}", String::from_utf8_lossy(body));
            reply.problem(400);
        }
    }
    assert_eq!(app.walk(&person, "/projects").len(), 1);
    for path in ["/auth/login", "/auth/register", "/auth/refresh"] {
        app.api("POST", path).body(JSON, "{").refused(400);
        app.api("POST", path).body(JSON, "").refused(400);
    }
}

#[test]
fn lone_surrogates_are_malformed_wherever_they_stand() {
    let app = shared();
    let person = app.person();
    for body in [
        r#"{"name":"\ud800"}"#,
        r#"{"name":"\udc00"}"#,
        r#"{"name":"\ud83d"}"#,
        r#"{"name":"\ud83dx"}"#,
        r#"{"name":"\ude00\ud83d"}"#,
        r#"{"name":"\ud83d\u0041"}"#,
        r#"{"name":"\ud83d\ud83d\ude00"}"#,
        r#"{"name":"fine","\ud800":1}"#,
        r#"{"name":"fine","bogus":["\udfff"]}"#,
        r#"{"name":"fine","bogus":{"a":{"\uDBFF":1}}}"#,
        r#"["\ud800"]"#,
    ] {
        let reply = app.api("POST", "/projects").body(JSON, body).by(&person).send();
        assert_eq!(reply.status, 400, "{body}: {reply}");
        reply.problem(400);
    }
    let whole = app.api("POST", "/projects").body(JSON, r#"{"name":"\ud83d\ude00"}"#).by(&person).created();
    assert_eq!(whole["name"], "😀");
}

#[test]
fn nesting_is_limited_to_128_levels() {
    let app = shared();
    let person = app.person();
    // The object itself is the first level.
    let nested = |open: &str, close: &str, levels: usize| {
        format!("{{\"name\":\"n\",\"bogus\":{}{}}}", open.repeat(levels - 1), close.repeat(levels - 1))
    };
    let objects = |levels: usize| {
        format!("{{\"name\":\"n\",\"bogus\":{}1{}}}", "{\"a\":".repeat(levels - 1), "}".repeat(levels - 1))
    };
    let post = |body: String| app.api("POST", "/projects").body(JSON, body).by(&person);
    post(nested("[", "]", 128)).faulty(&["bogus"]);
    post(objects(128)).faulty(&["bogus"]);
    post("[".repeat(128) + &"]".repeat(128)).faulty(&[""]);
    for body in [
        nested("[", "]", 129),
        objects(129),
        "[".repeat(129) + &"]".repeat(129),
        nested("[", "]", 30_000),
        "[".repeat(60_000),
        "{\"a\":".repeat(12_000),
    ] {
        post(body).refused(400);
    }
    let brackets = "[{".repeat(90);
    assert_eq!(post(json!({ "name": brackets }).to_string()).created()["name"], brackets.as_str());
}

#[test]
fn only_json_is_taken() {
    let app = shared();
    let person = app.person();
    let project = format!("/projects/{}", app.project(&person));
    let body = json!({ "name": "n" }).to_string();
    for kind in [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/problem+json",
        "application/octet-stream",
        "json",
        "*/*",
    ] {
        app.api("POST", "/projects").body(kind, body.clone()).by(&person).refused(415);
        app.api("PATCH", &project).body(kind, body.clone()).by(&person).refused(415);
        app.api("POST", "/auth/login").body(kind, body.clone()).refused(415);
    }
    app.api("POST", "/projects").body("application/merge-patch+json", body.clone()).by(&person).refused(415);
    assert_eq!(app.walk(&person, "/projects").len(), 1, "a refused body was taken");
    for kind in [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json; charset=utf8",
        "application/json; charset=\"utf-8\"",
        "application/json; boundary=\"a;charset=x\"",
        "application/json;",
    ] {
        app.api("POST", "/projects").body(kind, body.clone()).by(&person).created();
    }
    for kind in ["application/merge-patch+json", "Application/Merge-Patch+JSON;charset=utf8", "application/json"] {
        app.api("PATCH", &project).body(kind, body.clone()).by(&person).ok();
    }
}

#[test]
fn a_body_comes_as_it_is() {
    let app = shared();
    let person = app.person();
    let post =
        |coding: &str| app.post("/projects", &json!({ "name": "n" })).header("content-encoding", coding).by(&person);
    for coding in ["identity", "Identity", "identity, IDENTITY"] {
        post(coding).created();
    }
    for coding in ["gzip", "identity, br", "zstd"] {
        post(coding).refused(415);
    }
    let authorization = format!("Bearer {}", person.pair.access);
    let chunks = "d\r\n{\"name\":\"n\"} \r\n0\r\n\r\n";
    for (coding, status) in [("chunked", 201), ("Chunked", 201), ("gzip, chunked", 415)] {
        let headers =
            [("authorization", authorization.as_str()), ("content-type", JSON), ("transfer-encoding", coding)];
        let head = crate::driver::request_head("POST", "/api/v1/projects", &headers);
        assert_eq!(crate::driver::exchange(app, (head + chunks).as_bytes()).status, status, "{coding}");
    }
}

#[test]
fn a_body_without_a_type_is_refused() {
    let app = shared();
    let person = app.person();
    let authorization = format!("Bearer {}", person.pair.access);
    let headers = [("authorization", authorization.as_str()), ("content-length", "12")];
    let head = crate::driver::request_head("POST", "/api/v1/projects", &headers);
    crate::driver::exchange(app, (head + "{\"name\":\"n\"}").as_bytes()).expect_problem(415);
    assert_eq!(app.walk(&person, "/projects").len(), 0);
}
