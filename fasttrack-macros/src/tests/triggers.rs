//! Who hears of a change.

use super::{accept, attribute, check, task};

#[test]
fn what_is_right_is_accepted() {
    for source in [
        "#[on(created => added { title: title, by: project.owner.name } to assignee, project.owner except actor)]",
        "#[on(deleted => gone to assignee)]",
        "#[on(changed(status -> Done) => done { old: old.status, new: new.status, project: project } to project.owner)]",
        "#[on(changed(assignee) => run crate::mail::tell)]",
        "#[on(created, deleted, changed(status -> Done) => run tell; gone to assignee, project.owner; run crate::x)]",
        "#[on(created => run tell)] #[on(created => run to assignee)]",
        "#[on(created => a { s: status } to assignee)] #[on(changed(status) => a { s: new.status } to assignee)]",
    ] {
        accept(&attribute(source));
    }
}

#[test]
fn the_form_of_a_trigger_is_explained() {
    check(&attribute("#[on(craeted => a to assignee)]"), "craeted", "did you mean `created`?");
    check(&attribute("#[on(changed => a to assignee)]"), "changed", "say of which field");
    check(&attribute("#[on(created => a { title: title })]"), "a", "say who hears of it");
    check(&attribute("#[on(created, craeted => a to assignee)]"), "craeted", "did you mean `created`?");
    check(&attribute("#[on(created, deleted => a to asignee)]"), "asignee", "did you mean `assignee`?");
    check(&attribute("#[on(created => run tell; a)]"), "a", "say who hears of it");
    check(&attribute("#[on(created, deleted => run tell tell)]"), "tell", "expected the end of the trigger");
    check(&attribute("#[on(created => a to assignee except project)]"), "project", "`except actor`");
    check(&attribute("#[onn(created => a to assignee)]"), "onn", "did you mean `on`?");
}

#[test]
fn an_instant_is_one_that_comes() {
    let at = |rest: &str| attribute(&format!("#[on({rest} => a to assignee)]"));
    let with = |field: &str, rest: &str| task("", &format!("#[on({rest})]"), field);
    let due = "pub due_at: Option<Timestamp>,";
    for source in [
        at("at(created_at)"),
        at("at(created_at + 30d), created"),
        with(due, "at(due_at - 24h) => a { title: new.title, due: due_at } to assignee; run tell"),
        with("#[field(write_once)] pub due_at: Timestamp,", "at(due_at + 90m) => run tell"),
        task("hooks", "#[on(at(due_at) => run tell)]", "#[field(read_only)] pub due_at: Option<Timestamp>,"),
    ] {
        accept(&source);
    }
    check(&at("at"), "at", "say when: `at(starts_at)`");
    check(&at("at()"), ")", "say when: `at(starts_at)`");
    check(&at("at(craeted_at)"), "craeted_at", "did you mean `created_at`?");
    check(&at("at(title)"), "title", "`title` is no instant");
    check(&at("at(assignee - 1d)"), "assignee", "is no instant");
    check(&at("at(project.due_at)"), ".", "one of the row itself");
    check(&at("at(created_at + 24)"), "24", "say in which unit: `24h`");
    check(&at("at(created_at * 2)"), "*", "is moved by `+` or `-`: `created_at + 24h`");
    check(&at("at(created_at + 40000d)"), "40000d", "longer than a hundred years");
    check(&at("at(created_at 1d)"), "1d", "expected `)`");
    check(&at("at(now + 1d)"), "now", "has no field or rule `now`");
    check(&with("pub changed_at: UpdatedAt,", "at(changed_at) => run tell"), "changed_at", "moves with every change");
    check(&with("pub due_on: Date,", "at(due_on) => run tell"), "due_on", "make it a `Timestamp`");
    let hidden = "#[field(hidden)] pub due_at: Option<Timestamp>,";
    check(&with(hidden, "at(due_at) => run tell"), "due_at", "is hidden");
    let read_only = "#[field(read_only)] pub due_at: Option<Timestamp>,";
    check(&with(read_only, "at(due_at) => run tell"), "due_at", "may never be known");
    check(&with(due, "at(due_at) => a { title: old.title } to assignee"), "old", "nothing changes at an instant");
    check(&with(due, "at(due_at) => a to assignee except actor"), "except", "nobody does what happens at an instant");
}

#[test]
fn a_change_can_happen() {
    check(&attribute("#[on(changed(statsu) => a to assignee)]"), "statsu", "did you mean `status`?");
    check(&attribute("#[on(changed(project) => a to assignee)]"), "project", "this would never happen");
    check(&attribute("#[on(changed(id) => a to assignee)]"), "id", "this would never happen");
    check(&attribute("#[on(changed(status -> 3) => a to assignee)]"), "3", "the variant of the choice");
    check(&attribute("#[on(changed(is_open -> Done) => a to assignee)]"), "Done", "`true` or `false`");
}

#[test]
fn what_is_told_exists_and_is_shown() {
    check(&attribute("#[on(created => a { t: titel } to assignee)]"), "titel", "did you mean `title`?");
    check(&attribute("#[on(created => a { t: title.x } to assignee)]"), "title", "is no relation");
    check(&attribute("#[on(created => a { t: title, t: status } to assignee)]"), "t", "a key `t` already");
    check(&attribute("#[on(created => a { task_id: id } to assignee)]"), "task_id", "is always there");
    check(&attribute("#[on(created => a { t: old.title } to assignee)]"), "old", "leave `old.` out");
    check(&attribute("#[on(deleted => a { t: new.title } to assignee)]"), "new", "leave `new.` out");
    let hidden = "#[field(hidden, default)] pub secret: bool,";
    check(&super::task("", "#[on(created => a { s: secret } to assignee)]", hidden), "secret", "is hidden");
}

#[test]
fn who_hears_is_somebody() {
    check(&attribute("#[on(created => a to title)]"), "title", "is nobody");
    check(&attribute("#[on(created => a to asignee)]"), "asignee", "did you mean `assignee`?");
    check(&attribute("#[on(created => a to assignee, assignee)]"), "assignee", "is told already");
    check(&attribute("#[on(created => a to self)]"), "self", "only `#[resource(account)]` has it");
    check(&attribute("#[rule(m: assignee)] #[on(created => a to m)]"), "m", "is a rule");
}

#[test]
fn the_words_of_the_socket_are_its_own() {
    check(&attribute("#[on(created => resync { s: status } to assignee)]"), "resync", "a word of the socket itself");
}

#[test]
fn a_recipient_is_of_the_row_as_it_is() {
    check(&attribute("#[on(changed(assignee) => lost {} to old.assignee)]"), "old", "is for what an event tells");
}

#[test]
fn one_name_is_one_payload() {
    let source = "#[on(created => a { s: status } to assignee)] #[on(deleted => a { t: title } to assignee)]";
    check(&attribute(source), "a", "`a` has other data above");
}

#[test]
fn an_event_has_only_so_much_to_tell_and_so_many_to_tell() {
    let tells = |count: usize| (0..count).map(|number| format!("k{number}: title,")).collect::<Vec<_>>().concat();
    let event = |count: usize| attribute(&format!("#[on(created => a {{ {} }} to assignee)]", tells(count)));
    accept(&event(300));
    check(&event(301), "k300", "an event tells at most 300 fields");
    let to = |count: usize| (0..count).map(|number| format!("project.p{number}")).collect::<Vec<_>>().join(", ");
    accept(&attribute(&format!("#[on(created => a to {})]", to(100))));
    check(&attribute(&format!("#[on(created => a to {})]", to(101))), "p100", "at most 100 paths");
}
