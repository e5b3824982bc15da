//! What would be published holds what the program is made of.

use std::{collections::BTreeSet, env, path::Path, process::Command};

use crate::project::succeed;

/// What is in the repository and stays there.
const LEFT_OUT: [&str; 1] = ["proptest-regressions/"];

/// The names that a command prints, one a line.
fn names(command: &mut Command) -> BTreeSet<String> {
    let output = succeed(command.current_dir(env!("CARGO_MANIFEST_DIR")));
    String::from_utf8(output.stdout).expect("names are UTF-8").lines().map(str::to_owned).collect()
}

#[track_caller]
fn check(package: &str) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let packed = names(Command::new(cargo).args(["package", "--list", "--allow-dirty", "--offline", "-p", package]));
    let listed = names(Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard", package]));
    let own = listed.iter().filter_map(|name| name.strip_prefix(package)?.strip_prefix('/'));
    let is_there = |name: &&str| Path::new(env!("CARGO_MANIFEST_DIR")).join(package).join(name).is_file();
    let own = own.filter(is_there).filter(|name| !LEFT_OUT.iter().any(|folder| name.starts_with(folder)));
    let missing: Vec<_> = own.filter(|name| !packed.contains(*name)).collect();
    assert!(missing.is_empty(), "{package}: {missing:?} would not be published");
    assert!(packed.contains("README.md") && packed.contains("LICENSE"), "{package}: {packed:?}");
}

#[test]
fn every_file_of_a_package_is_published() {
    for package in ["fasttrack-macros", "fasttrack-sqlite", "fasttrack"] {
        check(package);
    }
}
