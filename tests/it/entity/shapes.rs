//! What is shown of rows with fields of every type: some of them alone, how many there are, and what may be done with them.

use serde_json::{Value, json};

use super::{app, path, reading};
use crate::driver::{Person, encode};

fn readings() -> (Person, Vec<Value>) {
    let keeper = app().person();
    let label = app().post("/labels", &json!({ "name": "urgent" })).by(&keeper).created();
    let rows = [
        json!({ "note": "b", "was_checked": true, "order": -1, "value": 0.1 + 0.2, "cost": "9.90", "tags": ["a", "{}"] }),
        json!({ "label_ids": [label["id"]], "observer_ids": [keeper.id], "grade": "rough", "due": "2026-02-01" }),
        json!({ "corrections": [{ "value": 0.25 }], "detail": { "a": { "b": [null, "c"] } }, "samples": [1.5, -0.1] }),
    ];
    let made: Vec<_> = rows.iter().map(|members| reading(&keeper, members)).collect();
    let made = made.iter().map(|row| app().get(&path(row)).by(&keeper).ok()).collect();
    (keeper, made)
}

#[test]
fn every_field_is_shown_alone_as_among_all() {
    let (keeper, rows) = readings();
    let ids = rows.iter().map(|row| row["id"].to_string()).collect::<Vec<_>>().join(",");
    let keys: Vec<_> = rows[0].as_object().unwrap().keys().filter(|key| *key != "corrections_has_more").collect();
    assert!(keys.len() > 40, "{keys:?}");
    for (place, key) in keys.iter().enumerate() {
        let with = keys[(place * 7 + 3) % keys.len()];
        let fields = if *key == with { (*key).clone() } else { format!("{with},{key}") };
        let is_shown = |name: &str| name == *key || name == with;
        let shown = |row: &Value| {
            let members = row.as_object().unwrap().iter();
            let members = members.filter(|(name, _)| is_shown(name.strip_suffix("_has_more").unwrap_or(name)));
            members.map(|(name, value)| (name.clone(), value.clone())).collect::<serde_json::Map<_, _>>()
        };
        for row in &rows {
            let alone = app().get(&format!("{}?fields={fields}", path(row))).by(&keeper).ok();
            assert_eq!(alone.to_string(), Value::Object(shown(row)).to_string(), "{fields}");
        }
        let listed = app().walk(&keeper, &format!("/readings?id[in]={ids}&fields={fields}&sort=-value&limit=1"));
        let mut expected: Vec<_> = rows.iter().map(|row| Value::Object(shown(row)).to_string()).collect();
        let mut listed: Vec<_> = listed.iter().map(ToString::to_string).collect();
        listed.sort();
        expected.sort();
        assert_eq!(listed, expected, "{fields}");
    }
}

#[test]
fn every_order_goes_on_without_the_field_that_it_is_by() {
    let (keeper, rows) = readings();
    let ids = rows.iter().map(|row| row["id"].to_string()).collect::<Vec<_>>().join(",");
    for key in ["label", "note", "is_open", "was_checked", "level", "order", "value", "group", "cost", "margin", "key"]
        .into_iter()
        .chain(["page", "took", "taken_at", "checked_at", "day", "due", "grade", "second_grade", "contact", "mistakes"])
    {
        for sort in [key.to_owned(), format!("-{key}")] {
            let asked = format!("/readings?id[in]={ids}&sort={sort}&limit=1");
            let all: Vec<_> = app().walk(&keeper, &asked).iter().map(|row| row["id"].clone()).collect();
            let some: Vec<_> =
                app().walk(&keeper, &format!("{asked}&fields=id")).iter().map(|row| row["id"].clone()).collect();
            assert_eq!(all, some, "{sort}");
            assert_eq!(all.len(), 3, "{sort}");
        }
    }
}

#[test]
fn readings_are_counted_under_their_rule() {
    let (keeper, rows) = readings();
    let stranger = app().person();
    let contact = encode(rows[0]["contact"].as_str().unwrap());
    for (who, expected) in [(&keeper, 1), (&stranger, 0)] {
        let page = app().get(&format!("/readings?contact={contact}&count=true")).by(who).ok();
        assert_eq!(page["total"], expected);
        let page = app().get(&format!("/readings?id[in]={}&count=true&q={}", rows[0]["id"], "reading")).by(who).ok();
        assert_eq!(page["total"], expected);
    }
}

#[test]
fn a_reading_says_what_may_be_done_with_it() {
    let (keeper, witness) = (app().person(), app().person());
    let can = |row: &Value, who: &Person| app().get(&format!("{}?expand=can", path(row))).by(who).ok()["can"].clone();
    let row = reading(&keeper, &json!({ "witness_id": witness.id }));
    assert_eq!((can(&row, &keeper), can(&row, &witness)), (json!(["update", "delete"]), json!(["update"])));
    let exact = reading(&keeper, &json!({ "witness_id": witness.id, "grade": "very_exact" }));
    assert_eq!((can(&exact, &keeper), can(&exact, app().admin())), (json!(["update"]), json!(["update", "delete"])));
    let sealed = json!({ "is_sealed": true, "checked_at": "2026-11-22T16:10:00.123456Z" });
    app().patch(&path(&row), &sealed).by(&keeper).ok();
    assert_eq!((can(&row, &keeper), can(&row, &witness)), (json!(["delete"]), json!([])));
    app().patch(&path(&row), &json!({})).by(&keeper).refused(403);
}
