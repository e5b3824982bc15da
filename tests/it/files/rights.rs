//! Whoever may do it to the row may do it to its file, and nobody else learns of it.

use fasttrack::testing::{Client, json};
use serde_json::Value;

use super::{Office, PNG, shown};

/// What each is answered: `PUT`, `GET`, `DELETE`.
#[track_caller]
fn check(client: &Client<'_>, path: &str, expected: [u16; 3]) {
    let put = client.call("PUT", path).body("image/png", PNG).send().status;
    let get = client.call("GET", path).send().status;
    let delete = client.call("DELETE", path).send().status;
    assert_eq!([put, get, delete], expected, "{path}");
}

#[test]
fn the_rules_of_the_row_are_asked() {
    let office = Office::new();
    let eve = office.app.account("eve");
    let (ada, eve, nobody) = (office.app.as_(&office.ada), office.app.as_(&eve), office.app.anonymous());
    let plan = office.plan();
    let drawing = format!("{plan}/drawing");
    office.put(&drawing, "image/png", PNG);
    check(&eve, &drawing, [403, 200, 403]);
    check(&nobody, &drawing, [401, 401, 401]);
    check(&ada, &drawing, [200, 200, 204]);
    check(&ada, "/plans/999/drawing", [404, 404, 404]);
    check(&ada, "/plans/x/drawing", [404, 404, 404]);
    check(&ada, &format!("{plan}/sketch"), [404, 404, 404]);

    let draft = office.made("drafts");
    let scan = format!("{draft}/scan");
    office.put(&scan, "image/png", PNG);
    check(&eve, &scan, [404, 404, 404]);
    let told = |path: &str| {
        let problem = eve.call("GET", path).refused(404);
        problem.detail.replace(|char: char| char.is_ascii_digit(), "")
    };
    assert_eq!(told(&scan), told("/drafts/999/scan"), "what is concealed is as what is not there");
    check(&ada, &scan, [200, 200, 204]);
}

#[test]
fn who_is_not_shown_the_field_is_told_that_there_is_no_file() {
    let office = Office::new();
    let eve = office.app.account("eve");
    let (ada, eve) = (office.app.as_(&office.ada), office.app.as_(&eve));
    let [with, without] = [(); 2].map(|()| format!("{}/quote", office.plan()));
    office.put(&with, "image/png", PNG);
    let told = |path: &str| eve.call("GET", path).refused(404).detail.clone();
    assert_eq!(told(&with), told(&without));
    ada.call("GET", &with).expect(200);
    let row = eve.get(with.trim_end_matches("/quote")).expect(200).json();
    assert!(row.get("quote").is_none(), "{row}");
    let history = office.get(&format!("{}/history", with.trim_end_matches("/quote"))).text();
    assert!(!history.contains("image/png"), "{history}");
}

#[test]
fn one_has_ones_own_files() {
    let office = Office::new();
    let (eve, root) = (office.app.account("eve"), office.app.account_as("root", "admin"));
    let (ada, eve, root) = (office.app.as_(&office.ada), office.app.as_(&eve), office.app.as_(&root));
    let own = format!("/persons/{}/portrait", office.ada.id);
    check(&ada, "/persons/me/portrait", [200, 200, 204]);
    let row = ada.call("PUT", "/persons/me/portrait").body("image/png", PNG).expect(200).json();
    assert_eq!(shown(&row["portrait"]).4, format!("/api/v1{own}"));
    ada.call("GET", &own).expect(200);
    check(&eve, &own, [403, 403, 403]);
    root.call("GET", &own).expect(200);
    check(&eve, "/persons/me/portrait", [200, 200, 204]);
    check(&ada, &own, [200, 200, 204]);
    // What only some may set is nobody's own to set.
    let badge = format!("/persons/{}/badge", office.ada.id);
    check(&ada, &badge, [403, 404, 403]);
    ada.call("PUT", "/persons/me/badge").body("image/png", PNG).refused(404);
    root.call("PUT", &badge).body("image/png", PNG).expect(200);
    ada.call("GET", "/persons/me/badge").expect(200);
}

#[test]
fn who_may_not_is_told_so_before_he_sends() {
    use std::io::{Read, Write};
    let office = Office::new();
    let eve = office.app.account("eve");
    let path = format!("{}/anything", office.plan());
    let answer = |token: &str, length: &str| {
        let mut stream = std::net::TcpStream::connect(office.app.address()).unwrap();
        let head = format!(
            "PUT /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\n\
             expect: 100-continue\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut said = vec![0; 12];
        stream.read_exact(&mut said).unwrap();
        String::from_utf8(said).unwrap()
    };
    assert_eq!(answer(&eve.access_token, "10000000"), "HTTP/1.1 403");
    assert_eq!(answer(&office.ada.access_token, "12000001"), "HTTP/1.1 413");
    assert_eq!(answer(&office.ada.access_token, "12000000"), "HTTP/1.1 100");
}

#[test]
fn who_is_disabled_while_he_sends_has_sent_nothing() {
    use std::io::Write;
    let office = Office::new();
    let plan = office.plan();
    let mut stream = std::net::TcpStream::connect(office.app.address()).unwrap();
    let token = &office.ada.access_token;
    let head = format!(
        "PUT /api/v1{plan}/anything HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-length: 10\r\n\
         connection: close\r\n\r\nfive "
    );
    stream.write_all(head.as_bytes()).unwrap();
    let root = office.app.account_as("root", "admin");
    let (context, id) = (office.app.context().clone(), office.ada.id);
    office.app.block_on(async move { context.disable_account(id).await.map(drop) }).unwrap();
    stream.write_all(b"more.").unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(office.app.as_(&root).get(&plan).expect(200).json()["anything"], Value::Null);
    office.wait_for_stored(0);
}

#[test]
fn lists_show_to_each_what_he_is_shown() {
    let office = Office::new();
    let eve = office.app.account("eve");
    let plan = office.plan();
    for field in ["drawing", "quote"] {
        office.put(&format!("{plan}/{field}"), "image/png", PNG);
    }
    let sheet = office.app.as_(&office.ada).post(&format!("{plan}/sheets"), &json!({})).expect(201).json();
    let keys = |client: &Client<'_>, path: &str| {
        let row = client.get(path).expect(200).json();
        let row = row.get("items").map_or(row.clone(), |items| items[0].clone());
        let row = row.get("plan").cloned().unwrap_or(row);
        [row["drawing"]["type"] == "image/png", row["quote"]["type"] == "image/png"]
    };
    let expanded = format!("/sheets/{}?expand=plan", sheet["id"]);
    for path in [plan.as_str(), "/plans", "/plans?fields=drawing,quote", expanded.as_str()] {
        assert_eq!(keys(&office.app.as_(&office.ada), path), [true, true], "{path}");
        assert_eq!(keys(&office.app.as_(&eve), path), [true, false], "{path}");
    }
    let lines = office.app.as_(&eve).call("GET", "/plans").header("accept", "text/csv").expect(200).text();
    assert!(lines.contains("image/png") && !lines.contains("/quote\""), "{lines}");
}
