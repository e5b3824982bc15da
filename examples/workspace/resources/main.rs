//! The server of the example.

use std::process::ExitCode;

fn main() -> ExitCode {
    workspace::application().main()
}
