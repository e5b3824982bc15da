//! What must not compile, as whole applications: what only types and constants can see, since it crosses files.
//!
//! The message beside each is what a person gets to read. After a change of one, `TRYBUILD=overwrite cargo test --test ui`
//! writes them anew; read them before they are committed. Half of the words are the compiler's, and differ from one to
//! the next: they are compared under the oldest that is supported.

use std::{env, process::Command};

#[test]
fn what_cannot_work_does_not_compile() {
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output().map(|output| output.stdout);
    let version = String::from_utf8(version.unwrap_or_default()).unwrap_or_default();
    if version.starts_with(concat!("rustc ", env!("CARGO_PKG_RUST_VERSION"), ".")) {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    }
}
