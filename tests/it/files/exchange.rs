//! A file is sent, shown, read, replaced and taken away.

use fasttrack::testing::json;
use serde_json::Value;

use super::{Office, PNG, sha256, shown};

#[test]
fn what_is_sent_is_what_is_read() {
    let office = Office::new();
    let plan = office.plan();
    let path = format!("{plan}/drawing");
    assert_eq!(office.get(&plan).json()["drawing"], Value::Null);
    office.call("GET", &path).refused(404);

    let put = office
        .call("PUT", &path)
        .body("image/png", PNG)
        .header("content-disposition", "attachment; filename=\"a b.png\"");
    let row = put.expect(200);
    let url = format!("/api/v1{path}");
    assert_eq!(
        shown(&row.json()["drawing"]),
        ("a b.png", "image/png", PNG.len() as u64, sha256(PNG).as_str(), url.as_str())
    );
    let read = office.get(&plan);
    assert_eq!(
        (read.json(), read.header("etag")),
        (row.json(), row.header("etag")),
        "the row is shown as it was answered"
    );
    let listed = office.get("/plans").json();
    assert_eq!(listed["items"][0], row.json());

    let got = office.get(&path);
    assert_eq!((got.status, got.body.as_slice()), (200, PNG));
    for (name, value) in [
        ("content-type", "image/png"),
        ("content-length", &PNG.len().to_string()),
        ("content-disposition", "inline; filename=\"a b.png\""),
        ("etag", &format!("\"{}\"", sha256(PNG))),
        ("accept-ranges", "bytes"),
        ("cache-control", "private, no-cache"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ] {
        assert_eq!(got.header(name), Some(value), "{name}");
    }
    let head = office.call("HEAD", &path).header("range", "bytes=0-1").expect(200);
    assert_eq!((head.header("content-length"), head.body.len()), (got.header("content-length"), 0));

    assert_eq!(office.stored().len(), 1);
    assert_eq!(office.call("DELETE", &path).expect(204).body.len(), 0);
    assert_eq!(office.get(&plan).json()["drawing"], Value::Null);
    office.call("GET", &path).refused(404);
    office.call("DELETE", &path).expect(204);
    office.wait_for_stored(0);
}

#[test]
fn a_name_is_made_where_none_is_given() {
    let office = Office::new();
    let path = format!("{}/drawing", office.plan());
    for (content_type, bytes, name, media_type, answered) in [
        ("image/png", PNG, "drawing.png", "image/png", "image/png"),
        ("text/plain", b"a text", "drawing.txt", "text/plain", "text/plain; charset=utf-8"),
        ("application/json", b"[1]", "drawing.json", "application/json", "application/json"),
        ("image/svg+xml", b"<svg/>", "drawing.svg", "image/svg+xml", "image/svg+xml"),
    ] {
        let row = office.put(&path, content_type, bytes).json();
        let (shown_name, shown_type, ..) = shown(&row["drawing"]);
        assert_eq!((shown_name, shown_type), (name, media_type));
        let got = office.get(&path);
        assert_eq!((got.header("content-type"), got.body.as_slice()), (Some(answered), bytes));
        let saved = if content_type == "image/png" { "inline" } else { "attachment" };
        assert!(got.header("content-disposition").unwrap().starts_with(saved), "{content_type}");
    }
    office.wait_for_stored(1);
}

#[test]
fn some_of_it_is_read() {
    let office = Office::new();
    let path = format!("{}/anything", office.plan());
    let bytes: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    assert_eq!(office.put(&path, "application/octet-stream", &bytes).status, 200);
    let range = |range: &str| office.call("GET", &path).header("range", range).send();
    for (asked, first, end) in [
        ("bytes=0-0", 0, 1),
        ("bytes=65530-131080", 65_530, 131_081),
        ("bytes=299999-", 299_999, 300_000),
        ("bytes=-7", 299_993, 300_000),
        ("bytes=5-999999999", 5, 300_000),
    ] {
        let got = range(asked);
        assert_eq!((got.status, got.body.as_slice()), (206, &bytes[first..end]), "{asked}");
        let content_range = format!("bytes {first}-{}/300000", end - 1);
        assert_eq!(got.header("content-range"), Some(content_range.as_str()));
        assert_eq!(got.header("content-length"), Some((end - first).to_string().as_str()));
    }
    let beyond = range("bytes=300000-");
    let _ = beyond.problem(416);
    assert_eq!(beyond.header("content-range"), Some("bytes */300000"));
    for whole in ["bytes=0-1,5-6", "bytes=x", "lines=1-2"] {
        assert_eq!((range(whole).status, range(whole).body.len()), (200, 300_000), "{whole}");
    }
    let tag = format!("\"{}\"", sha256(&bytes));
    let if_range =
        |tag: &str| office.call("GET", &path).header("range", "bytes=0-0").header("if-range", tag).send().status;
    assert_eq!((if_range(&tag), if_range("\"x\"")), (206, 200));
    let if_none = |tag: &str| office.call("GET", &path).header("if-none-match", tag).send();
    assert_eq!((if_none(&tag).status, if_none(&tag).body.len(), if_none("\"x\"").status), (304, 0, 200));
    assert_eq!(if_none(&tag).header("etag"), Some(tag.as_str()));
    office.call("GET", &path).header("if-match", "\"x\"").refused(412);
    office.call("GET", &path).header("if-match", &tag).expect(200);
}

#[test]
fn the_row_has_a_version_and_a_history() {
    let office = Office::new();
    let (plan, mut socket) = (office.plan(), office.app.as_(&office.ada).socket());
    let path = format!("{plan}/drawing");
    let tag = |reply: &fasttrack::testing::Reply| reply.header("etag").unwrap().to_owned();
    let before = tag(&office.get(&plan));
    let put =
        |tag: &str, bytes: &[u8]| office.call("PUT", &path).body("text/plain", bytes).header("if-match", tag).send();
    let first = put(&before, b"one");
    assert_eq!((first.status, put(&before, b"two").status), (200, 412));
    assert_eq!(put(&tag(&first), b"two").status, 200);
    office.call("DELETE", &path).header("if-match", &tag(&first)).refused(412);
    office.wait_for_stored(1);

    let told = [socket.next(), socket.next()];
    assert_eq!(told[0].data["old"], Value::Null);
    assert_eq!(shown(&told[0].data["new"]).3, sha256(b"one"));
    assert_eq!((&told[1].data["old"], shown(&told[1].data["new"]).3), (&told[0].data["new"], sha256(b"two").as_str()));

    // The same once more is no change: nobody hears of it, and the row stays as it was.
    let row = office.get(&plan);
    let again = office.put(&path, "text/plain", b"two");
    assert_eq!((again.status, again.json()), (200, row.json()));
    socket.expect_silence();
    office.wait_for_stored(1);

    let changes = office.get(&format!("{plan}/history")).json();
    let changes: Vec<_> =
        changes["items"].as_array().unwrap().iter().map(|change| &change["changes"]["drawing"]).collect();
    let of = |bytes: &[u8]| json!({ "name": "drawing.txt", "type": "text/plain", "bytes": 3, "sha256": sha256(bytes) });
    assert_eq!(changes.len(), 3);
    assert_eq!(changes[1], &json!({ "old": null, "new": of(b"one") }));
    assert_eq!(changes[2], &json!({ "old": of(b"one"), "new": of(b"two") }));
}

#[test]
fn a_file_is_sent_to_its_path_alone() {
    let office = Office::new();
    let plan = office.plan();
    office.put(&format!("{plan}/drawing"), "image/png", PNG);
    for value in [json!(null), json!({ "name": "x" }), json!("x")] {
        let body = json!({ "drawing": value });
        office
            .app
            .as_(&office.ada)
            .patch(&plan, &body)
            .refused(422)
            .fault("drawing", "file")
            .says("send its bytes with PUT");
        office.app.as_(&office.ada).post("/plans", &body).refused(422).fault("drawing", "file");
    }
    let batch = json!({ "operations": [{ "method": "PUT", "path": format!("{plan}/drawing"), "body": {} }] });
    office.app.as_(&office.ada).post("/batch", &batch).refused(422);
    let key = office.call("PUT", &format!("{plan}/drawing")).body("image/png", PNG).header("idempotency-key", "k");
    key.refused(422).fault("Idempotency-Key", "not_taken");
    let deleted = || office.call("DELETE", &format!("{plan}/drawing")).header("idempotency-key", "d").expect(204);
    assert_eq!(deleted().header("idempotency-replayed"), None);
    assert_eq!(deleted().header("idempotency-replayed"), Some("true"));
    office.call("PUT", &format!("{plan}/drawing?x=1")).body("image/png", PNG).refused(422).fault("x", "unknown");
    office.call("GET", &format!("{plan}/drawing?x=1")).refused(422).fault("x", "unknown");
    office.call("POST", &format!("{plan}/drawing")).refused(405);
}

#[test]
fn an_address_is_where_the_server_is_seen() {
    let office = Office::with(&[("PUBLIC_URL", "https://x.example/tracker")]);
    let plan = office.plan();
    let row = office.put(&format!("{plan}/drawing"), "image/png", PNG).json();
    let expected = format!("https://x.example/tracker/api/v1{plan}/drawing");
    assert_eq!(shown(&row["drawing"]).4, expected);
    assert_eq!(shown(&office.get(&format!("{plan}?fields=drawing")).json()["drawing"]).4, expected);
}

#[test]
fn who_reads_reads_the_file_that_was_there_to_its_end() {
    use std::io::{Read, Write};
    let office = Office::new();
    let path = format!("{}/anything", office.plan());
    let bytes: Vec<u8> = (0..11_000_000_u32).map(|number| (number % 253) as u8).collect();
    office.put(&path, "application/octet-stream", &bytes);
    let mut stream = std::net::TcpStream::connect(office.app.address()).unwrap();
    let token = &office.ada.access_token;
    let head = format!(
        "GET /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut first = vec![0; 100_000];
    stream.read_exact(&mut first).unwrap();
    office.put(&path, "application/octet-stream", b"another");
    office.wait_for_stored(1);
    let mut rest = first.clone();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(&bytes[100_000..]) && rest.len() > bytes.len(), "{} bytes came", rest.len());
}
