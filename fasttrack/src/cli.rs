//! The command line.

mod explain;
mod migrate;
mod routes;
mod user;

use std::{
    fmt::Write as _,
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};

use crate::{
    app::{self, StartError},
    config::{Config, ConfigError, VARIABLES},
    http,
    schema::{Catalog, LinkError, Schema},
};

/// Serves the application, and looks after it.
#[derive(Debug, Parser)]
#[command(name = "fasttrack", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until SIGTERM or Ctrl-C; also what happens without a command
    Serve,
    /// Look after accounts
    #[command(subcommand)]
    User(user::UserCommand),
    /// Change the schema of the database, step by step
    #[command(subcommand)]
    Migrate(migrate::MigrateCommand),
    #[command(about = "Print the OpenAPI document")]
    Openapi,
    /// Print every route with its rule
    Routes,
    /// Print what the declaration of a resource means
    Explain(explain::ExplainCommand),
}

/// Why a command failed, as one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    User(#[from] user::UserError),
    #[error(transparent)]
    Migrate(#[from] migrate::MigrateFailure),
    #[error(transparent)]
    Explain(#[from] explain::ExplainError),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// The whole program: what `main` of an application calls.
#[must_use]
pub fn main(resources: &'static [&'static Schema]) -> ExitCode {
    let command = Cli::command().after_help(variables());
    let cli = match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help is printed as it is; what is wrong is said in one sentence.
            if error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
                let text = error.to_string();
                let wrong = text.trim_start_matches("error: ").lines().take_while(|line| !line.is_empty());
                let wrong: Vec<&str> = wrong.map(str::trim).collect();
                let _ = writeln!(io::stderr(), "fasttrack: {}; `fasttrack --help` says what there is", wrong.join(" "));
            } else {
                let _ = error.print();
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(cli.command.unwrap_or(Command::Serve), resources) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough of it.
        Err(Failure::Output(cause)) if cause.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "fasttrack: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, resources: &'static [&'static Schema]) -> Result<(), Failure> {
    let config = Config::from_environment()?;
    match command {
        Command::Serve => runtime()?.block_on(app::serve(resources, config))?,
        Command::User(command) => runtime()?.block_on(user::run(command, resources, &config))?,
        Command::Migrate(command) => runtime()?.block_on(migrate::run(command, resources, &config))?,
        Command::Openapi => {
            let document = http::document(&Catalog::link(resources)?, &config);
            writeln!(io::stdout().lock(), "{document:#}")?;
        }
        Command::Explain(command) => {
            let text = explain::render(&command, &Catalog::link(resources)?)?;
            io::stdout().lock().write_all(text.as_bytes())?;
        }
        Command::Routes => io::stdout().lock().write_all(routes::render(&Catalog::link(resources)?).as_bytes())?,
    }
    Ok(())
}

fn runtime() -> Result<tokio::runtime::Runtime, StartError> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The table of variables for `--help`.
fn variables() -> String {
    let mut text = String::from("Environment (or .env in the working directory):\n");
    for variable in VARIABLES {
        let default = variable.default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "  {:<28} {}{default}", variable.name, variable.meaning);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn help_lists_every_variable() {
        let text = variables();
        assert!(VARIABLES.iter().all(|variable| text.contains(variable.name)));
    }
}
