//! What somebody sends who means no good: types that are not, lengths that lie, names that lead elsewhere.

use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::TcpStream,
};

use fasttrack::testing::json;
use serde_json::Value;

use super::{Office, PNG, shown};

const HTML: &[u8] = b"<!DOCTYPE html><html><script>alert(document.cookie)</script></html>";

#[test]
fn a_file_is_what_its_first_bytes_say() {
    let office = Office::new();
    let plan = office.plan();
    let path = format!("{plan}/drawing");
    for (content_type, bytes, words) in [
        ("image/png", HTML, "says image/png, and the file is none of that type"),
        ("image/png", b"GIF89a and so on", "says image/png, and the file begins as one of image/gif does"),
        ("image/gif", b"GIF89a and so on", "of the type image/gif is not taken here"),
        ("image/svg+xml", HTML, "is none of that type"),
        ("text/html", HTML, "nothing tells of which type the file is"),
        ("application/octet-stream", HTML, "nothing tells of which type the file is"),
        ("text/plain", PNG, "says text/plain, and the file begins as one of image/png does"),
        ("text/plain", b"a\0b", "is none of that type"),
        ("application/json", b"{\"a\": 1", "is none of that type"),
        ("image/png; charset", PNG, "send the type of the file as `Content-Type`"),
        ("not a type", PNG, "send the type of the file as `Content-Type`"),
    ] {
        let refused = office.call("PUT", &path).body(content_type, bytes).refused(415);
        assert!(refused.detail.contains(words), "{content_type}: {}", refused.detail);
    }
    for coding in ["gzip", "identity, br"] {
        office
            .call("PUT", &path)
            .body("image/png", PNG)
            .header("content-encoding", coding)
            .refused(415)
            .says("as it is");
    }
    let parts = office.call("PUT", &path).body("image/png", PNG).header("content-range", "bytes 0-3/9");
    parts.refused(422).fault("Content-Range", "not_taken");
    assert_eq!(office.get(&plan).json()["drawing"], Value::Null);
    assert_eq!(office.stored().len(), 0, "nothing is left of what was refused");
}

#[test]
fn what_a_browser_would_run_is_never_answered_as_that() {
    let office = Office::new();
    let plan = office.plan();
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    let polyglot = [b"GIF89a/*\x01\0\x01\0".as_slice(), HTML].concat();
    for (field, sent, bytes, answered) in [
        ("anything", "text/html", HTML, "application/octet-stream"),
        ("anything", "application/xhtml+xml", HTML, "application/octet-stream"),
        ("anything", "text/html", &polyglot, "image/gif"),
        ("anything", "application/javascript", b"alert(1)", "application/octet-stream"),
        ("anything", "text/plain", HTML, "text/plain; charset=utf-8"),
        ("drawing", "image/svg+xml", svg, "image/svg+xml"),
    ] {
        let path = format!("{plan}/{field}");
        let put = office.put(&path, sent, bytes);
        assert_eq!(put.status, 200, "{sent}: {put}");
        let got = office.get(&path);
        assert_eq!(got.header("content-type"), Some(answered), "{sent}");
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        assert!(got.header("content-security-policy").unwrap().starts_with("sandbox; default-src 'none'"));
        if answered != "image/gif" {
            assert!(got.header("content-disposition").unwrap().starts_with("attachment"), "{sent}");
        }
    }
}

#[test]
fn a_name_leads_nowhere() {
    let office = Office::new();
    let path = format!("{}/drawing", office.plan());
    let named = |disposition: &str| {
        let put = office.call("PUT", &path).body("image/png", PNG).header("content-disposition", disposition);
        let name = shown(&put.expect(200).json()["drawing"]).0.to_owned();
        let got = office.get(&path);
        assert!(got.header("content-disposition").unwrap().is_ascii());
        name
    };
    for (given, kept) in [
        ("../../../../etc/passwd", "passwd"),
        ("/etc/cron.d/x", "x"),
        ("C:\\\\Windows\\\\system32\\\\x.png", "x.png"),
        ("..", "drawing.png"),
        ("", "drawing.png"),
        ("a\\\"; filename=evil.exe", "a_; filename=evil.exe"),
    ] {
        assert_eq!(named(&format!("attachment; filename=\"{given}\"")), kept, "{given}");
    }
    let long = named(&format!("attachment; filename=\"{}.png\"", "x".repeat(10_000)));
    assert_eq!((long.len(), long.ends_with("x.png")), (255, true));
    assert_eq!(named("attachment; filename*=UTF-8''a%00%0D%0Ab%E2%80%AEgnp.exe"), "abgnp.exe");
    let malformed =
        office.call("PUT", &path).body("image/png", PNG).header("content-disposition", "attachment; filename");
    malformed.refused(422).fault("Content-Disposition", "malformed");
    let keys = office.stored();
    assert!(
        keys.iter().all(|key| !key.contains("passwd") && key.len() == 34),
        "no name of theirs is one of ours: {keys:?}"
    );
}

