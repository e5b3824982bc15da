//! Cursors: opaque, short, bound to their list, and of no use once touched.

use serde_json::{Value, json};

use super::Board;
use crate::driver::{encode, shared};

/// base64url (RFC 4648)
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The cursor behind the first page.
#[track_caller]
fn cursor_of(board: &Board, query: &str) -> String {
    let page = shared().get(&format!("{}?{query}", board.path)).by(&board.owner).ok();
    page["next_cursor"].as_str().unwrap_or_else(|| panic!("no more after {query}: {page}")).to_owned()
}

#[test]
fn a_page_is_what_the_contract_says() {
    let board = Board::new(shared(), 21);
    let app = shared();
    let page = |query: &str| app.get(&format!("{}{query}", board.path)).by(&board.owner).ok();
    let shape = |page: &Value| (page["items"].as_array().unwrap().len(), page["has_more"].as_bool().unwrap());
    let first = page("");
    let mut keys: Vec<_> = first.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, ["has_more", "items", "next_cursor"]);
    assert_eq!(shape(&first), (20, true));
    assert_eq!(shape(&page("?limit=1")), (1, true));
    assert_eq!(shape(&page("?limit=20")), (20, true));
    let whole = page("?limit=21");
    assert_eq!(shape(&whole), (21, false));
    assert_eq!(whole["next_cursor"], Value::Null);
    assert_eq!(shape(&page("?limit=100")), (21, false));
    let empty = page("?title=nothing");
    assert_eq!(empty, json!({ "items": [], "next_cursor": null, "has_more": false }));
}

#[test]
fn a_touched_cursor_is_refused() {
    let board = Board::new(shared(), 4);
    let cursor = cursor_of(&board, "limit=2&sort=-title");
    let answer = |cursor: &str| {
        let path = format!("{}?limit=2&sort=-title&cursor={}", board.path, encode(cursor));
        shared().get(&path).by(&board.owner).send()
    };
    answer(&cursor).expect(200);
    let check = |touched: &str| {
        let reply = answer(touched);
        assert_eq!(reply.status, 400, "{cursor} became {touched}: {reply}");
        reply.problem(400);
    };
    for (position, byte) in cursor.bytes().enumerate() {
        // Every value of the last two characters, whose spare bits a lenient decoder ignores; one bit of the others.
        let last = position + 2 >= cursor.len();
        let place = ALPHABET.iter().position(|&letter| letter == byte).unwrap_or(0);
        for other in (0..64).filter(|&other| other != place && (last || other == place ^ (1 << (position % 6)))) {
            let mut bytes = cursor.clone().into_bytes();
            bytes[position] = ALPHABET[other];
            check(&String::from_utf8(bytes).unwrap());
        }
    }
    for touched in [
        format!("{cursor}="),
        format!("{cursor}=="),
        format!("{cursor}A"),
        format!("{cursor}."),
        format!(" {cursor}"),
        format!("{cursor}\n"),
        format!("{cursor}{cursor}"),
        cursor[1..].to_owned(),
        cursor[..cursor.len() - 1].to_owned(),
        cursor[..cursor.len() / 2].to_owned(),
        cursor.to_ascii_uppercase(),
        cursor.replace(['-', '_'], "+") + "/",
    ] {
        check(&touched);
    }
    for foreign in ["abc", "0", "null", "eyJpZCI6MX0", "é", "%", "😀", &"A".repeat(1024), &"A".repeat(2000)] {
        check(foreign);
    }
}

#[test]
fn a_cursor_belongs_to_its_list() {
    let app = shared();
    let (board, other) = (Board::new(app, 6), Board::new(app, 6));
    let cursor = encode(&cursor_of(&board, "limit=2&status[ne]=done"));
    let path = &board.path;
    let get =
        |path: &str, query: &str, token: &str| app.get(&format!("{path}?{query}&cursor={cursor}")).token(token).send();
    let own = &board.owner.pair.access;
    get(path, "limit=2&status[ne]=done", own).expect(200);
    for (path, query) in [
        (path, "limit=2"),
        (path, "limit=2&status[ne]=todo"),
        (path, "limit=2&status=todo"),
        (path, "limit=2&status[ne]=done&priority=low"),
        (path, "limit=2&status[ne]=done&q=a"),
        (path, "limit=2&status[ne]=done&sort=-id"),
        (path, "limit=2&status[ne]=done&sort=title"),
        (path, "limit=2&status[ne]=done&sort=created_at,-id"),
        (&other.path, "limit=2&status[ne]=done"),
        (&"/projects".to_owned(), "limit=2&status[ne]=archived"),
        (&"/auth/sessions".to_owned(), "limit=2"),
    ] {
        get(path, query, own).problem(400);
    }
    get(&other.path, "limit=2&status[ne]=done", &other.owner.pair.access).problem(400);
    get(path, "limit=2&status[ne]=done", &app.admin().pair.access).problem(400);
    // It is bound to the user, not to the token.
    let again = app.login(&board.owner.email, &board.owner.password);
    get(path, "limit=2&status[ne]=done", &again.access).expect(200);
}

