//! `cargo fasttrack new DIR`: the program that comes with the framework, to begin a project with.
//!
//! It is a command of cargo because `fasttrack` is what the reference application's program is called.

use std::process::ExitCode;

fn main() -> ExitCode {
    fasttrack::cli::begin_projects()
}
