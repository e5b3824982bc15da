//! What becomes of bytes that no row has any more, however it came to that.

use std::fs;

use fasttrack::testing::json;
use serde_json::Value;

use super::{A_DAY, Office, PNG, collect};

#[test]
fn what_is_replaced_goes_soon() {
    let office = Office::new();
    let plan = office.plan();
    for number in 0..20 {
        office.put(&format!("{plan}/anything"), "application/octet-stream", format!("file {number}").as_bytes());
    }
    office.wait_for_stored(1);
    assert_eq!(office.get(&format!("{plan}/anything")).body, b"file 19");
}

#[test]
fn what_goes_with_its_row_goes_soon() {
    let office = Office::new();
    let [gone, left] = [(); 2].map(|()| office.plan());
    for plan in [&gone, &left] {
        office.put(&format!("{plan}/drawing"), "image/png", PNG);
        office.put(&format!("{plan}/quote"), "image/png", PNG);
        let sheet = office.made(&format!("{}/sheets", plan.trim_start_matches('/')));
        office.put(&format!("{sheet}/scan"), "image/png", PNG);
    }
    office.wait_for_stored(6);
    office.call("DELETE", &gone).expect(204);
    office.wait_for_stored(3);
    office.call("GET", &format!("{left}/drawing")).expect(200);
    // And with the row that this hangs on.
    let root = office.app.account_as("root", "admin");
    office.app.as_(&office.ada).call("PUT", "/persons/me/portrait").body("image/png", PNG).expect(200);
    office.wait_for_stored(4);
    office.app.as_(&root).call("DELETE", &format!("/persons/{}", office.ada.id)).expect(204);
    office.wait_for_stored(0);
}

#[test]
fn what_is_kept_with_a_deleted_row_goes_when_that_is_erased() {
    let office = Office::new();
    let draft = office.made("drafts");
    office.put(&format!("{draft}/scan"), "image/png", PNG);
    office.call("DELETE", &draft).expect(204);
    office.call("GET", &format!("{draft}/scan")).refused(404);
    office.call("PUT", &format!("{draft}/scan")).body("image/png", PNG).refused(404);
    office.app.advance(A_DAY * 2);
    assert_eq!(office.stored().len(), 1, "it is kept as long as the row, and not swept");
    let ada = office.app.login(&office.ada);
    let ada = office.app.as_(&ada);
    ada.call("POST", &format!("{draft}/restore")).expect(200);
    assert_eq!(ada.call("GET", &format!("{draft}/scan")).expect(200).body, PNG);
    ada.call("DELETE", &draft).expect(204);
    office.app.advance(A_DAY * 31);
    office.wait_for_stored(0);
}

#[test]
fn what_nobody_has_is_swept_after_a_day_and_nothing_else() {
    let office = Office::new();
    let plan = office.plan();
    office.put(&format!("{plan}/drawing"), "image/png", PNG);
    let root = office.store.path().join("files");
    let mut real = Vec::new();
    collect(&root, &mut |path| real.push(path));
    let folder = real[0].parent().unwrap();
    let (outer, inner) = (folder.parent().unwrap().file_name().unwrap(), folder.file_name().unwrap());
    let lost = format!("{}{}{}-1", outer.to_str().unwrap(), inner.to_str().unwrap(), "0".repeat(28));
    let received = format!("received/{}-1.part", "a".repeat(32));
    fs::write(folder.join(&lost), b"lost").unwrap();
    fs::write(root.join(&received), b"lost").unwrap();
    for name in ["README.txt", "received/notes"] {
        fs::write(root.join(name), b"somebody else's").unwrap();
    }
    office.app.advance(A_DAY / 2);
    assert!(folder.join(&lost).exists() && root.join(&received).exists(), "it may belong to who is still at it");
    office.app.advance(A_DAY / 2);
    assert!(!folder.join(&lost).exists() && !root.join(&received).exists());
    assert!(root.join("README.txt").exists() && root.join("received/notes").exists());
    assert_eq!(
        office.app.as_(&office.app.login(&office.ada)).call("GET", &format!("{plan}/drawing")).expect(200).body,
        PNG
    );
}

#[test]
fn a_refused_change_leaves_nothing() {
    let office = Office::new();
    let path = format!("{}/drawing", office.plan());
    let refused = office.call("PUT", &path).body("image/png", PNG).header("if-match", "\"another\"");
    refused.refused(412);
    assert_eq!(office.stored().len(), 0, "it is taken out before the answer");
}

#[test]
fn a_row_whose_bytes_are_lost_says_so_and_takes_others() {
    let office = Office::new();
    let plan = office.plan();
    let path = format!("{plan}/drawing");
    office.put(&path, "image/png", PNG);
    let mut files = Vec::new();
    collect(&office.store.path().join("files"), &mut |path| files.push(path));
    fs::remove_file(&files[0]).unwrap();
    assert!(office.call("GET", &path).refused(404).detail.contains("are not there any more"));
    assert_ne!(office.get(&plan).json()["drawing"], Value::Null);
    assert_eq!(office.put(&path, "text/plain", b"another").status, 200);
    assert_eq!(office.get(&path).body, b"another");
    assert_eq!(office.app.as_(&office.ada).patch(&plan, &json!({ "title": "x" })).expect(200).status, 200);
}

#[test]
fn who_sends_at_once_leaves_one_file() {
    let office = Office::new();
    let path = format!("{}/anything", office.plan());
    let send =
        &|number: usize| office.put(&path, "application/octet-stream", vec![b'a'; 1_000 + number].as_slice()).status;
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..30).map(|number| scope.spawn(move || send(number))).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    assert_eq!(statuses, [200; 30]);
    office.wait_for_stored(1);
    let row = office.get(path.trim_end_matches("/anything")).json();
    assert_eq!(office.get(&path).body.len() as u64, row["anything"]["bytes"].as_u64().unwrap());
}
