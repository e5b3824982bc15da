//! The first of many rows, shown inside another.

use super::Sql;
use crate::words::has_more;

/// Most rows that are shown under one name.
pub const MAX_SHOWN: usize = 100;

/// Rows of which a row shows the first, by id, and says whether there are more.
pub(super) struct First {
    /// Which rows they are: a query from its `FROM` up to its last condition.
    pub(super) found: String,
    /// The id of each.
    pub(super) id: String,
    /// What is shown of each.
    pub(super) json: String,
}

impl First {
    /// Them under this name, and whether there are more: keys, and values of JSON.
    pub(super) fn members(&self, name: &str, sql: &mut Sql) -> [(String, String); 2] {
        let (syntax, one) = (sql.dialect().sql(), sql.fresh_alias());
        let Self { found, id, json } = self;
        let first = format!("(SELECT {json} AS \"row\", {id} AS \"id\" {found} ORDER BY {id} LIMIT {MAX_SHOWN}) {one}");
        let all = syntax.joined(&format!("{one}.\"row\""), b',', &format!(" ORDER BY {one}.\"id\""));
        let list = syntax.json_stored(&format!("(SELECT '[' || COALESCE({all}, '') || ']' FROM {first})"));
        let next = format!("(SELECT 1 {found} ORDER BY {id} LIMIT 1 OFFSET {MAX_SHOWN})");
        let more = format!("{next} IS NOT NULL");
        [(name.to_owned(), syntax.json(&list)), (has_more(name), syntax.json_flag(&more))]
    }
}
