//! Who may do what.

use super::{accept, attribute, check, field, task};

#[test]
fn what_is_right_is_accepted() {
    for source in [
        "#[can(list, update,: anyone)]",
        "#[can(create: project.owner | assignee & !role(Admin))]",
        "#[can(list: (project.owner | assignee) & is_open == true)]",
        "#[can(list: project.status == Active & status != Done & project.rank >= -5)]",
        "#[rule(member: assignee | other)] #[rule(other: project.member)] #[can(create: member)]",
    ] {
        accept(&attribute(source));
    }
}

#[test]
fn verbs_are_known_and_stand_once() {
    check(&attribute("#[can(lsit: anyone)]"), "lsit", "did you mean `list`?");
    check(&attribute("#[can(patch: anyone)]"), "patch", "there is `create`, `list`");
    check(&attribute("#[can(list, list: anyone)]"), "list", "has a rule already");
    check(&attribute("#[can(read: anyone)]"), "read", "join the two with `|`");
    check(&attribute("#[cna(list: anyone)]"), "cna", "did you mean `can`?");
    let unruled = "#[resource] pub struct Note { pub id: Id<Note> }";
    check(unruled, "Note", "nobody may do anything with it");
}

#[test]
fn the_form_of_a_rule_is_explained() {
    check(&attribute("#[can(list: assignee || project.owner)]"), "|", "says `|` once");
    check(&attribute("#[can(list: assignee && project.owner)]"), "&", "says `&` once");
    check(&attribute("#[can(list: assignee project)]"), "project", "expected `|`, `&`");
    check(&attribute("#[can(list: status = Done)]"), "=", "a comparison is written `==`");
    check(&attribute("#[can(list: self.assignee)]"), "self", "leave `self.` out");
    check(&attribute("#[can(list: rule(Admin))]"), "rule", "did you mean `role(…)` or `any(…)`?");
    check(&attribute("#[can(list: role(Admin, User))]"), ",", "one role each");
    check(&attribute("#[can(list: status == Status::Done)]"), "Status", "name the variant alone");
}

#[test]
fn an_update_may_ask_of_the_row_as_it_would_be() {
    for source in [
        "#[can(update: assignee -> status != Done)]",
        "#[can(update: project.owner | assignee -> (project.owner | assignee & is_open == true))]",
        "#[rule(member: assignee)] #[can(update: member -> member)]",
    ] {
        accept(&attribute(source));
    }
    let can = |rest: &str| attribute(&format!("#[can({rest})]"));
    check(&can("list: assignee -> status == Done"), "-", "take `->` away");
    check(&can("create: assignee -> status == Done"), "-", "that of `create` is asked of it anyway");
    check(
        &can("update, list, delete: assignee -> status == Done"),
        "-",
        "give `list` and `delete` a `#[can]` of its own",
    );
    check(&can("udpate: assignee -> status == Done"), "udpate", "did you mean `update`?");
    check(&can("update: -> status == Done"), "-", "say who may before the change too");
    check(&can("update: assignee -> "), ")", "say what has to hold of the row as it would be");
    check(&can("update: assignee -> status == Done -> assignee"), "-", "is said once");
    check(&can("update: (assignee -> status == Done)"), "-", "two whole rules alone");
    check(&can("update: assignee | (assignee -> status == Done) | project.owner"), "-", "two whole rules alone");
    check(&can("update: !assignee => status == Done"), "=", "is written `->`");
    check(&can("update: assignee -> status = Done"), "=", "a comparison is written `==`");
    check(&can("update: assignee -> asignee"), "asignee", "did you mean `assignee`?");
    check(&can("update: assignee -> title"), "title", "does not say who may");
    check(&attribute("#[rule(m: assignee -> status == Done)]"), "-", "two whole rules alone");
    check(&field("#[field(write = assignee -> project.owner)] pub x: i64,"), "-", "two whole rules alone");
}

#[test]
fn a_path_begins_at_the_row() {
    check(&attribute("#[can(list, update: projetc.owner)]"), "projetc", "did you mean `project`?");
    check(&attribute("#[can(list: project_id)]"), "project_id", "write `project`");
    check(&attribute("#[can(list: authentcated)]"), "authentcated", "did you mean `authenticated`?");
    check(&attribute("#[can(list: title.owner)]"), "title", "is no relation");
    check(&attribute("#[can(list: title)]"), "title", "does not say who may");
    check(&attribute("#[can(list: is_open)]"), "is_open", "compare it: `is_open == true`");
    check(&attribute("#[can(list: self)]"), "self", "only `#[resource(account)]` has it");
    let long = "project.a.b.c.d.e.f.g.h";
    check(&attribute(&format!("#[can(list: {long})]")), "h", "at most 8 relations");
}

