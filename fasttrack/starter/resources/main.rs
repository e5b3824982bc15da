//! The program: serves unless told otherwise; `--help` lists the rest.

use std::process::ExitCode;

fn main() -> ExitCode {
    resources::application().main()
}
