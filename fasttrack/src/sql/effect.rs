//! What a trigger writes to the outbox, in the transaction of the change.

use super::{Scope, Sql, dialect, inbox::write_policy, insert::values, text::quote, text::text_literal};
use crate::schema::{Catalog, Change, Effect, LinkError, Model, Path, Payload, RowVersion, Schema, Step, Trigger};

/// Statements that make the tables of the outbox, where they are not there; `account` is who can be told.
///
/// Messages are numbered per account, from 1 and without a gap. The number is given out in the transaction of the change,
/// under the lock that the account's counter is written with, so that numbers become visible in their order whatever the
/// order in which transactions commit: whoever has seen a number will never find a smaller one that is new.
#[must_use]
pub fn outbox(account: &Schema) -> Vec<String> {
    let account = quote(account.plural);
    vec![
        format!(
            "CREATE TABLE IF NOT EXISTS \"outbox\" (\"account_id\" INTEGER NOT NULL REFERENCES {account} (\"id\") \
             ON DELETE CASCADE, \"number\" INTEGER NOT NULL, \"type\" TEXT NOT NULL, \"resource\" TEXT NOT NULL, \
             \"row_id\" INTEGER NOT NULL, \"row_is_gone\" INTEGER NOT NULL, \"data\" TEXT NOT NULL, \
             \"actor_id\" INTEGER, \"created_at\" TEXT NOT NULL, PRIMARY KEY (\"account_id\", \"number\")) \
             STRICT, WITHOUT ROWID"
        ),
        "CREATE INDEX IF NOT EXISTS \"outbox_by_age\" ON \"outbox\" (\"created_at\")".to_owned(),
        format!(
            "CREATE TABLE IF NOT EXISTS \"outbox_counters\" (\"account_id\" INTEGER PRIMARY KEY \
             REFERENCES {account} (\"id\") ON DELETE CASCADE, \"last\" INTEGER NOT NULL, \
             \"pruned\" INTEGER NOT NULL DEFAULT 0) STRICT"
        ),
        "CREATE TRIGGER IF NOT EXISTS \"outbox_counts\" AFTER INSERT ON \"outbox\" BEGIN \
         INSERT INTO \"outbox_counters\" (\"account_id\", \"last\") VALUES (NEW.\"account_id\", NEW.\"number\") \
         ON CONFLICT (\"account_id\") DO UPDATE SET \"last\" = excluded.\"last\"; END"
            .to_owned(),
        "CREATE TABLE IF NOT EXISTS \"outbox_jobs\" (\"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \
         \"name\" TEXT NOT NULL, \"resource\" TEXT NOT NULL, \"row_id\" INTEGER NOT NULL, \"old\" TEXT, \"new\" TEXT, \
         \"actor_id\" INTEGER, \"created_at\" TEXT NOT NULL, \"due_at\" TEXT NOT NULL, \
         \"tries\" INTEGER NOT NULL DEFAULT 0, \"error\" TEXT, \"is_dead\" INTEGER NOT NULL DEFAULT 0) STRICT"
            .to_owned(),
        "CREATE INDEX IF NOT EXISTS \"outbox_jobs_by_due\" ON \"outbox_jobs\" (\"is_dead\", \"due_at\")".to_owned(),
    ]
}

/// A trigger, ready to be written out for any number of rows.
#[derive(Debug, Clone)]
pub struct EffectPlan {
    /// When it applies.
    pub change: Change,
    /// Number of arguments per row: id, actor, instant, then every column as it was before.
    pub width: usize,
    /// Whether it tells accounts, of whom the statement returns the ids; else it is a job.
    pub tells: bool,
    head: String,
    tail: String,
}

impl EffectPlan {
    /// The statement for `rows` rows. The row itself is read from its table: run it after a creation or an update, and
    /// before a deletion.
    #[must_use]
    pub fn statement(&self, rows: usize) -> String {
        format!("{}{}{}", self.head, values(rows, self.width), self.tail)
    }
}

/// Plans for the triggers of a resource.
///
/// # Errors
/// [`LinkError`] when a path does not resolve, which declarations that compiled cannot cause.
pub fn effects(catalog: &Catalog, model: &Model) -> Result<Vec<EffectPlan>, LinkError> {
    model.schema.triggers.iter().map(|trigger| plan(catalog, model, trigger)).collect()
}

