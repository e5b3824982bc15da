//! What goes with a row that is deleted, and ids that never come back.

use serde_json::json;

use crate::driver::{Settings, shared};

#[test]
fn a_project_takes_its_tasks_and_their_comments_along() {
    let app = shared();
    let owner = app.person();
    let (doomed, kept) = (app.project(&owner), app.project(&owner));
    let tasks: Vec<_> = (0..3).map(|_| app.task(&owner, doomed, &json!({}))).collect();
    let comments: Vec<_> = tasks.iter().map(|&task| app.comment(&owner, task)).collect();
    let other_task = app.task(&owner, kept, &json!({}));
    let other_comment = app.comment(&owner, other_task);

    app.delete(&format!("/projects/{doomed}")).by(&owner).done();
    for path in [format!("/projects/{doomed}"), format!("/projects/{doomed}/tasks")] {
        app.get(&path).by(&owner).refused(404);
        app.get(&path).by(app.admin()).refused(404);
    }
    for task in tasks {
        app.get(&format!("/tasks/{task}")).by(&owner).refused(404);
        app.get(&format!("/tasks/{task}/comments")).by(&owner).refused(404);
    }
    for comment in comments {
        app.delete(&format!("/comments/{comment}")).by(&owner).refused(404);
    }
    app.get(&format!("/tasks/{other_task}")).by(&owner).ok();
    app.delete(&format!("/comments/{other_comment}")).by(&owner).done();
}

#[test]
fn a_task_takes_its_comments_along() {
    let app = shared();
    let owner = app.person();
    let project = app.project(&owner);
    let task = app.task(&owner, project, &json!({}));
    let comment = app.comment(&owner, task);
    app.delete(&format!("/tasks/{task}")).by(&owner).done();
    app.delete(&format!("/comments/{comment}")).by(&owner).refused(404);
    app.delete(&format!("/tasks/{task}")).by(&owner).refused(404);
    app.get(&format!("/projects/{project}")).by(&owner).ok();
}

#[test]
fn a_disabled_assignee_stays_assigned() {
    let app = shared();
    let (owner, assignee) = (app.person(), app.person());
    let task = app.task(&owner, app.project(&owner), &json!({ "assignee_id": assignee.id }));
    app.disable(&assignee);
    assert_eq!(app.get(&format!("/tasks/{task}")).by(&owner).ok()["assignee_id"], assignee.id);
}

#[test]
fn an_id_is_never_used_twice() {
    let app = Settings::new().start();
    let owner = app.person();
    let first = app.project(&owner);
    app.delete(&format!("/projects/{first}")).by(&owner).done();
    let second = app.project(&owner);
    assert!(second > first, "{second} after {first}");
    let task = app.task(&owner, second, &json!({}));
    let comment = app.comment(&owner, task);
    app.delete(&format!("/projects/{second}")).by(&owner).done();

    let app = app.kill().start();
    let third = app.project(&owner);
    assert!(third > second, "{third} after {second}");
    let next = app.task(&owner, third, &json!({}));
    assert!(next > task && app.comment(&owner, next) > comment, "ids of deleted rows came back");
}
