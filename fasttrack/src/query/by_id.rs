//! Lists that go by id alone, of rows that are no resource's.

use std::collections::BTreeSet;

use super::filter::{self, Test};
use crate::{
    db::{Arg, Row},
    error::Fault,
    schema::{Column, Id},
    wire::Param,
};

/// Which page of such a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageById {
    /// Most rows of it.
    pub limit: u16,
    /// The id beyond which it begins; `None` for the first row.
    pub after: Option<i64>,
    /// Whether the newest come first.
    pub descending: bool,
    /// The ids that its rows are among; `None` for all.
    pub ids: Option<BTreeSet<i64>>,
}

/// Such a page, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundById {
    /// The JSON of each row, in order.
    pub items: Vec<Vec<u8>>,
    /// The id to continue after; none on the last page.
    pub next: Option<i64>,
}

impl PageById {
    /// What was found for it: rows of `id, JSON`, one more than it has if there are others.
    #[must_use]
    pub fn found(&self, mut rows: Vec<Row>) -> FoundById {
        let limit = usize::from(self.limit);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).and_then(|row| row.int(0));
        FoundById { items: rows.iter_mut().filter_map(|row| row.take_bytes(1)).collect(), next }
    }
}

static ID: Column = Column::new::<Id<()>>("id", "id");

/// Reads `id[in]=1,2,3`, as lists of resources take it.
///
/// # Errors
/// A fault, where it is another operator or these are no ids.
pub fn parse_ids(param: &Param) -> Result<BTreeSet<i64>, Fault> {
    let id = |arg| if let Arg::Int(id) = arg { Some(id) } else { None };
    Ok(match filter::parse(&ID, param)?.test {
        Test::AnyOf(ids) => ids.into_iter().filter_map(id).collect(),
        _ => BTreeSet::new(),
    })
}
