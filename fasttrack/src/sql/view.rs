//! What of a row its reader is shown: every field that is not hidden, but those with a rule of their own where that lets him.
//!
//! The database leaves the key out, so that what somebody may not see never comes out of it. Rows as the application itself
//! uses them (hooks, jobs, events) have all their fields; this is not for them.

use std::sync::Arc;

use super::{CallerRole, Inlined, Predicate, Scope, Shape, Sql, Table, dialect::held, file, fold};
use crate::{
    db::Dialect,
    query::CAN,
    schema::{Catalog, Column, LinkError, Model, Schema},
};

/// What of the rows of a resource callers of one role are shown.
#[derive(Debug, Clone)]
pub struct View {
    /// The fields that some may see, with whom each is shown to.
    members: Vec<(&'static Column, Predicate)>,
    /// The rows that are shown in each.
    inlined: Vec<Inlined>,
    /// What addresses of files begin with.
    base: Arc<str>,
    /// Whether there is no other field.
    shows_all: bool,
    is_whole: bool,
}

impl View {
    /// Every field that is not hidden. Addresses of files begin with `base`.
    #[must_use]
    pub fn whole(schema: &'static Schema, base: &Arc<str>) -> Self {
        let shown = schema.columns.iter().filter(|column| !column.hidden);
        let members = shown.map(|column| (column, Predicate::Always)).collect();
        Self { members, inlined: Vec::new(), base: Arc::clone(base), shows_all: true, is_whole: true }
    }

    /// What callers of this role are shown.
    ///
    /// # Errors
    /// [`LinkError`] when a path does not resolve.
    pub fn of(catalog: &Catalog, model: &Model, caller: CallerRole) -> Result<Self, LinkError> {
        let mut view = Self::of_fields(catalog, model, caller)?;
        for (has, _) in model.schema.taken_along() {
            view.inlined.push(Inlined::of(catalog, has, caller)?);
        }
        view.is_whole &= view.inlined.is_empty();
        Ok(view)
    }

    /// The same without the rows that are shown in each.
    pub(super) fn of_fields(catalog: &Catalog, model: &Model, caller: CallerRole) -> Result<Self, LinkError> {
        let mut view = Self::whole(model.schema, catalog.base());
        for (column, policy) in &mut view.members {
            if let Some(rule) = &column.read {
                *policy = fold(catalog, model, rule, caller)?;
            }
        }
        view.is_whole = view.members.iter().all(|(_, policy)| policy.is_always());
        view.shows_all = view.members.iter().all(|(_, policy)| !policy.is_never());
        view.members.retain(|(_, policy)| !policy.is_never());
        Ok(view)
    }

    /// The same of rows of which this is known to hold: what it implies is not asked again.
    #[must_use]
    pub fn given(&self, known: &Predicate) -> Self {
        let mut view = self.clone();
        for (_, policy) in view.members.iter_mut().filter(|(_, policy)| known.implies(policy)) {
            *policy = Predicate::Always;
        }
        view.is_whole =
            view.shows_all && view.inlined.is_empty() && view.members.iter().all(|(_, policy)| policy.is_always());
        view
    }

    /// Which of the rows show this field.
    #[must_use]
    pub fn policy_of(&self, column: &Column) -> Predicate {
        let member = self.members.iter().find(|(member, _)| member.key == column.key);
        member.map_or(Predicate::Never, |(_, policy)| policy.clone())
    }

    /// Whether nothing is left out of any row.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// Whether every row shows this field.
    #[must_use]
    pub fn shows(&self, column: &Column) -> bool {
        self.members.iter().any(|(member, policy)| member.key == column.key && policy.is_always())
    }

    /// The row `t` as JSON, shown so.
    pub(super) fn json(&self, table: &Table, shape: &Shape<'_>, sql: &mut Sql) -> String {
        if self.is_whole && shape.is_plain() {
            return table.row_json.clone();
        }
        self.json_of("t", shape, sql)
    }

    /// Whether some row may show this field.
    #[must_use]
    pub fn may_show(&self, column: &Column) -> bool {
        self.members.iter().any(|(member, _)| member.key == column.key)
    }

    /// The keys of all that some row may show, in their order; the rows that are shown in each by their name alone.
    #[must_use]
    pub fn keys(&self) -> Vec<&'static str> {
        let own = self.members.iter().map(|(column, _)| column.key);
        own.chain(self.inlined.iter().map(|rows| rows.key)).collect()
    }

    /// The row `row` of the resource's table as JSON, with the rows that it shows, and with rows inside that it refers to,
    /// beside the fields that do.
    pub(super) fn json_of(&self, row: &str, shape: &Shape<'_>, sql: &mut Sql) -> String {
        let syntax = sql.dialect().sql();
        let members = self.members_of(row, shape, sql);
        if members.iter().all(|(_, _, condition)| condition.is_none()) {
            let members: Vec<_> = members.iter().map(|(key, value, _)| (key.as_str(), value.clone())).collect();
            return syntax.json_object(&members);
        }
        let members: Vec<_> =
            members.iter().map(|(key, value, condition)| (key.as_str(), value.clone(), condition.clone())).collect();
        syntax.json_object_where(&members)
    }

    /// The keys of rows of this shape, in order, each with the field that it is; what is of other rows is none.
    #[must_use]
    pub fn headings(&self, dialect: Dialect, shape: &Shape<'_>) -> Vec<(String, Option<&'static Column>)> {
        let field = |key: &str| self.members.iter().map(|(column, _)| *column).find(|column| column.key == key);
        let members = self.members_of("t", shape, &mut Sql::new(dialect, ""));
        members.into_iter().map(|(key, ..)| (field(&key), key)).map(|(field, key)| (key, field)).collect()
    }

    /// What a row of this shape has: keys, values of JSON, and where they are shown.
    fn members_of(&self, row: &str, shape: &Shape<'_>, sql: &mut Sql) -> Vec<(String, String, Option<String>)> {
        let mut members: Vec<_> =
            self.members.iter().flat_map(|member| self.member_of(member, row, shape, sql)).collect();
        let inlined = self.inlined.iter().flat_map(|rows| rows.members(row, shape, sql));
        members.extend(inlined.map(|(key, value)| (key, value, None)));
        members.extend(shape.can(row, sql).map(|can| (CAN.to_owned(), can, None)));
        members
    }

    /// What a row has of a field and of what it leads to: keys, values of JSON, and where they are shown.
    fn member_of(
        &self,
        (column, policy): &(&'static Column, Predicate),
        row: &str,
        shape: &Shape<'_>,
        sql: &mut Sql,
    ) -> Vec<(String, String, Option<String>)> {
        let dialect = sql.dialect();
        let own = || (column.key.to_owned(), file::shown(dialect, column, &held(dialect, column, row), &self.base));
        let mut members: Vec<_> = shape.shows(column.key).then(own).into_iter().collect();
        let expansion = shape.expand.iter().find(|expansion| expansion.column.key == column.key);
        members.extend(expansion.map(|expansion| expansion.members(row, sql)).unwrap_or_default());
        if members.is_empty() {
            // A placeholder that the text does not mention would have no type.
            return Vec::new();
        }
        let condition = (!policy.is_always()).then(|| sql.fragment(|sql| policy.write(sql, Scope::of(row))));
        members.into_iter().map(|(key, value)| (key, value, condition.clone())).collect()
    }
}
