//! What a trigger writes to the outbox, in the transaction of the change.

use super::{
    Scope, Sql,
    dialect::Messages,
    inbox::write_policy,
    insert::values,
    text::{quote, text_literal},
};
use crate::{
    db::Dialect,
    schema::{Catalog, Change, Column, Effect, LinkError, Model, Path, Payload, RowVersion, Schema, Step, Trigger},
    types::Storage,
};

/// Statements that make the tables of the outbox, where they are not there; `account` is who can be told.
///
/// Messages are numbered per account, from 1 and without a gap. The number is given out in the transaction of the change,
/// under the lock that the account's counter is written with, so that numbers become visible in their order whatever the
/// order in which transactions commit: whoever has seen a number will never find a smaller one that is new.
#[must_use]
pub fn outbox(dialect: Dialect, account: &Schema) -> Vec<String> {
    dialect.sql().outbox_tables(&quote(account.plural))
}

/// A trigger, ready to be written out for any number of rows.
#[derive(Debug, Clone)]
pub struct EffectPlan {
    /// When it applies.
    pub change: Change,
    /// Whether it tells accounts, of whom the statement returns the ids; else it is a job.
    pub tells: bool,
    dialect: Dialect,
    types: Vec<Storage>,
    head: String,
    tail: String,
}

impl EffectPlan {
    /// Number of arguments per row: id, actor, instant, then every column as it was before.
    #[must_use]
    pub fn width(&self) -> usize {
        self.types.len()
    }

    /// The statement for `rows` rows. The row itself is read from its table: run it after a creation or an update, and
    /// before a deletion.
    #[must_use]
    pub fn statement(&self, rows: usize) -> String {
        format!("{}{}{}", self.head, values(self.dialect, rows, &self.types), self.tail)
    }
}

/// Plans for the triggers of a resource.
///
/// # Errors
/// [`LinkError`] when a path does not resolve, which declarations that compiled cannot cause.
pub fn effects(dialect: Dialect, catalog: &Catalog, model: &Model) -> Result<Vec<EffectPlan>, LinkError> {
    model.schema.triggers.iter().map(|trigger| plan(dialect, catalog, model, trigger)).collect()
}

fn plan(dialect: Dialect, catalog: &Catalog, model: &Model, trigger: &Trigger) -> Result<EffectPlan, LinkError> {
    let schema = model.schema;
    let old = schema.columns.iter().map(|column| quote(&format!("old.{}", column.key)));
    let names: Vec<_> = ["\"id\"", "\"actor\"", "\"at\""].map(str::to_owned).into_iter().chain(old).collect();
    let head = format!("WITH act({}) AS (", names.join(", "));
    let begin = "), hit AS (SELECT t.\"id\" AS row_id, act.\"actor\" AS actor, act.\"at\" AS at, ";
    let mut sql = Sql::new(dialect, begin);
    let from = format!(" FROM act JOIN {} t ON t.\"id\" = act.\"id\")", quote(schema.plural));
    let tells = match trigger.effect {
        Effect::Event { name, payload, to, except_actor } => {
            write_payload(catalog, model, payload, &mut sql)?;
            write_recipients(catalog, model, to, &mut sql)?;
            let mut recipients = recipients(to.len(), except_actor);
            if trigger.change == Change::Deleted {
                recipients.push_str(&who_may_read(dialect, catalog, model)?);
            }
            let constants = [name, schema.name].map(text_literal).join(", ");
            let gone = trigger.change == Change::Deleted;
            sql.push(&from).push(&dialect.sql().tell(&Messages { constants, gone, recipients: &recipients }));
            true
        }
        Effect::Run { job, .. } => {
            write_versions(schema, trigger.change, &mut sql);
            sql.push(&from).push(&enqueue(dialect, job, schema));
            false
        }
    };
    let common = [Storage::Integer, Storage::Integer, Storage::Timestamp];
    let types = common.into_iter().chain(schema.columns.iter().map(Column::storage));
    let (types, tail) = (types.collect(), sql.finish().text().to_owned());
    Ok(EffectPlan { change: trigger.change, tells, dialect, types, head, tail })
}

