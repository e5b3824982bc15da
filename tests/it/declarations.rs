//! The four declarations mean what clients rely on; others beside them do not matter here.

use fasttrack::schema::{Effect, Rule, Schema, Verb};
use resources::RESOURCES;

fn schema(name: &str) -> &'static Schema {
    RESOURCES.iter().find(|schema| schema.name == name).expect("it is declared")
}

#[track_caller]
fn check(name: &str, path: &str, under: Option<&str>, keys: &str, verbs: &str) {
    let schema = schema(name);
    let shown = schema.columns.iter().filter(|column| !column.hidden);
    assert_eq!(shown.map(|column| column.key).collect::<Vec<_>>().join(" "), keys);
    let ruled = Verb::ALL.into_iter().filter(|verb| schema.rule(*verb).is_some());
    assert_eq!(ruled.map(Verb::name).collect::<Vec<_>>().join(" "), verbs);
    assert_eq!((schema.plural, schema.under), (path, under));
}

#[test]
fn paths_keys_and_verbs_are_those_of_the_contract() {
    let all = "create list read update delete";
    check("comment", "comments", Some("task"), "id body task_id author_id created_at", "create list delete");
    check("project", "projects", None, "id name description status owner_id created_at updated_at", all);
    let keys = "id title description status priority project_id assignee_id created_at updated_at";
    check("task", "tasks", Some("project"), keys, all);
    let keys = "id email email_verified display_name role is_active created_at updated_at";
    check("user", "users", None, keys, "list read update show");
}

#[test]
fn events_tell_what_clients_rely_on() {
    let mut events = Vec::new();
    for trigger in ["comment", "task"].into_iter().flat_map(|name| schema(name).triggers) {
        if let Effect::Event { name, payload, to, .. } = trigger.effect {
            let keys: Vec<&str> = payload.iter().map(|entry| entry.key).collect();
            let to: Vec<String> = to.iter().map(|path| path.steps().join(".")).collect();
            events.push(format!("{name} {{ {} }} to {}", keys.join(" "), to.join(", ")));
        }
    }
    let expected = [
        "comment_added { task_id author } to task.project.owner, task.assignee",
        "task_assigned { project } to assignee",
        "status_changed { old new } to project.owner",
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_rule_of_another_resource_is_referred_to_by_name() {
    let Some(Rule::Named { path, rule }) = schema("comment").rule(Verb::Create) else { panic!("a named rule") };
    assert_eq!((path.steps(), *rule), (["task"].as_slice(), "member"));
}
