//! Bodies over the limit (413), with and without a length.

use std::fmt::Write;

use crate::{
    driver::{Person, RawReply, exchange, request_head, shared},
    resources::JSON,
};

const LIMIT: usize = 64 * 1024;

/// A project in exactly so many bytes.
fn padded(length: usize) -> String {
    let project = "{\"name\":\"n\"}";
    format!("{project}{}", " ".repeat(length - project.len()))
}

#[test]
fn the_limit_itself_passes() {
    let app = shared();
    let person = app.person();
    let post = |length: usize| app.api("POST", "/projects").body(JSON, padded(length)).by(&person);
    post(LIMIT).created();
    post(LIMIT + 1).refused(413);
    post(LIMIT + 500).refused(413);
    assert_eq!(app.walk(&person, "/projects").len(), 1);
}

fn post_chunked(person: &Person, body: &str, chunk: usize) -> RawReply {
    let authorization = format!("Bearer {}", person.pair.access);
    let headers = [("authorization", authorization.as_str()), ("content-type", JSON), ("transfer-encoding", "chunked")];
    let mut request = request_head("POST", "/api/v1/projects", &headers);
    for part in body.as_bytes().chunks(chunk) {
        write!(request, "{:x}\r\n{}\r\n", part.len(), String::from_utf8_lossy(part)).expect("a string takes all");
    }
    exchange(shared(), (request + "0\r\n\r\n").as_bytes())
}

#[test]
fn a_body_without_a_length_has_the_same_limit() {
    let app = shared();
    let person = app.person();
    for chunk in [1_000, LIMIT] {
        assert_eq!(post_chunked(&person, &padded(LIMIT), chunk).status, 201, "chunks of {chunk}");
        post_chunked(&person, &padded(LIMIT + 1), chunk).expect_problem(413);
    }
    assert_eq!(app.walk(&person, "/projects").len(), 2);
}

#[test]
fn a_length_is_believed_before_the_body_has_come() {
    let app = shared();
    let person = app.person();
    let authorization = format!("Bearer {}", person.pair.access);
    for length in ["65537", "10000000000", "18446744073709551615", "99999999999999999999999"] {
        let headers = [("authorization", authorization.as_str()), ("content-type", JSON), ("content-length", length)];
        exchange(app, request_head("POST", "/api/v1/projects", &headers).as_bytes()).expect_problem(413);
    }
}
