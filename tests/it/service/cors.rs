//! Cross-origin requests: preflights for every route, and answers that the origin may read.

use super::ROUTES;
use crate::driver::{Reply, Settings, TestApp, shared};

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
        let target = path.replace("{id}", "1");
        let reply = preflight(app, ORIGIN, method, &target);
        assert!((200..300).contains(&reply.status), "{reply}");
        assert_eq!(reply.header("access-control-allow-origin"), Some(ORIGIN), "{reply}");
        let lists = |name: &str, word: &str| {
            reply.header(name).unwrap_or_default().split(',').any(|item| item.trim().eq_ignore_ascii_case(word))
        };
        assert!(lists("access-control-allow-methods", method), "{reply}");
        for header in ["authorization", "content-type"] {
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
