//! Rows that are deleted and kept: gone for everybody and everything, until they come back or are erased.

mod erasure;
mod races;
mod random;
mod returning;

use fasttrack::{
    Application,
    db::{Dialect, Statement},
    prelude::*,
    testing::{Client, Login, TestApp, Value, json},
};

use super::accounts::{Member, Team};

/// Where books are.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(plural = "shelves")]
#[has(books: Book.shelf)]
#[can(create: authenticated)]
#[can(list, read: owner | books.reader)]
#[can(update, delete, restore: owner)]
pub(crate) struct Shelf {
    pub id: Id<Shelf>,
    #[field(len = 1..=40, unique, sort, filter)]
    pub name: String,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Member>,
    pub updated_at: UpdatedAt,
    pub deleted_at: DeletedAt,
}

/// What is read. From one page to another it is somebody's.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(under = shelf, keep_deleted = 30d)]
#[unique(shelf, title)]
#[exclusive(first..last, per = series)]
#[has(loans: Loan.book)]
#[can(create, list, read, update, delete, restore: shelf.owner)]
#[on(deleted => book_gone { title: title } to shelf.owner)]
#[on(restored => book_back { title: title } to shelf.owner; run tell)]
#[on(at(due_at) => book_due { title: title } to shelf.owner)]
#[on(changed(series) => book_moved { title: title } to shelf.owner)]
pub(crate) struct Book {
    pub id: Id<Book>,
    #[field(write_once, on_delete = cascade)]
    pub shelf: BelongsTo<Shelf>,
    #[field(len = 1..=40, filter, sort, search)]
    pub title: String,
    #[field(filter, on_delete = set_null)]
    pub series: Option<BelongsTo<Series>>,
    #[field(on_delete = set_null)]
    pub reader: Option<BelongsTo<Member>>,
    #[field(default = 0)]
    pub first: i64,
    #[field(default = 1)]
    pub last: i64,
    pub due_at: Option<Timestamp>,
    pub deleted_at: DeletedAt,
}

/// What books are of.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(plural = "all_series")]
#[can(create, list, read, delete, restore: authenticated)]
pub(crate) struct Series {
    pub id: Id<Series>,
    #[field(len = 1..=40, unique)]
    pub name: String,
    pub deleted_at: DeletedAt,
}

/// Who has a book, which stays as long as that.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(conceal)]
#[can(create: authenticated)]
#[can(list, read, delete: book.shelf.owner)]
#[can(restore: book.shelf.owner | role(Admin))]
pub(crate) struct Loan {
    pub id: Id<Loan>,
    #[field(write_once, filter, on_delete = restrict)]
    pub book: BelongsTo<Book>,
    pub deleted_at: DeletedAt,
}

fasttrack::resources! { account: Member, Team, Shelf, Book, Series, Loan }

async fn tell(change: Change<Book>, context: Context) -> JobResult {
    assert!(change.old.is_none());
    let Some(book) = change.new else { return Ok(()) };
    assert_eq!(book.deleted_at, DeletedAt(None));
    Ok(context.mail("ada@example.com", &book.title, "back").await?)
}

/// A shelf of Ada's, of which Bob has nothing.
struct Library {
    app: TestApp,
    ada: Login,
    bob: Login,
    shelf: String,
}

impl Library {
    fn new() -> Self {
        let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
        let (ada, bob) = (app.account("ada"), app.account("bob"));
        app.set_clock("2040-01-01T12:00:00Z");
        let mut library = Self { app, ada, bob, shelf: String::new() };
        library.log_in();
        library.shelf = path("shelves", &library.ada().post("/shelves", &json!({ "name": "A" })).ok());
        library
    }

    fn log_in(&mut self) {
        (self.ada, self.bob) = (self.app.login(&self.ada), self.app.login(&self.bob));
    }

