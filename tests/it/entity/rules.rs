//! Rules with `|`, `&`, `!`, comparisons and a name, on rows that are concealed from others.

use serde_json::json;

use super::{app, body, path, reading};
use crate::driver::Person;

#[test]
fn everybody_sees_what_the_rule_says() {
    let [witness, owner, stranger] = [(); 3].map(|()| app().person());
    // Who keeps it has to be able to refer to another's project.
    let keeper = app().new_admin();
    let project = app().project(&owner);
    let own = json!({ "witness_id": witness.id, "project_id": project });
    let with = |members: serde_json::Value| {
        let mut all = own.clone();
        for (key, value) in members.as_object().unwrap() {
            all[key] = value.clone();
        }
        reading(&keeper, &all)
    };
    let rows = [
        (json!({}), false),
        (json!({ "is_open": true, "level": 10 }), true),
        (json!({ "is_open": true, "level": 11, "grade": "very_exact" }), true),
        (json!({ "is_open": true, "level": 9 }), false),
        (json!({ "is_open": false, "level": 10 }), false),
        (json!({ "is_open": true, "level": 10, "grade": "rough" }), false),
    ]
    .map(|(members, open)| (with(members), open));
    app().patch(&format!("/users/{}", keeper.id), &json!({ "role": "user" })).by(app().admin()).ok();
    for (made, open) in rows {
        let sees = |person: &Person| {
            let listed = app().walk(person, "/readings?limit=100").contains(&made);
            let reply = app().get(&path(&made)).by(person).send();
            if reply.status != 200 {
                reply.problem(404);
            }
            assert_eq!(listed, reply.status == 200, "the list and the row disagree: {made}");
            listed
        };
        for person in [&keeper, &witness, &owner, app().admin()] {
            assert!(sees(person), "{made}");
        }
        assert_eq!(sees(&stranger), open, "{made}");
        app().get(&path(&made)).refused(401);
    }
}

#[test]
fn what_one_may_not_read_is_not_there() {
    let [keeper, stranger] = [(); 2].map(|()| app().person());
    let hidden = reading(&keeper, &json!({}));
    let missing = "/readings/999999999999";
    let detail = |path: &str, id: &str| {
        let problem = app().get(path).by(&stranger).refused(404);
        problem["detail"].as_str().unwrap().replace(id, "ID")
    };
    let id = hidden["id"].to_string();
    assert_eq!(detail(&path(&hidden), &id), detail(missing, "999999999999"), "the answer tells them apart");
    app().patch(&path(&hidden), &json!({ "note": "x" })).by(&stranger).refused(404);
    app().delete(&path(&hidden)).by(&stranger).refused(404);
    let open = reading(&keeper, &json!({ "is_open": true, "level": 10 }));
    app().patch(&path(&open), &json!({ "note": "x" })).by(&stranger).refused(403);
    app().delete(&path(&open)).by(&stranger).refused(403);
}

#[test]
fn an_update_is_asked_of_the_row_as_it_is() {
    let [keeper, witness] = [(); 2].map(|()| app().person());
    let made = reading(&keeper, &json!({ "witness_id": witness.id }));
    app().patch(&path(&made), &json!({ "note": "by the witness" })).by(&witness).ok();
    // A field with a rule of its own.
    app().patch(&path(&made), &json!({ "is_sealed": true })).by(&witness).refused(403);
    // It is not sealed yet; then it is, and the rule lets the keeper do nothing more.
    assert_eq!(app().patch(&path(&made), &json!({ "is_sealed": true })).by(&keeper).ok()["is_sealed"], true);
    app().patch(&path(&made), &json!({ "note": "too late" })).by(&keeper).refused(403);
    app().patch(&path(&made), &json!({ "is_sealed": false })).by(&keeper).refused(403);
    assert_eq!(app().get(&path(&made)).by(&keeper).ok()["note"], "by the witness");
    app().patch(&path(&made), &json!({ "is_sealed": false })).by(app().admin()).ok();
    // The witness steps down, and the row is concealed from him.
    app().patch(&path(&made), &json!({ "witness_id": null })).by(&witness).done();
    app().patch(&path(&made), &json!({ "witness_id": witness.id })).by(&witness).refused(404);
}

#[test]
fn not_and_comparison_decide_deletions() {
    let [keeper, witness] = [(); 2].map(|()| app().person());
    for (grade, status) in [("rough", 204), ("fine", 204), ("very_exact", 403)] {
        let made = reading(&keeper, &json!({ "grade": grade, "witness_id": witness.id }));
        app().delete(&path(&made)).by(&witness).refused(403);
        let reply = app().delete(&path(&made)).by(&keeper).send();
        assert_eq!(reply.status, status, "{grade}: {reply}");
        app().delete(&path(&made)).by(app().admin()).send().expect(if status == 204 { 404 } else { 204 });
    }
}

#[test]
fn whoever_is_logged_in_creates() {
    app().post("/readings", &body(&json!({}))).refused(401);
    let keeper = app().person();
    assert_eq!(reading(&keeper, &json!({}))["keeper_id"], keeper.id);
}
