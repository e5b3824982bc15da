//! Every type comes back as it was sent, and takes nothing else.

use std::collections::HashMap;

use serde_json::{Value, json, value::RawValue};

use super::{app, body, path, reading};
use crate::resources::JSON;

/// The text of one member, untouched by any number type.
fn member_text(body: &[u8], key: &str) -> String {
    let members: HashMap<String, Box<RawValue>> = serde_json::from_slice(body).expect("an object");
    members[key].get().to_owned()
}

#[test]
fn every_field_holds_what_it_was_given() {
    let keeper = app().person();
    let witness = app().person();
    let project = app().project(&keeper);
    let task = app().task(&keeper, project, &json!({}));
    let remark = app().comment(&keeper, task);
    let given = body(&json!({
        "witness_id": witness.id, "project_id": project, "task_id": task, "remark_id": remark, "note": "[1]",
        "is_open": true, "was_checked": false, "level": -3, "order": 100, "value": 2.5, "group": 0.25, "cost": "0.10", "tags": ["b", "a", "b"], "parts": [9_007_199_254_740_993_i64, 0], "key": "0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f", "page": "https://example.com/é?x#y", "took": 90, "margin": "-1.500",
        "checked_at": "1999-12-31T23:59:59.999999Z", "due": "2024-02-29",
        "detail": { "b": { "y": ["1", null, "é😀", "null", "{}"], "x": [] }, "a": {} }, "samples": [1.5, -2.0],
        "grade": "very_exact", "second_grade": "rough", "second_contact": "Some.One@example.com",
    }));
    let made = app().post("/readings", &given).by(&keeper).created();
    for (key, value) in given.as_object().unwrap() {
        assert_eq!(&made[key], value, "{key}");
    }
    assert_eq!((&made["keeper_id"], &made["is_sealed"]), (&json!(keeper.id), &json!(false)));
    assert_eq!(app().get(&path(&made)).by(&keeper).ok(), made);
    assert_eq!(app().walk(&keeper, "/readings"), [made]);
}

#[test]
fn what_is_not_given_has_its_default() {
    let keeper = app().person();
    let made = reading(&keeper, &json!({}));
    for key in [
        "witness_id",
        "project_id",
        "task_id",
        "remark_id",
        "note",
        "was_checked",
        "order",
        "group",
        "cost",
        "parts",
        "key",
        "page",
        "took",
        "checked_at",
        "due",
        "samples",
        "second_grade",
        "second_contact",
    ] {
        assert_eq!(made[key], Value::Null, "{key}");
    }
    assert_eq!((&made["is_open"], &made["level"], &made["grade"]), (&json!(false), &json!(7), &json!("fine")));
}

#[test]
fn what_may_be_null_becomes_null_again() {
    let keeper = app().person();
    let given = json!({
        "witness_id": keeper.id, "note": "n", "was_checked": true, "order": 1, "group": 1.0, "cost": "7.00", "parts": [], "key": "0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f", "page": "https://a.example", "took": 1, "due": "2026-01-01",
        "checked_at": "2026-01-01T00:00:00.000000Z", "samples": [], "second_grade": "fine", "second_contact": "a@example.com",
    });
    let made = reading(&keeper, &given);
    let keys = given.as_object().unwrap().keys();
    let nulls: Value = Value::Object(keys.map(|key| (key.clone(), Value::Null)).collect());
    let changed = app().patch(&path(&made), &nulls).by(&keeper).ok();
    for key in nulls.as_object().unwrap().keys() {
        assert_eq!(changed[key], Value::Null, "{key}");
    }
    let required = ["label", "is_open", "level", "value", "margin", "tags", "taken_at", "day", "grade", "contact"];
    let nulls: Value = Value::Object(required.iter().map(|&key| (key.to_owned(), Value::Null)).collect());
    app().patch(&path(&made), &nulls).by(&keeper).faulty(&required);
}

#[test]
fn instants_are_cut_to_microseconds() {
    let keeper = app().person();
    let instants =
        json!({ "taken_at": "2026-11-22T16:10:00.123456789+02:00", "checked_at": "1969-12-31T23:59:59.9999999Z" });
    let made = reading(&keeper, &instants);
    assert_eq!(made["taken_at"], "2026-11-22T14:10:00.123456Z");
    assert_eq!(made["checked_at"], "1969-12-31T23:59:59.999999Z");
    let changed = app().patch(&path(&made), &json!({ "taken_at": "2026-11-22T16:10:00.1234567Z" })).by(&keeper).ok();
    assert_eq!(changed["taken_at"], "2026-11-22T16:10:00.123456Z");
}

#[test]
fn numbers_keep_every_bit() {
    let keeper = app().person();
    for text in [
        "0.1",
        "0.30000000000000004",
        "0.3",
        "1e300",
        "1e-300",
        "5e-324",
        "1.7976931348623157e308",
        "2.2250738585072014e-308",
        "-2.5",
        "3",
        "0",
        "123456789.12345679",
        "9007199254740993",
        "1e22",
        "1e21",
        "0.1234567890123456789",
        "-1e-7",
    ] {
        let members = body(&json!({})).to_string().replace("\"value\":0.5", &format!("\"value\":{text}"));
        let made = app().api("POST", "/readings").body(JSON, members).by(&keeper).send().expect(201);
        let expected: f64 = text.parse().unwrap();
        let found = member_text(&made.body, "value");
        assert_eq!(found.parse::<f64>().map(f64::to_bits), Ok(expected.to_bits()), "{text} became {found}");
        let read = app().get(&path(&made.json())).by(&keeper).send().expect(200);
        assert_eq!(member_text(&read.body, "value"), found);
    }
    for level in [i64::MIN, i64::MIN + 1, -1, 0, 9_007_199_254_740_993, i64::MAX] {
        let made = reading(&keeper, &json!({ "level": level }));
        assert_eq!(made["level"].as_i64(), Some(level));
        assert_eq!(app().get(&path(&made)).by(&keeper).ok(), made);
    }
}

