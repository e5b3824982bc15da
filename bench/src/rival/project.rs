//! A project that somebody wants to make.

use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// What a client says of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    pub name: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub status: Status,
}

#[derive(Serialize, Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    #[default]
    Active,
    Archived,
}

impl NewProject {
    /// Checks what a type does not say.
    pub fn check(&self) -> Result<(), Problem> {
        if (1..=200).contains(&self.name.chars().count()) && self.description.chars().count() <= 10_000 {
            return Ok(());
        }
        Err(Problem::Invalid("a name has 1 to 200 characters, a description 10,000 at most"))
    }
}

impl Status {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }
}

/// The instant as it is stored on SQLite and answered.
pub fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}
