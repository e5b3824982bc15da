//! `POST …/restore`: what comes back, who may have it back, and what stands against it.

use std::time::Duration;

use fasttrack::testing::json;

use super::{Library, id, path};

#[test]
fn what_went_together_comes_back_together() {
    let library = Library::new();
    let ada = library.ada();
    let (first, before) = (library.book("First", &json!({})), library.book("Before", &json!({})));
    let shown = ada.get(&first).ok();
    library.delete(&before);
    library.delete(&library.shelf);
    library.refused(&first, "what book 1 hangs on is deleted; restore that first");
    let shelf = library.restore(&library.shelf);
    assert_eq!((&shelf["name"], &shelf["deleted_at"]), (&json!("A"), &json!(null)));
    assert_eq!(ada.get(&first).ok(), shown, "as it was");
    assert_eq!(library.titles(""), ["First"], "what had gone before stays where it is");
    library.restore(&before);
    assert_eq!(library.titles(""), ["First", "Before"]);
    assert_eq!(
        library.told(),
        ["book_gone Before", "book_gone First", "book_back First", "book_back Before"],
        "each is told once"
    );
    library.app.run_jobs();
    assert_eq!(library.app.mails().len(), 2);
    library.refused(&before, "book 2 is not deleted");
}

/// The clock stands still: nothing tells two deletions apart but that one came after the other.
#[test]
fn two_deletions_are_told_apart_by_more_than_the_clock() {
    let library = Library::new();
    let books = ["One", "Two", "Three"].map(|title| library.book(title, &json!({})));
    for book in &books[1..] {
        library.delete(book);
    }
    library.delete(&library.shelf);
    library.restore(&library.shelf);
    assert_eq!(library.titles(""), ["One"]);
    let instants = library.stored("books", "deleted_at IS NOT NULL");
    assert_eq!(instants, 2);
}

#[test]
fn a_value_that_was_taken_meanwhile_is_a_conflict() {
    let library = Library::new();
    let ada = library.ada();
    let series = path("all_series", &ada.post("/all_series", &json!({ "name": "S" })).ok());
    let pages = |first: i64, last: i64| json!({ "series_id": id(&series), "first": first, "last": last });
    let book = library.book("Taken", &pages(1, 9));
    library.delete(&book);
    let other = library.book("Taken", &pages(9, 10));
    library.refused(&book, "a book with this shelf_id and title exists already");
    ada.patch(&other, &json!({ "title": "Free", "first": 8 })).ok();
    library.refused(&book, "another book with this series_id overlaps it from first to last");
    ada.patch(&other, &json!({ "first": 9 })).ok();
    library.restore(&book);
    // Nothing is half back.
    library.delete(&library.shelf);
    ada.post("/shelves", &json!({ "name": "A" })).ok();
    library.refused(&library.shelf, "a shelf with this name exists already");
    assert_eq!(library.stored("books", "deleted_at IS NULL"), 0);
}

#[test]
fn who_may_restore_is_the_declarations_to_say() {
    let library = Library::new();
    let book = library.book("Mine", &json!({}));
    let loan = path("loans", &library.ada().post("/loans", &json!({ "book_id": id(&book) })).ok());
    let restore = |path: &str| {
        [library.bob(), library.app.anonymous()].map(|who| who.call("POST", &format!("{path}/restore")).send().status)
    };
    assert_eq!(restore(&book), [403, 401], "it is there");
    library.delete(&loan);
    library.delete(&book);
    assert_eq!(restore(&book), [403, 401]);
    assert_eq!(restore(&loan), [404, 401], "what is concealed is not told of");
    assert_eq!(restore("/books/99"), [404, 401]);
    library.refused(&loan, "what loan 1 hangs on is deleted");
    let admin = library.app.account_as("root", super::super::accounts::Role::Admin);
    let by_role = library.app.as_(&admin).call("POST", &format!("{loan}/restore"));
    by_role.refused(409).says("the book of loan 1 is deleted; restore that first");
    library.restore(&book);
    library.restore(&loan);
    library.ada().call("POST", &format!("{book}/restore")).json(&json!({ "x": 1 })).refused(422).fault("x", "unknown");
}

#[test]
fn what_lost_a_reference_has_changed_and_a_deleted_row_tells_nobody() {
    let library = Library::new();
    let ada = library.ada();
    let series = path("all_series", &ada.post("/all_series", &json!({ "name": "S" })).ok());
    let pages = |first: i64| json!({ "series_id": id(&series), "first": first, "last": first + 1 });
    let (there, gone) = (library.book("There", &pages(1)), library.book("Gone", &pages(2)));
    library.delete(&gone);
    library.delete(&series);
    assert_eq!(ada.get(&there).ok()["series_id"], json!(null));
    library.restore(&series);
    assert_eq!(library.restore(&gone)["series_id"], json!(null));
    let moved: Vec<_> = library.told().into_iter().filter(|told| told.contains("moved")).collect();
    assert_eq!(moved, ["book_moved There", "book_moved Gone", "book_moved There"], "given to both, and lost by one");
}

#[test]
fn what_waits_for_an_instant_waits_again_and_fires_once() {
    let mut library = Library::new();
    let due = |hour: u8| json!({ "due_at": format!("2040-01-01T{hour}:00:00Z") });
    let (fired, waits, late) =
        (library.book("Fired", &due(13)), library.book("Waits", &due(20)), library.book("Late", &due(14)));
    let told =
        |library: &Library| -> Vec<_> { library.told().into_iter().filter(|told| told.contains("due")).collect() };
    library.delete(&late);
    library.app.advance(Duration::from_hours(3));
    library.log_in();
    assert_eq!(told(&library), ["book_due Fired"]);
    library.delete(&library.shelf);
    library.restore(&library.shelf);
    library.restore(&late);
    library.app.advance(Duration::from_secs(1));
    assert_eq!(told(&library), ["book_due Fired", "book_due Late"], "what came meanwhile comes now");
    library.app.advance(Duration::from_hours(6));
    library.log_in();
    assert_eq!(told(&library), ["book_due Fired", "book_due Late", "book_due Waits"]);
    library.delete(&fired);
    library.restore(&fired);
    library.app.advance(Duration::from_secs(1));
    assert_eq!(told(&library).len(), 3);
    assert_eq!(library.ada().get(&waits).send().status, 200);
}