#[test]
fn a_comparison_is_of_one_type() {
    check(&attribute("#[can(list: is_open == 1)]"), "1", "write `true` or `false`");
    check(&attribute("#[can(list: status == \"done\")]"), "\"done\"", "without quotes");
    check(&attribute("#[can(list: status < Done)]"), "<", "only numbers are smaller or larger");
    check(&attribute("#[can(list: assignee == 3)]"), "3", "no constants of type `BelongsTo<T>`");
    check(&attribute("#[rule(m: assignee)] #[can(list: m == true)]"), "m", "is not compared");
}

#[test]
fn an_instant_is_compared_with_the_present() {
    for source in [
        "#[can(list: created_at <= now)]",
        "#[can(list: created_at > now - 30d & !(project.due_on < now + 24h))]",
        "#[rule(fresh: created_at >= now - 15m)] #[can(update: assignee & fresh -> created_at < now + 1s)]",
        "#[can(list: created_at > now + 36500d | assignee)]",
    ] {
        accept(&attribute(source));
    }
    accept(&field("#[field(write = created_at > now - 1h)] pub x: i64,"));
    accept(&task("", "#[can(list: now <= now)]", "pub now: Timestamp,"));
    let can = |rest: &str| attribute(&format!("#[can(list: {rest})]"));
    check(&can("title <= now"), "now", "`title` is `String`; `now` is compared with a `Timestamp`");
    check(&can("assignee > now"), "now", "is `BelongsTo<T>`");
    check(&can("created_at == now"), "=", "no instant is exactly now");
    check(&can("created_at != now - 1d"), "!", "no instant is exactly now");
    check(&can("created_at < now + 24"), "24", "say in which unit: `24h`; there is `s`, `m`, `h` and `d`");
    check(&can("created_at < now + 2w"), "2w", "`w` is no unit of time");
    check(&can("created_at < now + 24hours"), "24hours", "`hours` is no unit of time");
    check(&can("created_at < now + 1.5h"), "1.5h", "in whole numbers");
    check(&can("created_at < now + title"), "title", "say how long");
    check(&can("created_at < now + -1h"), "-", "say how long");
    check(&can("created_at < now * 2"), "*", "is moved by `+` or `-`");
    check(&can("created_at < now + 0h"), "0h", "write `now` alone");
    check(&can("created_at < now + 36501d"), "36501d", "longer than a hundred years");
    check(&can("created_at < now - 99999999999999999999s"), "99999999999999999999s", "longer than a hundred years");
    check(&can("created_at < now + 1d + 2h"), "+", "add the two up");
    check(&can("now > created_at"), "now", "stands on the right");
    check(&can("now - 1h > created_at"), "now", "stands on the right");
    check(&can("now"), "now", "compare an instant with it");
    check(&can("craeted_at < now"), "craeted_at", "did you mean `created_at`?");
    check(&attribute("#[rule(now: assignee)]"), "now", "a word of the rule language");
    check(&attribute("#[rule(m: assignee)] #[can(list: m < now)]"), "m", "is not compared");
    check(&field("#[field(default = now)] pub x: Timestamp,"), "now", "stands in rules alone");
    check(&attribute("#[on(changed(status -> now) => done to assignee)]"), "now", "stands in rules alone");
}

#[test]
fn the_account_that_is_calling_is_asked() {
    for source in [
        "#[can(list: caller.plan == Pro & project == caller.project)]",
        "#[can(list: project.team != caller.team | !(caller.is_trusted == true))]",
        "#[can(list: caller.created_at < now - 7d | caller.boss | any(caller.teams: is_open == true))]",
        "#[has(notes: Note.task)] #[can(list: any(notes: team == caller.team & caller.plan == Pro))]",
        "#[rule(paying: caller.plan == Pro)] #[can(create: paying)] #[can(update: paying -> caller.points > 3)]",
    ] {
        accept(&attribute(source));
    }
    accept(&task("", "#[can(list: caller)]", "#[field(on_delete = cascade)] pub caller: BelongsTo<User>,"));
    let can = |rule: &str| attribute(&format!("#[can(list: {rule})]"));
    check(&can("caller"), "caller", "say what of the account that is calling");
    check(&can("title == caller"), "caller", "say which of its fields");
    check(&can("caller.team == project"), "caller", "stands on the right");
    check(&can("caller.team == caller.other"), "caller", "stands on the right");
    check(&can("project < caller.project"), "<", "is the same or not");
    check(&can("caller.plan < Pro"), "<", "only numbers are smaller or larger");
    check(&can("caller.created_at == now"), "=", "no instant is exactly now");
    check(&can("titel == caller.title"), "titel", "did you mean `title`?");
    check(&can("title == caller.a.b.c.d.e.f.g.h.i"), "i", "at most 8 relations");
    check(&attribute("#[rule(m: assignee)] #[can(list: m == caller.team)]"), "m", "is not compared");
    check(&attribute("#[has(notes: Note.task)] #[can(list: notes == caller.team)]"), "notes", "compare a field of one");
    check(&attribute("#[rule(caller: assignee)]"), "caller", "a word of the rule language");
    let called = task("", "#[can(list: caller.plan == Pro)]", "#[field(default)] pub caller: i64,");
    check(&called, "caller", "something here is called `caller` too");
    check(&can("caller.now()"), "(", "expected `|`, `&`");
}

