//! Every order that can be asked for, walked in pages of every size.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::{Board, id};
use crate::driver::shared;

/// The order that the contract gives to one field of a task.
fn compare(field: &str, a: &Value, b: &Value) -> Ordering {
    let place = |words: &[&str], row: &Value| words.iter().position(|word| row[field] == *word);
    match field {
        "id" => id(a).cmp(&id(b)),
        "status" => {
            let words = ["todo", "in_progress", "done"];
            place(&words, a).cmp(&place(&words, b))
        }
        "priority" => {
            let words = ["low", "medium", "high"];
            place(&words, a).cmp(&place(&words, b))
        }
        // UTF-8 sorts as its code points.
        _ => a[field].as_str().cmp(&b[field].as_str()),
    }
}

/// Checks that `rows` stand in this order and are the board's tasks, each once.
#[track_caller]
fn check_order(board: &Board, rows: &[Value], sort: &str) {
    let mut ids: Vec<_> = rows.iter().map(id).collect();
    ids.sort_unstable();
    assert_eq!(ids, board.ids_where(|_| true), "{sort}: a row is missing, doubled or foreign");
    for pair in rows.windows(2) {
        let order = sort.split(',').map(|key| match key.strip_prefix('-') {
            Some(field) => compare(field, &pair[1], &pair[0]),
            None => compare(key, &pair[0], &pair[1]),
        });
        let order = order.fold(Ordering::Equal, Ordering::then);
        assert_ne!(order, Ordering::Greater, "{sort}: {} stands before {}", pair[0], pair[1]);
    }
}

#[test]
fn every_sort_is_walked_in_order() {
    let board = Board::new(shared(), 26);
    for sort in [
        "id",
        "-id",
        "title",
        "-title",
        "status",
        "-status",
        "priority",
        "-priority",
        "created_at",
        "-created_at",
        "updated_at",
        "-updated_at",
        "status,id",
        "status,-id",
        "-status,id",
        "priority,-title",
        "-priority,status,-title,id",
        "title,-created_at",
        "status,priority,title,created_at,updated_at,id",
        "-status,-priority,-title,-id",
    ] {
        let mut walks = Vec::new();
        for limit in [1, 7, 26, 100] {
            let rows = shared().walk(&board.owner, &format!("{}?sort={sort}&limit={limit}", board.path));
            check_order(&board, &rows, sort);
            walks.push(rows);
        }
        assert!(walks.windows(2).all(|pair| pair[0] == pair[1]), "{sort}: the order depends on the size of the pages");
    }
}

#[test]
fn by_id_unless_told() {
    let board = Board::new(shared(), 5);
    assert_eq!(board.ids("limit=2"), board.ids_where(|_| true));
}

#[test]
fn every_list_sorts_by_what_the_contract_says() {
    let app = shared();
    let owner = app.person();
    let task = app.task(&owner, app.project(&owner), &json!({}));
    app.comment(&owner, task);
    for (path, person, sorts) in [
        ("/projects".to_owned(), &owner, &["id", "name", "created_at", "updated_at"][..]),
        (format!("/tasks/{task}/comments"), &owner, &["id", "created_at"]),
        ("/users".to_owned(), app.admin(), &["id", "email", "created_at"]),
        ("/auth/sessions".to_owned(), &owner, &["id"]),
    ] {
        let fields = [
            "id",
            "name",
            "description",
            "status",
            "owner_id",
            "created_at",
            "updated_at",
            "body",
            "email",
            "role",
            "password",
            "is_active",
            "display_name",
            "ip",
            "author_id",
            "bogus",
        ];
        for field in fields {
            for sort in [field.to_owned(), format!("-{field}")] {
                let call = app.get(&format!("{path}?sort={sort}&limit=1")).by(person);
                if sorts.contains(&field) { drop(call.ok()) } else { drop(call.refused(422)) }
            }
        }
    }
}

#[test]
fn what_is_no_sort_is_a_fault() {
    let board = Board::new(shared(), 1);
    for sort in [
        "",
        "bogus",
        "description",
        "assignee_id",
        "project_id",
        "--id",
        "-",
        ",",
        "id,",
        ",id",
        "id,bogus",
        "Id",
        "id%00",
    ] {
        let path = format!("{}?sort={sort}", board.path);
        shared().get(&path).by(&board.owner).faulty(&["sort"]);
    }
}

#[test]
fn addresses_sort_like_text() {
    let app = shared();
    let rows = app.walk(app.admin(), "/users?sort=-email&limit=50&role=admin");
    assert!(!rows.is_empty());
    assert!(rows.is_sorted_by(|a, b| a["email"].as_str() >= b["email"].as_str()), "{rows:?}");
}
