//! What holds of several fields of a reading.

use serde_json::json;

use super::{app, path, reading};
use crate::driver::unique_email;

#[test]
fn an_address_stands_for_one_reading_of_a_day() {
    let keeper = app().person();
    let address = unique_email();
    let first = reading(&keeper, &json!({ "second_contact": address, "day": "2026-01-01" }));
    let second = reading(&keeper, &json!({ "second_contact": address, "day": "2026-01-02" }));
    let move_to = |day: &str| app().patch(&path(&second), &json!({ "day": day })).by(&keeper);
    let refused = move_to("2026-01-01").refused(409);
    assert_eq!(refused["detail"], "a reading with this second_contact and day exists already");
    move_to("2026-01-03").ok();
    app().patch(&path(&first), &json!({ "second_contact": null })).by(&keeper).ok();
    move_to("2026-01-01").ok();
    app().patch(&path(&first), &json!({ "second_contact": address.to_uppercase() })).by(&keeper).refused(409);
    let document = app().at("GET", "/openapi.json").ok();
    let told = &document["paths"]["/api/v1/readings"]["post"]["description"];
    assert!(
        told.as_str().unwrap().contains("409 where there is a reading with the same `second_contact` and `day`."),
        "{told}"
    );
}

#[test]
fn what_is_sealed_was_not_checked_before_it_was_taken() {
    let keeper = app().person();
    let made = reading(&keeper, &json!({ "is_sealed": false, "checked_at": "1999-12-31T23:59:59Z" }));
    let change = |members: serde_json::Value| app().patch(&path(&made), &members).by(&keeper);
    let fields = ["is_sealed", "checked_at", "taken_at"];
    change(json!({ "is_sealed": true })).faulty(&fields);
    change(json!({ "is_sealed": true, "checked_at": null })).ok();
    app()
        .post("/readings", &super::body(&json!({ "is_sealed": true, "checked_at": "1999-12-31T23:59:59Z" })))
        .by(&keeper)
        .faulty(&fields);
}
