//! A declaration with everything that follows from it, as data: what `--json` prints and the tables show.

use serde::Serialize;

use super::{constraints, search, words};
use crate::{
    db::Dialect,
    http::routes::{self, Action},
    pipeline::{trigger_statements, verb_statements},
    schema::{Catalog, Column, Has, LinkError, Model, Never, Transition, Verb, rule_in_words, verb_in_words},
};

/// What a resource means.
#[derive(Debug, Serialize)]
pub(super) struct Meaning {
    pub(super) name: &'static str,
    pub(super) table: &'static str,
    pub(super) description: &'static str,
    pub(super) under: Option<&'static str>,
    pub(super) is_account: bool,
    pub(super) is_concealed: bool,
    /// What becomes of deleted rows, where they are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deleted: Option<String>,
    pub(super) fields: Vec<FieldMeaning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) many: Vec<ManyMeaning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) constraints: Vec<ConstraintMeaning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) search: Option<SearchMeaning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) steps: Vec<StepMeaning>,
    pub(super) rules: Vec<RuleMeaning>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) nevers: Vec<NeverMeaning>,
    pub(super) triggers: Vec<TriggerMeaning>,
}

/// What nobody may do.
#[derive(Debug, Serialize)]
pub(super) struct NeverMeaning {
    pub(super) who: String,
    pub(super) what: String,
}

/// What is asked of several fields of a row.
#[derive(Debug, Serialize)]
pub(super) struct ConstraintMeaning {
    pub(super) holds: String,
    pub(super) otherwise: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sql: Vec<String>,
}

/// What `q` finds.
#[derive(Debug, Serialize)]
pub(super) struct SearchMeaning {
    pub(super) finds: String,
    pub(super) order: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sql: Vec<String>,
}

/// Rows of another resource that refer to one of this.
#[derive(Debug, Serialize)]
pub(super) struct ManyMeaning {
    pub(super) name: &'static str,
    pub(super) rows: String,
}

/// What may follow a value of a flow.
#[derive(Debug, Serialize)]
pub(super) struct StepMeaning {
    pub(super) field: &'static str,
    pub(super) from: &'static str,
    pub(super) to: &'static [&'static str],
    pub(super) who: String,
}

/// What one field means.
#[derive(Debug, Serialize)]
pub(super) struct FieldMeaning {
    pub(super) key: &'static str,
    pub(super) holds: String,
    pub(super) read_by: String,
    pub(super) written: String,
    pub(super) lists: Vec<String>,
}

/// A verb, its route, and who may use it.
#[derive(Debug, Serialize)]
pub(super) struct RuleMeaning {
    pub(super) verb: &'static str,
    pub(super) route: String,
    pub(super) who: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sql: Vec<CallerSql>,
}

/// What a verb runs for callers of one kind.
#[derive(Debug, Serialize)]
pub(super) struct CallerSql {
    pub(super) caller: String,
    pub(super) statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) afterwards: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) along: Vec<AlongSql>,
}

/// What creates rows that come along.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct AlongSql {
    pub(super) name: &'static str,
    pub(super) statement: String,
}

/// A trigger.
#[derive(Debug, Serialize)]
pub(super) struct TriggerMeaning {
    pub(super) when: String,
    pub(super) then: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sql: Option<String>,
}

impl Meaning {
    /// Everything that the declaration of `model` says; the statements only where they are wanted, for that database.
    ///
    /// # Errors
    /// [`LinkError`] when the declarations do not fit together.
    pub(super) fn of(catalog: &Catalog, model: &Model, sql: Option<Dialect>) -> Result<Self, LinkError> {
        let schema = model.schema;
        Ok(Self {
            name: schema.name,
            table: schema.plural,
            description: schema.doc.trim(),
            under: schema.under,
            is_account: schema.account,
            is_concealed: schema.conceal,
            deleted: schema.deleted().map(|_| words::kept(schema)),
            fields: schema.columns.iter().map(|column| field(catalog, model, column)).collect(),
            many: schema.has.iter().map(|has| many(catalog, has)).collect::<Result<_, _>>()?,
            constraints: constraints::of(catalog, model, sql)?,
            search: search::of(catalog, model, sql)?,
            steps: schema.columns.iter().flat_map(|column| steps(catalog, model, column)).collect(),
            rules: rules(catalog, model, sql)?,
            nevers: schema.nevers.iter().map(|never| never_meaning(catalog, model, never)).collect(),
            triggers: triggers(catalog, model, sql)?,
        })
    }
}

