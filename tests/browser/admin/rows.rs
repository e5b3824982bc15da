//! Rows: made, changed, deleted, brought back; with what belongs to them.

use std::fs;

use serde_json::json;

use super::{Visit, office::Office};

/// What is filled in, of each kind of field.
const FILLED: [(&str, &str); 8] = [
    ("title", "Tower"),
    ("floors", "12"),
    ("price", "12.5"),
    ("is_public", "true"),
    ("begins", "2026-01-31"),
    ("words", "one\ntwo"),
    ("detail", "{ \"roof\": [1, 9007199254740993] }"),
    // More than a script can count.
    ("serial", "9007199254740993"),
];

#[test]
fn a_row_of_every_kind_of_field_is_made_and_changed() {
    let office = Office::new();
    let label = |name: &str| office.app.as_(&office.admin).post("/labels", &json!({ "name": name })).expect(201).json();
    let (urgent, small) = (label("urgent"), label("small"));
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/plans/new");
    for (key, text) in FILLED {
        visit.fill(key, text);
    }
    visit.look_up("label_ids", "urg", "urgent");
    visit.look_up("label_ids", "sma", "small");
    visit.press_on("Create plan");
    visit.wait_for_notice("Tower was created");
    visit.wait_for_title("Tower");
    let path = format!("/plans/{}", visit.evaluate("location.hash").as_str().unwrap().rsplit('/').next().unwrap());
    let row = office.row(&path);
    let found = |key: &str| row[key].clone();
    assert_eq!(found("floors"), 12);
    assert_eq!(found("serial"), 9_007_199_254_740_993_i64);
    assert_eq!(found("price"), "12.50");
    assert_eq!(found("is_public"), true);
    assert_eq!(found("begins"), "2026-01-31");
    assert_eq!(found("words"), json!(["one", "two"]));
    assert_eq!(found("detail"), json!({ "roof": [1, 9_007_199_254_740_993_i64] }));
    assert_eq!(found("label_ids"), json!([urgent["id"], small["id"]]));
    assert_eq!((found("text"), found("due_at"), found("ends")), (json!(""), json!(null), json!(null)));

    // What is not touched is not sent, and stays what it is to the last digit.
    office.app.as_(&office.ada).patch(&path, &json!({ "due_at": "2026-11-22T16:10:00.123456Z" })).expect(200);
    visit.go("/plans");
    visit.go(&path);
    assert_eq!(visit.held("serial"), "9007199254740993");
    visit.fill("title", "High tower");
    visit.press_on("Remove small");
    visit.fill("floors", "");
    visit.press_on("Save");
    visit.wait_for_notice("High tower was saved");
    let after = office.row(&path);
    assert_eq!((&after["title"], &after["floors"]), (&json!("High tower"), &json!(null)));
    assert_eq!(after["label_ids"], json!([urgent["id"]]));
    for key in ["serial", "price", "detail", "words", "due_at", "begins"] {
        let expected = if key == "due_at" { json!("2026-11-22T16:10:00.123456Z") } else { row[key].clone() };
        assert_eq!(after[key], expected, "{key}");
    }
    let changes = &office.row(&format!("{path}/history?sort=-id&limit=1"))["items"][0]["changes"];
    let mut changed: Vec<_> = changes.as_object().unwrap().keys().cloned().collect();
    changed.sort();
    assert_eq!(changed, ["floors", "label_ids", "title"]);
    visit.press_on("Save");
    visit.wait_for_notice("Nothing was changed");
    visit.check_manners();
}

