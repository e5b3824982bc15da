//! What happens to a reading when what it refers to goes.

use serde_json::{Value, json};

use super::{app, path, reading};

#[test]
fn cascade_takes_it_along() {
    let keeper = app().person();
    let project = app().project(&keeper);
    let (gone, kept) = (reading(&keeper, &json!({ "project_id": project })), reading(&keeper, &json!({})));
    app().delete(&format!("/projects/{project}")).by(&keeper).done();
    app().get(&path(&gone)).by(&keeper).refused(404);
    app().get(&path(&kept)).by(&keeper).ok();
}

#[test]
fn set_null_forgets() {
    let keeper = app().person();
    let task = app().task(&keeper, app().project(&keeper), &json!({}));
    let made = reading(&keeper, &json!({ "task_id": task }));
    app().delete(&format!("/tasks/{task}")).by(&keeper).done();
    assert_eq!(app().get(&path(&made)).by(&keeper).ok()["task_id"], Value::Null);
}

#[test]
fn restrict_refuses() {
    let keeper = app().person();
    let task = app().task(&keeper, app().project(&keeper), &json!({}));
    let comment = app().comment(&keeper, task);
    let made = reading(&keeper, &json!({ "remark_id": comment }));
    for path in [format!("/comments/{comment}"), format!("/tasks/{task}")] {
        app().delete(&path).by(&keeper).refused(409);
    }
    app().get(&format!("/tasks/{task}")).by(&keeper).ok();
    assert_eq!(app().get(&path(&made)).by(&keeper).ok(), made);
    app().patch(&path(&made), &json!({ "remark_id": null })).by(&keeper).ok();
    app().delete(&format!("/comments/{comment}")).by(&keeper).done();
}
