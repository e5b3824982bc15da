//! Filters and sorts over every type, nulls included.

use serde_json::{Value, json};

use super::{app, reading};
use crate::driver::{Person, encode, whole};

/// Readings of one keeper that differ in everything.
fn readings() -> (Person, Vec<Value>) {
    let keeper = app().person();
    let rows = [
        json!({ "note": "b", "was_checked": true, "level": 5, "order": -1, "value": 0.1, "group": 0.5, "cost": "9.90", "tags": ["a", "b,c"], "parts": [7, 8], "key": "0190B2E0-7a1c-7cc3-98c4-dc0c0c07398f", "took": 60, "day": "2026-01-02" }),
        json!({ "is_open": true, "level": -5, "value": 1e300, "cost": 10, "tags": ["A"], "parts": [], "key": "00000000-0000-4000-8000-000000000000", "page": "https://b.example", "day": "2026-01-01", "due": "2026-02-01", "grade": "rough" }),
        json!({ "note": "a", "was_checked": false, "level": i64::MAX, "order": 50, "value": -2.5, "cost": "-9.99", "page": "https://a.example", "took": 9, "margin": "0.501", "second_grade": "very_exact" }),
        json!({ "level": i64::MIN, "order": -1, "value": 0.1, "group": 0.0, "checked_at": "2026-01-01T00:00:00.000001Z" }),
        json!({ "note": "a", "level": 5, "value": 0.1 + 0.2, "second_grade": "rough", "grade": "very_exact" }),
        json!({ "is_open": true, "was_checked": true, "value": 0.3, "witness_id": keeper.id, "due": "2025-12-31" }),
    ];
    let made = rows.iter().map(|members| reading(&keeper, members)).collect();
    (keeper, made)
}

/// What a walk yields, without the open readings of other tests.
#[track_caller]
fn own(keeper: &Person, path: &str) -> Vec<Value> {
    let is_own = |row: &Value| row["keeper_id"] == keeper.id;
    let mut rows = app().walk(keeper, path);
    rows.retain(is_own);
    let whole = whole(path);
    let mut lines = app().ndjson(keeper, &whole);
    lines.retain(is_own);
    assert_eq!(lines, rows, "{whole}");
    let mut table = app().csv(keeper, &whole);
    table.keep("keeper_id", &keeper.id.to_string());
    table.check(&rows);
    rows
}

fn ids<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Vec<i64> {
    rows.into_iter().map(|row| row["id"].as_i64().expect("a row has an id")).collect()
}

#[test]
fn every_type_can_be_filtered_by() {
    let (keeper, rows) = readings();
    let check = |query: &str, keep: &dyn Fn(&Value) -> bool| {
        let found = own(&keeper, &format!("/readings?{query}&limit=2"));
        assert_eq!(ids(&found), ids(rows.iter().filter(|row| keep(row))), "{query}");
    };
    let number = |row: &Value, key: &str| row[key].as_f64();
    check("note=a", &|row| row["note"] == "a");
    check("note[null]=true", &|row| row["note"].is_null());
    check("note[null]=false", &|row| !row["note"].is_null());
    check("note[contains]=A", &|row| row["note"] == "a");
    check("is_open=true", &|row| row["is_open"] == true);
    check("is_open=false", &|row| row["is_open"] == false);
    check("was_checked=false", &|row| row["was_checked"] == false);
    check("was_checked[null]=true", &|row| row["was_checked"].is_null());
    check("level=5", &|row| row["level"] == 5);
    check("level=-9223372036854775808", &|row| row["level"] == i64::MIN);
    check("level[gte]=5", &|row| row["level"].as_i64() >= Some(5));
    check("level[lt]=-5", &|row| row["level"].as_i64() < Some(-5));
    check("level[in]=5,-5", &|row| row["level"] == 5 || row["level"] == -5);
    check("order=-1", &|row| row["order"] == -1);
    check("order[gt]=-1", &|row| row["order"].as_i64() > Some(-1));
    check("order[lt]=0", &|row| row["order"].as_i64().is_some_and(|order| order < 0));
    check("order[null]=true", &|row| row["order"].is_null());
    check("value=0.1", &|row| number(row, "value") == Some(0.1));
    check("value[gt]=0.3", &|row| number(row, "value") > Some(0.3));
    check("value[lte]=0.3", &|row| number(row, "value") <= Some(0.3));
    check("value[gte]=1e300", &|row| number(row, "value") >= Some(1e300));
    check("key=0190b2e0-7A1C-7cc3-98c4-dc0c0c07398f", &|row| row["took"] == 60);
    check("key[lt]=0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f", &|row| row["page"] == "https://b.example");
    check("key[in]=0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f", &|row| row["took"] == 60);
    check("page=https%3A%2F%2Fa.example", &|row| row["took"] == 9);
    check("page[contains]=EXAMPLE", &|row| !row["page"].is_null());
    check("took[gte]=10", &|row| row["took"] == 60);
    check("cost=9.9", &|row| row["cost"] == "9.90");
    check("cost[gt]=9.9", &|row| row["cost"] == "10.00");
    check("cost[lt]=0", &|row| row["cost"] == "-9.99");
    check("cost[in]=10,9.90", &|row| row["cost"] == "9.90" || row["cost"] == "10.00");
    check("margin=0.5000", &|row| row["margin"] == "0.500");
    check("group=0", &|row| number(row, "group") == Some(0.0));
    check("group[null]=false", &|row| !row["group"].is_null());
    check("day=2026-01-01", &|row| row["day"] == "2026-01-01");
    check("day[gt]=2026-01-01", &|row| row["day"].as_str() > Some("2026-01-01"));
    check("due[lt]=2026-01-01", &|row| row["due"] == "2025-12-31");
    check("checked_at[null]=false", &|row| !row["checked_at"].is_null());
    check("checked_at=2026-01-01T00:00:00.000001Z", &|row| !row["checked_at"].is_null());
    check("taken_at[gte]=2026-11-22T16:10:00.123456Z", &|_| true);
    check("grade=rough", &|row| row["grade"] == "rough");
    check("quality[in]=rough,very_exact", &|row| row["grade"] != "fine");
    check("second_grade=rough", &|row| row["second_grade"] == "rough");
    check("second_grade[null]=true", &|row| row["second_grade"].is_null());
    check(&format!("witness_id={}", keeper.id), &|row| !row["witness_id"].is_null());
    check("witness_id[null]=true", &|row| row["witness_id"].is_null());
    let contact = rows[0]["contact"].as_str().unwrap();
    check(&format!("contact={}", encode(&contact.to_uppercase())), &|row| row["contact"] == contact);
    check("level=5&note=a", &|row| row["level"] == 5 && row["note"] == "a");
}

