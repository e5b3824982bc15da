//! Lists: pages, cursors, filters, sorts and search.

mod churn;
mod cursors;
mod filters;
mod heavy;
mod ids;
mod params;
mod search;
mod shapes;
mod sorts;

use serde_json::{Value, json};

use crate::driver::{Person, TestApp, shared};

/// A project whose tasks tie in every field that they can be sorted by but `id` and `created_at`.
struct Board {
    owner: Person,
    assignee: Person,
    /// Path of the list.
    path: String,
    /// The tasks as they were created.
    tasks: Vec<Value>,
}

const TITLES: [&str; 8] = ["b", "B", "a", "Z", "é", "😀", "a", " a"];

impl Board {
    fn new(app: &TestApp, size: usize) -> Self {
        let (owner, assignee) = (app.person(), app.person());
        let path = format!("/projects/{}/tasks", app.project(&owner));
        let mut tasks = Vec::new();
        for index in 0..size {
            let status = ["done", "todo", "in_progress"][index % 3];
            let priority = ["high", "low", "medium", "low"][index / 2 % 4];
            let mut body = json!({ "title": TITLES[index % TITLES.len()], "status": status, "priority": priority });
            match index % 4 {
                0 => body["assignee_id"] = json!(assignee.id),
                1 => body["assignee_id"] = json!(owner.id),
                _ => {}
            }
            tasks.push(app.post(&path, &body).by(&owner).created());
        }
        Self { owner, assignee, path, tasks }
    }

    /// The ids that a walk with this query yields, in order.
    #[track_caller]
    fn ids(&self, query: &str) -> Vec<i64> {
        shared().walk(&self.owner, &format!("{}?{query}", self.path)).iter().map(id).collect()
    }

    /// The ids of the tasks for which `keep` holds.
    fn ids_where(&self, keep: impl Fn(&Value) -> bool) -> Vec<i64> {
        self.tasks.iter().filter(|task| keep(task)).map(id).collect()
    }
}

fn id(row: &Value) -> i64 {
    row["id"].as_i64().expect("a row has an id")
}
