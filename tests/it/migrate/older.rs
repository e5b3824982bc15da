//! A newer program has added to the database, and this one serves it all the same.

use serde_json::json;

use super::*;
use crate::driver::TestApp;

/// What a newer program has: a column in `tasks`, with an index; and tables whose rows hold on to tasks and users.
const ADDED: &str = "ALTER TABLE tasks ADD COLUMN \"points\" INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE tasks ADD COLUMN \"slug\" TEXT;
    CREATE UNIQUE INDEX \"tasks_slug_unique\" ON \"tasks\" (\"slug\");
    CREATE INDEX \"tasks_points\" ON \"tasks\" (\"points\");
    CREATE TABLE \"labels\" (
      \"id\" INTEGER PRIMARY KEY AUTOINCREMENT,
      \"task_id\" INTEGER NOT NULL REFERENCES \"tasks\" (\"id\") ON DELETE CASCADE
    ) STRICT;
    CREATE TABLE \"bills\" (
      \"id\" INTEGER PRIMARY KEY AUTOINCREMENT,
      \"task_id\" INTEGER NOT NULL REFERENCES \"tasks\" (\"id\") ON DELETE RESTRICT
    ) STRICT";

/// The description of a table with one relation.
fn described(name: &str, on_delete: &str) -> Value {
    let relation = json!({
        "name": "task_id", "holds": "relation", "references": { "table": "tasks", "on_delete": on_delete },
    });
    json!({ "name": name, "columns": [{ "name": "id", "holds": "id" }, relation], "indexes": [] })
}

/// What the newest migration leaves, and what was added.
fn newer_schema() -> Value {
    let own = format!("{}/migrations/{}", env!("CARGO_MANIFEST_DIR"), dialect().name());
    let files = fs::read_dir(&own).unwrap().map(|entry| entry.unwrap().path());
    let newest = files.filter(|path| path.extension().is_some_and(|ending| ending == "json")).max().unwrap();
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(newest).unwrap()).unwrap();
    let tables = schema["tables"].as_array_mut().unwrap();
    let tasks = tables.iter_mut().find(|table| table["name"] == "tasks").unwrap();
    let columns = [
        json!({ "name": "points", "holds": "int", "default": "1" }),
        json!({ "name": "slug", "holds": "text", "nullable": true }),
    ];
    tasks["columns"].as_array_mut().unwrap().extend(columns);
    let indexes = [
        json!({ "name": "tasks_slug_unique", "unique": true, "keys": ["\"slug\""] }),
        json!({ "name": "tasks_points", "keys": ["\"points\""] }),
    ];
    tasks["indexes"].as_array_mut().unwrap().extend(indexes);
    tables.extend([described("bills", "restrict"), described("labels", "cascade")]);
    schema
}

/// Takes a database of this program on to a migration that it does not hold.
fn take_on(settings: &Settings, up: &str, leaves: &Value) {
    fs::create_dir_all(file(settings, "")).unwrap();
    fs::write(file(settings, "9000_newer.up.sql"), adapted(up)).unwrap();
    fs::write(file(settings, "9000_newer.down.sql"), "").unwrap();
    fs::write(file(settings, "9000_newer.json"), leaves.to_string()).unwrap();
    assert!(migrate(settings, &["up", "--to", "9000"]).ends_with("done: 9000_newer\n"));
    fs::remove_dir_all(file(settings, "")).unwrap();
}

fn count(settings: &Settings, table: &str) -> i64 {
    execute(settings, &format!("SELECT count(*) FROM {table}"))[0].int(0).unwrap()
}

/// Uses what there is of a task: it is made, found, changed, and told of.
fn check_is_served(app: &TestApp) -> (crate::driver::Person, i64) {
    let person = app.person();
    let project = app.project(&person);
    let tasks = [(); 3].map(|()| app.task(&person, project, &json!({})));
    let path = format!("/tasks/{}", tasks[0]);
    app.patch(&path, &json!({ "title": "another" })).by(&person).ok();
    assert!(app.get(&path).by(&person).ok().get("points").is_none());
    assert_eq!(app.walk(&person, &format!("/projects/{project}/tasks?sort=-priority&q=task")).len(), 2);
    app.delete(&format!("/tasks/{}", tasks[1])).by(&person).done();
    (person, tasks[0])
}

