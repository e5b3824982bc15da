//! Where one goes from there: the history of the browser, and what is asked on the way.

use serde_json::json;

use super::{Visit, office::Office};

/// Who goes back from something that he has typed, and stays, has lost no step of the history.
#[test]
fn staying_leaves_the_history_as_it_was() {
    let office = Office::new();
    let path = format!("/plans/{}", office.plan("Tower"));
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/labels");
    visit.go("/plans");
    visit.go(&path);
    visit.fill("title", "Half");
    for _ in 0..2 {
        visit.evaluate("history.back()");
        visit.wait_for("document.querySelector('dialog[open]') !== null");
        visit.press_on("Cancel");
        visit.wait_for("document.querySelector('dialog[open]') === null");
        assert_eq!(
            (visit.held("title"), visit.evaluate("location.hash")),
            ("Half".to_owned(), json!(format!("#{path}")))
        );
    }
    visit.evaluate("history.back()");
    visit.wait_for("document.querySelector('dialog[open]') !== null");
    visit.press_on("Leave");
    visit.wait_for_title("Plans");
    visit.evaluate("history.back()");
    visit.wait_for_title("Labels");
    visit.evaluate("history.go(2)");
    visit.wait_for_title("Tower");
    visit.check_manners();
}

/// A question is about what stands there, and goes with it.
#[test]
fn a_question_goes_with_its_view() {
    let office = Office::new();
    let (one, other) = (format!("/plans/{}", office.plan("Tower")), format!("/plans/{}", office.plan("Bridge")));
    let mut visit = Visit::of(&office, &office.ada);
    visit.go(&one);
    visit.press_on("Delete this plan");
    visit.wait_for("document.querySelector('dialog[open]') !== null");
    visit.go(&other);
    visit.wait_for("document.querySelector('dialog') === null");
    assert_eq!(office.row(&one)["title"], "Tower");
    visit.go("/plans/new");
    visit.fill("title", "Half");
    visit.press_on("Labels");
    visit.wait_for("document.querySelector('dialog[open]') !== null");
    visit.press_on("Cancel");
    assert_eq!(visit.held("title"), "Half");
    visit.check_manners();
}
