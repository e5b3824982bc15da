//! `?q=` finds words, and beginnings of words; `[contains]` is literal, without regard to ASCII case. What else a search can
//! be, `inside/search.rs` holds against a model.

use serde_json::json;

use super::id;
use crate::driver::{Person, TestApp, encode, shared, unique};

/// Titles and descriptions of tasks that are easily mistaken for one another.
const ROWS: [(&str, &str); 12] = [
    ("100% sure", ""),
    ("100 percent sure", ""),
    ("snake_case", ""),
    ("snakeXcase", ""),
    ("back\\slash", ""),
    ("it's", "a \"quoted\" word"),
    ("Straße ÉTÉ", ""),
    ("plain", "MiXeD CaSe"),
    ("null", "{}"),
    ("[1]", "a*b?c[d]^e"),
    ("two  spaces", "a,b"),
    ("😀 smile", "e\u{301}"),
];

/// Whether `text` holds `needle`, as the contract has it.
fn holds(text: &str, needle: &str) -> bool {
    text.to_ascii_lowercase().contains(&needle.to_ascii_lowercase())
}

const NEEDLES: [&str; 40] = [
    "%",
    "_",
    "\\",
    "'",
    "\"",
    "100%",
    "0%s",
    "e_c",
    "k\\s",
    "it's",
    "\"quoted\"",
    "SURE",
    "sNaKe",
    "ß",
    "SS",
    "É",
    "é",
    "e\u{301}",
    "été",
    "null",
    "NULL",
    "{}",
    "[1]",
    "[",
    "*",
    "?",
    "^",
    "a*b",
    "[d]",
    "two  spaces",
    "two spaces",
    " ",
    "😀",
    "😀 SMILE",
    ",",
    "mixed case",
    "%%",
    "__",
    "' OR 1=1 --",
    "\\%",
];

/// What `q` finds of the rows above, by their places.
const FOUND: &[(&str, &[usize])] = &[
    ("100", &[0, 1]),
    ("100%", &[0, 1]),
    ("sure 100 per", &[1]),
    ("SNAKE", &[2, 3]),
    ("case", &[2, 7]),
    ("snake_case", &[2]),
    ("slash", &[4]),
    ("lash", &[]),
    ("it's", &[5]),
    ("\"quoted\"", &[5]),
    ("its quoted", &[]),
    ("word it", &[5]),
    ("ete", &[6]),
    ("été", &[6]),
    ("E\u{301}T", &[6]),
    ("STRASSE", &[]),
    ("straß", &[6]),
    ("mixed", &[7]),
    ("null", &[8]),
    ("b a", &[9, 10]),
    ("two spaces", &[10]),
    ("SMILE 😀", &[11]),
    ("a OR null", &[]),
    ("e", &[6, 9, 11]),
    ("plain NOT case", &[]),
    // Where there is no word, the text itself.
    ("%", &[0]),
    ("_", &[2]),
    ("\\", &[4]),
    ("'", &[5]),
    ("😀", &[11]),
    ("{}", &[8]),
    ("%%", &[]),
];

/// A project with the rows above, and their ids.
fn rows(app: &TestApp, owner: &Person) -> (String, Vec<i64>) {
    let path = format!("/projects/{}/tasks", app.project(owner));
    let create = |(title, description): &(&str, &str)| {
        id(&app.post(&path, &json!({ "title": title, "description": description })).by(owner).created())
    };
    let rows = ROWS.iter().map(create).collect();
    (path, rows)
}

#[test]
fn a_part_of_a_text_is_looked_for_literally() {
    let app = shared();
    let owner = app.person();
    let (path, rows) = rows(app, &owner);
    for needle in NEEDLES {
        let found = app.walk(&owner, &format!("{path}?title[contains]={}&limit=2", encode(needle)));
        let expected = rows.iter().zip(ROWS).filter(|(_, (title, _))| holds(title, needle));
        let expected: Vec<_> = expected.map(|(id, _)| *id).collect();
        assert_eq!(found.iter().map(id).collect::<Vec<_>>(), expected, "title[contains]={needle}");
    }
}

