//! The tables that people look up say what the tables in the code say, and name tests that are there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::driver::shared;
use fasttrack::{config::VARIABLES, http::PROBLEM_TYPES, query::OPERATORS};

const REFERENCE: &str = include_str!("../../docs/reference.md");
const OPERATIONS: &str = include_str!("../../docs/operations.md");
const SECURITY: &str = include_str!("../../docs/security.md");
const CHECKLIST: &str = include_str!("../../docs/asvs.md");
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

/// The cells of every row of a document.
fn rows(document: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let rows = document.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    rows.map(|row| row.split(" |").map(str::trim).collect())
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Whether a name leads to a file, a module of tests, or a test in one.
fn leads_to_a_test(name: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if name.contains('/') {
        return root.join(name).is_file();
    }
    let places = |parts: &[&str]| -> Vec<PathBuf> {
        let inner = parts.join("/");
        let of_folder = |folder: &str| [format!("{folder}/{inner}.rs"), format!("{folder}/{inner}/mod.rs")];
        ["tests/it", "fasttrack/src"].into_iter().flat_map(of_folder).map(|path| root.join(path)).collect()
    };
    let parts: Vec<_> = name.split("::").collect();
    let (test, module) = parts.split_last().expect("a name");
    let test = format!("fn {test}(");
    let has_it = |path: &PathBuf| fs::read_to_string(path).is_ok_and(|text| text.contains(&test));
    places(&parts).iter().any(|path| path.is_file()) || places(module).iter().any(has_it)
}

#[test]
fn the_tests_that_show_what_holds_are_there() {
    let mut named = 0;
    for cells in rows(SECURITY).chain(rows(CHECKLIST)) {
        let (last, others) = cells.split_last().expect("a cell");
        let others = others.iter().flat_map(|cell| quoted(cell)).filter(|word| word.contains("::"));
        for name in quoted(last).chain(others) {
            assert!(leads_to_a_test(name), "{name}: {cells:?}");
            named += 1;
        }
    }
    assert!(named > 200, "{named}");
    assert!(!leads_to_a_test("auth::login::nobody_is_there") && !leads_to_a_test("tests/it/nothing.rs"));
}

#[test]
fn what_is_said_to_hold_names_a_test() {
    let mut said = 0;
    for cells in rows(CHECKLIST).filter(|cells| cells.len() == 4) {
        let [what, holds, why, test] = cells[..] else { continue };
        match holds {
            "yes" => assert!(quoted(test).next().is_some(), "{what}: no test"),
            "no" | "not here" | "application" => assert!(!why.is_empty(), "{what}: no reason"),
            _ => assert_eq!(what, "requirement", "{holds}"),
        }
        said += 1;
    }
    assert!(said > 150, "{said}");
}
