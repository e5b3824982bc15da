//! Versions of rows of which somebody is shown a part, or nothing.

use fasttrack::{
    Application,
    prelude::*,
    testing::{Client, TestApp, json},
};
use serde_json::Value;

/// What an author may do.
#[derive(Choice)]
pub(super) enum Role {
    /// What everybody may.
    User,
    /// Sees all.
    Admin,
}

/// Who writes letters.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(account)]
#[can(read: self)]
pub(super) struct Author {
    pub id: Id<Author>,
    #[field(len = ..=255, unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
}

/// What one writes, and another stamps without reading it.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(conceal)]
#[can(create: authenticated)]
#[can(list, read: owner | reader)]
#[can(update, delete: owner | stamper | reader)]
pub(super) struct Letter {
    pub id: Id<Letter>,
    #[field(len = ..=40)]
    pub text: String,
    #[field(default)]
    pub stamps: i64,
    #[field(len = ..=40, default, read = owner)]
    pub secret: String,
    #[field(on_delete = set_null)]
    pub stamper: Option<BelongsTo<Author>>,
    #[field(on_delete = set_null)]
    pub reader: Option<BelongsTo<Author>>,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Author>,
    #[field(read = owner)]
    pub updated_at: UpdatedAt,
}

/// What keeps count of what is added when it changes, and of those that belong to it, of which it may be one.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[has(prints: Print.album)]
#[has(parts: Album.whole)]
#[can(create, read, update: authenticated)]
#[on(created => add prints { text: name })]
#[on(changed(name) => add prints { text: name })]
pub(super) struct Album {
    pub id: Id<Album>,
    #[field(len = ..=40)]
    pub name: String,
    #[field(on_delete = set_null)]
    pub whole: Option<BelongsTo<Album>>,
    #[field(count(prints))]
    pub printed: i64,
    #[field(count(parts))]
    pub divided: i64,
}

/// What is added to an album.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, read: authenticated)]
pub(super) struct Print {
    pub id: Id<Print>,
    #[field(len = ..=40)]
    pub text: String,
    #[field(on_delete = cascade)]
    pub album: BelongsTo<Album>,
}

fasttrack::resources! { account: Author, Letter, Album, Print }

const PAST: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// What a change of a letter answers, asked with this header.
fn status(who: &Client<'_>, path: &str, body: &Value, (name, value): (&str, &str)) -> u16 {
    who.call("PATCH", path).json(body).header(name, value).send().status
}

#[test]
fn who_may_change_what_he_may_not_read_has_no_version_of_it() {
    let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
    let [owner, stamper, stranger] = ["owner", "stamper", "stranger"].map(|name| app.account(name));
    let [owner, by_stamper, stranger] = [&owner, &stamper, &stranger].map(|login| app.as_(login));
    let body = json!({ "text": "t", "stamper_id": stamper.id });
    let created = owner.call("POST", "/letters").json(&body).expect(201);
    let (tag, path) = (created.header("etag").unwrap().to_owned(), format!("/letters/{}", created.json()["id"]));
    let stamp = json!({ "stamps": 1 });
    // Right or wrong, a version is none to whoever may not read it, and so is a date.
    for guess in [tag.as_str(), "\"x\""] {
        assert_eq!(status(&by_stamper, &path, &stamp, ("if-match", guess)), 412);
        assert_eq!(status(&by_stamper, &path, &json!({}), ("if-none-match", guess)), 204);
        assert_eq!(by_stamper.call("DELETE", &path).header("if-match", guess).send().status, 412);
        assert_eq!(status(&stranger, &path, &stamp, ("if-match", guess)), 404);
    }
    for since in [PAST, "Fri, 01 Jan 2100 00:00:00 GMT"] {
        assert_eq!(status(&by_stamper, &path, &json!({}), ("if-unmodified-since", since)), 204);
    }
    assert_eq!(owner.get(&path).expect(200).header("etag"), Some(tag.as_str()), "nothing of this has changed it");
    assert_eq!(status(&by_stamper, &path, &stamp, ("if-match", "*")), 204);
    assert_eq!(status(&owner, &path, &stamp, ("if-match", &tag)), 412);
}

