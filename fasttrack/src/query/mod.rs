//! What a client may ask of a list: filters, an order, a position, a size.
//!
//! Pure: parameters become a plan, or faults; what the plan is in SQL is told in `sql`.

mod by_id;
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
    by_id::{FoundById, PageById, parse_ids},
    cursor::{CursorKey, CursorScope, Position},
    expand::{
        CAN, Expand, Expandable, Inside, MAX_EXPANDED, MAX_EXPANDED_DEPTH, Relations, Shape, take_expand, take_fields,
    },
    filter::{Condition, MAX_VALUES, Test, filterable},
    op::{OPERATORS, Operator, Takes},
    page::{IsShown, ListQuery, MAX_CONDITIONS, MAX_TEXT_CHARS, PageSize, parse, parse_shown, searchable},
    sort::{MAX_SORT_KEYS, RELEVANCE, SortKey, sortable},
    value::parse_value,
    words::words,
};
