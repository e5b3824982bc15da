//! `fields`, `count` and `expand=can`: what is shown of rows, how many there are, and what may be done with them.

use serde_json::{Value, json};

use super::{Board, id};
use crate::driver::{Person, encode, shared};

/// The keys of an object, in order.
fn keys(row: &Value) -> Vec<&str> {
    row.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn fields_are_shown_alone_and_in_their_order() {
    let board = Board::new(shared(), 3);
    let owner = &board.owner;
    let page = shared().get(&format!("{}?fields=status,title,id", board.path)).by(owner).ok();
    for (row, task) in page["items"].as_array().unwrap().iter().zip(&board.tasks) {
        let expected = json!({ "id": task["id"], "title": task["title"], "status": task["status"] });
        assert_eq!(row.to_string(), expected.to_string());
    }
    let task = format!("/tasks/{}", id(&board.tasks[0]));
    let alone = shared().get(&format!("{task}?fields=assignee_id")).by(owner).ok();
    assert_eq!(alone, json!({ "assignee_id": board.assignee.id }));
    let inside = shared().get(&format!("{task}?fields=title&expand=project.owner,assignee")).by(owner).ok();
    assert_eq!(keys(&inside), ["title", "project", "assignee"]);
    assert_eq!(keys(&inside["assignee"]), ["id", "display_name"]);
    assert_eq!(inside["project"]["owner"]["id"], owner.id);
    let me = shared().get("/users/me?fields=email,id").by(owner).ok();
    assert_eq!(me, json!({ "id": owner.id, "email": owner.email }));
    // A head is that of what is asked for.
    let head = shared().at("HEAD", &format!("/api/v1{task}?fields=id")).by(owner).send();
    assert_eq!(head.status, 200);
}

#[test]
fn a_walk_goes_on_whatever_fields_are_shown() {
    let board = Board::new(shared(), 24);
    for sort in ["id", "-title,status", "priority,-updated_at"] {
        let all = shared().walk(&board.owner, &format!("{}?sort={sort}&limit=5", board.path));
        for fields in ["id", "id,title", "id,description,assignee_id"] {
            let some = shared().walk(&board.owner, &format!("{}?sort={sort}&limit=5&fields={fields}", board.path));
            assert_eq!(
                some.iter().map(id).collect::<Vec<_>>(),
                all.iter().map(id).collect::<Vec<_>>(),
                "{sort} {fields}"
            );
        }
    }
    // The best first, and a position that is told by its row since its keys are too long to be told.
    let found = shared().walk(&board.owner, &format!("{}?q=b&sort=-relevance&limit=2&fields=id,title", board.path));
    assert_eq!(
        found.len(),
        board.tasks.iter().filter(|task| task["title"].as_str().unwrap().eq_ignore_ascii_case("b")).count()
    );
    for _ in 0..3 {
        shared().post(&board.path, &json!({ "title": "😀".repeat(300) })).by(&board.owner).created();
    }
    let long = format!("{}?sort=-title&limit=1&fields=id", board.path);
    assert_eq!(shared().walk(&board.owner, &long).len(), 27);
    // A cursor is bound to none of them.
    let page = shared().get(&format!("{}?limit=5&fields=id", board.path)).by(&board.owner).ok();
    let cursor = encode(page["next_cursor"].as_str().unwrap());
    let next =
        shared().get(&format!("{}?limit=5&fields=title,status&cursor={cursor}", board.path)).by(&board.owner).ok();
    let plain = shared().get(&format!("{}?limit=5&cursor={cursor}", board.path)).by(&board.owner).ok();
    assert_eq!(next["items"][0]["title"], plain["items"][0]["title"]);
    assert_eq!(next["next_cursor"], plain["next_cursor"]);
}

#[test]
fn what_is_no_field_is_refused_with_what_there_is() {
    let board = Board::new(shared(), 1);
    let said = |path: &str, who: &Person| {
        let problem = shared().get(path).by(who).refused(422);
        problem["errors"][0]["message"].as_str().unwrap().to_owned()
    };
    let task = format!("/tasks/{}", id(&board.tasks[0]));
    let known = "known: id, title, description, status, priority, project_id, assignee_id, created_at, updated_at";
    for path in [board.path.as_str(), task.as_str()] {
        for (fields, wrong) in [
            ("titel", "`titel` is no field"),
            ("project", "`project` is no field"),
            ("id,id", "`id` is there twice"),
            ("id,", "`` is no field"),
            ("ID", "`ID` is no field"),
            ("", "the parameter has no value"),
        ] {
            assert_eq!(said(&format!("{path}?fields={fields}"), &board.owner), format!("{wrong}; {known}"));
        }
        shared().get(&format!("{path}?fields[x]=id")).by(&board.owner).faulty(&["fields[x]"]);
    }
    // What is hidden is none, and neither is what a caller is shown of no row.
    assert!(said("/users/me?fields=password", &board.owner).starts_with("`password` is no field"));
    shared().get("/projects?fields=todo_tasks").by(&board.owner).faulty(&["fields"]);
    for path in ["/auth/sessions", "/notifications"] {
        shared().get(&format!("{path}?fields=id")).by(&board.owner).faulty(&["fields"]);
        shared().get(&format!("{path}?count=true")).by(&board.owner).faulty(&["count"]);
    }
}

#[test]
fn a_list_is_counted_when_that_is_asked() {
    let board = Board::new(shared(), 24);
    let total = |query: &str| {
        let page = shared().get(&format!("{}?count=true&{query}", board.path)).by(&board.owner).ok();
        assert_eq!(keys(&page), ["items", "next_cursor", "has_more", "total"]);
        page["total"].as_u64().unwrap()
    };
    let count = |keep: &dyn Fn(&Value) -> bool| board.tasks.iter().filter(|task| keep(task)).count() as u64;
    assert_eq!(total("limit=1"), 24);
    assert_eq!(total("limit=100&sort=-title&fields=id"), 24);
    assert_eq!(total("status=todo&limit=1"), count(&|task| task["status"] == "todo"));
    assert_eq!(total("q=z&limit=1"), count(&|task| task["title"] == "Z"));
    assert_eq!(total("q=z&sort=-relevance"), count(&|task| task["title"] == "Z"));
    assert_eq!(total(&format!("id[in]={},{}", id(&board.tasks[3]), i64::MAX)), 1);
    assert_eq!(total("title=nothing"), 0);
    let page = shared().get(&format!("{}?limit=23&count=true", board.path)).by(&board.owner).ok();
    let cursor = encode(page["next_cursor"].as_str().unwrap());
    assert_eq!(total(&format!("limit=23&cursor={cursor}")), 24);
    // The rest has gone meanwhile: the page is empty, and the list is not.
    shared().delete(&format!("/tasks/{}", id(&board.tasks[23]))).by(&board.owner).done();
    assert_eq!(total(&format!("limit=23&cursor={cursor}")), 23);
    let plain = shared().get(&format!("{}?count=false", board.path)).by(&board.owner).ok();
    assert!(plain.get("total").is_none(), "{plain}");
    for wrong in ["1", "TRUE", "yes", "true,false"] {
        shared().get(&format!("{}?count={wrong}", board.path)).by(&board.owner).faulty(&["count"]);
    }
    shared().get(&format!("{}?count[x]=true", board.path)).by(&board.owner).faulty(&["count[x]"]);
    shared().get(&format!("/tasks/{}?count=true", id(&board.tasks[0]))).by(&board.owner).faulty(&["count"]);
}

#[test]
fn a_count_tells_of_ones_own_rows_alone() {
    let (own, _other) = (Board::new(shared(), 1), Board::new(shared(), 1));
    let page = shared().get("/projects?count=true").by(&own.owner).ok();
    assert_eq!((&page["total"], page["items"].as_array().unwrap().len()), (&json!(1), 1));
    shared().get(&format!("{}?count=true", own.path)).by(&own.assignee).refused(403);
    shared().get(&format!("/projects/{}/tasks?count=true", i64::MAX)).by(&own.owner).refused(404);
    assert!(shared().get("/projects?count=true&limit=1").by(shared().admin()).ok()["total"].as_u64() > Some(1));
}

#[test]
fn a_row_says_what_the_caller_may_do_with_it() {
    let board = Board::new(shared(), 1);
    let task = format!("/tasks/{}", id(&board.tasks[0]));
    let can = |path: &str, who: &Person| shared().get(path).by(who).ok()["can"].clone();
    assert_eq!(can(&format!("{task}?expand=can"), &board.owner), json!(["update", "delete"]));
    assert_eq!(can(&format!("{task}?expand=can"), &board.assignee), json!(["update"]));
    assert_eq!(can(&format!("{task}?expand=can"), shared().admin()), json!(["update", "delete"]));
    assert_eq!(can("/users/me?expand=can", &board.owner), json!(["update"]));
    let inside =
        shared().get(&format!("{task}?expand=can,project.can,assignee.can&fields=id")).by(&board.assignee).ok();
    assert_eq!((keys(&inside), &inside["project"]), (vec!["id", "project", "assignee", "can"], &Value::Null));
    // Of an account, what is at its own path: one's own is changed at `/me`.
    assert_eq!(inside["assignee"]["can"], json!([]));
    let inside = shared().get(&format!("{task}?expand=project.can,project.owner.can")).by(&board.owner).ok();
    assert_eq!(inside["project"]["can"], json!(["update", "delete"]));
    assert_eq!(inside["project"]["owner"]["can"], json!([]));
    assert!(inside.get("can").is_none(), "{inside}");
    let comments = format!("{task}/comments");
    shared().post(&comments, &json!({ "body": "b" })).by(&board.assignee).created();
    let listed = |who: &Person| shared().get(&format!("{comments}?expand=can")).by(who).ok()["items"][0]["can"].clone();
    assert_eq!((listed(&board.assignee), listed(&board.owner)), (json!(["delete"]), json!([])));
}