#[test]
fn a_version_is_of_what_its_reader_is_shown() {
    let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
    let [owner, reader] = ["owner", "reader"].map(|name| app.account(name));
    let [owner, by_reader] = [&owner, &reader].map(|login| app.as_(login));
    let body = json!({ "text": "t", "secret": "s", "reader_id": reader.id });
    let created = owner.call("POST", "/letters").json(&body).expect(201);
    let path = format!("/letters/{}", created.json()["id"]);
    let tags = || [&owner, &by_reader].map(|who| who.get(&path).expect(200).header("etag").unwrap().to_owned());
    let [of_owner, of_reader] = tags();
    assert_eq!(created.header("etag"), Some(of_owner.as_str()));
    assert_ne!(of_owner, of_reader);
    // What he is not shown may change: he is sent back for nothing of it, and cannot tell.
    owner.call("PATCH", &path).json(&json!({ "secret": "another" })).expect(200);
    let after = tags();
    assert_eq!((after[0] == of_owner, after[1] == of_reader), (false, true));
    assert_eq!(status(&by_reader, &path, &json!({}), ("if-unmodified-since", PAST)), 200, "nor since when");
    assert_eq!(status(&owner, &path, &json!({}), ("if-unmodified-since", PAST)), 412);
    assert_eq!(status(&by_reader, &path, &json!({}), ("if-match", &after[0])), 412, "another's is not his");
    let changed =
        by_reader.call("PATCH", &path).json(&json!({ "stamps": 2 })).header("if-match", &of_reader).expect(200);
    assert_eq!(changed.header("etag").unwrap(), tags()[1]);
    assert_eq!(by_reader.call("DELETE", &path).header("if-match", &of_reader).send().status, 412);
    assert_eq!(by_reader.call("DELETE", &path).header("if-match", &tags()[1]).send().status, 204);
}

#[test]
fn a_version_is_of_what_a_row_comes_to_in_the_end() {
    let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
    let author = app.account("author");
    let who = app.as_(&author);
    let check = |row: &Value, tag: &Value, [printed, divided]: [i64; 2]| {
        assert_eq!((&row["printed"], &row["divided"]), (&json!(printed), &json!(divided)));
        let read = who.get(&format!("/albums/{}", row["id"])).expect(200);
        assert_eq!((read.json(), json!(read.header("etag").unwrap())), (row.clone(), tag.clone()));
    };
    let created = who.call("POST", "/albums").json(&json!({ "name": "a" })).expect(201);
    let row = created.json();
    check(&row, &json!(created.header("etag").unwrap()), [1, 0]);
    let path = format!("/albums/{}", row["id"]);
    for (change, figures) in [
        (json!({ "name": "b" }), [2, 0]),
        (json!({ "whole_id": row["id"] }), [2, 1]),
        (json!({ "name": "c", "whole_id": null }), [3, 0]),
    ] {
        let changed = who.call("PATCH", &path).json(&change).expect(200);
        check(&changed.json(), &json!(changed.header("etag").unwrap()), figures);
    }
    let one = json!({ "method": "POST", "path": "/albums", "body": { "name": "d" } });
    let change = json!({ "method": "PATCH", "path": "/albums/$1.id", "body": { "name": "e" } });
    let batch = who.call("POST", "/batch").json(&json!({ "operations": [one, one, change] })).expect(200).json();
    let result = |place: usize| (&batch["results"][place]["body"], &batch["results"][place]["etag"]);
    check(result(0).0, result(0).1, [1, 0]);
    check(result(2).0, result(2).1, [2, 0]);
    assert_eq!(result(1).0["printed"], 1);
}