/// What is answered to bytes as they are; 0 where nothing is, as to somebody who does not stay for it.
#[track_caller]
fn exchange(office: &Office, head: &[(&str, &str)], path: &str, (body, stays): (&[u8], bool)) -> u16 {
    let mut stream = TcpStream::connect(office.app.address()).unwrap();
    let token = &office.ada.access_token;
    let mut request = format!(
        "PUT /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n"
    );
    for (name, value) in head {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    stream.write_all((request + "\r\n").as_bytes()).unwrap();
    // The server may answer and close before it has read all.
    stream.write_all(body).ok();
    if !stays {
        stream.shutdown(std::net::Shutdown::Write).ok();
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.split(' ').nth(1).map_or(0, |word| word.parse().unwrap_or_else(|_| panic!("no answer but {answer:?}")))
}

/// A body in chunks.
fn chunked(parts: &[&[u8]]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
        body.extend_from_slice(part);
        body.extend_from_slice(b"\r\n");
    }
    body
}

#[test]
fn a_length_that_lies_is_found_out() {
    let office = Office::new();
    let plan = office.plan();
    let path = format!("{plan}/anything");
    let small = format!("{plan}/quote");
    let kilobyte = [b'x'; 1_000];
    let more = [kilobyte.as_slice(), b"y"].concat();
    let length = |text: &'static str| [("content-length", text)];
    let chunks = [("transfer-encoding", "chunked")];
    let answered = |head: &[(&str, &str)], path: &str, body: &[u8]| exchange(&office, head, path, (body, true));
    let leaves = |head: &[(&str, &str)], path: &str, body: &[u8]| exchange(&office, head, path, (body, false));
    assert_eq!(answered(&length("5"), &path, b"five.and more"), 200, "what comes behind it is no part of it");
    let is_refused = |status: u16| [0, 400].contains(&status);
    assert!(is_refused(leaves(&length("10"), &path, b"other")), "less comes than was said");
    assert_eq!(office.get(&path).body, b"five.");
    assert_eq!(answered(&length("0"), &path, b""), 422);
    assert_eq!(answered(&[], &path, b""), 422);
    assert_eq!(answered(&chunks, &path, b"0\r\n\r\n"), 422);
    assert_eq!(answered(&length("1001"), &small, &more), 413);
    assert_eq!(answered(&length("99999999999999999999"), &small, b"x"), 413);
    assert_eq!(answered(&length("-1"), &small, b"x"), 400);
    assert_eq!(answered(&length("1000"), &small, &kilobyte), 200);
    let whole = chunked(&[&kilobyte[..300], &kilobyte[300..], b""]);
    assert_eq!(answered(&chunks, &small, &whole), 200);
    assert_eq!(answered(&chunks, &small, &chunked(&[&kilobyte, b"y", b""])), 413, "one byte over");
    assert!(is_refused(leaves(&chunks, &small, &chunked(&[&kilobyte[..300]]))), "it has no end");
    assert_eq!(answered(&chunks, &small, b"zz\r\nx"), 400);
    // Who sends without an end is stopped as soon as it is too much.
    let endless = chunked(&[vec![0; 60_000].as_slice(); 400]);
    assert_eq!(answered(&chunks, &path, &endless), 413);
    assert_eq!(office.get(&small).body, kilobyte, "nothing of that has changed what was there");
    office.wait_for_stored(2);
}

#[test]
fn a_body_that_stalls_is_not_waited_for() {
    let office = Office::new();
    let path = format!("{}/anything", office.plan());
    let mut stream = TcpStream::connect(office.app.address()).unwrap();
    let token = &office.ada.access_token;
    let head = format!(
        "PUT /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-length: 100\r\n\r\nsome"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let begun = std::time::Instant::now();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!((9..15).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert_eq!(office.stored().len(), 0);
}

#[test]
fn a_folder_that_cannot_be_is_told_at_the_start() {
    let place = tempfile::tempdir().unwrap();
    std::fs::create_dir(place.path().join("real")).unwrap();
    std::os::unix::fs::symlink(place.path().join("real"), place.path().join("link")).unwrap();
    let start = |schemas: &'static [&'static fasttrack::schema::Schema]| {
        let files = format!("file://{}", place.path().join("link").display());
        let application = fasttrack::Application::new(schemas);
        fasttrack::testing::TestApp::setup(application).set("MIGRATIONS_DIR", "none").set("FILES", &files).try_start()
    };
    let refused = start(super::RESOURCES.schemas()).unwrap_err().to_string();
    assert!(refused.contains("is a symbolic link"), "{refused}");
    // Where nothing is declared that would be there, nobody looks.
    assert!(start(crate::RESOURCES.schemas()).is_ok());
    assert_eq!(json!(std::fs::read_dir(place.path().join("real")).unwrap().count()), json!(0));
}
