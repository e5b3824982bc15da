//! Rows as tables.

use serde_json::json;

use super::{Visit, office::Office};

fn filled() -> Office {
    let office = Office::new();
    for (at, title) in ["Arch", "Bridge", "Castle", "Dam"].iter().enumerate() {
        let body = json!({ "title": title, "floors": at, "text": if at % 2 == 0 { "wood" } else { "stone" } });
        office.made("/plans", &body);
    }
    office
}

#[test]
fn rows_are_searched_sorted_and_filtered() {
    let office = filled();
    let mut visit = Visit::of(&office, &office.ada);
    visit.press_on("Plans");
    visit.wait_for_title("Plans");
    assert_eq!(visit.column("Title"), ["Arch", "Bridge", "Castle", "Dam"]);
    visit.type_into("input[type=search]", "sto");
    visit.press("Enter", 13);
    visit.wait_for("location.hash.includes('q=sto')");
    visit.settle();
    assert_eq!(visit.column("Title"), ["Bridge", "Dam"]);

    visit.press_on("Title");
    visit.wait_for("location.hash.includes('sort=title')");
    visit.settle();
    visit.press_on("Title▲");
    visit.wait_for("location.hash.includes('sort=-title')");
    visit.settle();
    assert_eq!(visit.column("Title"), ["Dam", "Bridge"]);
    let sorted = "[...document.querySelectorAll('thead th')].map((head) => head.ariaSort).filter((is) => is === 'descending').length";
    assert_eq!(visit.evaluate(sorted), 1);

    visit.press_on("Filter");
    visit.press_on("Add a condition");
    visit.evaluate(
        "{ const [key] = document.querySelectorAll('.condition select'); key.value = 'floors'; \
         key.dispatchEvent(new Event('change')); \
         const operator = document.querySelectorAll('.condition select')[1]; operator.value = 'gte'; \
         operator.dispatchEvent(new Event('change')); }",
    );
    visit.type_into(".condition .value input", "2");
    visit.press("Enter", 13);
    visit.wait_for("decodeURIComponent(location.hash).includes('floors[gte]=2')");
    visit.settle();
    assert_eq!(visit.column("Title"), ["Dam"]);
    assert!(visit.text("#view").contains("Only: “sto”; Floors is at least 2."), "{}", visit.text("#view"));
    // A view has an address, which can be kept.
    let kept = visit.evaluate("location.hash");
    visit.press_on("Show all");
    visit.wait_for("location.hash === '#/plans'");
    visit.settle();
    assert_eq!(visit.cells().len(), 4);
    visit.go(kept.as_str().unwrap().trim_start_matches('#'));
    assert_eq!(visit.column("Title"), ["Dam"]);
    visit.check_manners();
}

#[test]
fn what_the_server_does_not_take_is_said() {
    let office = filled();
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/plans?floors=many");
    assert!(visit.text("#view").contains("Floors"), "{}", visit.text("#view"));
    assert!(visit.offers("New plan"), "what was asked can be mended where it stands");
    visit.go("/plans?nothing=1");
    assert!(visit.text("#view").contains("Nothing"), "{}", visit.text("#view"));
    visit.go("/%E0%A4%A");
    assert_eq!(visit.text("#title"), "Not here");
    visit.check_manners();
}

#[test]
fn rows_are_counted_and_come_page_by_page() {
    let office = Office::new();
    for at in 0..45 {
        office.plan(&format!("Plan {at:02}"));
    }
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/plans");
    assert_eq!(visit.cells().len(), 20);
    visit.press_on("Count all");
    visit.wait_for("document.querySelector('output').textContent === '45 in all'");
    visit.press_on("Next");
    visit.wait_for("document.querySelector('output').textContent === 'Page 2'");
    assert_eq!(visit.column("Title")[0], "Plan 20");
    visit.press_on("Next");
    visit.wait_for("document.querySelector('output').textContent === 'Page 3, the last'");
    assert_eq!(visit.column("Title"), ["Plan 40", "Plan 41", "Plan 42", "Plan 43", "Plan 44"]);
    // Each page is a step of the history, to which one comes back.
    visit.press_on("Plan 44");
    visit.wait_for_title("Plan 44");
    visit.evaluate("history.back()");
    visit.wait_for_title("Plans");
    visit.wait_for("document.querySelector('output').textContent === 'Page 3, the last'");
    visit.evaluate("history.back()");
    visit.wait_for("document.querySelector('output').textContent === 'Page 2'");
    visit.evaluate("history.forward()");
    visit.wait_for("document.querySelector('output').textContent === 'Page 3, the last'");
    visit.browser.call("Page.reload", &json!({}));
    visit.wait_for("document.querySelector('output')?.textContent === 'Page 3, the last'");
    visit.press_on("Previous");
    visit.wait_for("document.querySelector('output').textContent === 'Page 2'");
    visit.press_on("Next");
    visit.wait_for("document.querySelector('output').textContent === 'Page 3, the last'");
    assert_eq!(visit.evaluate("document.activeElement.textContent"), "Previous", "the focus stays where one was");
    visit.press_on("Previous");
    visit.wait_for("document.querySelector('output').textContent === 'Page 2'");
    assert_eq!(visit.column("Title")[0], "Plan 20");
    visit.evaluate(
        "{ const size = document.querySelector('.pager select'); size.value = '100'; size.dispatchEvent(new Event('change')); }",
    );
    visit.wait_for("document.querySelectorAll('tbody tr').length === 45");
    visit.check_manners();
}

