//! `cargo fasttrack new DIR`: the program that comes with the framework itself. It begins projects, and has nothing to
//! serve.

use std::{env, ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

use super::{Failure, exit, misunderstood, new};
use crate::config::LogFormat;

/// Begins projects on fasttrack.
#[derive(Debug, Parser)]
#[command(name = "fasttrack", bin_name = PROGRAM, version)]
struct Beginner {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begin a project of your own in a new folder
    New(new::NewArguments),
}

/// What people type.
const PROGRAM: &str = "cargo fasttrack";

/// The whole program.
#[doc(hidden)]
#[must_use]
pub fn begin_projects() -> ExitCode {
    match Beginner::try_parse_from(typed(env::args_os().collect())) {
        Ok(Beginner { command: Command::New(arguments) }) => {
            exit(new::run(&arguments).map_err(Failure::from), LogFormat::Text, |_| None)
        }
        Err(error) => misunderstood(&error, PROGRAM, LogFormat::Text),
    }
}

/// What was typed behind the name: cargo says the name of its command once more.
fn typed(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.get(1).is_some_and(|first| first == "fasttrack") {
        arguments.remove(1);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Beginner::command().debug_assert();
    }

    #[test]
    fn it_is_a_command_of_cargo_and_a_program_of_its_own() {
        for line in ["cargo-fasttrack new shop", "cargo-fasttrack fasttrack new shop"] {
            let arguments = line.split(' ').map(OsString::from).collect();
            let Beginner { command: Command::New(arguments) } = Beginner::try_parse_from(typed(arguments)).unwrap();
            assert_eq!(arguments.dir.to_str(), Some("shop"), "{line}");
        }
    }
}