#[test]
fn everything_is_done_by_keyboard() {
    let office = Office::new();
    let mut visit = Visit::of(&office, &office.ada);
    let called = |name: &str| format!("(at) => at.textContent.trim() === {}", json!(name));
    visit.tab_to(&called("Plans"));
    visit.press("Enter", 13);
    visit.wait_for_title("Plans");
    visit.tab_to(&called("New plan"));
    visit.press("Enter", 13);
    visit.wait_for_title("New plan");
    visit.tab_to("(at) => at.closest('[data-key=title]')");
    visit.browser.call("Input.insertText", &json!({ "text": "By hand" }));
    visit.tab_to(&called("Create plan"));
    visit.press("Enter", 13);
    visit.wait_for_title("By hand");
    visit.tab_to(&called("Delete this plan"));
    visit.press("Enter", 13);
    visit.wait_for("document.querySelector('dialog[open]') !== null");
    assert_eq!(visit.evaluate("document.activeElement.textContent"), "Cancel", "nothing is deleted by a key too many");
    visit.press("Escape", 27);
    visit.wait_for("document.querySelector('dialog') === null");
    visit.tab_to(&called("Delete this plan"));
    visit.press("Enter", 13);
    visit.wait_for("document.querySelector('dialog[open]') !== null");
    visit.tab_to(&called("Delete"));
    visit.press("Enter", 13);
    visit.wait_for_notice("By hand was deleted");
    visit.tab_to(&called("Restore it"));
    visit.press("Enter", 13);
    visit.wait_for_title("By hand");
    visit.check_manners();
}

#[test]
fn what_is_wrong_stands_beside_the_field() {
    let office = Office::new();
    office.plan("Taken");
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/plans/new");
    visit.fill("floors", "many");
    visit.fill("detail", "{");
    visit.press_on("Create plan");
    visit.wait_for("document.querySelector('[data-key=title] .fault').textContent !== ''");
    assert_eq!(visit.fault("title"), "Is missing.");
    assert_eq!(visit.fault("floors"), "A whole number.");
    assert!(visit.fault("detail").starts_with("JSON"), "{}", visit.fault("detail"));
    let at = visit.evaluate("document.activeElement.closest('[data-key]').dataset.key");
    assert_eq!(at, "title", "the first of them has the focus");
    let told = "document.activeElement.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).innerText).join(' ')";
    assert!(visit.evaluate(told).as_str().unwrap().contains("Is missing."), "it is heard with the field");

    // What only the server knows.
    visit.fill("title", "Taken");
    visit.fill("floors", "3");
    visit.fill("detail", "");
    visit.fill("price", "1.234");
    visit.press_on("Create plan");
    visit.wait_for("document.querySelector('[data-key=price] .fault').textContent !== ''");
    visit.fill("price", "1.23");
    visit.press_on("Create plan");
    visit.wait_for("document.querySelector('#view form .error').textContent !== ''");
    assert!(visit.text("#view form .error").to_lowercase().contains("title"), "{}", visit.text("#view form .error"));
    visit.fill("title", "Free");
    visit.press_on("Create plan");
    visit.wait_for_title("Free");
    visit.check_manners();
}

/// Neither what is there is lost, nor what was to be saved.
#[test]
fn somebody_else_changed_it_meanwhile() {
    let office = Office::new();
    let path = format!("/plans/{}", office.plan("Tower"));
    let mut visit = Visit::of(&office, &office.ada);
    visit.go(&path);
    office.app.as_(&office.admin).patch(&path, &json!({ "floors": 7, "budget": "much" })).expect(200);
    visit.fill("title", "My tower");
    visit.press_on("Save");
    visit.wait_for("document.querySelector('.conflict') !== null");
    assert_eq!(office.row(&path)["title"], "Tower");
    let cells = visit.cells();
    assert!(cells.contains(&["Title", "Tower", "Tower", "My tower"].map(str::to_owned).to_vec()), "{cells:?}");
    assert!(cells.contains(&["Floors", "—", "7", ""].map(str::to_owned).to_vec()), "{cells:?}");
    visit.picture("admin-conflict");

    // And once more, between the warning and the answer to it.
    office.app.as_(&office.admin).patch(&path, &json!({ "floors": 8 })).expect(200);
    visit.press_on("Save mine over it");
    visit.wait_for("document.querySelector('.conflict')?.innerText.includes('8')");
    visit.press_on("Save mine over it");
    visit.wait_for_notice("My tower was saved");
    let row = office.row(&path);
    assert_eq!((&row["title"], &row["floors"], &row["budget"]), (&json!("My tower"), &json!(8), &json!("much")));

    office.app.as_(&office.admin).patch(&path, &json!({ "title": "Theirs" })).expect(200);
    visit.fill("title", "Mine");
    visit.press_on("Save");
    visit.wait_for("document.querySelector('.conflict') !== null");
    visit.press_on("Take what is there");
    visit.wait_for_title("Theirs");
    assert_eq!(visit.held("title"), "Theirs");
    visit.check_manners();
}

