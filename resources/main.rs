//! The server of the reference application.

use std::process::ExitCode;

fn main() -> ExitCode {
    resources::application().main()
}
