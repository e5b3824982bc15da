//! Pages for people say the same everywhere, and lead to what is there.

use std::{fs, path::Path};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The lines of the first block for a shell that begins a project.
fn first_steps(page: &str) -> Vec<String> {
    let page = read(page);
    let lines = page.lines().map(|line| line.trim_start_matches("//! "));
    let steps = lines.skip_while(|line| !line.starts_with("cargo install --path"));
    steps.take_while(|line| *line != "```").map(str::to_owned).collect()
}

#[test]
fn the_first_steps_are_the_same_on_every_page() {
    let steps = first_steps("docs/first-app.md");
    assert!(steps.iter().any(|line| line.starts_with("cargo fasttrack new ")), "{steps:?}");
    for page in ["fasttrack/src/lib.rs", "fasttrack/README.md"] {
        let mut found = first_steps(page);
        // These do not go on to change anything first.
        assert_eq!(found.pop().as_deref(), Some("cargo run"), "{page}");
        assert_eq!(found, steps, "{page}");
    }
}

#[test]
fn every_feature_is_documented() {
    let manifest = read("fasttrack/Cargo.toml");
    let features =
        manifest.split_once("[features]\n").and_then(|(_, rest)| rest.split("\n[").next()).expect("features");
    let mut names: Vec<_> = features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    names.sort_unstable();
    let documented = |page: &str, start: &str| -> Vec<String> {
        let (_, rest) = page.split_once("# Features").expect("a part on features");
        let rows = rest.lines().filter_map(|line| line.strip_prefix(start)?.split_once('`'));
        let mut names: Vec<_> = rows.map(|(name, _)| name.to_owned()).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(documented(&read("fasttrack/README.md"), "| `"), names);
    assert_eq!(documented(&read("fasttrack/src/lib.rs"), "//! - `"), names);
}

#[test]
fn every_package_brings_its_license() {
    for package in ["fasttrack", "fasttrack-macros", "fasttrack-sqlite"] {
        assert_eq!(read(&format!("{package}/LICENSE")), read("LICENSE"), "{package}");
    }
}

/// The pages of the repository.
fn pages() -> Vec<String> {
    let folders = ["", "docs", "bench", "fasttrack", "fasttrack-macros", "fasttrack-sqlite", "fasttrack/starter"];
    let mut pages = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(Path::new(ROOT).join(folder)).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|ending| ending == "md") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                pages.push(if folder.is_empty() { name } else { format!("{folder}/{name}") });
            }
        }
    }
    pages
}

/// What a heading is linked to by: lower case, no punctuation, hyphens for spaces.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    heading.to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_link_leads_to_something() {
    let mut broken = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = read(&page);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            if link.contains("://") || link.contains(char::is_whitespace) {
                continue;
            }
            count += 1;
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { beside(&page, file) };
            let there = Path::new(ROOT).join(&target);
            let has_part = || {
                let headings = fs::read_to_string(&there).unwrap_or_default();
                let mut headings = headings.lines().filter(|line| line.starts_with('#'));
                headings.any(|line| anchor(line.trim_start_matches('#').trim()) == part)
            };
            if !there.exists() || !(part.is_empty() || has_part()) {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(count > 50, "only {count} links were found: the scan is broken");
}

/// A path that a page names, from the root.
fn beside(page: &str, link: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}
