//! `cargo-fasttrack` as cargo and people run it: it begins a project, or says in one sentence why not.

#![expect(clippy::expect_used, reason = "a test reports a broken expectation by panicking")]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

fn run(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-fasttrack"));
    command.args(arguments).current_dir(folder).output().expect("the program starts")
}

#[test]
fn a_project_is_begun_by_cargo_and_without_it() {
    let home = tempfile::tempdir().unwrap();
    // Settings of an application mean nothing to it.
    fs::write(home.path().join(".env"), "PORT=many\n").unwrap();
    for (arguments, name) in [
        (&["fasttrack", "new", "shop"][..], "shop"),
        (&["new", "My Shop", "--name", "my-shop"], "my-shop"),
        (&["new", "by-git", "--git", "https://example.com/fasttrack.git"], "by-git"),
        (&["new", "by-ssh", "--git", "git@example.com:x.git", "--branch", "main"], "by-ssh"),
        (&["new", "by-path", "--path", env!("CARGO_MANIFEST_DIR")], "by-path"),
    ] {
        let output = run(arguments, home.path());
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(&format!("made {name} in ")) && said.contains("cargo test"), "{said}");
        let folder = arguments[arguments.iter().position(|argument| *argument == "new").unwrap() + 1];
        let manifest = fs::read_to_string(home.path().join(folder).join("Cargo.toml")).unwrap();
        assert!(manifest.starts_with(&format!("[package]\nname = \"{name}\"\n")), "{manifest}");
        let by_ssh = manifest.contains("fasttrack = { git = \"ssh://git@example.com/x.git\", branch = \"main\" }");
        assert_eq!(by_ssh, name == "by-ssh", "{manifest}");
    }
}

#[test]
fn a_reader_who_goes_away_is_no_failure() {
    let home = tempfile::tempdir().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-fasttrack"));
    let command = command.args(["new", "shop"]).current_dir(home.path()).stdout(writer).stderr(Stdio::piped());
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(home.path().join("shop/Cargo.toml").is_file());
}

#[track_caller]
fn check_refused(arguments: &[&str], mentions: &str, folder: &Path) {
    let output = run(arguments, folder);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {output:?}");
    assert!(said.contains(mentions) && said.trim().lines().count() == 1, "{mentions:?} is not what it says: {said}");
}

#[test]
fn what_cannot_be_is_refused_in_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("full")).unwrap();
    fs::write(home.path().join("full/mine"), "mine").unwrap();
    for (arguments, mentions) in [
        (&["new", "full"][..], "nothing is written over"),
        (&["new", "Shop"], "`--name shop`"),
        (&["new", "shop", "--path", "full"], "fasttrack is not in full"),
        (&["new", "shop", "--git", "example.com/x.git"], "ssh://"),
        (&["new", "shop", "--tag", "v1"], "--git"),
        (&["new", "shop", "--git", "https://example.com", "--tag", "v1", "--rev", "1"], "--rev"),
        (&["new", "full/mine/shop"], "full/mine is no folder"),
        (&["new", "shop", "--git", "https://example.com", "--path", "."], "--git"),
        (&["new"], "DIR"),
        (&["serve"], "`cargo fasttrack --help`"),
    ] {
        check_refused(arguments, mentions, home.path());
    }
    let left: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["full"]);
    for help in [&["--help"][..], &["new", "--help"], &[]] {
        let output = run(help, home.path());
        assert!(!(output.stdout.is_empty() && output.stderr.is_empty()), "{help:?}");
    }
}
