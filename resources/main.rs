//! The server of the reference application.

use std::process::ExitCode;

fn main() -> ExitCode {
    fasttrack::main(resources::RESOURCES)
}