    fn ada(&self) -> Client<'_> {
        self.app.as_(&self.ada)
    }

    fn bob(&self) -> Client<'_> {
        self.app.as_(&self.bob)
    }

    /// A book on the shelf, with these fields besides its title.
    #[track_caller]
    fn book(&self, title: &str, more: &Value) -> String {
        path("books", &self.ada().post(&format!("{}/books", self.shelf), &body(title, more)).ok())
    }

    #[track_caller]
    fn delete(&self, path: &str) {
        self.ada().call("DELETE", path).expect(204);
    }

    #[track_caller]
    fn restore(&self, path: &str) -> Value {
        self.ada().call("POST", &format!("{path}/restore")).expect(200).json()
    }

    /// What stands against a restoration.
    #[track_caller]
    fn refused(&self, path: &str, words: &str) {
        self.ada().call("POST", &format!("{path}/restore")).refused(409).says(words);
    }

    /// The titles of what is on the shelf.
    #[track_caller]
    fn titles(&self, query: &str) -> Vec<String> {
        let page = self.ada().get(&format!("{}/books{query}", self.shelf)).ok();
        page["items"].as_array().unwrap().iter().map(|book| book["title"].as_str().unwrap().to_owned()).collect()
    }

    /// What Ada was told, as type and title.
    fn told(&self) -> Vec<String> {
        let page = self.ada().get("/notifications?limit=100").ok();
        let told = page["items"].as_array().unwrap().iter();
        told.map(|told| format!("{} {}", told["type"], told["data"]["title"]).replace('"', "")).collect()
    }

    /// How many rows are stored that are so.
    fn stored(&self, table: &str, which: &str) -> i64 {
        let context = self.app.context().clone();
        let sql = format!("SELECT count(*) FROM {table} WHERE {which}");
        let rows = self.app.block_on(async move { context.read(Statement::new(sql, Vec::new())).await }).unwrap();
        rows[0].int(0).unwrap()
    }
}

fn path(plural: &str, row: &Value) -> String {
    format!("/{plural}/{}", row["id"])
}

fn body(title: &str, more: &Value) -> Value {
    let mut body = more.clone();
    body["title"] = json!(title);
    body
}

