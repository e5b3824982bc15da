//! The command line.

mod absent;
mod access;
mod backup;
mod beginner;
mod client;
mod demo;
mod explain;
mod healthcheck;
mod jobs;
mod migrate;
mod moving;
mod new;
mod redact;
mod routes;
mod table;
mod user;
mod way_out;

use std::{
    fmt::Write as _,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};
use clap_complete::Shell;
use tracing::Level;

pub use self::beginner::begin_projects;
use crate::{
    app::{self, Application, StartError, log},
    config::{self, Config, ConfigError, LogFormat, VARIABLES},
    http, program,
    schema::{Catalog, LinkError, Resources},
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
    /// List background jobs, or have some tried again
    Jobs(jobs::JobsArguments),
    #[command(about = "Print the OpenAPI document")]
    Openapi,
    /// Write a consistent copy of the database to a new file, also while it is served
    Backup {
        /// The file to make
        file: PathBuf,
    },
    #[command(about = "Copy the database to an empty PostgreSQL database; the server has to be stopped")]
    Move {
        /// Where to, such as `postgres://USER:PASSWORD@HOST:PORT/DATABASE`; - reads it from standard input
        #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
        to: String,
    },
    /// Ask the server of these settings whether it is ready
    Healthcheck,
    /// Print a script that completes commands in a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Fill an empty database with something to look at, and print the log-ins
    Demo {
        /// How many there should be
        #[arg(long, value_name = "N")]
        size: Option<usize>,
    },
    /// Print every route with its rule
    Routes {
        /// Print JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Print what the declaration of a resource means, or what it lets an account do
    Explain(explain::ExplainCommand),
    /// Write down in access.lock who may do what with which rows and fields
    Access {
        /// Write nothing; fail where that file says otherwise, and show what differs
        #[arg(long)]
        check: bool,
    },
    /// Write a typed client of the application
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Begin a project of your own in a new folder
    New(new::NewArguments),
}

impl Command {
    /// Whether it does something that a misspelt setting would have it do otherwise, or elsewhere.
    const fn goes_by_settings(&self) -> bool {
        match self {
            Self::Serve
            | Self::User(_)
            | Self::Migrate(_)
            | Self::Jobs(_)
            | Self::Backup { .. }
            | Self::Move { .. }
            | Self::Demo { .. } => true,
            Self::Explain(command) => command.asks_the_database(),
            Self::Openapi
            | Self::Healthcheck
            | Self::Completions { .. }
            | Self::Routes { .. }
            | Self::Access { .. }
            | Self::Client(_)
            | Self::New(_) => false,
        }
    }
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
    Demo(#[from] demo::DemoError),
    #[error(transparent)]
    Backup(#[from] backup::BackupError),
    #[error(transparent)]
    Move(#[from] moving::MoveError),
    #[error(transparent)]
    Health(#[from] healthcheck::HealthError),
    #[error(transparent)]
    Explain(#[from] explain::ExplainError),
    #[error(transparent)]
    Access(#[from] access::AccessError),
    #[error(transparent)]
    Jobs(#[from] jobs::JobsError),
    #[error(transparent)]
    Client(#[from] client::ClientError),
    #[error(transparent)]
    New(#[from] new::NewError),
    #[error("a route cannot be served: {0}")]
    Route(String),
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// The whole program of an application without routes of its own: what its `main` calls.
#[must_use]
pub fn main(resources: impl Into<Resources>) -> ExitCode {
    Application::new(resources).main()
}

impl Application {
    /// The whole program: what `main` of an application calls.
    #[must_use]
    pub fn main(self) -> ExitCode {
        begin(self)
    }
}

fn begin(application: Application) -> ExitCode {
    program::take_name();
    let format = config::log_format();
    log::shape_panics(format);
    let mut command = grammar(&application.resources).after_help(variables());
    if let Some((unit, ..)) = application.demo {
        command = command.mut_subcommand("demo", |demo| demo.mut_arg("size", |size| size.long(unit)));
    }
    match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => {
            // A command that needs no settings runs whatever they are.
            let config = Config::from_environment();
            let file = config.as_ref().ok().and_then(|config| Some(config.database.file()?.to_owned()));
            let outcome = run(cli.command.unwrap_or(Command::Serve), application, config, format);
            exit(outcome, format, |failure| way_out::of(failure, &file?))
        }
        Err(error) => misunderstood(&error, program::name(), format),
    }
}

/// The command line, under the name and in the version of the application.
fn grammar(resources: &Resources) -> clap::Command {
    Cli::command().name(program::name()).version(resources.about().version)
}

/// Help is printed as it is; what is wrong is said in one sentence.
fn misunderstood(error: &clap::Error, program: &str, format: LogFormat) -> ExitCode {
    if error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let text = redact::without_passwords(&error.to_string());
        let wrong = text.trim_start_matches("error: ").lines().take_while(|line| !line.is_empty());
        let wrong: Vec<&str> = wrong.map(str::trim).collect();
        complain(format, &format!("{}; `{program} --help` says what there is", wrong.join(" ")));
    } else {
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// How the program ends, and what it says of a failure; `advice` goes on from that.
fn exit(outcome: Result<(), Failure>, format: LogFormat, advice: impl FnOnce(&Failure) -> Option<String>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough of it.
        Err(failure) if failure.output().is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe) => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let advice = advice(&failure).map(|advice| format!("; {advice}")).unwrap_or_default();
            complain(format, &format!("{failure}{advice}"));
            ExitCode::FAILURE
        }
    }
}

impl Failure {
    /// Why nothing could be printed, where it is that.
    const fn output(&self) -> Option<&io::Error> {
        match self {
            Self::Output(cause)
            | Self::New(new::NewError::Output(cause))
            | Self::Client(client::ClientError::Output(cause))
            | Self::Jobs(jobs::JobsError::Output(cause))
            | Self::Move(moving::MoveError::Output(cause))
            | Self::Migrate(migrate::MigrateFailure::Output(cause)) => Some(cause),
            _ => None,
        }
    }
}

/// Says on standard error why nothing comes of it.
fn complain(format: LogFormat, why: &str) {
    say(format, Level::ERROR, why);
}

/// Says something on standard error, in the shape of the log.
fn say(format: LogFormat, level: Level, what: &str) {
    let text = if format == LogFormat::Text { format!("{}: {what}", program::name()) } else { what.to_owned() };
    let _ = writeln!(io::stderr(), "{}", log::line(format, level, &text));
}

fn run(
    command: Command,
    application: Application,
    config: Result<Config, ConfigError>,
    format: LogFormat,
) -> Result<(), Failure> {
    if command.goes_by_settings() {
        for warning in config::misspelt() {
            say(format, Level::WARN, &warning);
        }
    }
    let (resources, custom) = (application.resources, &application.routes);
    match command {
        Command::Serve => {
            let runtime = runtime()?;
            let outcome = runtime.block_on(app::serve(application, config?));
            // A job that holds its thread must not hold the process; the database is closed already.
            runtime.shutdown_timeout(LAST_TASKS);
            outcome?;
        }
        Command::User(command) => runtime()?.block_on(user::run(command, resources, &config?))?,
        Command::Migrate(command) => runtime()?.block_on(migrate::run(command, resources, &config?))?,
        Command::Jobs(arguments) => runtime()?.block_on(jobs::run(arguments, application, &config?))?,
        Command::Openapi => {
            let catalog = Catalog::of(&resources)?;
            http::route_table::table(&catalog, custom).map_err(Failure::Route)?;
            writeln!(io::stdout().lock(), "{:#}", http::document(&catalog, custom, &config?))?;
        }
        Command::Demo { size } => runtime()?.block_on(demo::run(application, size, &config?))?,
        Command::Routes { json } => {
            let table = routes::render(&Catalog::link(&resources)?, custom, json).map_err(Failure::Route)?;
            io::stdout().lock().write_all(table.as_bytes())?;
        }
        Command::Backup { file } => runtime()?.block_on(backup::run(&config?, &file))?,
        Command::Move { to } => runtime()?.block_on(moving::run(&to, resources, &config?))?,
        Command::Healthcheck => healthcheck::run(&config?)?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut grammar(&resources), program::name(), &mut script);
            io::stdout().lock().write_all(&script)?;
        }
        Command::Explain(command) => {
            let text = explain::run(&command, resources, config)?;
            io::stdout().lock().write_all(text.as_bytes())?;
        }
        Command::Access { check } => {
            let said = access::run(&Catalog::link(&resources)?, check)?;
            io::stdout().lock().write_all(said.as_bytes())?;
        }
        Command::Client(command) => client::run(&command, &Catalog::of(&resources)?, custom)?,
        Command::New(arguments) => new::run(&arguments)?,
    }
    Ok(())
}

/// How long tasks that are left when the server has stopped may take to notice.
const LAST_TASKS: Duration = Duration::from_secs(1);

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
