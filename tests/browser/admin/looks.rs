//! What the page looks like, and what is heard of it.

use serde_json::{Value, json};

use super::{MARKUP, Visit, office::Office};

/// Every view of the application, as an administrator sees it.
const VIEWS: [(&str, &str); 13] = [
    ("home", "/"),
    ("plans", "/plans?sort=-title"),
    ("plan", "/plans/1"),
    ("sheets", "/plans/1/sheets"),
    ("history", "/plans/1/history"),
    ("new", "/plans/new"),
    ("labels", "/labels"),
    ("persons", "/persons"),
    ("person", "/persons/1"),
    ("jobs", "/-/jobs"),
    ("webhooks", "/-/webhooks"),
    ("account", "/-/account"),
    ("nowhere", "/nowhere"),
];

fn furnished() -> Office {
    let office = Office::new();
    let label = office.app.as_(&office.admin).post("/labels", &json!({ "name": "urgent" })).expect(201).json();
    let body = json!({
        "title": "Tower",
        "text": "High.",
        "floors": 12,
        "price": "12.50",
        "is_public": true,
        "begins": "2026-01-31",
        "due_at": "2026-11-22T16:10:00.123456Z",
        "words": ["a", "b"],
        "detail": { "roof": [1, 2] },
        "label_ids": [label["id"]],
        "checker_id": office.ada.id,
        "sheets": [{ "name": "Ground floor", "pages": 3 }],
    });
    let plan = office.made("/plans", &body);
    office.app.as_(&office.ada).patch(&format!("/plans/{plan}"), &json!({ "stage": "review" })).expect(200);
    office.plan("hopeless");
    assert_eq!(office.app.try_run_jobs().len(), 1);
    office
}

/// What axe-core finds.
#[track_caller]
fn findings(visit: &mut Visit, axe: &str) -> Vec<String> {
    visit.evaluate(&format!("{axe}; 0"));
    let found = visit.evaluate(
        "axe.run().then((all) => all.violations.map(({ id, nodes }) => \
         `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`))",
    );
    serde_json::from_value(found).unwrap()
}

/// Looked at in the light and in the dark, wide and narrow, with the rules of axe-core.
#[test]
fn nobody_stumbles_over_any_view() {
    let path = std::env::var("AXE").expect("AXE names the axe.min.js of axe-core (npm install axe-core)");
    let axe = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let office = furnished();
    let mut visit = Visit::open(&office);
    assert_eq!(findings(&mut visit, &axe), Vec::<String>::new(), "log-in");
    visit.picture("admin-login");
    visit.log_in(&office.admin);
    visit.wait_for_title("tracker");
    for (width, scheme) in [(1200, "light"), (1200, "dark"), (390, "light")] {
        visit.resize(width, 850);
        visit.prefer(scheme);
        for (name, path) in VIEWS {
            visit.go(path);
            visit.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))");
            assert_eq!(findings(&mut visit, &axe), Vec::<String>::new(), "{name}, {width}, {scheme}");
            let spills = visit.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
            assert_eq!(spills, false, "{name} is wider than {width}");
            visit.picture(&format!("admin-{name}-{width}-{scheme}"));
        }
    }
    visit.check_manners();
}

#[test]
fn everything_that_can_be_operated_has_a_name() {
    let office = furnished();
    let mut visit = Visit::of(&office, &office.admin);
    for (name, path) in VIEWS {
        visit.go(path);
        let controls = visit.controls();
        let unnamed = |(role, name): &&(String, String)| name.is_empty() && role != "status";
        assert_eq!(controls.iter().find(unnamed), None, "{name}: {controls:?}");
        let is_here = visit.evaluate("document.activeElement.id");
        assert_eq!(is_here, "title", "{name}: whoever hears the page is told where he is");
    }
    visit.check_manners();
}

#[test]
fn what_people_wrote_is_text() {
    let office = Office::new();
    let body = json!({ "title": MARKUP, "text": MARKUP, "detail": { MARKUP: MARKUP }, "words": ["<b>"] });
    let plan = office.made("/plans", &body);
    let path = format!("/plans/{plan}");
    office.app.as_(&office.ada).patch(&path, &json!({ "text": format!("{MARKUP}{MARKUP}") })).expect(200);
    office.app.as_(&office.ada).patch("/persons/me", &json!({ "display_name": MARKUP })).expect(200);
    let mut visit = Visit::of(&office, &office.admin);
    for view in ["/plans".to_owned(), path.clone(), format!("{path}/history"), "/persons".to_owned()] {
        visit.go(&view);
        assert_eq!(visit.evaluate("document.querySelectorAll('#view img, #view script, #view b').length"), 0, "{view}");
        assert_ne!(visit.evaluate("document.title"), "owned");
    }
    visit.go(&path);
    assert_eq!(visit.held("text"), MARKUP.repeat(2));
    visit.check_manners();
}

/// The answers with the page and its files say what it may do, also where the browser has them already.
#[test]
fn the_page_may_run_and_ask_nothing_but_its_own() {
    let office = Office::new();
    let reply = office.app.anonymous().at("GET", "/admin").expect(200);
    let policy = reply.header("content-security-policy").unwrap().to_owned();
    for part in
        ["default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    let mut visit = Visit::of(&office, &office.ada);
    let blocked: Value = visit.evaluate(
        "new Promise((done) => { \
         document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective), { once: true }); \
         const script = document.createElement('script'); \
         try { script.text = 'document.title = \"owned\"'; document.head.append(script); } catch { done('trusted-types'); } })",
    );
    assert!(
        ["script-src-elem", "trusted-types", "require-trusted-types-for"].iter().any(|part| blocked == *part),
        "{blocked}"
    );
    assert_ne!(visit.evaluate("document.title"), "owned");
    let fetched = visit.evaluate("fetch('http://127.0.0.1:9/').then(() => 'asked', () => 'refused')");
    assert_eq!(fetched, "refused");
}
