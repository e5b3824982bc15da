//! Who may do what: the contract's tables as one, actors across, routes down.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::driver::{Person, TestApp, shared};

/// The columns of [`MATRIX`]. `former` was the task's assignee once and wrote the comment then.
const ACTORS: [&str; 7] = ["anonymous", "stranger", "owner", "assignee", "former", "admin", "disabled"];

/// Method, path and what each actor gets. `{none}` is a row that does not exist.
const MATRIX: &str = "
    POST   /projects                  401 201 201 201 201 201 401
    GET    /projects                  401 200 200 200 200 200 401
    GET    /projects/{project}        401 403 200 403 403 200 401
    PATCH  /projects/{project}        401 403 200 403 403 200 401
    DELETE /projects/{project}        401 403 204 403 403 204 401
    GET    /projects/{none}           401 404 404 404 404 404 401
    PATCH  /projects/{none}           401 404 404 404 404 404 401
    DELETE /projects/{none}           401 404 404 404 404 404 401
    GET    /projects/{project}/stats  401 403 200 403 403 200 401
    GET    /projects/{none}/stats     401 404 404 404 404 404 401
    POST   /projects/{project}/tasks  401 403 201 403 403 201 401
    GET    /projects/{project}/tasks  401 403 200 403 403 200 401
    POST   /projects/{none}/tasks     401 404 404 404 404 404 401
    GET    /projects/{none}/tasks     401 404 404 404 404 404 401
    GET    /tasks/{task}              401 403 200 200 403 200 401
    PATCH  /tasks/{task}              401 403 200 200 403 200 401
    DELETE /tasks/{task}              401 403 204 403 403 204 401
    GET    /tasks/{none}              401 404 404 404 404 404 401
    PATCH  /tasks/{none}              401 404 404 404 404 404 401
    DELETE /tasks/{none}              401 404 404 404 404 404 401
    POST   /tasks/{task}/comments     401 403 201 201 403 201 401
    GET    /tasks/{task}/comments     401 403 200 200 403 200 401
    POST   /tasks/{none}/comments     401 404 404 404 404 404 401
    GET    /tasks/{none}/comments     401 404 404 404 404 404 401
    DELETE /comments/{comment}        401 403 403 403 204 204 401
    DELETE /comments/{none}           401 404 404 404 404 404 401
    GET    /users                     401 403 403 403 403 200 401
    GET    /users/{user}              401 403 403 403 403 200 401
    PATCH  /users/{user}              401 403 403 403 403 200 401
    GET    /users/{none}              401 403 403 403 403 404 401
    PATCH  /users/{none}              401 403 403 403 403 404 401
    GET    /users/me                  401 200 200 200 200 200 401
    PATCH  /users/me                  401 200 200 200 200 200 401
    GET    /auth/sessions             401 200 200 200 200 200 401
    DELETE /auth/sessions/{none}      401 404 404 404 404 404 401
";

struct Cast {
    owner: Person,
    stranger: Person,
    assignee: Person,
    former: Person,
    disabled: Person,
}

/// The rows that a path can name.
struct Rows {
    project: i64,
    task: i64,
    comment: i64,
    user: i64,
}

impl Cast {
    fn new(app: &TestApp) -> Self {
        let [owner, stranger, assignee, former, disabled] = [(); 5].map(|()| app.person());
        app.disable(&disabled);
        Self { owner, stranger, assignee, former, disabled }
    }

    /// Fresh rows: a deletion must not spoil the next cell.
    fn rows(&self, app: &TestApp) -> Rows {
        let project = app.project(&self.owner);
        let task = app.task(&self.owner, project, &json!({ "assignee_id": self.former.id }));
        let comment = app.comment(&self.former, task);
        app.patch(&format!("/tasks/{task}"), &json!({ "assignee_id": self.assignee.id })).by(&self.owner).ok();
        Rows { project, task, comment, user: self.stranger.id }
    }

    fn actor<'a>(&'a self, app: &'a TestApp, name: &str) -> Option<&'a Person> {
        match name {
            "stranger" => Some(&self.stranger),
            "owner" => Some(&self.owner),
            "assignee" => Some(&self.assignee),
            "former" => Some(&self.former),
            "admin" => Some(app.admin()),
            "disabled" => Some(&self.disabled),
            _ => None,
        }
    }
}

