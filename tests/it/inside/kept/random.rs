//! Random creations, moves, deletions and restorations, held against a model in memory that knows nothing of SQL.

use std::collections::BTreeMap;

use fasttrack::testing::{Value, json};

use super::{Library, id, path};
use crate::driver::Random;

/// What the model knows of a book.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    shelf: i64,
    title: String,
    /// Which deletion it went in.
    gone: Option<usize>,
}

#[derive(Default)]
struct Model {
    /// Which deletion each shelf went in.
    shelves: BTreeMap<i64, Option<usize>>,
    books: BTreeMap<i64, Known>,
    deletions: usize,
}

impl Model {
    fn is_free(&self, on: i64, title: &str) -> bool {
        !self.books.values().any(|book| book.gone.is_none() && book.shelf == on && book.title == title)
    }

    fn there(&self, on: i64) -> Vec<String> {
        let there = self.books.values().filter(|book| book.gone.is_none() && book.shelf == on);
        let mut titles: Vec<_> = there.map(|book| book.title.clone()).collect();
        titles.sort();
        titles
    }

    /// What a request on a shelf or a book is answered.
    fn delete(&mut self, table: &str, id: i64) -> u16 {
        let next = self.deletions + 1;
        if table == "shelves" {
            let Some(gone) = self.shelves.get_mut(&id).filter(|gone| gone.is_none()) else { return 404 };
            *gone = Some(next);
            let along = self.books.values_mut().filter(|book| book.shelf == id && book.gone.is_none());
            along.for_each(|book| book.gone = Some(next));
        } else {
            let Some(book) = self.books.get_mut(&id).filter(|book| book.gone.is_none()) else { return 404 };
            book.gone = Some(next);
        }
        self.deletions = next;
        204
    }

    fn restore(&mut self, table: &str, id: i64) -> u16 {
        if table == "shelves" {
            let Some(Some(deletion)) = self.shelves.get(&id).copied() else { return 409 };
            self.shelves.insert(id, None);
            for book in self.books.values_mut().filter(|book| book.shelf == id && book.gone == Some(deletion)) {
                book.gone = None;
            }
            return 200;
        }
        let Some(book) = self.books.get(&id).cloned() else { return 404 };
        let is_possible =
            book.gone.is_some() && self.shelves[&book.shelf].is_none() && self.is_free(book.shelf, &book.title);
        if is_possible {
            self.books.insert(id, Known { gone: None, ..book });
        }
        if is_possible { 200 } else { 409 }
    }
}

/// The titles on a shelf; with `asked`, of the books in which words are found.
fn seen(library: &Library, shelf: i64, asked: &str) -> Vec<String> {
    let reply = library.ada().get(&format!("/shelves/{shelf}/books?sort=title&limit=100{asked}")).send();
    if reply.status == 404 {
        return Vec::new();
    }
    let page: Value = reply.json();
    page["items"].as_array().unwrap().iter().map(|book| book["title"].as_str().unwrap().to_owned()).collect()
}

fn walk(seed: u64) {
    let library = Library::new();
    let (ada, mut random, mut model) = (library.ada(), Random(seed), Model::default());
    model.shelves.insert(id(&library.shelf), None);
    let second = id(&path("shelves", &ada.post("/shelves", &json!({ "name": "B" })).ok()));
    model.shelves.insert(second, None);
    let shelves: Vec<_> = model.shelves.keys().copied().collect();
    for step in 0..120 {
        let (shelf, title) = (random.of(&shelves), random.of(&["a", "b", "c", "d", "e"]));
        let books: Vec<_> = model.books.keys().copied().collect();
        let known = random.maybe(&books).unwrap_or(99);
        let (table, row) = if random.one_in(4) { ("shelves", shelf) } else { ("books", known) };
        let place = format!("/{table}/{row}");
        match random.below(5) {
            0 | 1 => {
                let reply = ada.post(&format!("/shelves/{shelf}/books"), &json!({ "title": title })).send();
                let expected = match (model.shelves[&shelf], model.is_free(shelf, title)) {
                    (Some(_), _) => 404,
                    (None, true) => 201,
                    (None, false) => 409,
                };
                assert_eq!(reply.status, expected, "step {step} of {seed}: {title} on {shelf}");
                if expected == 201 {
                    let id = reply.json()["id"].as_i64().unwrap();
                    model.books.insert(id, Known { shelf, title: title.to_owned(), gone: None });
                }
            }
            2 => {
                let status = ada.patch(&format!("/books/{known}"), &json!({ "title": title })).send().status;
                let book = model.books.get(&known).filter(|book| book.gone.is_none()).cloned();
                let expected = match &book {
                    None => 404,
                    Some(book) if book.title == title || model.is_free(book.shelf, title) => 200,
                    Some(_) => 409,
                };
                assert_eq!(status, expected, "step {step} of {seed}: {known} called {title}");
                if let Some(book) = book.filter(|_| expected == 200) {
                    model.books.insert(known, Known { title: title.to_owned(), ..book });
                }
            }
            3 => {
                let status = ada.call("DELETE", &place).send().status;
                assert_eq!(status, model.delete(table, row), "step {step} of {seed}: DELETE {place}");
            }
            _ => {
                let status = ada.call("POST", &format!("{place}/restore")).send().status;
                assert_eq!(status, model.restore(table, row), "step {step} of {seed}: restore {place}");
            }
        }
        for shelf in &shelves {
            let there = model.there(*shelf);
            assert_eq!(seen(&library, *shelf, ""), there, "step {step} of {seed}");
            let found: Vec<_> = there.into_iter().filter(|other| other == title).collect();
            assert_eq!(seen(&library, *shelf, &format!("&q={title}")), found, "step {step} of {seed}: {title}");
        }
    }
}

#[test]
fn whatever_happens_what_is_there_is_what_the_model_says() {
    for seed in [1, 0x00C0_FFEE, 20_401_231] {
        walk(seed);
    }
}
