//! The end of what was deleted and kept, and a deletion for good of what such rows refer to.

use std::time::Duration;

use fasttrack::testing::json;

use super::{Library, id, path};

const DAY: Duration = Duration::from_hours(24);

#[test]
fn what_was_kept_long_enough_is_erased_with_what_holds_it() {
    let mut library = Library::new();
    let (book, young) = (library.book("Old", &json!({})), library.book("Young", &json!({})));
    let loan = path("loans", &library.ada().post("/loans", &json!({ "book_id": id(&book) })).ok());
    library.delete(&loan);
    library.delete(&book);
    library.app.advance(DAY * 29);
    library.log_in();
    library.delete(&young);
    assert_eq!(library.stored("books", "TRUE"), 2);
    library.app.advance(DAY * 2);
    library.log_in();
    assert_eq!(library.stored("books", "TRUE"), 1, "the other one is young");
    assert_eq!(library.stored("loans", "TRUE"), 0, "a loan that is deleted holds nothing");
    let status = |path: &str| library.ada().call("POST", &format!("{path}/restore")).send().status;
    assert_eq!([status(&book), status(&loan), status(&young)], [404, 404, 200]);
    assert_eq!(
        library.told(),
        ["book_gone Young", "book_back Young"],
        "older messages are gone, and to erase tells nobody"
    );
}

#[test]
fn what_is_there_again_is_not_erased() {
    let mut library = Library::new();
    let book = library.book("Back", &json!({}));
    library.delete(&book);
    library.restore(&book);
    library.app.advance(DAY * 40);
    library.log_in();
    assert_eq!(library.titles(""), ["Back"]);
}

#[test]
fn a_deletion_for_good_takes_what_is_kept_along() {
    let library = Library::new();
    let book = library.book("Hers", &json!({}));
    let loan = path("loans", &library.ada().post("/loans", &json!({ "book_id": id(&book) })).ok());
    let me = format!("/members/{}", library.ada.id);
    library.ada().call("DELETE", &me).refused(409).says("something still refers to this member");
    library.delete(&loan);
    library.delete(&book);
    library.ada().call("DELETE", &me).expect(204);
    for table in ["shelves", "books", "loans"] {
        assert_eq!(library.stored(table, "TRUE"), 0, "{table}");
    }
}
