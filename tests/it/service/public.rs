//! Where the server is for its clients: at the root of the host that they ask, or where `PUBLIC_URL` says.

use serde_json::json;

use super::documents::check_page;
use crate::driver::{Reply, Settings, TestApp, exchange, request_head, shared};

const PUBLIC: &str = "https://x.example/tracker";

/// What a browser sends when an address is typed in.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

fn root(app: &TestApp, path: &str, accept: &str) -> Reply {
    app.at("GET", path).header("accept", accept).send()
}

#[test]
fn links_are_relative_unless_told() {
    let app = shared();
    let person = app.person();
    assert_eq!(app.at("GET", "/openapi.json").ok()["servers"], json!([{ "url": "/" }]));
    let led = root(app, "/", BROWSER);
    assert_eq!((led.status, led.header("location")), (303, Some("./docs")), "{led}");
    root(app, "/", "*/*").problem(404);
    let reply = app.post("/projects", &json!({ "name": "n" })).by(&person).send().expect(201);
    let location = reply.header("location").expect("a new row is somewhere").to_owned();
    assert_eq!(location, format!("/api/v1/projects/{}", reply.json()["id"]));
    app.at("GET", &location).by(&person).ok();
}

#[test]
fn every_creation_says_where_the_row_is() {
    let app = shared();
    let person = app.person();
    let project = app.project(&person);
    let task = app.post(&format!("/projects/{project}/tasks"), &json!({ "title": "t" })).by(&person).send().expect(201);
    let comments = format!("/tasks/{}/comments", task.json()["id"]);
    let comment = app.post(&comments, &json!({ "body": "b" })).by(&person).send().expect(201);
    let email = crate::driver::unique_email();
    let user = app.post("/auth/register", &json!({ "email": email, "password": "long enough" })).send().expect(201);
    for (reply, path) in [(task, "tasks"), (comment, "comments"), (user, "users")] {
        assert_eq!(
            reply.header("location"),
            Some(format!("/api/v1/{path}/{}", reply.json()["id"]).as_str()),
            "{reply}"
        );
    }
}

#[test]
fn a_public_address_is_where_links_lead() {
    let app = Settings::new().set("PUBLIC_URL", format!("{PUBLIC}/")).start();
    let person = app.person();
    assert_eq!(app.at("GET", "/openapi.json").ok()["servers"], json!([{ "url": PUBLIC }]));
    for path in ["/", "/tracker", "/tracker/"] {
        let led = root(&app, path, BROWSER);
        assert_eq!((led.status, led.header("location")), (303, Some("https://x.example/tracker/docs")), "{led}");
    }
    // A proxy may take the path off or leave it: both ways lead to the same.
    for prefix in ["", "/tracker"] {
        let target = format!("{prefix}/api/v1/projects");
        let reply = app.at("POST", &target).json(&json!({ "name": "n" })).by(&person).send().expect(201);
        let location = format!("{PUBLIC}/api/v1/projects/{}", reply.json()["id"]);
        assert_eq!(reply.header("location"), Some(location.as_str()), "{reply}");
        app.at("GET", &format!("{prefix}/health")).ok();
        app.at("DELETE", &target).by(&person).refused(405);
        check_page(&app, &format!("{prefix}/docs"));
        check_page(&app, &format!("{prefix}/live"));
        check_page(&app, &format!("{prefix}/admin"));
    }
    root(&app, "/tracker/bogus", BROWSER).problem(404);
    app.at("GET", "/tracker//health").refused(404);
    app.at("GET", "/bogus/health").refused(404);
}

/// The status of a handshake from a page of this origin, by way of a proxy that has a name of its own for the server.
fn handshake(app: &TestApp, origin: &str) -> u16 {
    let token = app.person().pair.access;
    let headers = [
        ("upgrade", "websocket"),
        ("connection", "upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("origin", origin),
    ];
    let target = format!("/tracker/ws?token={token}");
    let head = request_head("GET", &target, &headers).replace("connection: close\r\n", "");
    let mut stream = app.connect();
    std::io::Write::write_all(&mut stream, head.as_bytes()).expect("the handshake is sent");
    let mut first = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut first).expect("an answer");
    String::from_utf8_lossy(&first[9..]).parse().expect("a status")
}

#[test]
fn pages_of_the_public_address_may_connect() {
    let app = Settings::new().set("PUBLIC_URL", PUBLIC).start();
    assert_eq!(handshake(&app, "https://x.example"), 101);
    assert_eq!(handshake(&app, "https://y.example"), 403);
}

#[test]
fn an_address_of_the_next_protocol_is_written_with_and_without_brackets() {
    for host in ["::1", "[::1]"] {
        let app = Settings::new().set("HOST", host).start();
        assert!(app.address().starts_with("[::1]:"), "{}", app.address());
        let port = app.address().rsplit(':').next().unwrap().to_owned();
        app.at("GET", "/health").ok();
        let output = app.settings().clone().set("PORT", port).run(&["healthcheck"], "");
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn requests_without_a_host_are_refused() {
    let app = shared();
    for head in ["GET /health HTTP/1.1\r\n", "GET /health HTTP/1.1\r\nhost: a\r\nhost: a\r\n"] {
        exchange(app, format!("{head}connection: close\r\n\r\n").as_bytes()).expect_problem(400);
    }
}