#[test]
fn columns_are_chosen_and_stay_so() {
    let office = filled();
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/plans");
    assert!(!visit.heads().contains(&"Words".to_owned()), "{:?}", visit.heads());
    visit.press_on("Columns");
    visit.evaluate("document.querySelector('.columns input[value=words]').click()");
    visit.wait_for("[...document.querySelectorAll('thead th')].some((head) => head.innerText.trim() === 'Words')");
    visit.evaluate("document.querySelector('.columns input[value=id]').click()");
    visit.wait_for("[...document.querySelectorAll('thead th')].every((head) => head.innerText.trim() !== 'Id')");
    visit.go("/labels");
    visit.go("/plans");
    assert!(visit.heads().contains(&"Words".to_owned()), "{:?}", visit.heads());
    assert!(!visit.heads().contains(&"Id".to_owned()), "{:?}", visit.heads());
    visit.check_manners();
}

#[test]
fn the_whole_list_is_saved() {
    let office = filled();
    let mut visit = Visit::of(&office, &office.ada);
    let folder = tempfile::tempdir().unwrap();
    visit.save_into(folder.path());
    visit.go("/plans?sort=-title&q=wood");
    visit.press_on("Save as CSV");
    let file = folder.path().join("plans.csv");
    crate::driver::wait_until("the file is there", || std::fs::read(&file).is_ok_and(|bytes| !bytes.is_empty()));
    let text = std::fs::read_to_string(&file).unwrap();
    let titles: Vec<_> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned()).collect();
    assert_eq!(titles, ["Castle", "Arch"], "{text}");
    visit.check_manners();
}

/// Rows that cannot be opened can be deleted where they stand.
#[test]
fn who_may_do_nothing_is_offered_nothing() {
    let office = filled();
    office.app.as_(&office.admin).post("/ledgers", &json!({ "line": "secret" })).expect(201);
    let other = office.app.account("other");
    let mut visit = Visit::of(&office, &other);
    for hidden in ["Jobs", "Webhooks", "Ledgers", "Persons"] {
        assert!(!visit.offers(hidden), "{hidden}");
    }
    visit.go("/ledgers");
    assert_eq!(visit.text("#title"), "Not here");
    visit.go("/-/jobs");
    assert_eq!(visit.text("#title"), "Not here");
    visit.go("/labels");
    assert!(!visit.offers("New label"));
    visit.go("/plans/1");
    assert_eq!(visit.text("#title"), "Arch");
    for hidden in ["Save", "Delete this plan"] {
        assert!(!visit.offers(hidden), "{hidden}");
    }
    assert_eq!(visit.evaluate("document.querySelectorAll('#view form').length"), 0);
    for path in ["/plans/1/sheets/new", "/plans/1/history/new", "/plans/99/sheets/new"] {
        visit.go(path);
        assert_eq!(visit.text("#title"), "Not here", "{path}");
    }
    visit.go("/plans/1/sheets");
    assert!(!visit.offers("New sheet"), "the plan is somebody else's");
    visit.go("/plans/new");
    assert_eq!(visit.evaluate("document.querySelectorAll('[data-key=budget]').length"), 0, "an administrator sets it");
    visit.check_manners();

    let mut visit = Visit::of(&office, &office.admin);
    for shown in ["Jobs", "Webhooks", "Ledgers", "Persons"] {
        assert!(visit.offers(shown), "{shown}");
    }
    visit.go("/plans/new");
    assert_eq!(visit.evaluate("document.querySelectorAll('[data-key=budget]').length"), 1);
    visit.check_manners();
}
