//! `fasttrack explain RESOURCE`: what a declaration means, for whoever reviews it.

mod meaning;
mod table;
mod words;

use clap::Args;

use self::meaning::Meaning;
use crate::schema::{Catalog, LinkError, Model};

/// `fasttrack explain`
#[derive(Debug, Args)]
pub(super) struct ExplainCommand {
    /// The resource: its path (`tasks`) or its entity (`task`)
    resource: String,
    /// Print the statements too that the rules and triggers become
    #[arg(long)]
    sql: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
}

/// Why nothing was explained.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExplainError {
    /// There is no such resource.
    #[error("there is no resource `{name}`; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The declarations do not fit together.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What was found cannot be printed as JSON.
    #[error("the explanation cannot be printed: {0}")]
    Json(#[from] serde_json::Error),
}

/// The explanation as text.
pub(super) fn render(command: &ExplainCommand, catalog: &Catalog) -> Result<String, ExplainError> {
    let model = find(catalog, &command.resource)?;
    let meaning = Meaning::of(catalog, model, command.sql)?;
    Ok(if command.json { format!("{}\n", serde_json::to_string_pretty(&meaning)?) } else { table::render(&meaning) })
}

fn find<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Model, ExplainError> {
    let found = catalog.models().iter().find(|model| [model.schema.name, model.schema.plural].contains(&name));
    found.ok_or_else(|| ExplainError::Unknown {
        name: name.to_owned(),
        known: catalog.models().iter().map(|model| model.schema.plural).collect::<Vec<_>>().join(", "),
    })
}
