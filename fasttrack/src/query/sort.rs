//! The order of a list: `?sort=created_at,-id`, or beside `q` `?sort=-relevance`.

use super::page::{IsShown, searchable};
use crate::{
    error::Fault,
    schema::{Column, Kind, Schema},
};

/// Most keys of an order: each is a range of its own when a page goes on where another one ended.
pub const MAX_SORT_KEYS: usize = 16;

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SortKey {
    /// The column.
    pub column: &'static Column,
    /// Largest first; nulls are the smallest.
    pub descending: bool,
}

/// How well what `q` looks for is found in a row, as something to sort by: no table has such a column.
pub static RELEVANCE: Column = Column::new::<i64>("relevance", "relevance");

impl SortKey {
    /// Whether it is [`RELEVANCE`].
    #[must_use]
    pub fn is_relevance(&self) -> bool {
        is_relevance(self.column)
    }
}

/// Whether a column is [`RELEVANCE`].
pub(crate) fn is_relevance(column: &Column) -> bool {
    std::ptr::eq(column, &raw const RELEVANCE)
}

/// The columns that a list can be sorted by; the id always is one.
pub fn sortable(schema: &'static Schema) -> impl Iterator<Item = &'static Column> {
    schema.columns.iter().filter(|column| column.kind == Kind::Id || column.sort)
}

/// Reads an order and ends it with the id, in the direction of the key before it, so that ties are settled and an index
/// can be walked either way. What would follow the id has no effect and is left out.
pub(super) fn parse(
    schema: &'static Schema,
    is_shown: IsShown<'_>,
    text: Option<&str>,
    has_search: bool,
) -> Result<Vec<SortKey>, Fault> {
    let sortable = || sortable(schema).filter(|column| is_shown(column));
    let mut keys: Vec<SortKey> = Vec::new();
    for word in text.into_iter().flat_map(|text| text.split(',')) {
        let (name, descending) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
        let own = sortable().find(|column| column.key == name);
        let by_relevance = name == RELEVANCE.key && searchable(schema).any(is_shown);
        let Some(column) = own.or(by_relevance.then_some(&RELEVANCE)) else {
            let names: Vec<_> = sortable().map(|column| column.key).collect();
            return Err(Fault::new("sort", "unknown_field", format!("`{name}` is none of {}", names.join(", "))));
        };
        if is_relevance(column) {
            check_relevance(descending, has_search)?;
        }
        if keys.iter().any(|key| key.column.key == name) {
            return Err(Fault::new("sort", "repeated", format!("`{name}` is there twice")));
        }
        if keys.len() == MAX_SORT_KEYS {
            return Err(Fault::new("sort", "too_many", format!("at most {MAX_SORT_KEYS} fields")));
        }
        keys.push(SortKey { column, descending });
    }
    let id = schema.columns.iter().find(|column| column.kind == Kind::Id);
    if let Some(position) = keys.iter().position(|key| key.column.kind == Kind::Id) {
        keys.truncate(position + 1);
    } else {
        let descending = keys.last().is_some_and(|key| key.descending);
        keys.extend(id.map(|column| SortKey { column, descending }));
    }
    Ok(keys)
}

fn check_relevance(descending: bool, has_search: bool) -> Result<(), Fault> {
    if !has_search {
        return Err(Fault::new("sort", "needs_q", "`-relevance` is how well `q` is found; ask for it beside `q`"));
    }
    if !descending {
        return Err(Fault::new("sort", "unknown_field", "what fits best comes first: `-relevance`"));
    }
    Ok(())
}