#[test]
fn json_is_kept() {
    let keeper = app().person();
    let samples = "[0.1,0.30000000000000004,1e300,-0.5,12345678901234567890]";
    let members =
        body(&json!({})).to_string().replace("\"detail\":{}", &format!("\"detail\":{{}},\"samples\":{samples}"));
    let made = app().api("POST", "/readings").body(JSON, members).by(&keeper).send().expect(201);
    let found: Vec<f64> = numbers(&member_text(&made.body, "samples"));
    assert_eq!(found, numbers(samples));
    let detail = json!({ "": { "\"": ["\\", "\u{1}", "'"] }, "deep": { "null": [null, "null"] }, "😀": {} });
    let changed = app().patch(&path(&made.json()), &json!({ "detail": detail })).by(&keeper).ok();
    assert_eq!(changed["detail"], detail);
    assert_eq!(app().get(&path(&changed)).by(&keeper).ok()["detail"], detail);
    let patch = json!({ "detail": { "": { "\"": null }, "deep": null, "new": { "a": [] } } });
    let merged = json!({ "": {}, "😀": {}, "new": { "a": [] } });
    assert_eq!(app().patch(&path(&changed), &patch).by(&keeper).ok()["detail"], merged);
    app().patch(&path(&changed), &json!({ "detail": { "new": { "a": 1 } } })).by(&keeper).refused(422);
    assert_eq!(app().get(&path(&changed)).by(&keeper).ok()["detail"], merged);
}

/// The numbers of a JSON array, read by Rust's own exact parser.
fn numbers(text: &str) -> Vec<f64> {
    text.trim_matches(['[', ']']).split(',').map(|number| number.trim().parse().expect("a number")).collect()
}

#[test]
fn values_of_another_type_are_faults() {
    let keeper = app().person();
    for (field, values) in [
        ("label", &["\"\"", "1", "null", "\"\\u0000\""][..]),
        ("note", &["1", "[]", "true"]),
        ("is_open", &["0", "1", "\"true\"", "null"]),
        ("was_checked", &["0", "\"\""]),
        ("level", &["1.0", "1e0", "\"1\"", "9223372036854775808", "-9223372036854775809", "null", "true"]),
        ("order", &["101", "-101", "1.5", "\"1\""]),
        ("value", &["\"1\"", "1e400", "-1e400", "null", "[]", "true"]),
        ("group", &["1.0000001", "-0.1", "2", "\"0\""]),
        (
            "taken_at",
            &["\"2026-11-22\"", "\"now\"", "1", "null", "\"2026-02-30T00:00:00Z\"", "\"2026-11-22T25:00:00Z\"", "\"\""],
        ),
        ("checked_at", &["\"\"", "0", "\"2026-11-22T16:10:00\""]),
        ("day", &["\"2023-02-29\"", "\"2026-1-1\"", "\"2026-11-22T00:00:00Z\"", "20261122", "null", "\"\""]),
        ("due", &["\"tomorrow\"", "\"2026-13-01\"", "false"]),
        ("grade", &["\"VeryExact\"", "\"exact\"", "2", "null"]),
        ("second_grade", &["\"\"", "\"none\""]),
        ("contact", &["\"nobody\"", "1", "null"]),
        ("second_contact", &["\"\"", "\"nobody\""]),
        ("witness_id", &["0", "-1", "999999999999", "\"1\"", "1.0"]),
        ("project_id", &["999999999999", "true"]),
        ("task_id", &["999999999999"]),
        ("remark_id", &["999999999999"]),
        ("keeper_id", &["1"]),
    ] {
        for value in values {
            let mut members = body(&json!({}));
            members.as_object_mut().unwrap().remove(field);
            let text = members.to_string().replacen('{', &format!("{{\"{field}\":{value},"), 1);
            let reply = app().api("POST", "/readings").body(JSON, text.clone()).by(&keeper).send();
            assert_eq!(reply.status, 422, "{text}: {reply}");
            assert_eq!(reply.faults().into_iter().collect::<Vec<_>>(), [field], "{text}: {reply}");
        }
    }
    app().post("/readings", &json!({})).by(&keeper).faulty(&["label", "value", "taken_at", "day", "detail", "contact"]);
}

#[test]
fn a_label_is_taken_once() {
    let keeper = app().person();
    let (one, other) = (reading(&keeper, &json!({})), reading(&keeper, &json!({})));
    app().post("/readings", &body(&json!({ "label": one["label"] }))).by(&keeper).refused(409);
    app().patch(&path(&other), &json!({ "label": one["label"] })).by(&keeper).refused(409);
    app().patch(&path(&one), &json!({ "label": one["label"] })).by(&keeper).ok();
    app().delete(&path(&one)).by(&keeper).done();
    app().patch(&path(&other), &json!({ "label": one["label"] })).by(&keeper).ok();
}
