//! A copy of the application with more files in `resources/`, built by cargo.
//!
//! The copy is a package of another name that uses the framework where it lies, so that it can share the target
//! directory: cargo takes packages of one name at one place in their workspaces for the same, and would overwrite the
//! application's own artefacts. The copy stays between runs, and only what differs is written.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Name of the copied package.
const PACKAGE: &str = "tracker-with-readings";

/// Name of its binary, another than the application's own, which lies in the same directory.
const BINARY: &str = "fasttrack-with-readings";

/// Builds the copy.
pub(super) fn application_with_readings() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("with-readings");
    let mut kept = BTreeSet::new();
    for file in files_of_the_application(root) {
        let bytes = fs::read(root.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let bytes = if file == "Cargo.toml" { manifest_of_the_copy(&bytes, root) } else { bytes };
        write_if_different(&source.join(&file), &bytes);
        kept.insert(source.join(&file));
    }
    let mut add = |name: &str, text: &str| {
        let file = source.join("resources").join(name);
        write_if_different(&file, text.as_bytes());
        kept.insert(file);
    };
    add("label.rs", label_of_the_readme());
    let group = source.join("resources/lab");
    if !group.exists() {
        // What is added to a crate that is built already has to be noticed: a folder, and a file in a folder.
        build(&source, "--lib");
        fs::create_dir_all(&group).expect("the group can be made");
        build(&source, "--lib");
    }
    add("reading.rs", include_str!("reading.rs"));
    add("lab/correction.rs", include_str!("correction.rs"));
    add("lab/sitting.rs", include_str!("sitting.rs"));
    add("lab/step.rs", include_str!("step.rs"));
    remove_all_but(&source, &kept);
    build(&source, "--bins").join(BINARY)
}

/// The declaration that the README shows how to add.
fn label_of_the_readme() -> &'static str {
    let readme = include_str!("../../../README.md");
    let block = readme.split_once("<!-- label -->\n```rust\n").and_then(|(_, rest)| rest.split_once("```"));
    block.expect("README.md shows a label between <!-- label --> and <!-- /label -->").0
}

/// What git knows of or would add.
fn files_of_the_application(root: &Path) -> Vec<String> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(root).output().expect("git starts");
    assert!(output.status.success(), "git ls-files: {output:?}");
    let names = String::from_utf8(output.stdout).expect("file names are UTF-8");
    let exists = |name: &&str| !name.is_empty() && root.join(name).is_file();
    names.split('\0').filter(exists).filter(|name| is_copied(name)).map(str::to_owned).collect()
}

/// The framework stays where it is; the load tests are another workspace.
fn is_copied(name: &str) -> bool {
    !["fasttrack/", "fasttrack-macros/", "fasttrack-sqlite/", "bench/", "examples/"]
        .iter()
        .any(|folder| name.starts_with(folder))
}

/// The manifest of the copy: a workspace of its own, other names, the framework at its place.
fn manifest_of_the_copy(manifest: &[u8], root: &Path) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(manifest).into_owned();
    for (ours, theirs) in [
        (
            "members = [\"fasttrack\", \"fasttrack-macros\", \"fasttrack-sqlite\", \"examples/workspace\"]\n",
            "members = []\n".to_owned(),
        ),
        (
            "default-members = [\".\", \"fasttrack\", \"fasttrack-macros\", \"fasttrack-sqlite\", \"examples/workspace\"]\n",
            String::new(),
        ),
        ("workspace = { path = \"examples/workspace\" }\n", String::new()),
        ("default-run = \"fasttrack\"\n", String::new()),
        ("name = \"tracker\"", format!("name = \"{PACKAGE}\"")),
        (
            "name = \"fasttrack\"\npath = \"resources/main.rs\"",
            format!("name = \"{BINARY}\"\npath = \"resources/main.rs\""),
        ),
        ("path = \"fasttrack\"", format!("path = '{}'", root.join("fasttrack").display())),
    ] {
        assert!(text.contains(ours), "Cargo.toml does not hold {ours:?}, which the copy replaces");
        text = text.replace(ours, &theirs);
    }
    text.into_bytes()
}

fn write_if_different(path: &Path, bytes: &[u8]) {
    if fs::read(path).is_ok_and(|known| known == bytes) {
        return;
    }
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder).and_then(|()| fs::write(path, bytes)).unwrap_or_else(|error| {
        panic!("{}: {error}", path.display());
    });
}

/// Removes what an earlier run copied and the application has no more.
fn remove_all_but(folder: &Path, kept: &BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the copy is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            remove_all_but(&path, kept);
        } else if !kept.contains(&path) {
            fs::remove_file(&path).expect("the file goes");
        }
    }
}

/// Builds in the target directory and profile of this test, where the dependencies are built already; returns where the
/// binaries are.
fn build(source: &Path, what: &str) -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_fasttrack")).parent().expect("the binary lies in a folder");
    let target = beside.parent().expect("the profile lies in the target directory");
    let profile = match beside.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--offline", "--package", PACKAGE, what, "--profile", profile])
        .current_dir(source)
        .env("CARGO_TARGET_DIR", target);
    // Of the package of this test. A build script that reads them would run anew in every build that has others, and what
    // depends on it would be compiled anew.
    let of_the_test =
        |name: &str| name == "OUT_DIR" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_the_test)) {
        command.env_remove(name);
    }
    let output = command.output().expect("cargo starts");
    assert!(output.status.success(), "the copy does not build:\n{}", String::from_utf8_lossy(&output.stderr));
    beside.to_owned()
}