/// A body that is in order, so that only the caller decides.
fn body_for(method: &str, path: &str) -> Option<Value> {
    let last = path.rsplit('/').next().unwrap_or_default();
    match (method, last) {
        ("POST", "projects") => Some(json!({ "name": "n" })),
        ("POST", "tasks") => Some(json!({ "title": "t" })),
        ("POST", "comments") => Some(json!({ "body": "b" })),
        ("PATCH", _) if path.starts_with("/projects") => Some(json!({ "name": "changed" })),
        ("PATCH", _) if path.starts_with("/tasks") => Some(json!({ "title": "changed" })),
        ("PATCH", _) => Some(json!({ "display_name": "changed" })),
        _ => None,
    }
}

#[test]
fn everybody_gets_what_the_matrix_says() {
    let app = shared();
    let cast = Cast::new(app);
    let mut wrong = Vec::new();
    for line in MATRIX.lines().filter(|line| !line.trim().is_empty()) {
        let words: Vec<_> = line.split_whitespace().collect();
        let (method, pattern, expected) = (words[0], words[1], &words[2..]);
        assert_eq!(expected.len(), ACTORS.len(), "{line}");
        for (name, expected) in ACTORS.iter().zip(expected) {
            let rows = cast.rows(app);
            let path = [("project", rows.project), ("task", rows.task), ("comment", rows.comment), ("user", rows.user)]
                .iter()
                .fold(pattern.replace("{none}", "999999999999"), |path, (key, id)| {
                    path.replace(&format!("{{{key}}}"), &id.to_string())
                });
            let mut call = app.api(method, &path);
            if let Some(body) = body_for(method, pattern) {
                call = call.json(&body);
            }
            if let Some(person) = cast.actor(app, name) {
                call = call.by(person);
            }
            let reply = call.send();
            if reply.status >= 400 {
                reply.problem(reply.status);
            }
            if reply.status.to_string() != *expected {
                wrong.push(format!("{name}: {method} {pattern} is {}, not {expected}", reply.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_refused_change_changes_nothing() {
    let app = shared();
    let cast = Cast::new(app);
    let rows = cast.rows(app);
    let (project, task) = (format!("/projects/{}", rows.project), format!("/tasks/{}", rows.task));
    let before = [app.get(&project).by(&cast.owner).ok(), app.get(&task).by(&cast.owner).ok()];
    for person in [&cast.stranger, &cast.former] {
        app.patch(&project, &json!({ "name": "mine" })).by(person).refused(403);
        app.patch(&task, &json!({ "title": "mine", "assignee_id": person.id })).by(person).refused(403);
        app.delete(&project).by(person).refused(403);
        app.delete(&task).by(person).refused(403);
    }
    assert_eq!(before, [app.get(&project).by(&cast.owner).ok(), app.get(&task).by(&cast.owner).ok()]);
}

#[test]
fn a_list_holds_what_its_reader_may_read() {
    let app = shared();
    let (one, other) = (app.person(), app.person());
    let ids = |person: &Person| -> BTreeSet<i64> {
        app.walk(person, "/projects?limit=100").iter().map(|row| row["id"].as_i64().unwrap()).collect()
    };
    let ones: BTreeSet<_> = (0..3).map(|_| app.project(&one)).collect();
    let others: BTreeSet<_> = (0..2).map(|_| app.project(&other)).collect();
    assert_eq!(ids(&one), ones);
    assert_eq!(ids(&other), others);
    assert!(ids(app.admin()).is_superset(&(&ones | &others)), "an admin sees all");
}

#[test]
fn an_admin_without_the_role_is_a_user_again() {
    let app = shared();
    let (former_admin, owner) = (app.new_admin(), app.person());
    let project = format!("/projects/{}", app.project(&owner));
    app.get(&project).by(&former_admin).ok();
    app.patch(&format!("/users/{}", former_admin.id), &json!({ "role": "user" })).by(app.admin()).ok();
    app.get(&project).by(&former_admin).refused(403);
    assert_eq!(app.walk(&former_admin, "/projects").len(), 0);
}
