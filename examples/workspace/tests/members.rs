//! Who may do what, by hand: in an organisation everybody has a level, and outside nobody has a say.

use std::time::Duration;

use fasttrack::testing::{Client, Login, TestApp, json};
use workspace::{
    document::Document,
    label::Label,
    membership::{Level, Membership},
    organisation::Organisation,
    user::Role,
};

/// One organisation with a document, and everybody who might want something of it.
struct Acme {
    app: TestApp,
    organisation: i64,
    document: i64,
    /// The membership of the viewer.
    membership: i64,
    logins: [(&'static str, Login); 5],
}

impl Acme {
    fn new() -> Self {
        let app = TestApp::start(workspace::application());
        app.set_clock("2040-01-01T08:50:00Z");
        let [owner, editor, viewer, stranger] = ["owner", "editor", "viewer", "stranger"].map(|name| app.account(name));
        let admin = app.account_as("admin", Role::Admin);
        let founder = app.as_(&owner);
        let organisation = founder.create::<Organisation>(&json!({ "name": "Acme" })).ok().id.into();
        let members = founder.under(organisation);
        members.create::<Membership>(&json!({ "user_id": editor.id, "level": "editor" })).ok();
        let membership = members.create::<Membership>(&json!({ "user_id": viewer.id })).ok().id.into();
        let text = json!({ "organisation_id": organisation, "title": "Plans" });
        let document = app.as_(&editor).create::<Document>(&text).ok().id.into();
        let logins =
            [("owner", owner), ("editor", editor), ("viewer", viewer), ("stranger", stranger), ("admin", admin)];
        Self { app, organisation, document, membership, logins }
    }

    fn as_(&self, who: &str) -> Client<'_> {
        match self.logins.iter().find(|(name, _)| *name == who) {
            Some((_, login)) => self.app.as_(login),
            None => self.app.anonymous(),
        }
    }

    fn id_of(&self, who: &str) -> i64 {
        self.logins.iter().find(|(name, _)| *name == who).map_or(0, |(_, login)| login.id)
    }
}

/// What each is answered: owner, editor, viewer, stranger, administrator, nobody.
const WHO: [&str; 6] = ["owner", "editor", "viewer", "stranger", "admin", "nobody"];

#[track_caller]
fn check(what: &str, expected: [u16; 6], ask: impl Fn(&Acme, &Client<'_>) -> u16) {
    for (who, expected) in WHO.into_iter().zip(expected) {
        // What is asked changes what is there, so that each has an organisation of his own.
        let acme = Acme::new();
        let status = ask(&acme, &acme.as_(who));
        assert_eq!(status, expected, "{what} as {who}");
    }
}

#[test]
fn everybody_may_do_what_his_level_lets_him() {
    check("read the organisation", [200, 200, 200, 403, 403, 401], |acme, client| {
        client.get(&format!("/organisations/{}", acme.organisation)).send().status
    });
    check("rename it", [200, 403, 403, 403, 403, 401], |acme, client| {
        client.patch(&format!("/organisations/{}", acme.organisation), &json!({ "name": "Other" })).send().status
    });
    check("found one", [201, 201, 201, 201, 201, 401], |_, client| {
        client.post("/organisations", &json!({ "name": "Mine" })).send().status
    });
    check("see who belongs to it", [200, 200, 200, 403, 403, 401], |acme, client| {
        client.get(&format!("/organisations/{}/memberships", acme.organisation)).send().status
    });
    check("take in a stranger", [201, 403, 403, 403, 403, 401], |acme, client| {
        let body = json!({ "user_id": acme.id_of("stranger"), "level": "owner" });
        client.post(&format!("/organisations/{}/memberships", acme.organisation), &body).send().status
    });
    check("take somebody in twice", [409, 403, 403, 403, 403, 401], |acme, client| {
        let body = json!({ "user_id": acme.id_of("viewer"), "level": "owner" });
        client.post(&format!("/organisations/{}/memberships", acme.organisation), &body).send().status
    });
    check("raise the viewer", [200, 403, 403, 403, 403, 401], |acme, client| {
        client.patch(&format!("/memberships/{}", acme.membership), &json!({ "level": "owner" })).send().status
    });
    check("put the viewer out", [204, 403, 204, 403, 403, 401], |acme, client| {
        client.call("DELETE", &format!("/memberships/{}", acme.membership)).send().status
    });
    check("write a document", [201, 201, 403, 403, 403, 401], |acme, client| {
        let body = json!({ "organisation_id": acme.organisation, "title": "New" });
        client.post("/documents", &body).send().status
    });
    check("read a document", [200, 200, 200, 403, 403, 401], |acme, client| {
        client.get(&format!("/documents/{}", acme.document)).send().status
    });
    check("change the editor's document", [403, 200, 403, 403, 403, 401], |acme, client| {
        client.patch(&format!("/documents/{}", acme.document), &json!({ "title": "Other" })).send().status
    });
    check("delete it", [204, 403, 403, 403, 403, 401], |acme, client| {
        client.call("DELETE", &format!("/documents/{}", acme.document)).send().status
    });
    check("read it when it is deleted", [404, 404, 404, 404, 404, 401], |acme, client| {
        acme.as_("owner").call("DELETE", &format!("/documents/{}", acme.document)).expect(204);
        client.get(&format!("/documents/{}", acme.document)).send().status
    });
    check("know what changed in it", [200, 200, 200, 403, 403, 401], |acme, client| {
        client.get(&format!("/documents/{}/history", acme.document)).send().status
    });
    check("restore it", [200, 403, 403, 403, 403, 401], |acme, client| {
        acme.as_("owner").call("DELETE", &format!("/documents/{}", acme.document)).expect(204);
        client.call("POST", &format!("/documents/{}/restore", acme.document)).send().status
    });
}

#[test]
fn what_is_attached_is_as_the_document() {
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let attachment = |acme: &Acme| format!("/documents/{}/attachment", acme.document);
    check("attach something to it", [403, 200, 403, 403, 403, 401], |acme, client| {
        client.call("PUT", &attachment(acme)).body("image/png", picture).send().status
    });
    check("read what is attached", [200, 200, 200, 403, 403, 401], |acme, client| {
        acme.as_("editor").call("PUT", &attachment(acme)).body("image/png", picture).expect(200);
        client.call("GET", &attachment(acme)).send().status
    });
    check("take it away", [403, 204, 403, 403, 403, 401], |acme, client| {
        client.call("DELETE", &attachment(acme)).send().status
    });
}

#[test]
fn lists_hold_what_one_belongs_to_and_each_once() {
    let acme = Acme::new();
    let editor = acme.as_("editor");
    for number in 1..=5 {
        editor.create::<Organisation>(&json!({ "name": format!("Mine {number}") })).ok();
    }
    for query in ["?limit=2", "?sort=-id&limit=2", "?sort=name&limit=2", "?sort=-created_at&limit=3", "?q=mine&limit=2"]
    {
        let names: Vec<_> = editor.walk::<Organisation>(query).into_iter().map(|found| found.name).collect();
        assert_eq!(names.len(), if query.contains("q=") { 5 } else { 6 }, "{query}: {names:?}");
    }
    let mine = editor.walk::<Organisation>("?sort=name&limit=4");
    assert!(mine.is_sorted_by_key(|found| &found.name));
    assert_eq!(acme.as_("viewer").walk::<Organisation>("?sort=-name").len(), 1);
    assert_eq!(acme.as_("viewer").walk::<Document>("?sort=title").len(), 1);
    assert_eq!(
        editor.walk::<Document>("").len(),
        1,
        "what one wrote oneself, in an organisation of one's own, comes once"
    );
    assert!(acme.as_("stranger").list::<Organisation>("?sort=name").ok().is_empty());
    assert!(acme.as_("stranger").list::<Document>("").ok().is_empty());
}

#[test]
fn who_founds_an_organisation_owns_it() {
    let acme = Acme::new();
    let members = acme.as_("owner").under(acme.organisation).walk::<Membership>("");
    let levels: Vec<_> = members.iter().map(|member| (i64::from(member.user), &member.level)).collect();
    let expected = [("owner", Level::Owner), ("editor", Level::Editor), ("viewer", Level::Viewer)];
    assert_eq!(levels, expected.each_ref().map(|(who, level)| (acme.id_of(who), level)));
}

#[test]
fn who_is_put_out_sees_nothing_from_then_on() {
    let acme = Acme::new();
    let viewer = acme.as_("viewer");
    let mut socket = viewer.socket();
    let rename = |name: &str| {
        let path = format!("/organisations/{}", acme.organisation);
        acme.as_("owner").patch(&path, &json!({ "name": name })).expect(200);
    };
    rename("Before");
    assert_eq!(socket.next().kind, "organisation_renamed");
    acme.as_("owner").call("DELETE", &format!("/memberships/{}", acme.membership)).expect(204);
    rename("After");
    socket.expect_silence();
    viewer.get(&format!("/organisations/{}", acme.organisation)).refused(403);
    viewer.get(&format!("/documents/{}", acme.document)).refused(403);
    // What was told before is not told again either, since it is about what one may not read any more.
    viewer.socket_since(0).expect_silence();
    assert_eq!(viewer.get("/notifications").expect(200).json()["items"], json!([]));
    assert_eq!(acme.as_("editor").get("/notifications").expect(200).json()["items"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_room_is_had_by_one_at_a_time_and_its_booker_is_reminded() {
    let acme = Acme::new();
    let book = |who: &str, room: &str, from: &str, until: &str| {
        let body = json!({
            "room": room,
            "starts_at": format!("2040-01-01T{from}:00Z"),
            "ends_at": format!("2040-01-01T{until}:00Z"),
        });
        acme.as_(who).post(&format!("/organisations/{}/bookings", acme.organisation), &body).send().status
    };
    assert_eq!(book("viewer", "Attic", "09:02", "10:00"), 201);
    assert_eq!(book("editor", "Attic", "09:30", "10:30"), 409);
    assert_eq!(book("editor", "Attic", "10:00", "11:00"), 201);
    assert_eq!(book("editor", "Cellar", "09:30", "10:30"), 201);
    assert_eq!(book("editor", "Cellar", "12:00", "12:00"), 422);
    assert_eq!(book("stranger", "Cellar", "13:00", "14:00"), 403);
    let mut socket = acme.as_("viewer").socket();
    acme.app.advance(Duration::from_mins(3));
    acme.app.run_jobs();
    let told = socket.next();
    assert_eq!((told.kind.as_str(), &told.data["room"]), ("booking_begins", &json!("Attic")));
    socket.expect_silence();
}

#[test]
fn who_watches_a_document_hears_of_it_as_long_as_he_may_read_it() {
    let acme = Acme::new();
    let editor = acme.as_("editor");
    let label = editor.under(acme.organisation).create::<Label>(&json!({ "name": "urgent" })).ok().id;
    let label = i64::from(label);
    let path = format!("/documents/{}", acme.document);
    let watchers = [acme.id_of("viewer"), acme.id_of("stranger")];
    let marked = editor.patch(&path, &json!({ "label_ids": [label], "watcher_ids": watchers })).expect(200).json();
    assert_eq!(marked["label_ids"], json!([label]));
    assert_eq!(acme.as_("viewer").walk::<Document>(&format!("?label_ids[has]={label}")).len(), 1);
    assert_eq!(acme.as_("viewer").walk::<Document>(&format!("?label_ids[has]={}", label + 1)).len(), 0);
    editor.patch(&path, &json!({ "label_ids": [label + 1] })).refused(422);
    acme.as_("viewer").patch(&path, &json!({ "label_ids": [] })).refused(403);

    let [mut viewer, mut stranger] = ["viewer", "stranger"].map(|who| acme.as_(who).socket());
    editor.patch(&path, &json!({ "body": "Now." })).expect(200);
    assert_eq!(viewer.next().kind, "document_changed");
    acme.as_("owner").call("DELETE", &format!("/memberships/{}", acme.membership)).expect(204);
    editor.patch(&path, &json!({ "body": "Later." })).expect(200);
    viewer.expect_silence();
    // Who belongs to nothing is told of nothing, whatever he is said to watch.
    stranger.expect_silence();

    editor.call("DELETE", &format!("/labels/{label}")).expect(204);
    assert_eq!(editor.get(&path).expect(200).json()["label_ids"], json!([]));
}
