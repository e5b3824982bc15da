//! Which value may follow which.

use serde_json::json;

use super::{app, body, path, reading};

#[test]
fn a_row_goes_the_ways_that_are_named() {
    let keeper = app().person();
    let made = reading(&keeper, &json!({}));
    assert_eq!(made["phase"], "taken");
    let go = |phase: &str| app().patch(&path(&made), &json!({ "phase": phase, "note": phase })).by(&keeper);
    for (phase, refused) in [
        ("published", Some("phase cannot go from taken to published; what is taken may become reviewed or withdrawn")),
        ("taken", None),
        ("reviewed", None),
        (
            "withdrawn",
            Some("phase cannot go from reviewed to withdrawn; what is reviewed may become taken or published"),
        ),
        ("published", None),
        ("withdrawn", None),
        ("taken", Some("phase cannot go from withdrawn to taken; what is withdrawn stays")),
        ("withdrawn", None),
    ] {
        match refused {
            Some(words) => assert_eq!(go(phase).refused(409)["detail"], words),
            None => assert_eq!(go(phase).ok()["phase"], phase),
        }
    }
    assert_eq!(app().get(&path(&made)).by(&keeper).ok()["note"], "withdrawn", "what is refused changes nothing");
}

#[test]
fn a_row_begins_at_the_beginning() {
    let keeper = app().person();
    assert_eq!(reading(&keeper, &json!({ "phase": "taken" }))["phase"], "taken");
    let problem = app().post("/readings", &body(&json!({ "phase": "published" }))).by(&keeper).refused(422);
    assert_eq!(
        problem["errors"],
        json!([{ "field": "phase", "code": "not_a_beginning", "message": "begins as taken" }])
    );
    app().post("/readings", &body(&json!({ "phase": "pending" }))).by(&keeper).refused(422);
}

#[test]
fn the_document_says_where_a_row_may_go() {
    let document = app().at("GET", "/openapi.json").ok();
    let text = document.to_string();
    assert!(text.contains("May go from `taken` to `reviewed` or `withdrawn`, from `reviewed` to"), "{text}");
    let update = &document["paths"]["/api/v1/readings/{id}"]["patch"]["responses"];
    assert!(update["409"].is_object(), "{update}");
}
