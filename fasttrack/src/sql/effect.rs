//! What a trigger writes, in the transaction of the change: messages and jobs to the outbox, or rows of another resource.

use std::sync::Arc;

use super::{
    Moment, Scope, Sql, Template, bulk,
    dialect::{Messages, held, posting::post},
    file,
    inbox::write_policy,
    policy::split,
    removal::rows_among,
    row::row_json,
    text::{quote, text_literal},
    there::and_there,
};
use crate::{
    db::Dialect,
    job::Letter,
    schema::{
        Assigned, Assignment, Catalog, Change, Column, Effect, Has, Kind, LinkError, Model, Path, Payload, RowVersion,
        Schema, Step, Trigger,
    },
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
    /// What comes of its statement.
    pub does: Does,
    /// What of the present it asks for.
    pub moments: Vec<Moment>,
    /// The event that accounts are told of.
    pub event: Option<&'static str>,
    dialect: Dialect,
    types: Vec<Storage>,
    head: String,
    tail: String,
    /// What posts the event to receivers, instead of the rest of the statement.
    posts: String,
    statements: bulk::Texts,
    postings: bulk::Texts,
}

/// What comes of the statement of an effect.
#[derive(Debug, Clone)]
pub enum Does {
    /// It tells accounts, of whom it returns the ids.
    Tells,
    /// It notes a job.
    Enqueues,
    /// It adds rows, and returns of each its id and that of the row that it refers to.
    Adds(Arc<Added>),
}

/// Rows of another resource that a trigger adds.
#[derive(Debug)]
pub struct Added {
    /// Their declaration.
    pub schema: &'static Schema,
    /// Reads them, every column as it is stored, by the JSON array `$1` of their ids.
    pub rows: String,
    /// Their own triggers.
    pub plans: Vec<EffectPlan>,
}

impl EffectPlan {
    /// Number of arguments per row: id, actor, instant, then every column as it was before, then each moment.
    #[must_use]
    pub fn width(&self) -> usize {
        self.types.len()
    }

    /// The statement for `rows` rows. The row itself is read from its table: run it after a creation or an update, and
    /// before a deletion.
    #[must_use]
    pub fn statement(&self, rows: usize) -> String {
        self.statements.of(self.dialect, rows, || self.with(rows, &self.tail))
    }

    /// The statement that puts the event into what is posted to receivers of webhooks, for as many rows and with the same
    /// arguments: once for each change, whoever is told of it. It gives back a row for each receiver and change.
    #[must_use]
    pub fn posting(&self, rows: usize) -> String {
        self.postings.of(self.dialect, rows, || self.with(rows, &self.posts))
    }

    fn with(&self, rows: usize, end: &str) -> String {
        format!("{}{}{end}", self.head, bulk::rows(self.dialect, rows, &self.types))
    }
}

/// For which rows a job of the framework's own is of use: who has confirmed his address, or has a password, as one whose account
/// the operator has made, is not asked for it.
fn needed(schema: &Schema, job: &str) -> String {
    let has = |column: &&Column| column.kind == Kind::PasswordHash;
    let column = |key: &str| format!("t.{}", quote(key));
    let condition = if job == Letter::Verification.job() {
        schema.verified().map(|verified| format!("NOT {}", column(verified.key)))
    } else if job == Letter::Invitation.job() {
        schema.columns.iter().find(has).map(|password| format!("{} = ''", column(password.key)))
    } else {
        None
    };
    condition.map(|condition| format!(" WHERE {condition}")).unwrap_or_default()
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
    let goes = trigger.change == Change::Deleted && matches!(trigger.effect, Effect::Event { .. });
    let readers = if goes { Some(Readers::of(dialect, catalog, model)?) } else { None };
    let moments = readers.as_ref().map_or(&[][..], |readers| &readers.moments);
    let asked = || moments.iter().map(|moment| quote(&moment.name()));
    let common = ["\"id\"", "\"actor\"", "\"at\""].map(str::to_owned);
    let names: Vec<_> = common.into_iter().chain(old).chain(asked()).collect();
    let head = format!("WITH act({}) AS (", names.join(", "));
    let begin = "), hit AS (SELECT t.\"id\" AS row_id, act.\"actor\" AS actor, act.\"at\" AS at, ";
    let mut sql = Sql::new(dialect, begin);
    asked().for_each(|name| _ = sql.push(&format!("act.{name} AS {name}, ")));
    let which = if let Effect::Run { job, .. } = trigger.effect { needed(schema, job) } else { String::new() };
    let from = format!(" FROM act JOIN {} t ON t.\"id\" = act.\"id\"{which})", quote(schema.plural));
    let mut told = None;
    let does = match trigger.effect {
        Effect::Event { name, payload, to, except_actor } => {
            write_payload(catalog, model, payload, &mut sql)?;
            write_recipients(catalog, model, to, &mut sql)?;
            let mut recipients = recipients(catalog, model, (to, except_actor), &asked().collect::<Vec<_>>())?;
            recipients.push_str(readers.as_ref().map_or("", |readers| &readers.condition));
            let constants = [name, schema.name].map(text_literal).join(", ");
            let gone = trigger.change == Change::Deleted;
            sql.push(&from);
            let tell = dialect.sql().tell(&Messages { constants, gone, recipients: &recipients });
            told = Some((name, tell));
            Does::Tells
        }
        Effect::Run { job, .. } => {
            write_versions(schema, trigger.change, catalog.base(), &mut sql);
            sql.push(&from).push(&enqueue(dialect, job, schema));
            Does::Enqueues
        }
        Effect::Add { to, values } => {
            let unresolved = || LinkError::unresolved(schema.name, to);
            let has = schema.many(to).ok_or_else(unresolved)?;
            let target = catalog.find(has.resource).ok_or_else(unresolved)?;
            let keys = write_assigned(catalog, model, (target, has), values, &mut sql)?;
            sql.push(&from).push(&insert(target.schema, has, &keys)?);
            let rows = rows_among(dialect, target.schema);
            Does::Adds(Arc::new(Added { schema: target.schema, rows, plans: effects(dialect, catalog, target)? }))
        }
    };
    let common = [Storage::Integer, Storage::Integer, Storage::Timestamp];
    let types = common.into_iter().chain(schema.columns.iter().map(Column::storage));
    let types = types.chain(moments.iter().map(|moment| moment.storage()));
    let (types, tail) = (types.collect(), sql.finish().text().to_owned());
    let (event, posts, tail) = match told {
        Some((name, tell)) => (Some(name), format!("{tail}{}", post(dialect, name)), tail + &tell),
        None => (None, String::new(), tail),
    };
    let moments = readers.map(|readers| readers.moments).unwrap_or_default();
    let (statements, postings) = (bulk::Texts::default(), bulk::Texts::default());
    let change = trigger.change;
    Ok(EffectPlan { change, does, moments, event, dialect, types, head, tail, posts, statements, postings })
}

