//! What `q` finds in a list, and what makes the database find it.

use super::meaning::SearchMeaning;
use crate::{
    db::Dialect,
    query,
    schema::{Catalog, LinkError, Model},
    sql,
    words::listed,
};

/// What is searched of a resource, if anything; the statements only for a database that is named.
///
/// # Errors
/// [`LinkError`] when the declarations do not fit together.
pub(super) fn of(
    catalog: &Catalog,
    model: &Model,
    dialect: Option<Dialect>,
) -> Result<Option<SearchMeaning>, LinkError> {
    let keys: Vec<_> = query::searchable(model.schema).map(|column| column.key).collect();
    if keys.is_empty() {
        return Ok(None);
    }
    let made = |dialect: Dialect| {
        let table = sql::define(dialect, catalog, model)?;
        let search = table.search.iter().flat_map(|search| dialect.schema().index_words(&table, search));
        Ok(search.collect())
    };
    Ok(Some(SearchMeaning {
        finds: format!("every word of q, or one that begins so, in {}", listed(&keys)),
        order: "sort=-relevance: whole words before beginnings of some, fields in this order, then by -id".to_owned(),
        sql: dialect.map(made).transpose()?.unwrap_or_default(),
    }))
}
