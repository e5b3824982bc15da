//! All parameters of a list, read at once.

use super::{
    Condition, SortKey,
    filter::{self, column_of, shown},
    sort,
    value::parse_flag,
};
use crate::{
    error::{Error, Fault},
    schema::{Column, Schema},
    wire::{Param, Params},
};

/// Page size in rows. Always within `1..=PageSize::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u16);

/// What a client asks of a list.
#[derive(Debug)]
pub struct ListQuery {
    /// Conditions, all of which have to hold.
    pub conditions: Vec<Condition>,
    /// Whose words are to be found in the searchable columns; the text itself, where it has none.
    pub search: Option<String>,
    /// The order; the last key is the id.
    pub sort: Vec<SortKey>,
    /// Rows wanted.
    pub size: PageSize,
    /// Where to go on, still sealed.
    pub cursor: Option<String>,
    /// Whether it is said how many rows the whole list has.
    pub count: bool,
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

/// Whether the caller is shown a field in each row. One that he is not shown is to him as one that lists know nothing of.
pub type IsShown<'a> = &'a dyn Fn(&Column) -> bool;

/// Reads the parameters of a list of `schema`, of which the caller is shown every field.
///
/// # Errors
/// As for [`parse_shown`].
pub fn parse(schema: &'static Schema, params: Params) -> Result<ListQuery, Error> {
    parse_shown(schema, &|_| true, params)
}

/// Reads the parameters of a list of `schema`, of which the caller is shown some fields.
///
/// # Errors
/// [`Error::Invalid`] with every parameter that is unknown or does not fit.
pub fn parse_shown(schema: &'static Schema, is_shown: IsShown<'_>, params: Params) -> Result<ListQuery, Error> {
    let has_search = params.faults.iter().any(|fault| fault.field == "q");
    let mut reader = Reader { faults: params.faults, has_search, ..Reader::default() };
    for param in &params.items {
        reader.read(schema, is_shown, param);
    }
    let sort = sort::parse(schema, is_shown, reader.sort, reader.has_search).unwrap_or_else(|fault| {
        reader.faults.push(fault);
        Vec::new()
    });
    if !reader.faults.is_empty() {
        return Err(Error::Invalid(reader.faults));
    }
    let mut filters: Vec<_> =
        reader.conditions.iter().map(|condition| format!("{} {:?}", condition.column.key, condition.test)).collect();
    filters.sort();
    let order: Vec<_> = sort.iter().map(|key| (key.column.key, key.descending)).collect();
    Ok(ListQuery {
        canonical: format!("{filters:?} {:?} {order:?}", reader.search),
        conditions: reader.conditions,
        search: reader.search,
        sort,
        size: reader.size.unwrap_or(PageSize::DEFAULT),
        cursor: reader.cursor,
        count: reader.count,
    })
}

/// Parameters, one after the other.
#[derive(Default)]
struct Reader<'a> {
    conditions: Vec<Condition>,
    search: Option<String>,
    /// Whether anything is searched for, be it as it may.
    has_search: bool,
    sort: Option<&'a str>,
    size: Option<PageSize>,
    cursor: Option<String>,
    count: bool,
    /// What was asked already, by column and operator: an alias asks the same.
    asked: Vec<(&'static str, &'a str)>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn read(&mut self, schema: &'static Schema, is_shown: IsShown<'_>, param: &'a Param) {
        match (param.name.as_str(), &param.operator) {
            ("limit", None) => match PageSize::parse(&param.value) {
                Ok(size) => self.size = Some(size),
                Err(fault) => self.faults.push(fault),
            },
            ("cursor", None) => self.cursor = Some(param.value.clone()),
            ("sort", None) => self.sort = Some(&param.value),
            ("count", None) => match parse_flag(&param.value) {
                Ok(count) => self.count = count,
                Err(message) => self.faults.push(Fault::new("count", "invalid", message)),
            },
            ("q", None) if searchable(schema).any(is_shown) => {
                self.has_search = true;
                match check_text("q", &param.value) {
                    Ok(()) => self.search = Some(param.value.clone()),
                    Err(fault) => self.faults.push(fault),
                }
            }
            (name, _) => match column_of(schema, name).filter(|column| is_shown(column)) {
                Some(column) => self.read_filter(column, param),
                None => self.faults.push(Fault::new(shown(param), "unknown", "there is no such parameter")),
            },
        }
    }

    fn read_filter(&mut self, column: &'static Column, param: &'a Param) {
        let asked = (column.key, param.operator.as_deref().unwrap_or_default());
        if self.asked.contains(&asked) {
            self.faults.push(Fault::new(shown(param), "repeated", "the same is asked twice"));
        }
        self.asked.push(asked);
        match filter::parse(column, param) {
            Ok(_) if self.conditions.len() == MAX_CONDITIONS => {
                self.faults.push(Fault::new(shown(param), "too_many", format!("at most {MAX_CONDITIONS} filters")));
            }
            Ok(condition) => self.conditions.push(condition),
            Err(fault) => self.faults.push(fault),
        }
    }
}

/// Most filters of a list: each is a level of an expression, and the database goes 1,000 deep.
pub const MAX_CONDITIONS: usize = 100;

/// Longest text that can be searched for, in characters: to find a part of a text costs its length times that of each text
/// that is looked into.
pub const MAX_TEXT_CHARS: usize = 200;

/// Refuses text that is too long to search for.
pub(super) fn check_text(field: &str, text: &str) -> Result<(), Fault> {
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(Fault::new(field, "too_long", format!("at most {MAX_TEXT_CHARS} characters")));
    }
    Ok(())
}
