//! Readings that are deleted and come back, with what is counted of them and the sets that they are in.

use serde_json::{Value, json};

use super::{app, body, path, reading};
use crate::driver::Person;

/// What is counted of a reading's corrections.
#[track_caller]
fn figures(keeper: &Person, reading: &Value) -> Value {
    let shown = app().get(&path(reading)).by(keeper).ok();
    ["mistakes", "grave_mistakes", "damage"].map(|key| shown[key].clone()).into_iter().collect()
}

#[track_caller]
fn restore(keeper: &Person, path: &str) -> Value {
    app().api("POST", &format!("{path}/restore")).by(keeper).ok()
}

#[test]
fn what_is_deleted_comes_back_as_it_was() {
    let [keeper, stranger] = [(); 2].map(|()| app().person());
    let corrections = json!([{ "value": 1, "cost": "0.50" }, { "value": 2, "is_minor": true }]);
    let made = reading(&keeper, &json!({ "corrections": corrections, "note": "petrol" }));
    assert_eq!(made["deleted_at"], Value::Null);
    app().delete(&path(&made)).by(&keeper).done();
    app().get(&path(&made)).by(&keeper).refused(404);
    assert_eq!(app().walk(&keeper, "/readings?q=petrol"), [Value::Null; 0]);
    // Its label is free meanwhile, and taken where it comes back.
    let other = reading(&keeper, &json!({ "label": made["label"] }));
    let refused = app().api("POST", &format!("{}/restore", path(&made))).by(&keeper).refused(409);
    assert_eq!(refused["detail"], "a reading with this label exists already");
    app().delete(&path(&other)).by(&keeper).done();
    app().api("POST", &format!("{}/restore", path(&made))).by(&stranger).refused(404);
    let mut back = restore(&keeper, &path(&made));
    assert_eq!(app().walk(&keeper, "/readings?q=petrol"), std::slice::from_ref(&back));
    // That is a change.
    assert!(back["updated_at"].as_str() > made["updated_at"].as_str());
    back["updated_at"] = made["updated_at"].clone();
    assert_eq!(back, made);
}

#[test]
fn corrections_are_counted_while_they_are_there() {
    let keeper = app().person();
    let made = reading(&keeper, &json!({}));
    let list = format!("{}/corrections", path(&made));
    assert_eq!(figures(&keeper, &made), json!([0, 0, "0.00"]));
    let first = app().post(&list, &json!({ "value": 1, "cost": "2.25" })).by(&keeper).created();
    app().post(&list, &json!({ "value": 2, "cost": 1, "is_minor": true })).by(&keeper).created();
    assert_eq!(figures(&keeper, &made), json!([2, 1, "3.25"]));
    let first = format!("/corrections/{}", first["id"]);
    app().patch(&first, &json!({ "cost": "-0.25", "is_minor": true })).by(&keeper).ok();
    assert_eq!(figures(&keeper, &made), json!([2, 0, "0.75"]));
    app().delete(&first).by(&keeper).done();
    assert_eq!(figures(&keeper, &made), json!([1, 0, "1.00"]));
    // What went alone does not come back with the rest.
    app().delete(&path(&made)).by(&keeper).done();
    restore(&keeper, &path(&made));
    assert_eq!(figures(&keeper, &made), json!([1, 0, "1.00"]));
    restore(&keeper, &first);
    assert_eq!(figures(&keeper, &made), json!([2, 0, "0.75"]));
    assert_eq!(app().walk(&keeper, "/readings?damage=0.75&serious=0&sort=-mistakes").len(), 1);
    app().post("/readings", &body(&json!({ "mistakes": 1 }))).by(&keeper).faulty(&["mistakes"]);
}

#[test]
fn a_set_is_replaced_as_a_whole() {
    let [keeper, observer] = [(); 2].map(|()| app().person());
    let label = |name: &str| app().post("/labels", &json!({ "name": name })).by(&keeper).created()["id"].clone();
    let [one, two] = ["one", "two"].map(label);
    let made = reading(&keeper, &json!({ "label_ids": [two, one, two], "observer_ids": [observer.id] }));
    assert_eq!(made["label_ids"], json!([one, two]));
    app().get(&path(&made)).by(&observer).ok();
    let found = app().walk(&keeper, &format!("/readings?label_ids[has]={one}&expand=labels"));
    assert_eq!(found.iter().map(|row| &row["labels"][1]["name"]).collect::<Vec<_>>(), ["two"]);
    let shown = app().get(&format!("{}?expand=labels", path(&made))).by(&observer).ok();
    assert_eq!(shown["labels"], json!([]), "he may not see them");
    let change = |ids: Value| app().patch(&path(&made), &ids).by(&keeper);
    change(json!({ "label_ids": [1, 2, 3, 4] })).faulty(&["label_ids"]);
    change(json!({ "label_ids": [99_999_999] })).faulty(&["label_ids"]);
    assert_eq!(change(json!({ "label_ids": [two], "observer_ids": [] })).ok()["label_ids"], json!([two]));
    app().get(&path(&made)).by(&observer).refused(404);
    app().delete(&format!("/labels/{two}")).by(&keeper).done();
    assert_eq!(app().get(&path(&made)).by(&keeper).ok()["label_ids"], json!([]));
}
