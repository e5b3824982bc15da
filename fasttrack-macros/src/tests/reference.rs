//! The reference names every option of a field, and none that there is not.

use crate::{options::OPTIONS, parse::attribute};

const REFERENCE: &str = include_str!("../../../docs/reference.md");

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
