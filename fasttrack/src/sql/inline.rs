//! Rows that are shown in the one that they refer to: a list, by id, of the first that the caller may read, each as its own
//! `GET` shows it to him.

use super::{CallerRole, Predicate, Scope, Shape, Sql, View, first::First, fold, there::and_there};
use crate::schema::{Catalog, Has, LinkError, Verb};

/// The rows of a resource that refer to one, as callers of one role are shown them.
#[derive(Debug, Clone)]
pub(super) struct Inlined {
    /// What they are called in the row.
    pub(super) key: &'static str,
    table: &'static str,
    /// Column of theirs that holds the id of the row.
    by: &'static str,
    /// Column that says when one was deleted, where such rows are kept.
    deleted: Option<&'static str>,
    /// What of each of them is shown.
    view: View,
    /// Which of them are.
    policy: Predicate,
}

impl Inlined {
    /// The rows that a declaration calls so, for callers of this role.
    ///
    /// # Errors
    /// [`LinkError`] when a path does not resolve.
    pub(super) fn of(catalog: &Catalog, has: &Has, caller: CallerRole) -> Result<Self, LinkError> {
        let unresolved = || LinkError::unresolved(has.resource, has.relation);
        let model = catalog.find(has.resource).ok_or_else(unresolved)?;
        let schema = model.schema;
        let relation = schema.column(has.relation).ok_or_else(unresolved)?;
        let policy = match schema.rule(Verb::Read) {
            Some(rule) => fold(catalog, model, rule, caller)?,
            None => Predicate::Never,
        };
        Ok(Self {
            key: has.name,
            table: schema.plural,
            by: relation.key,
            deleted: schema.deleted_key(),
            view: View::of_fields(catalog, model, caller)?,
            policy,
        })
    }

    /// Those that refer to the row `row`, as they are shown in it: keys, and values of JSON; none where they are not.
    pub(super) fn members(&self, row: &str, shape: &Shape<'_>, sql: &mut Sql) -> Vec<(String, String)> {
        let along = shape.along.iter().find(|(name, _)| *name == self.key).map(|(_, shape)| shape);
        if along.is_none() && !shape.shows(self.key) {
            return Vec::new();
        }
        let alias = sql.fresh_alias();
        let json = self.view.json_of(&alias, along.unwrap_or(&Shape::default()), sql);
        let found = sql.fragment(|sql| {
            sql.push("FROM ").name(self.table).push(&format!(" {alias} WHERE {alias}.")).name(self.by);
            sql.push(&format!(" = {row}.\"id\"{}", and_there(&alias, self.deleted)));
            if !self.policy.is_always() {
                sql.push(" AND ");
                self.policy.write(sql, Scope::of(&alias));
            }
        });
        First { found, id: format!("{alias}.\"id\""), json }.members(self.key, sql).into()
    }
}
