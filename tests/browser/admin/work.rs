//! What an administrator looks after: jobs, and receivers of webhooks.

use super::{Visit, office::Office};

#[test]
fn what_failed_for_good_is_tried_again() {
    let office = Office::new();
    let plan = office.plan("hopeless");
    assert_eq!(office.app.try_run_jobs().len(), 1);
    office.plan("hopeful");
    let mut visit = Visit::of(&office, &office.admin);
    visit.press_on("Jobs");
    visit.wait_for_title("Jobs");
    assert_eq!(visit.cells().len(), 2);
    visit.press_on("Failed for good");
    visit.wait_for("location.hash === '#/-/jobs?state=dead'");
    visit.settle();
    let [row] = visit.cells().try_into().unwrap();
    assert_eq!(row[2..5], [format!("plan {plan}"), "Failed for good".to_owned(), "1".to_owned()]);
    assert!(row[6].contains("it was in vain"), "{row:?}");
    visit.press_on(&format!("Try again: job {}", row[0]));
    visit.wait_for_notice("is due now");
    assert!(visit.text("#view").contains("No job has failed for good."), "{}", visit.text("#view"));
    assert_eq!(office.app.try_run_jobs().len(), 1, "it was tried, and failed once more");
    visit.check_manners();
}

#[test]
fn receivers_are_registered_looked_at_and_deleted() {
    let office = Office::with(&[("WEBHOOKS_ALLOW_PRIVATE", "true")]);
    let mut visit = Visit::of(&office, &office.admin);
    visit.press_on("Webhooks");
    visit.wait_for_title("Webhooks");
    visit.fill("url", "nonsense");
    visit.press_on("Register receiver");
    visit.wait_for("document.querySelector('[data-key=url] .fault').textContent !== ''");
    visit.fill("url", "https://127.0.0.1:9/hook");
    visit.press_on("Register receiver");
    visit.wait_for("document.querySelector('.secret') !== null");
    assert!(visit.text(".secret").starts_with("whsec_"));
    let plan = office.plan("Tower");
    office.app.as_(&office.ada).patch(&format!("/plans/{plan}"), &serde_json::json!({ "stage": "review" })).expect(200);
    // An address is no path: who made a link does not say what is deleted.
    visit.go(&format!("/-/webhooks/..%2Fplans%2F{plan}"));
    assert_eq!(visit.text("#title"), "Not here");
    visit.go("/-/webhooks");
    visit.press_on("https://127.0.0.1:9/hook");
    visit.wait_for_title("https://127.0.0.1:9/hook");
    let cells = visit.cells();
    assert_eq!(cells[0][1..3], ["staged", "pending"], "{cells:?}");
    visit.press_on("Disable");
    visit.wait_for_notice("The receiver was saved");
    assert!(visit.text("#view").contains("Disabled"), "{}", visit.text("#view"));
    visit.press_on("Delete this receiver");
    visit.press_on("Delete");
    visit.wait_for_notice("The receiver was deleted");
    assert!(visit.text("#view").contains("There is no receiver."), "{}", visit.text("#view"));
    visit.check_manners();
}