#[test]
fn named_rules_have_names_of_their_own() {
    check(&attribute("#[rule(title: assignee)]"), "title", "there is a field `title`");
    check(&attribute("#[rule(m: assignee)] #[rule(m: assignee)]"), "m", "there is a rule `m` already");
    check(&attribute("#[rule(role: assignee)]"), "role", "a word of the rule language");
    check(&attribute("#[rule(m: assignee | m)]"), "m", "refers to itself");
    check(&attribute("#[rule(m: assignee)] #[can(list: m.owner)]"), "m", "nothing follows it");
    check(&attribute("#[rule(m: asignee)] #[can(list: m)]"), "asignee", "did you mean `assignee`?");
}

#[test]
fn a_verb_is_the_name_of_its_rule() {
    for source in [
        "#[can(list: project.read)] #[can(update: read & project.update)] #[can(delete: update | assignee)]",
        "#[rule(member: read)] #[can(create, list: member)]",
        "#[has(notes: Note.task)] #[can(list: any(notes: read) | any(notes: task.update))]",
    ] {
        accept(&attribute(source));
    }
    accept(&task("", "#[can(list: delete)]", "#[field(on_delete = cascade)] pub delete: BelongsTo<User>,"));
    accept(&field("#[field(write = read)] pub x: i64,"));
    let none = "has no rule here whose name it could be; say who may: `#[can(update: …)]`";
    check(&attribute("#[can(list: update)]"), "update", none);
    check(&attribute("#[can(list: update.owner)]"), "update", none);
    check(&attribute("#[can(list: read == true)]"), "read", "is not compared");
    check(&attribute("#[can(list: read.owner)]"), "read", "nothing follows it");
    check(&attribute("#[on(created => made to read)]"), "read", "is a rule");
    check(&attribute("#[rule(list: assignee)]"), "list", "is a verb, and the name of its rule");
    check(&attribute("#[has(list: Note.task)]"), "list", "is a verb, and the name of its rule");
    check(&attribute("#[can(list: list | assignee)]"), "list", "the rule `list` refers to itself");
    check(&attribute("#[can(list: update)] #[can(update: list)]"), "list", "refers to itself");
    check(&attribute("#[rule(m: update)] #[can(update, list: m)]"), "m", "refers to itself");
    check(&attribute("#[can(update: assignee ->)] #[can(list: update)]"), ")", "say what has to hold");
}

#[test]
fn who_creates_is_the_actor() {
    let with = |rule: &str, field: &str| task("", &format!("#[can(create: {rule})]"), field);
    let required = "#[field(actor, on_delete = restrict)] pub owner: BelongsTo<User>,";
    accept(&with("anyone", "#[field(actor, on_delete = set_null)] pub owner: Option<BelongsTo<User>>,"));
    accept(&with("authenticated | project.owner", required));
    check(&with("anyone", required), "actor", "and so is no actor");
    check(&with("role(Admin) | anyone", required), "actor", "and so is no actor");
}

#[test]
fn creation_reads_what_exists() {
    check(&attribute("#[can(create: id == 3)]"), "3", "no constants of type");
    check(&attribute("#[can(create: created_at == \"2026\")]"), "\"2026\"", "no constants of type");
    check(&field("#[field(write = titel)] pub x: i64,"), "titel", "did you mean `title`?");
    let user = "#[resource(account)] #[can(create: m)] #[rule(m: role(Admin) | self)]";
    let (_, errors) = super::expand(&format!("{user} {}", super::account::FIELDS));
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(messages, ["`self` does not exist before the row does, and `create` reads it; take it out"]);
}
