//! What must not compile, as whole applications: what only types and constants can see, since it crosses files.
//!
//! The message beside each is what a person gets to read. After a change of one, `TRYBUILD=overwrite cargo test --test ui`
//! writes them anew; read them before they are committed.

#[test]
fn what_cannot_work_does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
