//! The reference application: users own projects, projects hold tasks, tasks hold comments.
//!
//! Each file beside this one declares one entity, and is the whole of it.

fasttrack::resources!();

#[cfg(test)]
mod tests {
    use fasttrack::schema::{Effect, Rule, Verb};

    /// Every resource: its path, what it lies under, its JSON keys, and the verbs that have a route.
    #[test]
    fn the_declarations_are_the_contract() {
        let found: Vec<_> = super::RESOURCES
            .iter()
            .map(|schema| {
                let shown = schema.columns.iter().filter(|column| !column.hidden);
                let keys: Vec<&str> = shown.map(|column| column.key).collect();
                let verbs = Verb::ALL.into_iter().filter(|verb| schema.rule(*verb).is_some());
                let verbs: Vec<&str> = verbs.map(Verb::name).collect();
                (schema.plural, schema.under, keys.join(" "), verbs.join(" "))
            })
            .collect();
        let expected = [
            ("comments", Some("task"), "id body task_id author_id created_at", "create list delete"),
            (
                "projects",
                None,
                "id name description status owner_id created_at updated_at",
                "create list read update delete",
            ),
            (
                "tasks",
                Some("project"),
                "id title description status priority project_id assignee_id created_at updated_at",
                "create list read update delete",
            ),
            ("users", None, "id email display_name role is_active created_at updated_at", "list read update"),
        ];
        assert_eq!(found, expected.map(|(path, under, keys, verbs)| (path, under, keys.to_owned(), verbs.to_owned())));
    }

    #[test]
    fn events_tell_what_clients_rely_on() {
        let mut events = Vec::new();
        for trigger in super::RESOURCES.iter().flat_map(|schema| schema.triggers) {
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
        let comment = super::RESOURCES.first().expect("comments come first");
        let Some(Rule::Named { path, rule }) = comment.rule(Verb::Create) else { panic!("a named rule") };
        assert_eq!((path.steps(), *rule), (["task"].as_slice(), "member"));
    }
}
