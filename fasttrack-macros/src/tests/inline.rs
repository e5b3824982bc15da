//! Rows that come along with the one that they refer to: how many, and under which name.

use super::{accept, attribute, check, task};

/// A task that can be created, with these rows.
fn has(rest: &str) -> String {
    attribute(&format!("#[can(create: authenticated)] #[has({rest})]"))
}

#[test]
fn how_many_come_along_is_said_behind_the_rows() {
    for rest in [
        "notes: Note.task, inline = 1..=100",
        "notes: Note.task, inline = ..=1000,",
        "notes: Note.task, inline = 3..=3, links: Link.task, inline = 0..=1, more: Note.other",
        "inline: Note.task",
        "inline: Note.task, inline = 1..=2, links: Link.task",
    ] {
        accept(&has(rest));
    }
    let only = "rows are taken along by `inline = 1..=100`, behind those that it is said of";
    check(&has("inline = 1..=100"), "inline", only);
    check(&has("notes: Note.task, inline"), "inline", only);
    check(&has("notes: Note.task, inline(1..=100)"), "inline", only);
    check(
        &has("notes: Note.task, inline = 1..=2, inline = 1..=2"),
        "inline",
        "`notes` are taken along is said already",
    );
    check(&has("notes: Note.task, inline = 5"), "5", "say from where to where");
    check(&has("notes: Note.task, inline = 1..100"), ".", "bounds include their end");
    check(&has("notes: Note.task, inline = "), ")", "expected an integer");
    check(&has("notes: Note.task, inline = x, links: Link.of"), "x", "expected an integer");
}

#[test]
fn how_many_is_a_number_that_a_request_can_hold() {
    let bounds = |bounds: &str| has(&format!("notes: Note.task, inline = {bounds}"));
    check(&bounds("1.."), "inline", "say how many at most, so that a request has an end: `inline = 1..=100`");
    check(&bounds("0..=0"), "0", "nothing could be taken along");
    check(&bounds("3..=2"), "2", "no number is at least 3 and at most 2");
    check(&bounds("1..=1001"), "1001", "one request takes at most 1000 rows along");
    check(&bounds("-1..=3"), "-1", "a whole number of at least 0");
    check(&bounds("0.5..=3"), "0.5", "a whole number of at least 0");
    check(&bounds("1..=true"), "true", "a whole number of at least 0");
}

#[test]
fn what_comes_along_comes_with_a_post_under_a_key_of_its_own() {
    let inline = "notes: Note.task, inline = 1..=100";
    check(&attribute(&format!("#[has({inline})]")), "inline", "there is no `POST` that could take them along");
    // A `#[can]` that did not parse may have been it.
    check(&attribute(&format!("#[has({inline})] #[can(create: owner &)]")), ")", "expected");
    check(&has("project_id: Note.task, inline = 1..=2"), "project_id", "is the key of `project` in JSON");
    accept(&has("project_id: Note.task"));
    let beside = "beside `notes`, `notes_has_more` says whether there are more of them";
    let field = "pub notes_has_more: bool,";
    check(&task("", &format!("#[can(create: authenticated)] #[has({inline})]"), field), "notes_has_more", beside);
    accept(&task("", "#[can(create: authenticated)] #[has(notes: Note.task)]", field));
    check(&task("", "", &format!("#[field(max = 5)] pub notes: Many<Note>, {field}")), "notes_has_more", beside);
    check(&has(&format!("{inline}, notes_has_more: Link.task, inline = 1..=2")), "notes_has_more", beside);
    accept(&has(&format!("{inline}, notes_has_more: Link.task")));
    check(&has("title: Note.task, inline = 1..=2"), "title", "there is a field `title`");
    let account =
        "#[resource(account)] #[can(create: role(Admin))] #[can(read: self)] #[has(notes: Note.of, inline = ..=3)]
         pub struct User {
             pub id: Id<User>,
             #[field(unique)] pub email: Email,
             #[field(hidden)] pub password: PasswordHash,
             #[field(default = User, read_only)] pub role: Role,
             #[field(default = true, read_only)] pub is_active: bool,
         }";
    check(account, "inline", "an account comes into being by registration");
    accept(&task("history", "#[can(create: authenticated)] #[has(notes: Note.task, inline = 1..=2)]", ""));
}
