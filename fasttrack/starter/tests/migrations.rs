//! The migrations in the folder lead to what is declared; `migrate new NAME` writes what is missing.

use std::process::Command;

#[test]
fn the_migrations_lead_to_what_is_declared() {
    let output = Command::new(env!("CARGO_BIN_EXE_starter"))
        .args(["migrate", "check"])
        .env("DATABASE_URL", "sqlite://there-is-none.db")
        .output()
        .expect("the program starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
}