#[test]
fn nobody_leaves_by_mistake() {
    let office = Office::new();
    let path = format!("/plans/{}", office.plan("Tower"));
    let mut visit = Visit::of(&office, &office.ada);
    visit.go(&path);
    visit.fill("title", "Another");
    visit.press_on("Labels");
    visit.wait_for("document.querySelector('dialog[open]') !== null");
    assert_eq!(visit.evaluate("location.hash"), format!("#{path}"));
    visit.press_on("Cancel");
    visit.wait_for("document.querySelector('dialog') === null");
    assert_eq!(visit.held("title"), "Another");
    visit.press_on("Labels");
    visit.wait_for("document.querySelector('dialog[open]') !== null");
    visit.press_on("Leave");
    visit.wait_for_title("Labels");
    assert_eq!(office.row(&path)["title"], "Tower");
    visit.check_manners();
}

#[test]
fn steps_are_offered_that_can_follow() {
    let office = Office::new();
    let path = format!("/plans/{}", office.plan("Tower"));
    let mut visit = Visit::of(&office, &office.ada);
    visit.go(&path);
    let offered = "[...document.querySelector('[data-key=stage] select').options].map((option) => option.value)";
    assert_eq!(visit.evaluate(offered), json!(["draft", "review"]));
    visit.fill("stage", "review");
    visit.press_on("Save");
    visit.wait_for_notice("was saved");
    assert_eq!(visit.evaluate(offered), json!(["draft", "review", "built"]));
    visit.press_on("History");
    visit.wait_for_title("History");
    assert!(visit.cells()[0].concat().contains("Stage: Draft → Review"), "{:?}", visit.cells());
    visit.check_manners();
}

#[test]
fn rows_come_along_and_hang_below() {
    let office = Office::new();
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/plans/new");
    visit.fill("title", "Tower");
    for (at, (name, pages)) in [("Ground", "3"), ("Roof", "400")].iter().enumerate() {
        visit.press_on("Add sheet");
        for (key, text) in [("name", name), ("pages", pages)] {
            visit.type_into(&format!(".row:nth-child({}) [data-key={key}] input", at + 1), text);
        }
    }
    visit.press_on("Create plan");
    visit.wait_for("document.querySelector('.row:nth-child(2) .fault:not(:empty)') !== null");
    assert_eq!(visit.text(".row:nth-child(2) [data-key=pages] .fault"), "At most 100.");
    visit.type_into(".row:nth-child(2) [data-key=pages] input", "4");
    visit.press_on("Create plan");
    visit.wait_for_title("Tower");
    let path = visit.evaluate("location.hash").as_str().unwrap().trim_start_matches('#').to_owned();
    assert_eq!(visit.cells().len(), 2, "they are shown in it");
    visit.press_on("Sheets");
    visit.wait_for_title("Sheets");
    assert_eq!(visit.column("Name"), ["Ground", "Roof"]);
    visit.press_on("New sheet");
    visit.wait_for_title("New sheet");
    visit.fill("name", "Cellar");
    visit.fill("pages", "1");
    visit.press_on("Create sheet");
    visit.wait_for_title("Cellar");
    assert_eq!(visit.text(".crumbs"), "Tower\nSheets");
    assert_eq!(office.row(&format!("{path}/sheets?count=true"))["total"], 3);
    visit.check_manners();
}