#[test]
fn what_was_only_added_to_is_served() {
    let settings = Settings::new();
    take_on(&settings, ADDED, &newer_schema());
    let what = "the migration 9000_newer, the table `bills`, the table `labels`, `points` of `tasks`, `slug` of `tasks`, \
                the index `tasks_slug_unique`, the index `tasks_points`";
    for auto in ["true", "false"] {
        let app = settings.clone().set("AUTO_MIGRATE", auto).start();
        assert!(app.log().contains(&format!("left alone: {what}")), "{}", app.log());
        check_is_served(&app);
        app.at("GET", "/ready").send().expect(200);
    }
    let status = migrate(&settings, &["status"]);
    assert!(status.contains("applied, not in this program") && status.contains(what), "{status}");
    migrate(&settings, &["check"]);
    let done = migrate(&settings, &["up"]);
    assert!(done.starts_with("nothing to do\n") && done.contains(what), "{done}");
    check_refused(&settings, &["down"], "9000_newer is not in this program");
    check_refused(&settings, &["new", "more"], "9000_newer, which is not here");
    settings.start();
}

#[test]
fn rows_that_are_not_known_hold_on_to_those_that_are() {
    let settings = Settings::new();
    take_on(&settings, ADDED, &newer_schema());
    let app = settings.start();
    let (person, held) = check_is_served(&app);
    let (_, free) = check_is_served(&app);
    drop(app);
    execute(&settings, &format!("INSERT INTO labels (task_id) VALUES ({held}), ({free})"));
    execute(&settings, &format!("INSERT INTO bills (task_id) VALUES ({held})"));
    execute(&settings, &format!("UPDATE tasks SET points = 8, slug = 's' WHERE id = {held}"));
    let app = settings.start();
    let refused = app.delete(&format!("/tasks/{held}")).by(&person).send();
    assert_eq!(refused.problem(409)["detail"], "something still refers to this task", "{refused}");
    let project = app.get(&format!("/tasks/{held}")).by(&person).ok()["project_id"].clone();
    app.delete(&format!("/projects/{project}")).by(&person).refused(409);
    app.delete(&format!("/tasks/{free}")).by(app.admin()).done();
    app.patch(&format!("/tasks/{held}"), &json!({ "status": "done" })).by(&person).ok();
    drop(app);
    assert_eq!((count(&settings, "bills"), count(&settings, "labels")), (1, 1));
    let kept = execute(&settings, &format!("SELECT points, CAST(slug AS BLOB) FROM tasks WHERE id = {held}"));
    assert_eq!((kept[0].int(0), kept[0].text(1)), (Some(8), Some("s")));
}

#[test]
fn a_key_that_is_not_known_is_a_conflict() {
    let settings = Settings::new();
    let mut schema = newer_schema();
    let tasks = schema["tables"].as_array_mut().unwrap().iter_mut().find(|table| table["name"] == "tasks").unwrap();
    let index = json!({ "name": "tasks_title_unique", "unique": true, "keys": ["\"title\""] });
    tasks["indexes"].as_array_mut().unwrap().push(index);
    let up = format!("{ADDED};\nCREATE UNIQUE INDEX \"tasks_title_unique\" ON \"tasks\" (\"title\")");
    take_on(&settings, &up, &schema);
    let app = settings.start();
    let (person, task) = check_is_served(&app);
    let project = app.get(&format!("/tasks/{task}")).by(&person).ok()["project_id"].clone();
    app.post(&format!("/projects/{project}/tasks"), &json!({ "title": "another" })).by(&person).refused(409);
}

#[test]
fn what_was_changed_is_refused_and_nothing_is_called_lost() {
    let settings = Settings::new();
    let mut schema = newer_schema();
    let tasks = schema["tables"].as_array_mut().unwrap().iter_mut().find(|table| table["name"] == "tasks").unwrap();
    tasks["columns"].as_array_mut().unwrap().retain(|column| column["name"] != "description");
    // What words are found in does not go by itself.
    let tasks = schema["tables"].as_array_mut().unwrap().iter_mut().find(|table| table["name"] == "tasks").unwrap();
    let search = serde_json::from_value(tasks["search"].take()).unwrap();
    tasks.as_object_mut().unwrap().remove("search");
    let forget = dialect().schema().forget_words("tasks", &search).join(";\n");
    let up = format!("{ADDED};\n{forget};\nALTER TABLE tasks DROP COLUMN description");
    take_on(&settings, &up, &schema);
    let refusal = settings.refused();
    assert_eq!(refusal.code, Some(1));
    let mentions = "taken on to the migration 9000_newer, which this program does not hold, and it cannot serve what is \
                    otherwise now: `description` of `tasks`, the index of words of `tasks`;";
    assert!(refusal.stderr.contains(mentions), "{}", refusal.stderr);
    assert!(!refusal.stderr.contains("migrate new"), "{}", refusal.stderr);
    assert!(migrate(&settings, &["status"]).contains(mentions));
    check_refused(&settings, &["up"], mentions);
}
