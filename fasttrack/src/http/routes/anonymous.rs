//! Whether somebody without a token may get an answer.

use crate::schema::{Catalog, Rule, Schema, named_rule};

/// Whether the rule could hold for somebody without an account. Errs on that side: the pipeline decides then.
pub(in crate::http) fn admits_anonymous(catalog: &Catalog, schema: &Schema, rule: &Rule) -> bool {
    match rule {
        Rule::Any(rules) => rules.iter().any(|rule| admits_anonymous(catalog, schema, rule)),
        Rule::All(rules) => rules.iter().all(|rule| admits_anonymous(catalog, schema, rule)),
        Rule::Not(_) | Rule::Anyone | Rule::Compare { .. } | Rule::Moment { .. } => true,
        Rule::Authenticated
        | Rule::Role(_)
        | Rule::Oneself
        | Rule::Related(_)
        | Rule::OfCaller(_)
        | Rule::LikeCaller { .. } => false,
        Rule::AnyOf { path, rule } => {
            catalog.arrive(schema, path).is_none_or(|schema| admits_anonymous(catalog, schema, rule))
        }
        Rule::Named { path, rule } => {
            named_rule(catalog, schema, path, rule).is_none_or(|(schema, rule)| admits_anonymous(catalog, schema, rule))
        }
    }
}