#[test]
fn files_are_sent_kept_and_taken_away() {
    let office = Office::new();
    let path = format!("/plans/{}", office.plan("Tower"));
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        file
    };
    let mut visit = Visit::of(&office, &office.ada);
    visit.go(&path);
    visit.choose_file("[data-key=drawing] input", &write("large.txt", &[b'a'; 100_001]));
    visit.wait_for("document.querySelector('[data-key=drawing] .fault').textContent.includes('at most')");
    visit.choose_file("[data-key=drawing] input", &write("wrong.pdf", b"%PDF-1.7\n"));
    visit.wait_for("!document.querySelector('[data-key=drawing] .fault').textContent.includes('KiB')");
    visit.wait_for("document.querySelector('[data-key=drawing] .fault').textContent !== ''");
    visit.choose_file("[data-key=drawing] input", &write("Größe (1).txt", b"ten metres"));
    visit.wait_for_notice("Größe (1).txt was saved");
    assert_eq!(office.row(&path)["drawing"]["name"], "Größe (1).txt");
    let saved = tempfile::tempdir().unwrap();
    visit.save_into(saved.path());
    visit.press_on("Save Größe (1).txt");
    let file = saved.path().join("Größe (1).txt");
    crate::driver::wait_until("the file is there", || fs::read(&file).is_ok_and(|bytes| bytes == b"ten metres"));
    visit.press_on("Take away Größe (1).txt");
    visit.press_on("Take away");
    visit.wait_for_notice("was taken away");
    assert!(office.row(&path)["drawing"].is_null());
    visit.check_manners();
}

#[test]
fn what_is_deleted_comes_back() {
    let office = Office::new();
    let path = format!("/plans/{}", office.plan("Tower"));
    let mut visit = Visit::of(&office, &office.ada);
    visit.go(&path);
    visit.press_on("Delete this plan");
    visit.press_on("Delete");
    visit.wait_for_notice("Tower was deleted");
    visit.wait_for_title("Plans");
    assert!(visit.text("#view").contains("There are no plans"), "{}", visit.text("#view"));
    visit.press_on("Restore it");
    visit.wait_for_notice("Tower is back");
    visit.wait_for_title("Tower");
    assert_eq!(office.row(&path)["title"], "Tower");
    visit.check_manners();
}

/// What was typed is somebody, or is said to be nobody; it is never left out in silence.
#[test]
fn a_relation_is_chosen_or_refused() {
    let office = Office::new();
    let path = format!("/plans/{}", office.plan("Tower"));
    let mut visit = Visit::of(&office, &office.admin);
    visit.go(&path);
    visit.type_into("[data-key=checker_id] input", "nobody of that name");
    visit.press_on("Save");
    visit.wait_for("document.querySelector('[data-key=checker_id] .fault').textContent !== ''");
    assert!(office.row(&path)["checker_id"].is_null());
    // By its number, and by what stands out in the list when one goes on.
    visit.type_into("[data-key=checker_id] input", &office.ada.id.to_string());
    visit.wait_for("document.querySelector('[data-key=checker_id] [aria-selected=true]') !== null");
    visit.press("Tab", 9);
    visit.press_on("Save");
    visit.wait_for_notice("Tower was saved");
    assert_eq!(office.row(&path)["checker_id"], office.ada.id);
    visit.check_manners();
}

#[test]
fn what_is_typed_outlives_the_session() {
    let office = Office::new();
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/plans/new");
    visit.fill("title", "Tower");
    office.end_others(&office.app.login(&office.ada));
    visit.press_on("Create plan");
    visit.wait_for("document.querySelector('dialog[open] input') !== null");
    visit.type_into("dialog input", &office.ada.password);
    visit.press_on("Go on");
    visit.wait_for("document.getElementById('notice').textContent.includes('logged in again')");
    assert_eq!(visit.held("title"), "Tower");
    visit.press_on("Create plan");
    visit.wait_for_title("Tower");
    visit.check_manners();
}

/// Only who could be taken is offered, and what has a name of blanks can be clicked all the same.
#[test]
fn what_is_found_can_be_taken() {
    let office = Office::new();
    let blank = office.plan("   ");
    let (gone, there) = (office.app.account("gone"), office.app.account("there"));
    office.app.as_(&office.admin).patch(&format!("/persons/{}", gone.id), &json!({ "is_active": false })).expect(200);
    let mut visit = Visit::of(&office, &office.admin);
    visit.go("/plans");
    visit.press_on(&format!("plan {blank}"));
    visit.wait_for_title(&format!("plan {blank}"));
    visit.type_into("[data-key=checker_id] input", &gone.id.to_string());
    visit.wait_for(
        "document.querySelector('[data-key=checker_id] [role=listbox]').innerText.includes('Nothing is found')",
    );
    visit.look_up("checker_id", &there.id.to_string(), &format!("#{}", there.id));
    visit.press_on("Save");
    visit.wait_for_notice("was saved");
    visit.check_manners();
}