fn field(catalog: &Catalog, model: &Model, column: &Column) -> FieldMeaning {
    let schema = model.schema;
    let who = column.write.as_ref().map(|rule| rule_in_words(rule, schema, catalog));
    let read_by = match &column.read {
        _ if column.hidden => "nobody".to_owned(),
        Some(rule) => format!("of those who may read the row: {}", rule_in_words(rule, schema, catalog)),
        None => "whoever may read the row".to_owned(),
    };
    FieldMeaning {
        key: column.key,
        holds: words::holds(column),
        read_by,
        written: words::written(schema, column, who.as_deref()),
        lists: words::notes(column),
    }
}

fn steps(catalog: &Catalog, model: &Model, column: &Column) -> Vec<StepMeaning> {
    let schema = model.schema;
    let step = |Transition { from, to, rule }: &'static Transition| {
        let who = rule.as_ref().map(|rule| rule_in_words(rule, schema, catalog));
        StepMeaning { field: column.key, from, to, who: who.unwrap_or_else(|| "whoever may update the row".to_owned()) }
    };
    column.flow.unwrap_or_default().iter().map(step).collect()
}

fn never_meaning(catalog: &Catalog, model: &Model, never: &Never) -> NeverMeaning {
    let what: Vec<_> = never.acts.iter().map(ToString::to_string).collect();
    NeverMeaning { who: rule_in_words(&never.rule, model.schema, catalog), what: what.join(", ") }
}

fn many(catalog: &Catalog, has: &Has) -> Result<ManyMeaning, LinkError> {
    let unresolved = || LinkError::unresolved(has.resource, has.relation);
    let schema = catalog.find(has.resource).ok_or_else(unresolved)?.schema;
    let relation = schema.column(has.relation).ok_or_else(unresolved)?;
    let along = has.inline.map(|inline| format!("; {}", words::along(inline))).unwrap_or_default();
    Ok(ManyMeaning { name: has.name, rows: format!("{} by their {}{along}", schema.plural, relation.key) })
}

pub(super) fn rules(catalog: &Catalog, model: &Model, sql: Option<Dialect>) -> Result<Vec<RuleMeaning>, LinkError> {
    let statements = sql.map_or_else(|| Ok(Vec::new()), |dialect| verb_statements(dialect, catalog, model))?;
    let routes = routes::declared(catalog);
    let route = |wanted: Verb| {
        let serves = |action: Action| matches!(action, Action::Resource { model: m, verb, .. } if m == model.index && verb == wanted);
        routes.iter().find(|route| serves(route.action)).map(|route| format!("{} {}", route.method, route.path))
    };
    let inside = |verb: Verb| (verb == Verb::Show).then(|| "?expand= on what refers to it".to_owned());
    let rule = |verb: &Verb| {
        let who = verb_in_words(*verb, model.schema, catalog)?;
        let sql = statements.iter().filter(|found| found.verb == *verb).map(|found| CallerSql {
            caller: found.role.map_or_else(|| "anonymous".to_owned(), |role| format!("role {role}")),
            statement: found.sql.clone(),
            afterwards: found.afterwards.clone(),
            along: found.along.iter().cloned().map(|(name, statement)| AlongSql { name, statement }).collect(),
        });
        Some(RuleMeaning { verb: verb.name(), route: route(*verb).or_else(|| inside(*verb))?, who, sql: sql.collect() })
    };
    Ok(Verb::ALL.iter().filter_map(rule).collect())
}

fn triggers(catalog: &Catalog, model: &Model, shown: Option<Dialect>) -> Result<Vec<TriggerMeaning>, LinkError> {
    let meaning = |(trigger, sql): (&crate::schema::Trigger, String)| TriggerMeaning {
        when: words::when(trigger.change),
        then: words::then(model.schema, &trigger.effect),
        sql: shown.map(|_| sql),
    };
    Ok(trigger_statements(shown.unwrap_or(Dialect::Sqlite), catalog, model)?.into_iter().map(meaning).collect())
}