/// Writes what the columns of a row to be added hold as `add0`, `add1`, …, and answers their keys.
fn write_assigned(
    catalog: &Catalog,
    model: &Model,
    (target, has): (&Model, &Has),
    values: &[Assignment],
    sql: &mut Sql,
) -> Result<Vec<&'static str>, LinkError> {
    let mut keys = Vec::new();
    for column in target.schema.columns {
        let assigned = values.iter().find(|assignment| assignment.field == column.name);
        let position = keys.len();
        match assigned.map(|assignment| assignment.value) {
            _ if column.name == has.relation => continue,
            None if matches!(column.kind, Kind::CreatedAt | Kind::UpdatedAt) => _ = sql.push("act.\"at\""),
            None if column.actor => _ = sql.push("act.\"actor\""),
            None => continue,
            Some(Assigned::Actor) => _ = sql.push("act.\"actor\""),
            Some(Assigned::Constant(value)) => {
                let value = sql.dialect().sql().literal(value);
                sql.push(&value);
            }
            Some(Assigned::Field { path, field }) => {
                let (steps, end) = catalog.walk(model, &path)?;
                let source = end.schema.column(field).ok_or_else(|| LinkError::unresolved(end.schema.name, field))?;
                Scope::of("t").write_value(sql, &steps, source.key, str::to_owned);
            }
        }
        sql.push(&format!(" AS add{position}, "));
        keys.push(column.key);
    }
    // Something stands behind the last comma.
    sql.push("1 AS one");
    Ok(keys)
}

