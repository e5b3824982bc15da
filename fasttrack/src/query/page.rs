//! All parameters of a list, read at once.

use super::{
    Condition, SortKey,
    filter::{self, column_of, shown},
    sort,
};
use crate::{
    error::{Error, Fault},
    schema::{Column, Schema},
    wire::Params,
};

/// Page size in rows. Always within `1..=PageSize::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u16);

/// What a client asks of a list.
#[derive(Debug)]
pub struct ListQuery {
    /// Conditions, all of which have to hold.
    pub conditions: Vec<Condition>,
    /// Text that one of the searchable columns has to contain.
    pub search: Option<String>,
    /// The order; the last key is the id.
    pub sort: Vec<SortKey>,
    /// Rows wanted.
    pub size: PageSize,
    /// Where to go on, still sealed.
    pub cursor: Option<String>,
    /// Filters, search and order in one form whatever order they were written in: what a cursor is bound to.
    pub canonical: String,
}

impl PageSize {
    /// Largest page a client may ask for, in rows.
    pub const MAX: u16 = 100;

    /// Size of a page when the client says nothing, in rows.
    pub const DEFAULT: Self = Self(20);

    /// Reads a client's request.
    ///
    /// # Errors
    /// A fault when it is no whole number within `1..=PageSize::MAX`.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(rows) if digits && (1..=Self::MAX).contains(&rows) => Ok(Self(rows)),
            _ => Err(Fault::new("limit", "out_of_range", format!("a whole number from 1 to {}", Self::MAX))),
        }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(self) -> i64 {
        i64::from(self.0)
    }
}

/// The columns that `q` looks into.
pub fn searchable(schema: &'static Schema) -> impl Iterator<Item = &'static Column> {
    schema.columns.iter().filter(|column| column.search)
}

/// Reads the parameters of a list of `schema`.
///
/// # Errors
/// [`Error::Invalid`] with every parameter that is unknown or does not fit.
pub fn parse(schema: &'static Schema, params: Params) -> Result<ListQuery, Error> {
    let mut faults = params.faults;
    let mut query = ListQuery {
        conditions: Vec::new(),
        search: None,
        sort: Vec::new(),
        size: PageSize::DEFAULT,
        cursor: None,
        canonical: String::new(),
    };
    let mut sort_text = None;
    let mut asked: Vec<(&str, &str)> = Vec::new();
    let mut canonical: Vec<String> = Vec::new();
    for param in &params.items {
        let plain = param.operator.is_none();
        match param.name.as_str() {
            "limit" if plain => match PageSize::parse(&param.value) {
                Ok(size) => query.size = size,
                Err(fault) => faults.push(fault),
            },
            "cursor" if plain => query.cursor = Some(param.value.clone()),
            "sort" if plain => sort_text = Some(param.value.as_str()),
            "q" if plain && searchable(schema).next().is_some() => query.search = Some(param.value.clone()),
            name => match column_of(schema, name) {
                None => faults.push(Fault::new(shown(param), "unknown", "there is no such parameter")),
                Some(column) => {
                    let operator = param.operator.as_deref().unwrap_or_default();
                    if asked.contains(&(column.key, operator)) {
                        faults.push(Fault::new(shown(param), "repeated", "the same is asked twice"));
                    }
                    asked.push((column.key, operator));
                    match filter::parse(column, param) {
                        Ok(condition) => {
                            canonical.push(format!("{condition:?}", condition = (column.key, &condition.test)));
                            query.conditions.push(condition);
                        }
                        Err(fault) => faults.push(fault),
                    }
                }
            },
        }
    }
    match sort::parse(schema, sort_text) {
        Ok(sort) => query.sort = sort,
        Err(fault) => faults.push(fault),
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    canonical.sort();
    let sort: Vec<_> = query.sort.iter().map(|key| (key.column.key, key.descending)).collect();
    query.canonical = format!("{canonical:?}{:?}{sort:?}", query.search);
    Ok(query)
}
