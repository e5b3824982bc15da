//! A copy of the application with one more file in `resources/`, built by cargo.
//!
//! Source and target directory stay between runs, and only what differs is written: the second build is quick.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Name of the binary, another than the application's own, which lies in the same directory.
const BINARY: &str = "fasttrack-with-readings";

/// Builds the copy.
pub(super) fn application_with_readings() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("with-readings");
    let mut kept = BTreeSet::new();
    for file in files_of_the_application(root) {
        let bytes = fs::read(root.join(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let bytes = if file == "Cargo.toml" { rename_binary(&bytes) } else { bytes };
        write_if_different(&source.join(&file), &bytes);
        kept.insert(source.join(&file));
    }
    let reading = source.join("resources/reading.rs");
    write_if_different(&reading, include_bytes!("reading.rs"));
    kept.insert(reading);
    remove_all_but(&source, &kept);
    build(&source)
}

/// What git knows of, and what it would add.
fn files_of_the_application(root: &Path) -> Vec<String> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(arguments).current_dir(root).output().expect("git starts");
    assert!(output.status.success(), "git ls-files: {output:?}");
    let names = String::from_utf8(output.stdout).expect("file names are UTF-8");
    let exists = |name: &&str| !name.is_empty() && root.join(name).is_file();
    names.split('\0').filter(exists).filter(|name| !name.starts_with("bench/")).map(str::to_owned).collect()
}

fn rename_binary(manifest: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(manifest);
    let renamed = text.replacen("[[bin]]\nname = \"fasttrack\"", &format!("[[bin]]\nname = \"{BINARY}\""), 1);
    assert_ne!(text, renamed, "Cargo.toml has no [[bin]] that begins with its name");
    renamed.into_bytes()
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

/// Builds in the target directory and profile of this test, where the dependencies are built already.
fn build(source: &Path) -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_fasttrack")).parent().expect("the binary lies in a folder");
    let target = beside.parent().expect("the profile lies in the target directory");
    let profile = match beside.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--offline", "--package", "tracker", "--bin", BINARY, "--profile", profile])
        .current_dir(source)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "the copy does not build:\n{}", String::from_utf8_lossy(&output.stderr));
    beside.join(BINARY)
}
