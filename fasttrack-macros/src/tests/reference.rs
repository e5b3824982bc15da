//! The reference names every option of a field, and none that there is not.

use crate::options::OPTIONS;

const REFERENCE: &str = include_str!("../../../docs/reference.md");

#[test]
fn the_options_are_documented_as_they_are() {
    let (_, rest) = REFERENCE.split_once("<!-- options -->").expect("the table starts");
    let (table, _) = rest.split_once("<!-- /options -->").expect("the table ends");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let documented: Vec<(String, bool)> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let form = cells[0].replace('`', "");
            let doc = OPTIONS.iter().find(|option| option.form == form).map_or("", |option| option.doc);
            (form, !doc.is_empty() && cells[2].starts_with(doc))
        })
        .collect();
    let declared: Vec<(String, bool)> = OPTIONS.iter().map(|option| (option.form.to_owned(), true)).collect();
    assert_eq!(documented, declared, "the form, and whether the meaning begins as in the code");
}
