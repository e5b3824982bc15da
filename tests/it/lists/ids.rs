//! `id[in]`: the rows that are among these, on every list and with whatever else is asked.

use serde_json::{Value, json};

use super::{Board, id};
use crate::driver::{encode, shared};

/// Ids as the parameter has them.
fn listed(ids: impl IntoIterator<Item = i64>) -> String {
    ids.into_iter().map(|id| id.to_string()).collect::<Vec<_>>().join(",")
}

#[test]
fn rows_are_those_of_the_ids_with_whatever_else_is_asked() {
    let board = Board::new(shared(), 24);
    let elsewhere = Board::new(shared(), 3);
    let some: Vec<_> = board.tasks.iter().step_by(2).map(id).collect();
    // Backwards, one of them twice, with what is not there and what is in another project.
    let asked = some.iter().rev().copied().chain([some[0], i64::MAX, id(&elsewhere.tasks[0])]);
    let ids = format!("id[in]={}", listed(asked));
    assert_eq!(board.ids(&format!("{ids}&limit=5")), some);
    let descending: Vec<_> = some.iter().rev().copied().collect();
    assert_eq!(board.ids(&format!("{ids}&limit=5&sort=-id")), descending);
    let of = |keep: &dyn Fn(&Value) -> bool| {
        board.tasks.iter().filter(|task| some.contains(&id(task)) && keep(task)).map(id).collect::<Vec<_>>()
    };
    assert_eq!(board.ids(&format!("{ids}&status=todo&limit=2")), of(&|task| task["status"] == "todo"));
    assert_eq!(board.ids(&format!("{ids}&status[ne]=todo&limit=2")), of(&|task| task["status"] != "todo"));
    assert_eq!(board.ids(&format!("{ids}&q=z&limit=1")), of(&|task| task["title"] == "Z"));
    assert_eq!(
        board.ids(&format!("{ids}&q=a&sort=-relevance&limit=1")).len(),
        of(&|task| { task["title"].as_str().is_some_and(|title| title.trim() == "a") }).len()
    );
    let mut sorted = board.ids(&format!("{ids}&sort=-priority,title&limit=3"));
    let all = board.ids("sort=-priority,title");
    assert_eq!(sorted, all.into_iter().filter(|id| some.contains(id)).collect::<Vec<_>>());
    sorted.sort_unstable();
    assert_eq!(sorted, some);
    let none = shared().get(&format!("{}?id[in]={}", board.path, i64::MAX)).by(&board.owner).ok();
    assert_eq!(none, json!({ "items": [], "next_cursor": null, "has_more": false }));
}

#[test]
fn what_is_somebody_elses_is_not_found() {
    let (own, other) = (Board::new(shared(), 1), Board::new(shared(), 1));
    let projects = [&own, &other].map(|board| board.tasks[0]["project_id"].as_i64().unwrap());
    let path = format!("/projects?id[in]={}", listed(projects));
    assert_eq!(shared().walk(&own.owner, &path).iter().map(id).collect::<Vec<_>>(), projects[..1]);
    assert_eq!(shared().walk(shared().admin(), &path).iter().map(id).collect::<Vec<_>>(), projects);
    shared().get(&format!("{}?id[in]=1", other.path)).by(&own.owner).refused(403);
    let users = format!("/users?id[in]={}", listed([own.owner.id, other.owner.id]));
    shared().get(&users).by(&own.owner).refused(403);
    assert_eq!(shared().walk(shared().admin(), &users).len(), 2);
}

#[test]
fn a_cursor_is_bound_to_the_ids() {
    let board = Board::new(shared(), 5);
    let ids: Vec<_> = board.tasks.iter().map(id).collect();
    let path = |ids: &[i64]| format!("{}?limit=2&id[in]={}", board.path, listed(ids.iter().copied()));
    let page = shared().get(&path(&ids)).by(&board.owner).ok();
    let cursor = encode(page["next_cursor"].as_str().unwrap());
    shared().get(&format!("{}&cursor={cursor}", path(&ids))).by(&board.owner).ok();
    shared().get(&format!("{}&cursor={cursor}", path(&ids[1..]))).by(&board.owner).refused(400);
    shared().get(&format!("{}?limit=2&cursor={cursor}", board.path)).by(&board.owner).refused(400);
}

#[test]
fn ids_are_ids_and_few() {
    let board = Board::new(shared(), 1);
    let many = |count: i64| format!("id[in]={}", listed(1..=count));
    for path in [board.path.as_str(), "/projects", "/auth/sessions", "/notifications"] {
        for query in
            ["id=1", "id[ne]=1", "id[gt]=1", "id[null]=true", "id[in]=0", "id[in]=-1", "id[in]=1.0", "id[in]=x"]
        {
            let field = query.split('=').next().unwrap();
            shared().get(&format!("{path}?{query}")).by(&board.owner).faulty(&[field]);
        }
        for query in ["id[in]=1,", "id[in]=%2B1", "id[in]=9223372036854775808", &many(101)] {
            shared().get(&format!("{path}?{query}")).by(&board.owner).faulty(&["id[in]"]);
        }
        for query in ["id[in]=9223372036854775807", &many(100)] {
            shared().get(&format!("{path}?{query}")).by(&board.owner).ok();
        }
    }
}

#[test]
fn sessions_and_notifications_are_found_so_too() {
    let board = Board::new(shared(), 4);
    let session = shared().walk(&board.owner, "/auth/sessions")[0].clone();
    let path = format!("/auth/sessions?id[in]={}", listed([id(&session), 1, i64::MAX]));
    assert_eq!(shared().walk(&board.owner, &path), [session]);
    // Whoever is given tasks is told.
    for task in &board.tasks {
        shared().patch(&format!("/tasks/{}", id(task)), &json!({ "assignee_id": null })).by(&board.owner).ok();
        let given = json!({ "assignee_id": board.assignee.id });
        shared().patch(&format!("/tasks/{}", id(task)), &given).by(&board.owner).ok();
    }
    let told = shared().walk(&board.assignee, "/notifications");
    let some: Vec<_> = told.iter().skip(1).step_by(2).cloned().collect();
    assert!(some.len() > 1, "{told:?}");
    let ids = listed(some.iter().map(id).chain([1_000]));
    assert_eq!(shared().walk(&board.assignee, &format!("/notifications?limit=1&id[in]={ids}")), some);
    let mut backwards = shared().walk(&board.assignee, &format!("/notifications?limit=1&sort=-id&id[in]={ids}"));
    backwards.reverse();
    assert_eq!(backwards, some);
}
