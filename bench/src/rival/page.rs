//! What a client may ask of a list, and the place in it that a cursor stands for.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::problem::Problem;

/// The query of a list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    limit: Option<i64>,
    cursor: Option<String>,
    /// What it is ordered by.
    #[serde(default)]
    pub sort: Sort,
}

/// What a list can be ordered by, with the id after it.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    #[default]
    Id,
    Priority,
}

/// The row after which a page begins.
#[derive(Clone, Copy)]
pub struct Place {
    /// The priority as a number, or less than any.
    pub rank: i32,
    pub id: i64,
}

/// The priorities in their order.
const RANKS: [&str; 3] = ["low", "medium", "high"];

impl Asked {
    /// Rows of a page.
    pub fn limit(&self) -> Result<i64, Problem> {
        let limit = self.limit.unwrap_or(20);
        if (1..=100).contains(&limit) { Ok(limit) } else { Err(Problem::Invalid("limit is 1 to 100")) }
    }

    /// Where the page begins.
    pub fn place(&self) -> Result<Place, Problem> {
        let refused = || Problem::Malformed("the cursor is none of this list");
        self.cursor.as_deref().map_or(Ok(Place::START), |cursor| Place::decode(cursor).ok_or_else(refused))
    }
}

impl Place {
    /// Before the first row.
    pub const START: Self = Self { rank: -1, id: 0 };

    /// The place of a task.
    pub fn of(priority: &str, id: i64) -> Self {
        let rank = RANKS.iter().position(|word| *word == priority).unwrap_or_default();
        Self { rank: rank as i32, id }
    }

    /// As a client carries it.
    pub fn encode(self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("{},{}", self.rank, self.id))
    }

    fn decode(cursor: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (rank, id) = std::str::from_utf8(&bytes).ok()?.split_once(',')?;
        Some(Self { rank: rank.parse().ok()?, id: id.parse().ok()? })
    }
}
