//! The quick start of the README, run line by line as it is printed.
//!
//! It stands between `<!-- quickstart -->` and `<!-- /quickstart -->`: everything in ```` ```sh ```` blocks there is
//! run by `sh -eu` in an empty directory, with a new server where the text says `http://127.0.0.1:8000`. The block does
//! not start the server itself, and its last output is a page of a list.

use std::{env, fs, path::Path, process::Command};

use serde_json::Value;

use crate::driver::Settings;

const ADDRESS: &str = "http://127.0.0.1:8000";

/// The shell lines of the quick start.
fn script(readme: &str) -> String {
    let (_, rest) = readme.split_once("<!-- quickstart -->").expect("README.md has <!-- quickstart -->");
    let (part, _) = rest.split_once("<!-- /quickstart -->").expect("README.md has <!-- /quickstart -->");
    let mut inside = false;
    let mut lines = Vec::new();
    for line in part.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => lines.push(line),
            _ => {}
        }
    }
    lines.join("\n") + "\n"
}

/// The last JSON object that was printed.
fn last_object(output: &str) -> Option<Value> {
    let starts = output.match_indices('{').map(|(start, _)| start);
    let mut objects = starts.filter_map(|start| {
        let mut values = serde_json::Deserializer::from_str(&output[start..]).into_iter::<Value>();
        let value = values.next()?.ok()?;
        let end = start + values.byte_offset();
        output[end..].trim().is_empty().then_some(value)
    });
    objects.next()
}

#[test]
fn the_quick_start_works_as_printed() {
    if Command::new("curl").arg("--version").output().is_err() {
        // A machine with Rust alone passes the tests; the one that gates has curl.
        assert!(env::var_os("CI").is_none(), "the quick start needs curl, which is not installed");
        eprintln!("NOT RUN: the quick start needs curl, which is not installed");
        return;
    }
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&readme).unwrap_or_else(|error| panic!("{}: {error}", readme.display()));
    let script = script(&readme);
    assert!(script.contains(ADDRESS), "the quick start talks to {ADDRESS}:\n{script}");

    let app = Settings::new().start();
    let script = script.replace(ADDRESS, &format!("http://{}", app.address()));
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new("sh").args(["-euc", &script]).current_dir(directory.path()).output().expect("sh starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "{script}\n--- printed\n{stdout}\n--- complained\n{stderr}\n--- log\n{}",
        app.log()
    );
    let page = last_object(&stdout).unwrap_or_else(|| panic!("the last output is no JSON:\n{stdout}"));
    assert!(page["items"].as_array().is_some_and(|items| !items.is_empty()), "the last output is no page: {page}");
    assert!(page["has_more"].is_boolean(), "the last output is no page: {page}");
}