#[test]
fn a_search_finds_words_and_beginnings_of_words() {
    let app = shared();
    let owner = app.person();
    let (path, rows) = rows(app, &owner);
    for (asked, places) in FOUND {
        let found = app.walk(&owner, &format!("{path}?q={}&limit=2", encode(asked)));
        let expected: Vec<_> = places.iter().map(|place| rows[*place]).collect();
        assert_eq!(found.iter().map(id).collect::<Vec<_>>(), expected, "q={asked}");
    }
}

#[test]
fn what_fits_best_comes_first() {
    let app = shared();
    let owner = app.person();
    let path = format!("/projects/{}/tasks", app.project(&owner));
    for (title, description) in [
        ("d2", "planet"),
        ("d1", "a plan"),
        ("planet", "plan"),
        ("a plan", ""),
        ("Plän", "plan"),
        ("plan of planes", ""),
        ("nothing", "nothing"),
    ] {
        app.post(&path, &json!({ "title": title, "description": description })).by(&owner).created();
    }
    for (sort, expected) in [
        ("-relevance", ["plan of planes", "Plän", "a plan", "planet", "d1", "d2"]),
        ("-relevance,title", ["Plän", "a plan", "plan of planes", "planet", "d1", "d2"]),
        ("-relevance,id", ["a plan", "Plän", "plan of planes", "planet", "d1", "d2"]),
    ] {
        for limit in [1, 2, 5, 20] {
            let found = app.walk(&owner, &format!("{path}?q=plan&sort={sort}&limit={limit}"));
            let found: Vec<_> = found.iter().map(|task| task["title"].as_str().unwrap()).collect();
            assert_eq!(found, expected, "{sort}");
        }
    }
    for (query, code) in [("sort=-relevance", "needs_q"), ("q=plan&sort=relevance", "unknown_field")] {
        let faults = app.get(&format!("{path}?{query}")).by(&owner).refused(422);
        assert_eq!((&faults["errors"][0]["field"], &faults["errors"][0]["code"]), (&json!("sort"), &json!(code)));
    }
    app.get("/auth/sessions?sort=-relevance").by(&owner).faulty(&["sort"]);
    let cursor = app.get(&format!("{path}?q=plan&sort=-relevance&limit=1")).by(&owner).ok()["next_cursor"].clone();
    let cursor = cursor.as_str().unwrap();
    app.get(&format!("{path}?q=plane&sort=-relevance&cursor={cursor}")).by(&owner).refused(400);
}

#[test]
fn search_goes_with_filters_and_sorts() {
    let app = shared();
    let owner = app.person();
    let path = format!("/projects/{}/tasks", app.project(&owner));
    for (title, status) in [("apple pie", "todo"), ("Apple juice", "done"), ("pear", "todo"), ("pineapple", "todo")] {
        app.post(&path, &json!({ "title": title, "status": status })).by(&owner).created();
    }
    for (query, expected) in
        [("status=todo&sort=-title", vec!["apple pie"]), ("sort=title", vec!["Apple juice", "apple pie"])]
    {
        let rows = app.walk(&owner, &format!("{path}?q=appl&{query}&limit=1"));
        let titles: Vec<_> = rows.iter().map(|row| row["title"].as_str().unwrap()).collect();
        assert_eq!(titles, expected, "{query}");
    }
}

