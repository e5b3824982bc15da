//! The tables that people look up say what the tables in the code say.

use crate::driver::shared;
use fasttrack::{config::VARIABLES, http::PROBLEM_TYPES, query::OPERATORS};

const REFERENCE: &str = include_str!("../../docs/reference.md");
const OPERATIONS: &str = include_str!("../../docs/operations.md");
const README: &str = include_str!("../../README.md");
const DOT_ENV: &str = include_str!("../../.env.example");

/// The cells of the table between `<!-- name -->` and `<!-- /name -->`, without its head.
fn table(document: &'static str, name: &str) -> Vec<Vec<&'static str>> {
    let (_, rest) = document.split_once(&format!("<!-- {name} -->")).expect("the table starts");
    let (table, _) = rest.split_once(&format!("<!-- /{name} -->")).expect("the table ends");
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

#[test]
fn the_operators_are_documented_as_they_are() {
    let documented: Vec<_> =
        table(REFERENCE, "operators").iter().map(|row| (row[0].to_owned(), row[1].to_owned())).collect();
    let declared: Vec<_> = OPERATORS
        .iter()
        .map(|operator| (format!("`?{}=value`", operator.parameter("field")), operator.doc.to_owned()))
        .collect();
    assert_eq!(documented, declared);
}

#[test]
fn the_errors_are_documented_as_they_are() {
    let documented: Vec<_> = table(REFERENCE, "problems").iter().map(|row| row.join(" | ")).collect();
    let declared: Vec<_> = PROBLEM_TYPES
        .iter()
        .map(|problem| format!("{} | {} | {}", problem.status, problem.title, problem.when))
        .collect();
    assert_eq!(documented, declared);
}

/// The server is asked, since what it serves is what counts: one with a route that was answered has every metric.
#[test]
fn the_metrics_are_documented_as_they_are() {
    shared().at("GET", "/health").ok();
    let text = shared().at("GET", "/metrics").send().expect(200).text();
    let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let helps = text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split_once(' '));
    let served: Vec<_> = helps
        .zip(kinds)
        .map(|((name, help), (same, kind))| {
            assert_eq!(name, same, "a help and a type each");
            vec![format!("`{name}`"), kind.to_owned(), help.to_owned()]
        })
        .collect();
    assert_eq!(table(OPERATIONS, "metrics"), served);
}

#[test]
fn every_variable_is_in_the_readme_and_in_the_example() {
    assert!(!VARIABLES.is_empty());
    for variable in VARIABLES {
        assert!(README.contains(&format!("`{}`", variable.name)), "README: {}", variable.name);
        let line = format!("#{}={}", variable.name, variable.default.unwrap_or_default());
        assert!(DOT_ENV.lines().any(|other| other == line), ".env.example: {line}");
    }
}
