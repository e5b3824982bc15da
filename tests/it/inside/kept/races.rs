//! Fifty at once: nothing is there that refers to what is deleted, whoever was first.

use fasttrack::testing::json;

use super::{Library, id};

const WRITERS: usize = 50;

/// Has as many requests run at once, and gives the statuses of the answers.
fn at_once(library: &Library, request: impl Fn(usize) -> (&'static str, String, Option<String>)) -> Vec<u16> {
    let requests: Vec<_> = (0..WRITERS).map(request).collect();
    std::thread::scope(|scope| {
        let running: Vec<_> = requests
            .iter()
            .map(|(method, path, body)| {
                scope.spawn(move || {
                    let call = library.ada().call(method, path);
                    let call = match body {
                        Some(body) => call.body("application/json", body.clone()),
                        None => call,
                    };
                    call.send().status
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn nothing_refers_to_what_is_deleted_at_the_same_time() {
    let library = Library::new();
    let books: Vec<_> = (0..10).map(|number| library.book(&format!("B{number}"), &json!({}))).collect();
    let astray = "deleted_at IS NULL AND book_id IN (SELECT id FROM books WHERE deleted_at IS NOT NULL)";
    let statuses = at_once(&library, |number| {
        let book = &books[number % 10];
        match number / 10 {
            0 | 3 => ("DELETE", book.clone(), None),
            _ => ("POST", "/loans".to_owned(), Some(json!({ "book_id": id(book) }).to_string())),
        }
    });
    assert!(statuses.iter().all(|status| [201, 204, 404, 409, 422].contains(status)), "{statuses:?}");
    assert_eq!(library.stored("loans", astray), 0, "{statuses:?}");
    let gone = library.stored("books", "deleted_at IS NOT NULL");
    let held = "deleted_at IS NULL AND id IN (SELECT book_id FROM loans WHERE deleted_at IS NULL)";
    assert_eq!(gone + library.stored("books", held), 10, "each is deleted or lent: {statuses:?}");
}

#[test]
fn a_shelf_that_goes_takes_what_is_put_on_it_at_the_same_time() {
    let library = Library::new();
    let shelf = library.shelf.clone();
    let astray = "deleted_at IS NULL AND shelf_id IN (SELECT id FROM shelves WHERE deleted_at IS NOT NULL)";
    let statuses = at_once(&library, |number| match number {
        10 | 30 => ("DELETE", shelf.clone(), None),
        20 | 40 => ("POST", format!("{shelf}/restore"), None),
        _ => ("POST", format!("{shelf}/books"), Some(json!({ "title": number.to_string() }).to_string())),
    });
    // It may be gone when a book is put there, and back when it is asked why.
    assert!(statuses.iter().all(|status| [200, 201, 204, 404, 409, 503].contains(status)), "{statuses:?}");
    assert_eq!(library.stored("books", astray), 0, "{statuses:?}");
}

#[test]
fn one_of_many_deletions_and_one_of_many_restorations_happens() {
    let library = Library::new();
    let book = library.book("Once", &json!({}));
    let count = |statuses: &[u16], wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    let statuses = at_once(&library, |_| ("DELETE", book.clone(), None));
    assert_eq!((count(&statuses, 204), count(&statuses, 404)), (1, WRITERS - 1), "{statuses:?}");
    let statuses = at_once(&library, |_| ("POST", format!("{book}/restore"), None));
    assert_eq!((count(&statuses, 200), count(&statuses, 409)), (1, WRITERS - 1), "{statuses:?}");
    assert_eq!(library.told(), ["book_gone Once", "book_back Once"]);
}
