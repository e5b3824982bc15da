//! Pages of lists as the statements that read them.

use fasttrack::{
    db::{Arg, Dialect},
    query,
    schema::{Catalog, Model, Verb},
    sql::{self, CallerRole, PageQuery, Predicate, Table, Template},
    wire::Params,
};

/// Who may list the rows of a resource, for callers of one role.
pub(super) fn may_list(catalog: &Catalog, model: &Model, caller: CallerRole) -> Predicate {
    sql::fold(catalog, model, model.schema.rule(Verb::List).unwrap(), caller).unwrap()
}

/// The page that somebody asks for by these parameters.
pub(super) fn page(
    dialect: Dialect,
    model: &Model,
    policy: &Predicate,
    asked: &str,
    after: Option<&[Arg]>,
) -> Template {
    let query = query::parse(model.schema, Params::parse(Some(asked))).unwrap();
    let searchable: Vec<_> = query::searchable(model.schema).collect();
    sql::page(&PageQuery {
        table: &Table::new(dialect, model.schema),
        parent_key: model.parent.map(|parent| parent.key),
        policy,
        conditions: &query.conditions,
        search: query.search.as_deref().map(|text| (searchable.as_slice(), text)),
        sort: &query.sort,
        after,
        limit: query.size.rows(),
    })
}
