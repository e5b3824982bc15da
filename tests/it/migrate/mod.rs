//! Migrations of the reference application: written, applied, undone, and noticed when somebody touched them.
//!
//! But for those of `embedded` and `older`, these tests have a folder count alone, so that there is something to write.

mod changes;
mod embedded;
mod files;
mod kill;
mod older;
mod rights;

use std::{fs, path::PathBuf, process::Output};

use fasttrack::db::{Dialect, Row, Statement};
use serde_json::Value;

use crate::driver::{Settings, adapted, dialect, sqlite_only};

/// Runs `fasttrack migrate …`, which has to succeed, and gives what it prints.
#[track_caller]
fn migrate(settings: &Settings, arguments: &[&str]) -> String {
    let output = settings.run(&[&["migrate"], arguments].concat(), "");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Runs `fasttrack migrate …`, which has to fail with one sentence that says this.
#[track_caller]
fn check_refused(settings: &Settings, arguments: &[&str], mentions: &str) -> String {
    let output: Output = settings.run(&[&["migrate"], arguments].concat(), "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    assert!(stderr.contains(mentions), "{mentions:?} is not in: {stderr}");
    assert_eq!(stderr.trim().lines().count(), 1, "not one sentence: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Settings under which `migrations/` counts alone, and holds nothing yet.
fn settings() -> Settings {
    Settings::new().set("MIGRATIONS_DIR", "migrations")
}

/// A file of the folder of migrations.
fn file(settings: &Settings, name: &str) -> PathBuf {
    settings.directory().join("migrations").join(dialect().name()).join(name)
}

/// Runs statements on the database, while nothing serves it.
fn execute(settings: &Settings, sql: &str) -> Vec<Row> {
    settings.execute(Statement::new(sql, Vec::new()))
}

/// A folder with a first migration that leaves another schema than the declared one, as though the declarations had
/// changed since: a column less than declared (`less`), or one more (`more`), in `tasks`.
fn other_schema(settings: &Settings, less: &str, more: Option<(&str, Value)>) {
    migrate(settings, &["new", "initial"]);
    let (up, json) = (file(settings, "0001_initial.up.sql"), file(settings, "0001_initial.json"));
    let text = fs::read_to_string(&up).unwrap();
    let (before, table) = text.split_once("CREATE TABLE \"tasks\" (\n").expect("a table of tasks");
    let end = if dialect() == Dialect::Sqlite { "\n) STRICT" } else { "\n);" };
    let (columns, after) = table.split_once(end).unwrap();
    let mut columns: Vec<_> = columns.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
    columns.retain(|line| !line.trim().starts_with(&format!("\"{less}\" ")));
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let tables = schema["tables"].as_array_mut().unwrap();
    let tasks = tables.iter_mut().find(|table| table["name"] == "tasks").unwrap()["columns"].as_array_mut().unwrap();
    tasks.retain(|column| column["name"] != less);
    if let Some((line, column)) = more {
        columns.push(format!("  {}", adapted(line)));
        tasks.push(column);
    }
    let text = format!("{before}CREATE TABLE \"tasks\" (\n{}{end}{after}", columns.join(",\n"));
    let text = if less.is_empty() { text } else { without_search(&text, &mut schema) };
    fs::write(up, text).unwrap();
    fs::write(json, serde_json::to_string(&schema).unwrap()).unwrap();
}

/// A script that ends with indexes of words, without them: they would be over the column that is less.
fn without_search(text: &str, schema: &mut Value) -> String {
    for table in schema["tables"].as_array_mut().unwrap() {
        table.as_object_mut().unwrap().remove("search");
    }
    let is_search = |block: &&str| block.contains("words are found in");
    text.split("\n-- ").filter(|block| !is_search(block)).collect::<Vec<_>>().join("\n-- ")
}