#[test]
fn every_list_searches_what_the_contract_says() {
    let app = shared();
    let owner = app.person();
    let (name, description, body) = (unique("needle"), unique("needle"), unique("needle"));
    let project = app.post("/projects", &json!({ "name": name, "description": description })).by(&owner).created();
    app.project(&owner);
    for needle in [&name, &description] {
        assert_eq!(app.walk(&owner, &format!("/projects?q={needle}")), std::slice::from_ref(&project));
    }
    let task = app.task(&owner, id(&project), &json!({}));
    app.comment(&owner, task);
    app.post(&format!("/tasks/{task}/comments"), &json!({ "body": format!("- {body} -") })).by(&owner).created();
    assert_eq!(app.walk(&owner, &format!("/tasks/{task}/comments?q={body}")).len(), 1);

    let display_name = unique("Needle");
    app.patch("/users/me", &json!({ "display_name": display_name })).by(&owner).ok();
    for needle in [display_name.to_uppercase(), owner.email.clone()] {
        let users = app.walk(app.admin(), &format!("/users?q={}&limit=100", encode(&needle)));
        assert!(users.iter().any(|user| id(user) == owner.id), "{needle}: {users:?}");
        assert!(users.len() < 12, "{needle} is found in {} users", users.len());
    }
    let secret = encode(&owner.password);
    assert_eq!(app.walk(app.admin(), &format!("/users?q={secret}")).len(), 0, "the password can be searched");
}

#[test]
fn a_search_sees_no_more_than_the_list() {
    let app = shared();
    let (owner, stranger) = (app.person(), app.person());
    let name = unique("hidden");
    app.post("/projects", &json!({ "name": name })).by(&owner).created();
    assert_eq!(app.walk(&stranger, &format!("/projects?q={name}")).len(), 0);
    assert_eq!(app.walk(app.admin(), &format!("/projects?q={name}")).len(), 1);
}

#[test]
fn what_is_looked_for_is_bounded() {
    let app = shared();
    let owner = app.person();
    let path = format!("/projects/{}/tasks", app.project(&owner));
    for parameter in ["q", "title[contains]"] {
        let ask = |text: &str| app.get(&format!("{path}?{parameter}={}", encode(text))).by(&owner);
        ask(&"😀".repeat(200)).ok();
        for text in ["😀".repeat(201), "n".repeat(201), "%".repeat(4_000)] {
            let faults = ask(&text).refused(422);
            assert_eq!(faults["errors"][0]["field"], parameter);
            assert_eq!(faults["errors"][0]["code"], "too_long");
        }
    }
}

#[test]
fn long_queries_are_answered() {
    let app = shared();
    let owner = app.person();
    let path = format!("/projects/{}/tasks", app.project(&owner));
    app.post(&path, &json!({ "title": "t", "assignee_id": owner.id })).by(&owner).created();
    let ids = vec![owner.id.to_string(); 4_000].join(",");
    for (query, found) in [
        (format!("q={}", "n".repeat(20_000)), 0),
        (format!("q={}", "%25".repeat(6_000)), 0),
        (format!("title[contains]={}", "%5C".repeat(6_000)), 0),
        (format!("status[in]={}", vec!["todo"; 4_000].join(",")), 1),
        (format!("assignee_id[in]={ids}"), 1),
        (format!("title[ne]={}", "x".repeat(20_000)), 1),
    ] {
        let reply = app.get(&format!("{path}?{query}")).by(&owner).send();
        // A limit on queries would be a fault of theirs; a failing database is none.
        assert!([200, 400, 414, 422, 431].contains(&reply.status), "{} bytes: {}", query.len(), reply.status);
        if reply.status == 200 {
            let rows = reply.json()["items"].as_array().unwrap().len();
            assert_eq!(rows, found, "{} bytes", query.len());
        }
    }
}

#[test]
fn a_page_of_large_rows_comes_whole() {
    let app = shared();
    let owner = app.person();
    let description = "😀".repeat(10_000);
    for index in 0..100 {
        app.post("/projects", &json!({ "name": format!("{index}"), "description": description })).by(&owner).created();
    }
    let page = app.get("/projects?limit=100").by(&owner).ok();
    let rows = page["items"].as_array().unwrap();
    assert_eq!(rows.len(), 100);
    assert!(rows.iter().all(|row| row["description"] == description.as_str()));
}