fn enqueue(dialect: Dialect, job: &str, schema: &Schema) -> String {
    let constants = [job, schema.name].map(text_literal).join(", ");
    let (old, new) = (dialect.sql().json_stored("old"), dialect.sql().json_stored("new"));
    format!(
        " INSERT INTO \"outbox_jobs\" (\"name\", \"resource\", \"row_id\", \"old\", \"new\", \"actor_id\", \"created_at\", \
         \"due_at\") SELECT {constants}, row_id, {old}, {new}, actor, at, at FROM hit WHERE TRUE ORDER BY row_id"
    )
}

/// The row as JSON text before and after the change; null where there was none, or is none any more.
fn write_versions(schema: &'static Schema, change: Change, sql: &mut Sql) {
    let dialect = sql.dialect();
    let row = |expr: &dyn Fn(&str) -> String| dialect.sql().json_text(&dialect.row_json(schema.columns, expr));
    let now = row(&|key| format!("t.{}", quote(key)));
    if change == Change::Deleted {
        sql.push(&format!("{now} AS old, CAST(NULL AS TEXT) AS new"));
        return;
    }
    let old = |key: &str| format!("act.{}", quote(&format!("old.{key}")));
    let before = row(&old);
    sql.push(&format!("CASE WHEN {} IS NOT NULL THEN {before} END AS old, {now} AS new", old("id")));
}

fn write_payload(catalog: &Catalog, model: &Model, payload: &[Payload], sql: &mut Sql) -> Result<(), LinkError> {
    let syntax = sql.dialect().sql();
    let id = format!("{}_id", model.schema.name);
    let mut members = vec![(id.as_str(), "t.\"id\"".to_owned())];
    for value in payload {
        let (steps, end) = catalog.walk(model, &value.path)?;
        let unresolved = || LinkError::unresolved(end.schema.name, value.field);
        let column = end.schema.column(value.field).ok_or_else(unresolved)?;
        let render = |expr: &str| syntax.json_value(column.storage(), expr);
        let found = sql.fragment(|sql| version(value.row).write_value(sql, &steps, column.key, render));
        let is_marked = render("x") != "x" && !steps.is_empty();
        members.push((value.key, if is_marked { syntax.json(&found) } else { found }));
    }
    sql.push(&syntax.json_text(&syntax.json_object(&members))).push(" AS data");
    Ok(())
}

fn version(row: RowVersion) -> Scope<'static> {
    match row {
        RowVersion::New => Scope::of("t"),
        RowVersion::Old => Scope { prefix: "old.", ..Scope::of("act") },
    }
}

fn write_recipients(catalog: &Catalog, model: &Model, to: &[Path], sql: &mut Sql) -> Result<(), LinkError> {
    for (position, path) in to.iter().enumerate() {
        let (steps, _) = catalog.walk(model, path)?;
        let Some((Step { key, .. }, before)) = steps.split_last() else { continue };
        sql.push(", ");
        Scope::of("t").write_value(sql, before, key, str::to_owned);
        sql.push(&format!(" AS to{position}"));
    }
    Ok(())
}

/// Leaves out who may not read the row that goes: afterwards nobody can be asked.
fn who_may_read(dialect: Dialect, catalog: &Catalog, model: &Model) -> Result<String, LinkError> {
    let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?;
    let (accounts, rows) = (quote(account.schema.plural), quote(model.schema.plural));
    let begin = format!(
        " AND EXISTS (SELECT 1 FROM {accounts} u JOIN {rows} t ON t.\"id\" = row_id WHERE u.\"id\" = recipient AND "
    );
    let mut sql = Sql::new(dialect, &begin);
    write_policy(catalog, account, model, "recipient", &mut sql)?;
    sql.push(")");
    Ok(sql.finish().text().to_owned())
}

/// The accounts to tell, each once.
fn recipients(count: usize, except_actor: bool) -> String {
    let actor = if except_actor { " AND recipient IS DISTINCT FROM actor" } else { "" };
    let each: Vec<_> = (0..count)
        .map(|position| format!("SELECT row_id, actor, at, data, to{position} AS recipient FROM hit"))
        .collect();
    format!("SELECT * FROM ({}) e WHERE recipient IS NOT NULL{actor}", each.join(" UNION "))
}