#[test]
fn a_list_is_asked_for_one_of_its_values() {
    let (keeper, rows) = readings();
    let check = |query: &str, keep: &dyn Fn(&Value) -> bool| {
        let found = own(&keeper, &format!("/readings?{query}&limit=1"));
        assert_eq!(ids(&found), ids(rows.iter().filter(|row| keep(row))), "{query}");
    };
    check("tags[has]=a", &|row| row["tags"] == json!(["a", "b,c"]));
    check("tags[has]=b,c", &|row| row["tags"] == json!(["a", "b,c"]));
    check("tags[has]=b", &|_| false);
    check("part[has]=8", &|row| row["parts"] == json!([7, 8]));
    check("parts[null]=false", &|row| !row["parts"].is_null());
    check("tags[has]=A&parts[null]=false", &|row| row["parts"] == json!([]));
}

#[test]
fn what_does_not_fit_is_a_fault() {
    let keeper = app().person();
    for query in [
        "level=1.0",
        "level=x",
        "value=x",
        "cost=0.001",
        "tags=a",
        "tags[contains]=a",
        "parts[has]=x",
        "parts[in]=1",
        "key=1",
        "key[contains]=0",
        "took=1h",
        "cost=1e1",
        "cost[contains]=1",
        "value=NaN",
        "value=inf",
        "is_open=1",
        "day=2026-1-1",
        "taken_at=now",
        "grade=exact",
        "detail=1",
        "samples=1",
        "is_sealed=true",
        "remark_id=1",
        "keeper_id=1",
        "level[contains]=1",
        "day[null]=true",
    ] {
        app().get(&format!("/readings?{query}")).by(&keeper).refused(422);
    }
}

/// Where a value stands, among values of its own field: null before everything.
fn rank(row: &Value, key: &str) -> (bool, f64, String) {
    let value = &row[key];
    let word = ["rough", "fine", "very_exact"].iter().position(|word| value == word);
    let number = match (value.as_bool(), word) {
        (Some(flag), _) => f64::from(u8::from(flag)),
        (_, Some(place)) => f64::from(u8::try_from(place).expect("few words")),
        _ if ["cost", "margin"].contains(&key) => value.as_str().map_or(0.0, |text| text.parse().unwrap()),
        _ => value.as_f64().unwrap_or_default(),
    };
    let text =
        if word.is_some() || ["cost", "margin"].contains(&key) { "" } else { value.as_str().unwrap_or_default() };
    (!value.is_null(), number, text.to_owned())
}

#[test]
fn every_type_can_be_sorted_by() {
    let (keeper, rows) = readings();
    let all = ids(&rows);
    for key in [
        "id",
        "witness_id",
        "label",
        "note",
        "is_open",
        "was_checked",
        "level",
        "order",
        "value",
        "group",
        "cost",
        "key",
        "page",
        "took",
        "margin",
        "taken_at",
        "checked_at",
        "day",
        "due",
        "grade",
        "second_grade",
        "contact",
        "created_at",
        "updated_at",
    ] {
        for sort in [key.to_owned(), format!("-{key}")] {
            let found = own(&keeper, &format!("/readings?sort={sort}&limit=1"));
            let mut sorted = ids(&found);
            sorted.sort_unstable();
            assert_eq!(sorted, all, "{sort}: a row is missing or doubled");
            let descending = sort.starts_with('-');
            // Only of ascending order does the contract say where nulls stand.
            let ranks: Vec<_> = found.iter().map(|row| rank(row, key)).filter(|rank| !descending || rank.0).collect();
            let in_order = |a: &_, b: &_| if descending { a >= b } else { a <= b };
            assert!(ranks.is_sorted_by(in_order), "{sort}: {ranks:?}");
            assert_eq!(found, own(&keeper, &format!("/readings?sort={sort}&limit=100")), "{sort}");
        }
    }
    for key in ["detail", "samples", "is_sealed", "second_contact", "keeper_id", "project_id"] {
        app().get(&format!("/readings?sort={key}")).by(&keeper).refused(422);
    }
}
