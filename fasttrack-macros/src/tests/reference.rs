//! The documents name every word of the language, and none that there is not.

use super::{accept, constraints, task};
use crate::{
    check::rule,
    options::OPTIONS,
    parse::{attribute, constraint, trigger},
    shape::Shape,
};

const REFERENCE: &str = include_str!("../../../docs/reference.md");
const DECLARATIONS: &str = include_str!("../../../docs/declarations.md");

/// What some examples speak of.
const DELETED: &str = "pub deleted_at: DeletedAt,";

/// The rows of a table, each taken apart into its cells.
fn table(name: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = REFERENCE.split_once(&format!("<!-- {name} -->")).expect("the table starts");
    let (table, _) = rest.split_once(&format!("<!-- /{name} -->")).expect("the table ends");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn the_options_of_a_resource_are_documented() {
    let documented: Vec<String> = table("resource").iter().map(|cells| cells[0].replace('`', "")).collect();
    assert_eq!(documented, attribute::OPTIONS);
}

#[test]
fn the_constraints_are_documented() {
    let documented: Vec<String> = table("constraints").iter().map(|cells| cells[0].replace('`', "")).collect();
    assert_eq!(documented, constraint::FORMS.map(|(_, form)| form));
}

#[test]
fn the_options_are_documented_as_they_are() {
    let documented: Vec<(String, bool)> = table("options")
        .iter()
        .map(|cells| {
            let form = cells[0].replace('`', "");
            let doc = OPTIONS.iter().find(|option| option.form == form).map_or("", |option| option.doc);
            (form, !doc.is_empty() && cells[2].starts_with(doc))
        })
        .collect();
    let declared: Vec<(String, bool)> = OPTIONS.iter().map(|option| (option.form.to_owned(), true)).collect();
    assert_eq!(documented, declared, "the form, and whether the meaning begins as in the code");
}

/// The sections of a chapter of `declarations.md`: the heading, and the examples.
fn sections(chapter: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let (_, rest) = DECLARATIONS.split_once(&format!("\n## {chapter}\n")).expect("the chapter starts");
    let chapter = rest.split("\n## ").next().unwrap_or(rest);
    let sections = chapter.split("\n### ").skip(1).map(|section| {
        let (heading, text) = section.split_once('\n').expect("a heading and a text");
        let blocks = text.split("```rust\n").skip(1);
        (heading, blocks.filter_map(|rest| rest.split_once("```")).map(|(example, _)| example).collect())
    });
    sections.collect()
}

/// The words of the headings, in backquotes there; other headings are left out.
fn words(chapter: &str) -> Vec<&'static str> {
    let words = sections(chapter).into_iter().filter_map(|(heading, _)| heading.strip_prefix('`')?.strip_suffix('`'));
    words.collect()
}

#[test]
fn every_word_has_its_section_and_no_other() {
    let options = attribute::OPTIONS.map(|form| form.split(' ').next().unwrap_or(form));
    assert_eq!(words("`#[resource(…)]`"), options);
    assert_eq!(words("`#[can(…)]`"), rule::VERBS);
    assert_eq!(words("Rules"), rule::WORDS);
    assert_eq!(words("`#[on(…)]`"), trigger::CHANGES);
    assert_eq!(words("Constraints"), constraint::FORMS.map(|(word, _)| word));
    assert_eq!(words("Types"), Shape::all().map(Shape::written).collect::<Vec<_>>());
    assert_eq!(words("`#[field(…)]`"), OPTIONS.iter().map(|option| option.name).collect::<Vec<_>>());
}

#[test]
fn every_example_is_accepted() {
    let examples = |chapter: &str| sections(chapter).into_iter().flat_map(|(_, examples)| examples);
    for arguments in examples("`#[resource(…)]`").filter(|arguments| !arguments.starts_with("account")) {
        accept(&task(arguments, "", DELETED));
    }
    for chapter in ["`#[can(…)]`", "`#[never(…)]`", "`#[has(…)]`", "Rules", "`#[on(…)]`"] {
        // The task is readable already, unless the example says by whom.
        let usual = |example: &str| if example.contains("(read") { "#[can(read: authenticated)]" } else { "" };
        let has = |example: &str| if example.contains("#[has(") { "" } else { "#[has(members: Member.task)]" };
        examples(chapter).for_each(|example| {
            let attributes = format!("{} {example}", has(example));
            let arguments = if example.contains("(history") { "history" } else { "" };
            accept(&task(arguments, &attributes, DELETED).replacen(usual(example), "", 1));
        });
    }
    examples("Constraints").for_each(|example| accept(&constraints::booking(example)));
    for field in examples("Types").chain(examples("`#[field(…)]`")) {
        let id = if field.contains("Id<Note>") { "" } else { "pub id: Id<Note>," };
        let has = "#[has(notes: Note.of)]";
        accept(&format!("#[resource] {has} #[can(read, update: role(Admin))] pub struct Note {{ {id} {field} }}"));
    }
}
