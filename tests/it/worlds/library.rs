//! An application that has what the tracker lacks: rows that conceal themselves, rules that go through rows which may not be
//! seen, fields of every type, hidden ones, and relations that may be null or change.

use fasttrack::{Application, prelude::*};

/// What a reader may do.
#[derive(Choice)]
pub(crate) enum Rank {
    /// Reads.
    User,
    /// Keeps the house.
    Admin,
}

/// Whether a book is for everybody.
#[derive(Choice)]
pub(crate) enum Grade {
    /// For who wrote it.
    Draft,
    /// For the house.
    House,
    /// For everybody.
    Public,
}

/// Who reads.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(account)]
#[can(list: role(Admin))]
#[can(read: self | role(Admin))]
#[can(update: self)]
pub(crate) struct Reader {
    pub id: Id<Reader>,
    #[field(len = ..=255, unique, filter, sort)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, read_only)]
    pub role: Rank,
    #[field(default = true, read_only)]
    pub is_active: bool,
    #[field(len = ..=60, default, filter, sort, search)]
    pub nickname: String,
}

/// Where books stand.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(conceal, plural = "shelves")]
#[rule(open: keeper | is_open == true)]
#[can(create: authenticated)]
#[can(list, read: open | role(Admin))]
#[can(update, delete: keeper)]
pub(crate) struct Shelf {
    pub id: Id<Shelf>,
    #[field(len = 1..=60, unique, sort, filter, search)]
    pub name: String,
    #[field(default, sort, filter)]
    pub is_open: bool,
    #[field(actor, on_delete = cascade, filter)]
    pub keeper: BelongsTo<Reader>,
}

/// A book, which may stand on a shelf, with what is written into it.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[has(remarks: Remark.book, inline = ..=3)]
#[rule(shown: author | lender | grade == Public | shelf.keeper)]
#[can(create: authenticated)]
#[can(list, read: shown | (shelf.open & grade != Draft) | (due_at <= now & grade == House))]
#[can(update: author | lender)]
#[can(delete: author)]
#[on(changed(lender) => lent { title: title, grade: grade } to lender)]
#[on(changed(grade) => graded { old: old.grade, new: grade } to author, shelf.keeper)]
#[on(changed(pages) => counted to lender)]
#[on(deleted => gone { title: title } to lender)]
pub(crate) struct Book {
    pub id: Id<Book>,
    #[field(len = 1..=100, sort, filter, search)]
    pub title: String,
    #[field(filter, sort)]
    pub pages: Option<i64>,
    #[field(filter, sort)]
    pub weight: Option<f64>,
    #[field(filter, sort)]
    pub price: Option<Decimal<2>>,
    #[field(max = 3, len = ..=40, default, filter)]
    pub tags: Vec<String>,
    #[field(max = 3, filter)]
    pub marks: Option<Vec<i64>>,
    #[field(filter, sort)]
    pub printed: Option<Date>,
    #[field(filter, sort)]
    pub due_at: Option<Timestamp>,
    #[field(default = Draft, filter, sort)]
    pub grade: Grade,
    #[field(filter, sort)]
    pub contact: Option<Email>,
    pub detail: Option<Json<serde_json::Value>>,
    #[field(len = ..=40, hidden, read_only, default)]
    pub mark: String,
    #[field(filter, on_delete = set_null)]
    pub shelf: Option<BelongsTo<Shelf>>,
    #[field(actor, filter, on_delete = cascade)]
    pub author: BelongsTo<Reader>,
    #[field(filter, on_delete = set_null)]
    pub lender: Option<BelongsTo<Reader>>,
    #[field(filter, on_delete = set_null)]
    pub sequel: Option<BelongsTo<Book>>,
    #[field(filter, sort)]
    pub created_at: CreatedAt,
}

/// What somebody wrote into a book; mostly for himself.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(under = book)]
#[can(create: book.shown)]
#[can(list, read: writer | (is_private == false & (book.author | book.printed < now - 365d)))]
#[can(update, delete: writer)]
#[on(created => remarked { text: text } to book.author, book.lender)]
pub(crate) struct Remark {
    pub id: Id<Remark>,
    #[field(len = 1..=200, filter, sort, search)]
    pub text: String,
    #[field(default = true, filter, sort)]
    pub is_private: bool,
    #[field(write_once, on_delete = cascade)]
    pub book: BelongsTo<Book>,
    #[field(actor, filter, on_delete = restrict)]
    pub writer: BelongsTo<Reader>,
    #[field(filter, sort)]
    pub created_at: CreatedAt,
    #[field(sort)]
    pub updated_at: UpdatedAt,
}

fasttrack::resources! { account: Reader, Shelf, Book, Remark }

/// The library.
pub(super) fn application() -> Application {
    Application::new(RESOURCES)
}