/// The id in a path.
fn id(path: &str) -> i64 {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

#[test]
fn what_is_deleted_is_gone_for_everybody() {
    let library = Library::new();
    let (ada, shelf) = (library.ada(), &library.shelf);
    let series = path("all_series", &ada.post("/all_series", &json!({ "name": "S" })).ok());
    let more = json!({ "series_id": id(&series), "reader_id": library.bob.id, "first": 1, "last": 9 });
    let book = library.book("Gone", &more);
    library.book("There", &json!({}));
    assert_eq!(library.bob().get(shelf).send().status, 200, "he reads a book of it");
    library.delete(&book);
    for (method, path) in [("GET", book.clone()), ("DELETE", book.clone()), ("DELETE", format!("{book}/restore"))] {
        let status = ada.call(method, &path).send().status;
        assert_eq!(status, if path.ends_with("restore") { 405 } else { 404 }, "{method} {path}");
    }
    ada.patch(&book, &json!({ "title": "Other" })).refused(404);
    let in_series = format!("?series_id={}", id(&series));
    for query in ["", "?sort=-title", "?title[ne]=Gone", "?q=gone", "?title=Gone", &in_series] {
        let finds_none = ["?q=gone", "?title=Gone", &in_series].contains(&query);
        let expected: &[&str] = if finds_none { &[] } else { &["There"] };
        assert_eq!(library.titles(query), expected, "{query}");
    }
    assert_eq!(library.bob().get(shelf).send().status, 403, "what he reads is gone");
    assert_eq!(library.bob().get("/shelves").ok()["items"], json!([]));
    ada.post("/loans", &json!({ "book_id": id(&book) })).refused(422).fault("book_id", "not_found");
    // Its title and its pages are free again.
    let another = library.book("Gone", &more);
    assert_ne!(id(&book), id(&another));
    let told = library.told();
    assert_eq!(
        told,
        ["book_gone Gone", "book_moved Gone"],
        "what it was told of the first is about nothing that is there"
    );
    assert_eq!(ada.get(&another).ok()["deleted_at"], Value::Null);
}

#[test]
fn what_hangs_on_it_goes_along_and_what_it_is_held_by_does_not_let_it() {
    let library = Library::new();
    let (ada, shelf) = (library.ada(), &library.shelf);
    let book = library.book("One", &json!({}));
    let loan = path("loans", &ada.post("/loans", &json!({ "book_id": id(&book) })).ok());
    ada.call("DELETE", &book).refused(409).says("something still refers to this book");
    ada.call("DELETE", shelf).refused(409).says("something still refers to this shelf");
    library.delete(&loan);
    library.delete(shelf);
    assert_eq!(ada.get(&book).send().status, 404);
    ada.get(&format!("{shelf}/books")).refused(404);
    ada.post(&format!("{shelf}/books"), &json!({ "title": "Two" })).refused(404);
    ada.post("/shelves", &json!({ "name": "A" })).ok();
    assert_eq!(library.told(), ["book_gone One"]);
    assert_eq!(library.stored("books", "deleted_at IS NOT NULL"), 1);
}

#[test]
fn the_documents_say_it() {
    let library = Library::new();
    let document = library.app.anonymous().at("GET", "/openapi.json").expect(200).json();
    let operation = &document["paths"]["/api/v1/books/{id}/restore"]["post"];
    assert_eq!(operation["operationId"], "restore_book");
    let answers: Vec<_> = operation["responses"].as_object().unwrap().keys().cloned().collect();
    assert!(["200", "403", "404", "409"].iter().all(|status| answers.contains(&(*status).to_owned())), "{answers:?}");
    let delete = document["paths"]["/api/v1/books/{id}"]["delete"]["description"].as_str().unwrap();
    assert!(delete.contains("It is kept for 30d, and can be restored"), "{delete}");
    let shown = &document["components"]["schemas"]["Book"]["properties"]["deleted_at"];
    assert!(shown["readOnly"] == true && shown.to_string().contains("null"), "{shown}");
    assert!(document["components"]["schemas"]["BookCreate"]["properties"]["deleted_at"].is_null());
}

/// Whatever lies in the wastepaper, lists of what is there do not look at it.
#[test]
fn the_indexes_of_lists_are_over_what_is_there() {
    let library = Library::new();
    let indexes = match library.app.context().dialect() {
        Dialect::Sqlite => {
            "SELECT CAST(sql AS BLOB) FROM sqlite_master WHERE tbl_name = 'books' AND sql LIKE '%INDEX%'"
        }
        Dialect::Postgres => {
            "SELECT indexdef::text FROM pg_indexes WHERE tablename = 'books' AND indexname NOT LIKE '%pkey' AND indexdef LIKE '%btree%'"
        }
    };
    let context = library.app.context().clone();
    let found = library.app.block_on(async move { context.read(Statement::new(indexes, Vec::new())).await }).unwrap();
    for index in found.iter().filter_map(|row| row.text(0)) {
        let is_partial = index.contains("WHERE");
        let is_foreign_key = ["books_shelf_id\"", "books_series_id\"", "books_reader_id\"", "_excl"];
        let plain = index.replace(' ', "\"");
        let is_whole = is_foreign_key.iter().any(|name| plain.contains(name));
        assert!(is_partial != is_whole || index.contains("_excl"), "{index}");
    }
    if library.app.context().dialect() == Dialect::Sqlite {
        let plan = "EXPLAIN QUERY PLAN SELECT t.id FROM books t WHERE t.shelf_id = 1 AND t.deleted_at IS NULL ORDER BY t.title, t.id";
        let context = library.app.context().clone();
        let plan = library.app.block_on(async move { context.read(Statement::new(plan, Vec::new())).await }).unwrap();
        assert_eq!(plan.len(), 1, "nothing is sorted: {plan:?}");
    }
}