fn plan(catalog: &Catalog, model: &Model, trigger: &Trigger) -> Result<EffectPlan, LinkError> {
    let schema = model.schema;
    let old = schema.columns.iter().map(|column| quote(&format!("old.{}", column.key)));
    let names: Vec<_> = ["\"id\"", "\"actor\"", "\"at\""].map(str::to_owned).into_iter().chain(old).collect();
    let head = format!("WITH act({}) AS (", names.join(", "));
    let mut sql = Sql::new("), hit AS (SELECT t.\"id\" AS row_id, act.\"actor\" AS actor, act.\"at\" AS at, ");
    let from = format!(" FROM act JOIN {} t ON t.\"id\" = act.\"id\")", quote(schema.plural));
    let tells = match trigger.effect {
        Effect::Event { name, payload, to, except_actor } => {
            write_payload(catalog, model, payload, &mut sql)?;
            write_recipients(catalog, model, to, &mut sql)?;
            let mut recipients = recipients(to.len(), except_actor);
            if trigger.change == Change::Deleted {
                recipients.push_str(&who_may_read(catalog, model)?);
            }
            sql.push(&from).push(&tell(name, schema, trigger.change, &recipients));
            true
        }
        Effect::Run { job, .. } => {
            write_versions(schema, trigger.change, &mut sql);
            sql.push(&from).push(&enqueue(job, schema));
            false
        }
    };
    Ok(EffectPlan { change: trigger.change, width: names.len(), tells, head, tail: sql.finish().text().to_owned() })
}

/// Numbers the messages of each account on from where its counter is, and puts them into the outbox.
fn tell(name: &str, schema: &Schema, change: Change, recipients: &str) -> String {
    let constants = [name, schema.name].map(text_literal).join(", ");
    let gone = i32::from(change == Change::Deleted);
    format!(
        " INSERT INTO \"outbox\" (\"account_id\", \"number\", \"type\", \"resource\", \"row_id\", \"row_is_gone\", \
         \"data\", \"actor_id\", \"created_at\") SELECT recipient, \
         coalesce((SELECT \"last\" FROM \"outbox_counters\" WHERE \"account_id\" = recipient), 0) \
         + row_number() OVER (PARTITION BY recipient ORDER BY row_id), {constants}, row_id, {gone}, data, actor, at \
         FROM ({recipients}) WHERE TRUE ORDER BY recipient, row_id RETURNING \"account_id\""
    )
}

fn enqueue(job: &str, schema: &Schema) -> String {
    let constants = [job, schema.name].map(text_literal).join(", ");
    format!(
        " INSERT INTO \"outbox_jobs\" (\"name\", \"resource\", \"row_id\", \"old\", \"new\", \"actor_id\", \"created_at\", \
         \"due_at\") SELECT {constants}, row_id, old, new, actor, at, at FROM hit WHERE TRUE ORDER BY row_id"
    )
}

/// The row as JSON before and after the change; null where there was none, or is none any more.
fn write_versions(schema: &'static Schema, change: Change, sql: &mut Sql) {
    let now = dialect::json_object(schema.columns.iter(), |key| format!("t.{}", quote(key)));
    if change == Change::Deleted {
        sql.push(&format!("{now} AS old, NULL AS new"));
        return;
    }
    let old = |key: &str| format!("act.{}", quote(&format!("old.{key}")));
    let before = dialect::json_object(schema.columns.iter(), old);
    sql.push(&format!("CASE WHEN {} IS NOT NULL THEN {before} END AS old, {now} AS new", old("id")));
}

fn write_payload(catalog: &Catalog, model: &Model, payload: &[Payload], sql: &mut Sql) -> Result<(), LinkError> {
    sql.push(&format!("json_object({}, t.\"id\"", text_literal(&format!("{}_id", model.schema.name))));
    for value in payload {
        let (steps, end) = catalog.walk(model, &value.path)?;
        let unresolved = || LinkError::unresolved(end.schema.name, value.field);
        let column = end.schema.column(value.field).ok_or_else(unresolved)?;
        sql.push(", ").push(&text_literal(value.key)).push(", ");
        // A subquery's value loses its JSON subtype, so that what is rendered as JSON has to be marked again outside.
        let rendered = dialect::json_value(column, "x") != "x";
        sql.push(if rendered && !steps.is_empty() { "json(" } else { "" });
        version(value.row).write_value(sql, &steps, column.key, |expr| dialect::json_value(column, expr));
        sql.push(if rendered && !steps.is_empty() { ")" } else { "" });
    }
    sql.push(") AS data");
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
fn who_may_read(catalog: &Catalog, model: &Model) -> Result<String, LinkError> {
    let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?;
    let (accounts, rows) = (quote(account.schema.plural), quote(model.schema.plural));
    let mut sql = Sql::new(&format!(
        " AND EXISTS (SELECT 1 FROM {accounts} u JOIN {rows} t ON t.\"id\" = row_id WHERE u.\"id\" = recipient AND "
    ));
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
    format!("SELECT * FROM ({}) WHERE recipient IS NOT NULL{actor}", each.join(" UNION "))
}
