//! Sittings, which are made with their steps, and of which no two overlap at one bench.

use serde_json::{Value, json};

use super::{app, path as path_of_a_reading, reading};
use crate::driver::{Person, unique};

/// A sitting in these hours of a day, with steps of one minute each that begin at these places.
fn body(bench: &str, hours: [u8; 2], steps: &[u8]) -> Value {
    let at = |hour: u8| format!("2026-11-22T{hour:02}:00:00Z");
    let step = |from: &u8| json!({ "title": "look", "from": from, "until": from + 1, "minutes": 1 });
    let steps: Vec<_> = steps.iter().map(step).collect();
    json!({ "bench": bench, "starts_at": at(hours[0]), "ends_at": at(hours[1]), "steps": steps })
}

#[track_caller]
fn sitting(leader: &Person, bench: &str, hours: [u8; 2], steps: &[u8]) -> Value {
    app().post("/sittings", &body(bench, hours, steps)).by(leader).created()
}

fn path(sitting: &Value) -> String {
    format!("/sittings/{}", sitting["id"])
}

#[track_caller]
fn figures(leader: &Person, sitting: &Value) -> Value {
    let shown = app().get(&path(sitting)).by(leader).ok();
    ["all_steps", "open_steps", "minutes"].map(|key| shown[key].clone()).into_iter().collect()
}

#[test]
fn nobody_else_is_at_the_bench() {
    let leader = app().person();
    let bench = unique("bench ");
    let first = sitting(&leader, &bench, [8, 10], &[0]);
    sitting(&leader, &bench, [10, 11], &[0]);
    let overlap = "another sitting with this bench overlaps it from starts_at to ends_at";
    let refused = app().post("/sittings", &body(&bench, [9, 10], &[0])).by(&leader).refused(409);
    assert_eq!(refused["detail"], overlap);
    app().post("/sittings", &body(&bench, [13, 12], &[0])).by(&leader).faulty(&["starts_at", "ends_at"]);
    app().delete(&path(&first)).by(&leader).done();
    let other = sitting(&leader, &bench, [9, 10], &[0]);
    let restore = || app().api("POST", &format!("{}/restore", path(&first))).by(&leader);
    assert_eq!(restore().refused(409)["detail"], overlap);
    app().patch(&path(&other), &json!({ "bench": unique("bench ") })).by(&leader).ok();
    assert_eq!(restore().ok(), first);
    // Of the steps of one sitting no two lie over each other either.
    let refused = app().post("/sittings", &body(&unique("bench "), [9, 10], &[1, 5, 1])).by(&leader).refused(409);
    assert_eq!(refused["detail"], "steps.2: another step with this sitting_id overlaps it from from to until");
    for steps in [&[][..], &[1, 2, 3, 4]] {
        app().post("/sittings", &body(&unique("bench "), [9, 10], steps)).by(&leader).faulty(&["steps"]);
    }
}

#[test]
fn steps_are_counted_where_they_are() {
    let leader = app().person();
    let [one, other] = [&[1, 2, 3][..], &[3, 4]].map(|steps| sitting(&leader, &unique("bench "), [8, 9], steps));
    assert_eq!((figures(&leader, &one), figures(&leader, &other)), (json!([3, 3, 3]), json!([2, 2, 2])));
    let step = |at: usize| format!("/steps/{}", one["steps"][at]["id"]);
    let put_off = json!({ "sitting_id": other["id"], "minutes": 30, "is_done": true });
    app().patch(&step(1), &put_off).by(&leader).ok();
    assert_eq!((figures(&leader, &one), figures(&leader, &other)), (json!([2, 2, 2]), json!([3, 2, 32])));
    app().patch(&step(2), &put_off).by(&leader).refused(409);
    app().patch(&step(0), &json!({ "sitting_id": other["id"] })).by(&leader).ok();
    let fifth = app().patch(&step(2), &json!({ "sitting_id": other["id"], "from": 7, "until": 8 })).by(&leader);
    assert!(fifth.refused(409)["detail"].as_str().unwrap().contains('4'));
    assert_eq!((figures(&leader, &one), figures(&leader, &other)), (json!([1, 1, 1]), json!([4, 3, 33])));
    app().delete(&path(&other)).by(&leader).done();
    app().api("POST", &format!("{}/restore", path(&other))).by(&leader).ok();
    assert_eq!(figures(&leader, &other), json!([4, 3, 33]));
}

#[test]
fn a_reading_that_is_deleted_is_in_no_sitting() {
    let leader = app().person();
    let made = reading(&leader, &json!({}));
    let mut body = body(&unique("bench "), [8, 9], &[1]);
    body["reading_ids"] = json!([made["id"]]);
    let sitting = app().post("/sittings", &body).by(&leader).created();
    let in_it = || app().get(&path(&sitting)).by(&leader).ok()["reading_ids"].clone();
    assert_eq!(in_it(), json!([made["id"]]));
    app().delete(&path_of_a_reading(&made)).by(&leader).done();
    assert_eq!(in_it(), json!([]));
    app().patch(&path(&sitting), &json!({ "reading_ids": [made["id"]] })).by(&leader).faulty(&["reading_ids"]);
}

#[test]
fn who_takes_part_is_shown_more_and_leaves_no_sitting_that_is_closed() {
    let [leader, helper, stranger] = [(); 3].map(|()| app().person());
    let mut body = body(&unique("bench "), [8, 9], &[1]);
    body["helper_ids"] = json!([helper.id]);
    body["is_open"] = json!(true);
    body["steps"][0]["code"] = json!("c");
    let made = app().post("/sittings", &body).by(&leader).created();
    let code = |who: &Person| app().get(&path(&made)).by(who).ok()["steps"][0].get("code").cloned();
    assert_eq!((code(&leader), code(&helper), code(&stranger)), (Some(json!("c")), Some(json!("c")), None));
    app().patch(&path(&made), &json!({ "purpose": "tea" })).by(&stranger).refused(403);
    app().patch(&path(&made), &json!({ "purpose": "tea" })).by(&helper).ok();
    app().patch(&path(&made), &json!({ "helper_ids": [] })).by(&helper).refused(403);
    app().patch(&path(&made), &json!({ "is_open": false })).by(&helper).ok();
    app().patch(&path(&made), &json!({ "purpose": "" })).by(&helper).refused(403);
    let changes = app().walk(&leader, &format!("{}/history", path(&made)));
    let verbs: Vec<_> = changes.iter().map(|change| (&change["verb"], &change["actor_id"])).collect();
    let [by_leader, by_helper] = [leader.id, helper.id].map(|id| json!(id));
    assert_eq!(verbs, [(&json!("create"), &by_leader), (&json!("update"), &by_helper), (&json!("update"), &by_helper)]);
}