#[test]
fn the_limit_may_change_on_the_way() {
    let board = Board::new(shared(), 9);
    let mut ids = Vec::new();
    let mut cursor = String::new();
    for limit in [1, 3, 2, 100] {
        let page = shared().get(&format!("{}?limit={limit}{cursor}", board.path)).by(&board.owner).ok();
        ids.extend(page["items"].as_array().unwrap().iter().map(super::id));
        if let Some(next) = page["next_cursor"].as_str() {
            cursor = format!("&cursor={}", encode(next));
        }
    }
    assert_eq!(ids, board.ids_where(|_| true));
}

#[test]
fn a_cursor_works_again_and_after_the_row_it_points_at_is_gone() {
    let app = shared();
    let board = Board::new(app, 6);
    let cursor = encode(&cursor_of(&board, "limit=2"));
    let rest = |limit: usize| {
        let page = app.get(&format!("{}?limit={limit}&cursor={cursor}", board.path)).by(&board.owner).ok();
        page["items"].as_array().unwrap().iter().map(super::id).collect::<Vec<_>>()
    };
    let expected = board.ids_where(|_| true);
    assert_eq!(rest(10), expected[2..]);
    for task in &board.tasks[..3] {
        app.delete(&format!("/tasks/{}", task["id"])).by(&board.owner).done();
    }
    assert_eq!(rest(10), expected[3..]);
    assert_eq!(rest(1), expected[3..4]);
}

#[test]
fn a_cursor_stays_short_whatever_it_sorts_by() {
    let app = shared();
    let owner = app.person();
    let path = format!("/projects/{}/tasks", app.project(&owner));
    // 1,200 bytes each, alike up to the last character; two of them alike throughout.
    let titles: Vec<_> = ["😀", "😂", "😀", "😁", "\u{1f64f}", "a"].map(|last| "😀".repeat(299) + last).into();
    for title in &titles {
        app.post(&path, &json!({ "title": title })).by(&owner).created();
    }
    for sort in ["title", "-title", "status,title,-id", "title,created_at,updated_at,id"] {
        // The walk itself checks that no cursor is over 1 KiB.
        let rows = app.walk(&owner, &format!("{path}?sort={sort}&limit=1"));
        let mut found: Vec<_> = rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect();
        let mut expected = titles.clone();
        expected.sort_unstable();
        if sort.starts_with('-') {
            found.reverse();
        }
        assert!(found == expected, "{sort}: the walk is out of order, or a row is missing");
    }
}

/// 300 characters of a range, in no order that would make them short: a linear congruence.
fn noise(seed: u32, first: u32, count: u32) -> String {
    let mut state = seed;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(first + (state >> 8) % count).unwrap_or('x')
    };
    (0..300).map(step).collect()
}

/// Checks that a page goes on behind a row that is gone, and behind one that sorts elsewhere by now.
#[track_caller]
fn check_outlives(titles: impl Iterator<Item = String>) {
    let app = shared();
    let owner = app.person();
    let path = format!("/projects/{}/tasks", app.project(&owner));
    for title in titles {
        app.post(&path, &json!({ "title": title })).by(&owner).created();
    }
    let all = app.walk(&owner, &format!("{path}?sort=title"));
    for (last, gone) in [(1, true), (2, false)] {
        let page = app.get(&format!("{path}?sort=title&limit=2")).by(&owner).ok();
        let cursor = page["next_cursor"].as_str().unwrap();
        assert!(cursor.len() <= 1024, "a cursor of {} bytes", cursor.len());
        let row = format!("/tasks/{}", all[last]["id"]);
        if gone {
            app.delete(&row).by(&owner).done();
        } else {
            app.patch(&row, &json!({ "title": "a" })).by(&owner).ok();
        }
        let rest = app.get(&format!("{path}?sort=title&limit=9&cursor={}", encode(cursor))).by(&owner).ok();
        let found: Vec<_> = rest["items"].as_array().unwrap().iter().map(super::id).collect();
        assert_eq!(found, all[last + 1..].iter().map(super::id).collect::<Vec<_>>());
    }
}

#[test]
fn a_cursor_outlives_its_row() {
    check_outlives((1..=6).map(|seed| format!("title {seed}")));
    check_outlives((1..=6).map(|seed| noise(seed, 0x1f300, 0x700)));
}

#[test]
fn a_cursor_outlives_its_row_whatever_it_sorts_by() {
    // Every character above the basic plane: 1,200 bytes that nothing makes much shorter.
    check_outlives((1..=6).map(|seed| noise(seed, 0x1_0000, 0xf_fffe)));
}

#[test]
fn a_cursor_lives_through_a_restart() {
    let app = crate::driver::Settings::new().start();
    let owner = app.person();
    let ids: Vec<_> = (0..3).map(|_| app.project(&owner)).collect();
    let page = app.get("/projects?limit=1").by(&owner).ok();
    let cursor = encode(page["next_cursor"].as_str().unwrap());
    let app = app.kill().start();
    let rest = app.get(&format!("/projects?limit=5&cursor={cursor}")).by(&owner).ok();
    let found: Vec<_> = rest["items"].as_array().unwrap().iter().map(super::id).collect();
    assert_eq!(found, ids[1..]);
}
