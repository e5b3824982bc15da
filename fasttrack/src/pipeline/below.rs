//! What a caller may create below a row, as far as the row decides that.

use super::{Pipeline, Target};
use crate::{
    clock,
    db::{Arg, Dialect, Statement},
    error::Error,
    principal::Principal,
    schema::{Catalog, LinkError, Model, Verb, ways},
    sql::{self, CallerRole, Insert, Predicate, Table},
};

impl Pipeline {
    /// The plurals of the resources of which the caller may create rows below this one. What the values of such a row decide
    /// counts as if it were decided for him.
    ///
    /// # Errors
    /// As for [`read`](Self::read), of the row.
    pub async fn creatable_below(
        &self,
        catalog: &Catalog,
        resource: usize,
        id: i64,
        who: &Principal,
    ) -> Result<Vec<&'static str>, Error> {
        self.read(resource, Target::Id(id), who).await?;
        let mut creatable = Vec::new();
        if who.reads_only() {
            return Ok(creatable);
        }
        for model in below(catalog, resource) {
            let policy = decided_above(catalog, model, CallerRole::of(who));
            let policy = policy.map_err(|error| Error::Internal(error.to_string()))?;
            let may = match &policy {
                Predicate::Always => true,
                Predicate::Never => false,
                asked => {
                    let rows = self.db.read(asks(self.db.dialect(), catalog, model, asked, (id, who))).await?;
                    rows.first().is_some_and(|row| row.int(0) == Some(1))
                }
            };
            creatable.extend(may.then_some(model.schema.plural));
        }
        Ok(creatable)
    }
}

/// The resources whose rows are created below those of this one.
pub fn below(catalog: &Catalog, resource: usize) -> impl Iterator<Item = &Model> {
    let is_below = move |model: &&Model| model.parent.is_some_and(|parent| parent.index == resource);
    catalog.models().iter().filter(is_below).filter(|model| model.schema.rule(Verb::Create).is_some())
}

/// What the rule of creation asks of the row above.
fn decided_above(catalog: &Catalog, model: &Model, caller: CallerRole) -> Result<Predicate, LinkError> {
    let (Some(rule), Some(parent)) = (model.schema.rule(Verb::Create), model.parent) else {
        return Ok(Predicate::Never);
    };
    let word = if let CallerRole::Role(word) = caller { Some(word) } else { None };
    let mut any = Vec::new();
    for way in ways(rule, model.schema, catalog, word) {
        let mut all = Vec::new();
        for asked in way.iter().filter_map(|term| term.asked.as_ref()) {
            let predicate = sql::fold_asked(catalog, model, asked, caller)?;
            // What asks of the caller himself names no column.
            let is_of_row = predicate.depends_on(&|key| key != parent.key && !key.is_empty());
            all.extend((!is_of_row).then_some(predicate));
        }
        any.push(Predicate::all(all));
    }
    Ok(Predicate::any(any))
}

/// Asks that of a row to be that says nothing but what it is below.
fn asks(
    dialect: Dialect,
    catalog: &Catalog,
    model: &Model,
    policy: &Predicate,
    (above, who): (i64, &Principal),
) -> Statement {
    let table = Table::served_at(dialect, model.schema, catalog.base());
    let insert = Insert::new(table, policy.clone(), Vec::new(), Vec::new());
    let parent = model.parent.map(|parent| parent.key);
    let values =
        model.schema.columns.iter().map(|column| if Some(column.key) == parent { Arg::Int(above) } else { Arg::Null });
    let caller = who.caller().map_or(Arg::Null, |caller| Arg::Int(caller.id));
    let now_us = clock::now_us();
    let moments = insert.moments.iter().map(|moment| moment.at(now_us));
    let row = values.chain([caller]).chain(moments).collect();
    Statement::new(insert.check(), row)
}
