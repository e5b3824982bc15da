//! The statements that a declaration becomes, for people to read. They are taken from the very plans that serve.

use std::sync::Arc;

use super::{
    cascade::Cascade,
    engine::{Engine, RolePlan, Setup},
    second::Second,
};
use crate::{
    db::Dialect,
    outbox::{NoListener, OutboxListener},
    query,
    schema::{Catalog, Column, Kind, LinkError, Model, Schema, Trigger, Verb},
    sql::{self, CallerRole, HistoryPage, PageQuery, Predicate},
};

/// What a verb runs for callers of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerbSql {
    /// The verb.
    pub verb: Verb,
    /// The role of whoever calls; `None` for somebody without a token.
    pub role: Option<&'static str>,
    /// The statement; `None` where the rule refuses without asking the database.
    pub sql: Option<String>,
    /// What is asked of the row as it has become, where the declaration asks that.
    pub afterwards: Option<String>,
    /// What creates the rows that come along, by the names that they have.
    pub along: Vec<(&'static str, String)>,
}

/// The statements of every verb that has a rule, for every role of callers.
///
/// # Errors
/// [`LinkError`] when the declarations do not fit together.
pub fn verb_statements(dialect: Dialect, catalog: &Catalog, model: &Model) -> Result<Vec<VerbSql>, LinkError> {
    let silent: Arc<dyn OutboxListener> = Arc::new(NoListener);
    let setup = Setup { dialect, catalog, listener: &silent };
    let engine = Engine::new(setup, model, Arc::new(Cascade::of(setup)?))?;
    let mut found = Vec::new();
    for &verb in Verb::ALL.iter().filter(|verb| model.schema.rule(**verb).is_some()) {
        for caller in CallerRole::every(catalog) {
            let role = match caller {
                CallerRole::Anonymous => None,
                CallerRole::Role(word) => Some(word),
            };
            let plan = engine.plan(caller);
            let sql = plan.and_then(|plan| statement(&engine, plan, verb));
            let afterwards = plan.filter(|_| sql.is_some()).and_then(|plan| afterwards(&engine, plan, verb));
            let along = plan.filter(|_| sql.is_some() && verb == Verb::Create).map(|plan| plan.along.iter());
            let along = along.into_iter().flatten().filter_map(|along| along.statement()).collect();
            found.push(VerbSql { verb, role, sql, afterwards, along });
        }
    }
    Ok(found)
}

/// What each trigger runs, for one changed row.
///
/// # Errors
/// [`LinkError`] when the declarations do not fit together.
pub fn trigger_statements(
    dialect: Dialect,
    catalog: &Catalog,
    model: &Model,
) -> Result<Vec<(&'static Trigger, String)>, LinkError> {
    let plans = sql::effects(dialect, catalog, model)?;
    Ok(model.schema.triggers.iter().zip(plans.iter().map(|plan| plan.statement(1))).collect())
}

fn statement(engine: &Engine, plan: &RolePlan, verb: Verb) -> Option<String> {
    let table = &engine.table;
    let policy = |policy: &Predicate| (!policy.is_never()).then(|| policy.clone());
    Some(match verb {
        Verb::Create => {
            let create = plan.create.as_ref()?;
            policy(&create.insert.policy)?;
            create.insert.statement(1)
        }
        Verb::List => list(engine, plan, &policy(&plan.list)?)?,
        Verb::Read => {
            policy(&plan.read)?;
            plan.read_one.text().to_owned()
        }
        Verb::Update => {
            let update = policy(&plan.update).filter(|_| !plan.second.is_never())?;
            let keys: Vec<_> = changeable(engine.schema).map(|column| column.key).collect();
            sql::Update::of(table, &update, &plan.second.moved(&update, &keys), &keys).text().to_owned()
        }
        Verb::Show => sql::read(&plan.beside, &policy(&plan.show)?).text().to_owned(),
        Verb::Delete => sql::delete(table, &policy(&plan.delete)?, "").text().to_owned(),
        Verb::History => {
            let page = HistoryPage { beyond: 0, limit: query::PageSize::DEFAULT.rows(), descending: false };
            sql::changes(table, engine.schema.plural, &policy(&plan.history)?, page).text().to_owned()
        }
        Verb::Restore => sql::restorable(table, &policy(&plan.restore)?, &plan.read)?.text().to_owned(),
    })
}

/// What an update is followed by, in its transaction.
fn afterwards(engine: &Engine, plan: &RolePlan, verb: Verb) -> Option<String> {
    match &plan.second {
        Second::AsItWouldBe(after) if verb == Verb::Update => Some(sql::read(&engine.table, after).text().to_owned()),
        _ => None,
    }
}

/// The first page in the order that a client gets who says nothing.
fn list(engine: &Engine, plan: &RolePlan, policy: &Predicate) -> Option<String> {
    let id = engine.schema.columns.iter().find(|column| column.kind == Kind::Id)?;
    let page = PageQuery {
        table: &plan.table,
        parent_key: engine.parent.as_ref().map(|parent| parent.key),
        policy,
        conditions: &[],
        search: None,
        sort: &[query::SortKey { column: id, descending: false }],
        after: None,
        limit: query::PageSize::DEFAULT.rows(),
    };
    Some(sql::page(&page).text().to_owned())
}

fn changeable(schema: &Schema) -> impl Iterator<Item = &'static Column> {
    schema
        .columns
        .iter()
        .filter(|column| {
            column.kind == Kind::UpdatedAt || !(column.is_automatic() || column.read_only || column.write_once)
        })
        .filter(|column| column.kind != Kind::PasswordHash)
}
