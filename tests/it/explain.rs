//! `fasttrack explain RESOURCE --as EMAIL`: what an account may do, and why not.

use serde_json::{Value, json};

use crate::driver::{Person, Settings, TestApp, shared};

/// The lines of what the command prints, with single blanks.
#[track_caller]
fn explained(app: &TestApp, arguments: &[&str]) -> Vec<String> {
    let output = app.run(&[&["explain"], arguments].concat(), "");
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[track_caller]
fn check(lines: &[String], expected: &[&str]) {
    for line in expected {
        assert!(lines.iter().any(|known| known.starts_with(line)), "{line}\nis not in\n{}", lines.join("\n"));
    }
}

/// Checks a failure: nothing on standard output, and one sentence that names what is wrong.
#[track_caller]
fn check_failure(settings: &Settings, arguments: &[&str], code: i32, mentions: &str) {
    let output = settings.run(&[&["explain"], arguments].concat(), "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(code) && output.stdout.is_empty(), "{output:?}");
    assert!(stderr.contains(mentions) && stderr.trim().lines().count() == 1, "{mentions:?}: {stderr}");
}

#[test]
fn without_a_row_it_says_of_which_rows() {
    let app = shared();
    let person = app.person();
    let lines = explained(app, &["tasks", "--as", &person.email.to_uppercase()]);
    check(
        &lines,
        &[
            &format!("{} is account {}, with role user", person.email.to_uppercase(), person.id),
            "Rights to tasks",
            "create where as project.owner title description status",
            "read where as assignee id title",
            "read where as project.owner id title",
            "delete where as project.owner",
        ],
    );
    let lines = explained(app, &["users", "--as", &person.email]);
    check(
        &lines,
        &[
            "list no never it is for role admin, and the role is user",
            "update at /users/me where as oneself email display_name",
            "show yes every row id display_name",
            "show where as oneself email",
        ],
    );
    let lines = explained(app, &["tasks", "--as", &app.admin().email]);
    check(&lines, &["delete yes every row", "create yes a new row"]);
}

/// What the command says of a row is what requests are answered.
#[test]
fn of_a_row_it_says_what_requests_are_answered() {
    let app = shared();
    let (owner, assignee, stranger) = (app.person(), app.person(), app.person());
    let project = app.project(&owner);
    let task = app.task(&owner, project, &json!({ "assignee_id": assignee.id }));
    let may = |person: &Person, verb: &str| {
        let line = |line: &String| line.starts_with(&format!("{verb} yes "));
        explained(app, &["tasks", "--as", &person.email, "--row", &task.to_string()]).iter().any(line)
    };
    let path = format!("/tasks/{task}");
    for person in [&owner, &assignee, &stranger, app.admin()] {
        let read = app.get(&path).by(person).send().status == 200;
        let update = app.patch(&path, &json!({})).by(person).send().status == 200;
        assert_eq!((may(person, "read"), may(person, "update")), (read, update), "{person:?}");
        let expected = (person.id != stranger.id, person.id != stranger.id);
        assert_eq!((read, update), expected, "{person:?}");
    }
    assert!(may(&owner, "delete") && !may(&assignee, "delete"));
    app.delete(&path).by(&assignee).send().expect(403);
    let lines = explained(app, &["tasks", "--as", &stranger.email, "--row", &task.to_string()]);
    check(
        &lines,
        &[
            &format!("Rights to task {task}"),
            &format!(
                "read no as assignee id title description status priority project_id assignee_id created_at updated_at assignee is {}",
                assignee.id
            ),
            &format!("delete no as project.owner project.owner is {}", owner.id),
            "create one like it no as project.owner",
        ],
    );
    app.patch(&path, &json!({ "assignee_id": null })).by(&owner).ok();
    let lines = explained(app, &["tasks", "--as", &assignee.email, "--row", &task.to_string()]);
    check(&lines, &["update no as assignee title description status priority assignee_id assignee is null"]);
}

#[test]
fn ones_own_account_is_ones_own() {
    let app = shared();
    let (person, other) = (app.person(), app.person());
    let lines = explained(app, &["users", "--as", &person.email, "--row", &person.id.to_string()]);
    let own = ["update at /users/me yes as oneself email display_name", "read at /users/me yes as oneself id email"];
    check(&lines, &own);
    app.get(&format!("/users/{}", person.id)).by(&person).send().expect(403);
    app.get("/users/me").by(&person).ok();
    let me = app.admin();
    let lines = explained(app, &["users", "--as", &me.email, "--row", &me.id.to_string()]);
    check(&lines, &["read yes every row id email"]);
    let lines = explained(app, &["users", "--as", &person.email, "--row", &other.id.to_string()]);
    check(
        &lines,
        &[&format!("update at /users/me no as oneself email display_name id is {}", other.id), "show yes every row id"],
    );
    check(&lines, &["update no never role is_active it is for role admin"]);
    app.disable(&person);
    let lines = explained(app, &["users", "--as", &person.email]);
    assert!(lines.first().unwrap().contains("it is disabled"), "{lines:?}");
    check(&lines, &["show no every row id display_name the account is disabled"]);
}

#[test]
fn it_is_printed_for_programs_and_with_the_statements() {
    let app = shared();
    let owner = app.person();
    let project = app.project(&owner).to_string();
    let arguments = ["explain", "projects", "--as", &owner.email, "--row", &project, "--json"];
    let output = app.run(&arguments, "");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["account"]["id"], json!(owner.id));
    assert_eq!(found["row"], json!({ "id": project.parse::<i64>().unwrap(), "is_deleted": false }));
    let rights = found["rights"].as_array().unwrap();
    let delete = rights.iter().find(|right| right["verb"] == "delete").unwrap();
    assert_eq!(*delete, json!({ "verb": "delete", "may": "yes", "relation": "as owner", "with": "" }));
    assert!(found.get("asked").is_none(), "{found}");
    let lines = explained(app, &["projects", "--as", &owner.email, "--row", &project, "--sql"]);
    check(&lines, &[&format!("-- what the conditions say of project {project}"), "-- delete, role user"]);
    assert!(!lines.iter().any(|line| line.starts_with("-- ") && line.contains("admin")), "{lines:?}");
}

#[test]
fn who_or_what_is_not_there_is_said() {
    let app = shared();
    let person = app.person();
    let settings = app.settings();
    check_failure(settings, &["tasks", "--as", "nobody@example.com"], 1, "there is no account of nobody@example.com");
    check_failure(settings, &["tasks", "--as", &person.email, "--row", "987654321"], 1, "there is no task 987654321");
    check_failure(settings, &["cars", "--as", &person.email], 1, "there is no resource `cars`");
    check_failure(settings, &["tasks", "--row", "1"], 2, "--as");
    check_failure(settings, &["tasks", "--as", &person.email, "--row", "-1"], 1, "there is no task -1");
    check_failure(settings, &["tasks", "--as", ""], 2, "a value is required for '--as <EMAIL>'");
    let nothing = Settings::on_a_file();
    check_failure(&nothing, &["tasks", "--as", "a@b.c"], 1, "there is no database at");
    assert!(!nothing.directory().join("t.db").exists(), "none was made");
}
