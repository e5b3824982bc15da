//! Many rows that refer to one: names for them, rules and recipients that go through them, rows that triggers add.

use super::{accept, attribute, check};

const HAS: &str = "#[has(notes: Note.task, links: crate::link::Link.task)]";

/// A declaration that has notes and links, with this attribute.
fn with(attributes: &str) -> String {
    attribute(&format!("{HAS} {attributes}"))
}

#[test]
fn what_is_right_is_accepted() {
    for source in [
        "",
        "#[has(more: Note.other,)]",
        "#[can(list: any(notes: author))]",
        "#[can(list: any(notes: author & (level == Owner | !is_open == true) & project.rank > 3))]",
        "#[can(list: !any(project.members: user) | any(notes: any(readers: user)))]",
        "#[rule(writer: notes.author | any(notes: self | anyone | authenticated | role(Admin)))] #[can(list: writer)]",
        "#[on(changed(title) => renamed { title: title } to notes.author, project.members.user except actor)]",
        "#[on(created => add notes { author: actor, level: Owner, text: \"x\", n: -3, x: 0.5, is_open: true, of: title })]",
        "#[on(created, changed(title) => add notes { by: project.owner }; add links {}; run crate::x)]",
        "#[on(created => add { t: title } to assignee)] #[on(deleted => run to assignee)]",
    ] {
        accept(&with(source));
    }
}

#[test]
fn many_rows_have_a_name_of_their_own_and_a_relation() {
    let has = |rest: &str| attribute(&format!("#[has({rest})]"));
    check(&has(""), ")", "expected a name and whose relation leads here");
    check(&has("notes"), ")", "expected a name and whose relation leads here");
    check(&has("notes: Note"), ")", "say by which of its relations");
    check(&has("notes: Note.task links: Link.task"), "links", "expected `,` and a further name");
    check(&has("title: Note.task"), "title", "there is a field `title`");
    check(&has("any: Note.task"), "any", "a word of the language");
    check(&has("old: Note.task"), "old", "a word of the language");
    check(&with("#[has(notes: Other.task)]"), "notes", "there are rows called `notes` already");
    check(&with("#[rule(notes: assignee)]"), "notes", "there is a rule `notes`");
    check(&attribute("#[hsa(notes: Note.task)]"), "hsa", "did you mean `has`?");
    check(&attribute("#[has]"), "has", "this is written `#[has(members: Membership.organisation)]`");
}

#[test]
fn any_is_asked_of_many_rows() {
    let can = |rule: &str| with(&format!("#[can(list: {rule})]"));
    check(&can("any(project: owner)"), "project", "leads to one row");
    check(&can("any(title: owner)"), "title", "is asked of many rows");
    check(&can("any(ntoes: author)"), "ntoes", "did you mean `notes`?");
    check(&can("any(notes)"), ")", "say of which rows, and what has to hold of one");
    check(&can("any(notes:)"), ")", "say of which rows, and what has to hold of one");
    check(&can("any()"), ")", "say of which rows, and what has to hold of one");
    check(&can("any(notes: level < Owner)"), "<", "only numbers are smaller or larger");
    check(&can("any(notes: author.a.b.c.d.e.f.g.h)"), "h", "at most 8 relations");
    check(&can("any(notes: author | )"), ")", "expected a rule");
    check(&can("all(notes: author)"), "all", "did you mean `role(…)` or `any(…)`?");
    check(&can("notes == 3"), "notes", "compare a field of one: `any(notes: …)`");
    check(&with("#[rule(m: any(notes: author))] #[can(list: any(m: author))]"), "m", "is a rule");
}

#[test]
fn nothing_refers_to_a_row_that_is_to_be() {
    let can = |rule: &str| with(&format!("#[can(create: {rule})]"));
    check(&can("any(notes: author)"), "notes", "nothing refers to a row before it is there");
    check(&can("assignee | notes.author"), "notes", "nothing refers to a row before it is there");
    check(&with("#[rule(m: any(notes: author))] #[can(create: m)]"), "notes", "before it is there");
    accept(&can("any(project.members: user)"));
}

#[test]
fn many_rows_have_no_one_value() {
    check(&with("#[on(created => a { n: notes } to assignee)]"), "notes", "an event tells fields of one");
    check(&with("#[on(changed(notes) => a to assignee)]"), "notes", "their own resource hears");
}

#[test]
fn a_row_is_added_to_those_that_refer_here() {
    let on = |effect: &str| with(&format!("#[on(created => {effect})]"));
    check(&on("add ntoes {}"), "ntoes", "did you mean `notes`?");
    check(&attribute("#[on(created => add notes {})]"), "notes", "name the rows that refer here");
    check(&on("add notes"), ")", "say to which rows, and what it holds");
    check(&on("add notes { author }"), "}", "expected `field: value`");
    check(&on("add notes { author: }"), "}", "expected a literal or the variant");
    check(&on("add notes { task: project }"), "task", "leads to the row by itself");
    check(&on("add notes { n: 1, n: 2 }"), "n", "has a value already");
    check(&on("add notes { n: titel }"), "titel", "did you mean `title`?");
    check(&on("add notes { n: links }"), "links", "is no field");
    check(&with("#[on(deleted => add notes {})]"), "notes", "a row that goes");
    check(&with("#[on(at(created_at + 7d) => add notes {})]"), "notes", "let a job add the row");
    let anyone = "#[can(create: anyone)] #[on(created => add notes { author: actor })]";
    check(&with(anyone), "actor", "and so is no actor");
    let named = "#[rule(m: assignee | anyone)] #[can(update: m)] #[on(created => add notes { author: actor })]";
    check(&with(named), "actor", "and so is no actor");
}