/// Inserts what [`write_assigned`] has written, each referring to the row that was changed.
fn insert(schema: &Schema, has: &Has, keys: &[&str]) -> Result<String, LinkError> {
    let relation = schema.column(has.relation).ok_or_else(|| LinkError::unresolved(schema.name, has.relation))?;
    let relation = quote(relation.key);
    let (columns, values): (Vec<_>, Vec<_>) =
        keys.iter().enumerate().map(|(position, key)| (quote(key), format!("add{position}"))).unzip();
    let listed =
        |first: &str, rest: Vec<String>| std::iter::once(first.to_owned()).chain(rest).collect::<Vec<_>>().join(", ");
    Ok(format!(
        " INSERT INTO {} ({}) SELECT {} FROM hit WHERE TRUE ORDER BY row_id RETURNING \"id\", {relation}",
        quote(schema.plural),
        listed(&relation, columns),
        listed("row_id", values)
    ))
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
fn write_versions(schema: &'static Schema, change: Change, base: &str, sql: &mut Sql) {
    let dialect = sql.dialect();
    let row =
        |expr: &dyn Fn(&Column) -> String| dialect.sql().json_text(&row_json(dialect, schema.columns, base, expr));
    let now = row(&|column| held(dialect, column, "t"));
    if change == Change::Deleted {
        sql.push(&format!("{now} AS old, CAST(NULL AS TEXT) AS new"));
        return;
    }
    let old = |key: &str| format!("act.{}", quote(&format!("old.{key}")));
    let before = row(&|column| old(column.key));
    sql.push(&format!("CASE WHEN {} IS NOT NULL THEN {before} END AS old, {now} AS new", old("id")));
}

fn write_payload(catalog: &Catalog, model: &Model, payload: &[Payload], sql: &mut Sql) -> Result<(), LinkError> {
    let dialect = sql.dialect();
    let syntax = dialect.sql();
    let id = format!("{}_id", model.schema.name);
    let mut members = vec![(id.as_str(), "t.\"id\"".to_owned())];
    for value in payload {
        let (steps, end) = catalog.walk(model, &value.path)?;
        let unresolved = || LinkError::unresolved(end.schema.name, value.field);
        let column = end.schema.column(value.field).ok_or_else(unresolved)?;
        let render = |expr: &str| file::shown(dialect, column, expr, catalog.base());
        let found = sql.fragment(|sql| version(value.row).write_field(sql, &steps, column, render));
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
        if steps.iter().any(Step::is_many) {
            continue;
        }
        let (key, before) = steps.split_last().map_or(("id", &[][..]), |(last, before)| (last.key, before));
        sql.push(", ");
        Scope::of("t").write_value(sql, before, key, str::to_owned);
        sql.push(&format!(" AS to{position}"));
    }
    Ok(())
}

/// Who may read a row that goes: afterwards nobody can be asked.
struct Readers {
    /// What leaves the others out of the recipients, which are `e`.
    condition: String,
    /// What of the present it asks for, as columns of those.
    moments: Vec<Moment>,
}

impl Readers {
    fn of(dialect: Dialect, catalog: &Catalog, model: &Model) -> Result<Self, LinkError> {
        let moments = Self::write(dialect, catalog, model, None)?.moments();
        let condition = Self::write(dialect, catalog, model, Some("e"))?.text().to_owned();
        Ok(Self { condition, moments })
    }

    fn write(dialect: Dialect, catalog: &Catalog, model: &Model, moments: Option<&str>) -> Result<Template, LinkError> {
        let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?;
        let (accounts, rows) = (quote(account.schema.plural), quote(model.schema.plural));
        let begin = format!(
            " AND EXISTS (SELECT 1 FROM {accounts} u JOIN {rows} t ON t.\"id\" = row_id WHERE u.\"id\" = recipient AND "
        );
        let mut sql = Sql::new(dialect, &begin);
        let scope = Scope { caller: Some("recipient"), moments, ..Scope::of("t") };
        write_policy(catalog, account, model, scope, &mut sql)?;
        sql.push(")");
        Ok(sql.finish())
    }
}

/// The accounts to tell, each once; with these columns of what happened.
fn recipients(
    catalog: &Catalog,
    model: &Model,
    (to, except_actor): (&[Path], bool),
    columns: &[String],
) -> Result<String, LinkError> {
    let columns: String = columns.iter().flat_map(|column| ["h.", column.as_str(), ", "]).collect();
    let actor = if except_actor { " AND recipient IS DISTINCT FROM actor" } else { "" };
    let mut each = Vec::with_capacity(to.len());
    for (position, path) in to.iter().enumerate() {
        let (steps, _) = catalog.walk(model, path)?;
        each.push(match split(steps) {
            (many, _) if many.is_empty() => {
                format!("SELECT h.row_id, h.actor, h.at, {columns}h.data, h.to{position} AS recipient FROM hit h")
            }
            (many, rest) => of_many(model.schema, (&many, &rest), &columns),
        });
    }
    Ok(format!("SELECT * FROM ({}) e WHERE recipient IS NOT NULL{actor}", each.join(" UNION ")))
}

/// The accounts at the end of relations of which some lead to many rows.
fn of_many(schema: &Schema, (many, rest): (&[Step], &[Step]), columns: &str) -> String {
    let (key, before) = rest.split_last().map_or(("id", &[][..]), |(last, before)| (last.key, before));
    let (mut from, mut ties) = (format!("hit h CROSS JOIN {} t", quote(schema.plural)), String::new());
    let mut row = "t".to_owned();
    for (position, step) in many.iter().chain(before).enumerate() {
        let alias = format!("r{position}");
        from = format!("{from} CROSS JOIN {} {alias}", quote(step.table));
        let there = and_there(&alias, step.deleted);
        ties = format!("{ties} AND {alias}.{} = {row}.{}{there}", quote(step.target), quote(step.key));
        row = alias;
    }
    let recipient = quote(key);
    format!(
        "SELECT DISTINCT h.row_id, h.actor, h.at, {columns}h.data, {row}.{recipient} AS recipient FROM {from} \
         WHERE t.\"id\" = h.row_id{ties}"
    )
}
