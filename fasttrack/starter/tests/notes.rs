//! Notes: what they take, and whose they are. Each test has the service and a database for itself.

use fasttrack::testing::{TestApp, json};
use resources::{note::Note, user::Role};

#[test]
fn a_note_is_written_found_changed_and_deleted() {
    let app = TestApp::start(resources::application());
    let ada = app.account("ada");
    let ada = app.as_(&ada);

    let milk = json!({ "title": "Buy milk", "body": "The good one" });
    let note = ada.create::<Note>(&milk).ok();
    ada.create::<Note>(&json!({ "title": "Call Bob" })).ok();
    let newest_first = ada.walk::<Note>("?sort=-id");
    assert_eq!(newest_first[0].title, "Call Bob");
    assert_eq!(ada.list::<Note>("?q=milk").ok().len(), 1);

    let note = ada.update(note.id, &json!({ "title": "Buy tea" })).ok();
    assert_eq!(note.title, "Buy tea");
    assert_eq!(note.body, "The good one");
    ada.delete(note.id).ok();
    ada.read(note.id).refused(404);
}

#[test]
fn a_note_is_its_owners_alone_and_an_administrator_may_read_it() {
    let app = TestApp::start(resources::application());
    let (ada, eve) = (app.account("ada"), app.account("eve"));
    let root = app.account_as("root", Role::Admin);
    let (ada, eve, root) = (app.as_(&ada), app.as_(&eve), app.as_(&root));
    let note = ada.create::<Note>(&json!({ "title": "Secret" })).ok();

    let mine = json!({ "title": "Mine" });
    eve.read(note.id).refused(403);
    eve.update(note.id, &mine).refused(403);
    eve.delete(note.id).refused(403);
    assert!(eve.list::<Note>("").ok().is_empty());

    assert_eq!(root.read(note.id).ok().title, "Secret");
    root.delete(note.id).refused(403);
    app.anonymous().read(note.id).refused(401);
}

#[test]
fn everything_that_is_wrong_with_a_note_is_told_at_once() {
    let app = TestApp::start(resources::application());
    let ada = app.account("ada");

    let note = json!({ "title": "", "colour": "red" });
    let refused = app.as_(&ada).create::<Note>(&note).refused(422);
    refused.faults(&[("title", "too_short"), ("colour", "unknown")]);
}
