//! `fasttrack jobs`: what waits, what failed for good, and another try for it.

use std::io::{self, Write};

use clap::{Args, Subcommand};

use super::absent::{self, Absent};
use crate::{
    app::{App, Application, Opening, StartError},
    config::Config,
    db::{DbError, DbOptions},
    error::Error,
    notify::{self, Kept, List},
    program,
    schema::span,
};

/// What is asked about jobs.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct JobsArguments {
    /// Those alone that failed for good
    #[arg(long)]
    dead: bool,
    #[command(subcommand)]
    command: Option<JobsCommand>,
}

/// What can be done with jobs.
#[derive(Debug, Subcommand)]
enum JobsCommand {
    /// Try a job now, as if it had never failed; a running server notices within seconds
    Retry {
        /// Number of the job, as the list shows it
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<i64>,
        /// Every job that waits or failed for good
        #[arg(long)]
        all: bool,
    },
}

/// Why that was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum JobsError {
    /// The database is not there.
    #[error(transparent)]
    Start(#[from] StartError),
    /// What it is about is not there.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// The database cannot say.
    #[error("the jobs cannot be read: {0}")]
    Database(#[from] DbError),
    /// The database does not take it.
    #[error("the jobs cannot be changed: {0}")]
    Refused(#[from] Error),
    /// No job has this number.
    #[error(
        "there is no job {0}; `{program} jobs` lists those there are, and what has succeeded is none any more",
        program = program::name()
    )]
    NoSuchJob(i64),
    /// The list cannot be shown.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Runs a command.
pub(super) async fn run(arguments: JobsArguments, application: Application, config: &Config) -> Result<(), JobsError> {
    absent::database(&config.database)?;
    let options = DbOptions { readers: 1, beside: true, ..DbOptions::default() };
    let opening = Opening { options, regular: application.regular, ..Opening::default() };
    let app = App::open_with(application.resources, config, opening).await?;
    let outcome = match arguments.command {
        None => list(&app, if arguments.dead { List::Dead } else { List::All }).await,
        Some(JobsCommand::Retry { id, .. }) => retry(&app, id).await,
    };
    app.db.close().await;
    outcome
}

async fn retry(app: &App, id: Option<i64>) -> Result<(), JobsError> {
    match (notify::retry(&app.db, id).await?, id) {
        (0, Some(id)) => return Err(JobsError::NoSuchJob(id)),
        (1, _) => writeln!(io::stdout(), "1 job is due now")?,
        (count, _) => writeln!(io::stdout(), "{count} jobs are due now")?,
    }
    Ok(())
}

async fn list(app: &App, which: List) -> Result<(), JobsError> {
    let mut out = io::stdout();
    let mut last = 0;
    loop {
        let page = notify::list(&app.db, which, last).await?;
        let Some(end) = page.last().map(|job| job.id) else { break };
        out.write_all(render(&page, last == 0).as_bytes())?;
        last = end;
    }
    if last == 0 {
        let nothing =
            if which == List::Dead { "no job failed for good" } else { "no job waits, and none failed for good" };
        writeln!(out, "{nothing}")?;
    }
    let regular = if which == List::All { app.timetable.regular().await? } else { Vec::new() };
    out.write_all(render_regular(&regular).as_bytes())?;
    Ok(())
}

/// The jobs that run every so often, as a table below the other one; nothing where there are none.
fn render_regular(regular: &[(u64, String, Option<String>)]) -> String {
    if regular.is_empty() {
        return String::new();
    }
    let head = ["EVERY", "NAME", "NEXT"].map(str::to_owned);
    let line = |(period_us, name, next): &(u64, String, Option<String>)| {
        let period = span(*period_us).unwrap_or_else(|| format!("{period_us}us"));
        [period, name.clone(), next.clone().unwrap_or_else(|| "when a server starts".to_owned())]
    };
    format!("\n{}", columns(&std::iter::once(head).chain(regular.iter().map(line)).collect::<Vec<_>>()))
}

/// A page of jobs as a table.
fn render(jobs: &[Kept], has_head: bool) -> String {
    let head = ["ID", "NAME", "ROW", "TRIES", "DUE", "ERROR"].map(str::to_owned);
    let lines: Vec<_> = has_head.then_some(head).into_iter().chain(jobs.iter().map(line)).collect();
    columns(&lines)
}

/// Lines whose cells stand below each other.
fn columns<const N: usize>(lines: &[[String; N]]) -> String {
    let width = |at: usize| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..N).map(|at| if at + 1 < N { width(at).unwrap_or(0) } else { 0 }).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths);
        let cells: Vec<_> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn line(job: &Kept) -> [String; 6] {
    // An error of several lines must not look like several jobs.
    let error = job.error.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    let due = job.due_at.clone().unwrap_or_else(|| "never".to_owned());
    [job.id.to_string(), job.name.clone(), job.row.clone(), job.tries.to_string(), due, error]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_lines_of_a_table() {
        let job = |id, due_at: Option<&str>, error: Option<&str>| Kept {
            id,
            name: "crate::mail::tell".into(),
            row: "task 7".into(),
            tries: 8,
            due_at: due_at.map(str::to_owned),
            error: error.map(str::to_owned),
        };
        let text = render(&[job(9, Some("2026"), None), job(10, None, Some("it panicked:\n\tboom"))], true);
        let expected = "\
            ID  NAME               ROW     TRIES  DUE    ERROR\n\
            9   crate::mail::tell  task 7  8      2026\n\
            10  crate::mail::tell  task 7  8      never  it panicked: boom\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_runs_every_so_often_stands_below() {
        assert_eq!(render_regular(&[]), "");
        let regular = [
            (3_600_000_000, "jobs::sweep".to_owned(), Some("2026".to_owned())),
            (90_500_000, "count".to_owned(), None),
        ];
        let expected = "\n\
            EVERY  NAME         NEXT\n\
            1h     jobs::sweep  2026\n\
            90s    count        when a server starts\n";
        assert_eq!(render_regular(&regular), expected);
    }
}
