//! What a client may ask of a list: filters, an order, a position, a size.
//!
//! Pure: parameters become a plan, or faults; what the plan is in SQL is told in `sql`.

mod cursor;
mod expand;
mod filter;
mod op;
mod pack;
mod page;
mod sort;
mod value;
mod words;

pub(crate) use self::sort::is_relevance;
pub use self::{
    cursor::{CursorKey, CursorScope, Position},
    expand::{Expand, MAX_EXPANDED, MAX_EXPANDED_DEPTH, Relations, take as take_expand},
    filter::{Condition, MAX_VALUES, Test},
    op::{OPERATORS, Operator, Takes},
    page::{IsShown, ListQuery, MAX_CONDITIONS, MAX_TEXT_CHARS, PageSize, parse, parse_shown, searchable},
    sort::{MAX_SORT_KEYS, RELEVANCE, SortKey, sortable},
    value::parse_value,
    words::words,
};
