//! Cross-origin requests: preflights for every route, and answers that the origin may read.

use super::ROUTES;
use crate::driver::{Reply, Settings, TestApp, shared};

/// What scripts may send unless told otherwise: what the server reads, and what tracers send.
const HEADERS: [&str; 10] = [
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-request-id",
    "traceparent",
    "tracestate",
    "baggage",
    "sentry-trace",
];

const ORIGIN: &str = "http://localhost:3000";

fn preflight(app: &TestApp, origin: &str, method: &str, target: &str) -> Reply {
    app.at("OPTIONS", target)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "authorization,content-type")
        .send()
}

#[test]
fn every_route_answers_a_preflight() {
    let app = shared();
    for (method, path) in ROUTES.into_iter().chain([("GET", "/bogus"), ("DELETE", "/api/v1/bogus")]) {
        let target = path.replace("{id}", "1").replace("{n}", "1");
        let reply = preflight(app, ORIGIN, method, &target);
        assert!((200..300).contains(&reply.status), "{reply}");
        assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN), "{reply}");
        let lists = |name: &str, word: &str| {
            reply.header(name).unwrap_or_default().split(',').any(|item| item.trim().eq_ignore_ascii_case(word))
        };
        assert!(lists("access-control-allow-methods", method), "{reply}");
        for header in HEADERS {
            assert!(
                lists("access-control-allow-headers", header),
                "{header} is named, as a wildcard excludes it: {reply}"
            );
        }
    }
}

#[test]
fn errors_are_readable_from_the_origin_too() {
    let app = shared();
    for (method, target, status) in [
        ("GET", "/health", 200),
        ("GET", "/api/v1/projects", 401),
        ("GET", "/bogus", 404),
        ("PUT", "/health", 405),
        ("GET", "/health?x=1", 422),
    ] {
        let reply = app.at(method, target).header("origin", ORIGIN).send();
        assert_eq!(reply.status, status, "{reply}");
        assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN), "{reply}");
        let exposed = reply.header("access-control-expose-headers").unwrap_or_default();
        let readable =
            ["etag", "location", "idempotency-replayed", "retry-after", "x-request-id", "ratelimit-remaining"];
        for header in readable.into_iter().chain(["www-authenticate", "content-disposition"]) {
            assert!(exposed.split(',').any(|item| item == header), "{header}: {reply}");
        }
    }
}

#[test]
fn other_origins_are_not_allowed() {
    let app = shared();
    for origin in ["http://evil.example", "http://localhost:3001", "https://localhost:3000", "null"] {
        let answers = [
            preflight(app, origin, "GET", "/api/v1/projects"),
            app.at("GET", "/health").header("origin", origin).send(),
        ];
        for reply in answers {
            assert_eq!(reply.header("access-control-allow-origin"), None, "{origin}: {reply}");
        }
    }
}

#[test]
fn the_origins_are_a_setting() {
    let app = Settings::new().set("CORS_ORIGINS", r#"["https://a.example","https://b.example:8443"]"#).start();
    for (origin, allowed) in [("https://a.example", true), ("https://b.example:8443", true), (ORIGIN, false)] {
        let reply = preflight(&app, origin, "GET", "/api/v1/projects");
        assert_eq!(reply.header("access-control-allow-origin"), allowed.then_some(origin), "{reply}");
    }
    let app = Settings::new().set("CORS_ORIGINS", "[]").start();
    assert_eq!(preflight(&app, ORIGIN, "GET", "/health").header("access-control-allow-origin"), None);
}

#[test]
fn an_origin_is_what_a_browser_makes_of_it() {
    let app = Settings::new().set("CORS_ORIGINS", r#"["HTTPS://A.Example:443/","http://[0::1]:80"]"#).start();
    for origin in ["https://a.example", "http://[::1]"] {
        assert_eq!(preflight(&app, origin, "GET", "/health").header("access-control-allow-origin"), Some(origin));
    }
}

#[test]
fn the_headers_are_a_setting() {
    let allowed = |app: &TestApp| {
        let reply = preflight(app, ORIGIN, "GET", "/health");
        reply.header("access-control-allow-headers").map(str::to_owned)
    };
    let app = Settings::new().set("CORS_HEADERS", r#"["Authorization","X-Mine"]"#).start();
    assert_eq!(allowed(&app).as_deref(), Some("authorization,x-mine"));
    let app = Settings::new().set("CORS_HEADERS", r#"["*"]"#).start();
    assert_eq!(allowed(&app).as_deref(), Some("authorization,content-type"), "as asked for");
}
