//! What a trigger writes to the outbox, in the transaction of the change.

use super::{Scope, Sql, dialect, insert::values, text::quote, text::text_literal};
use crate::schema::{Catalog, Change, Effect, LinkError, Model, Path, Payload, RowVersion, Step, Trigger};

/// The table of the outbox.
pub const OUTBOX: &str = "CREATE TABLE IF NOT EXISTS \"outbox\" (\
    \"id\" INTEGER PRIMARY KEY AUTOINCREMENT, \"effect\" TEXT NOT NULL, \"name\" TEXT NOT NULL, \
    \"resource\" TEXT NOT NULL, \"row_id\" INTEGER NOT NULL, \"recipient_id\" INTEGER, \"data\" TEXT NOT NULL, \
    \"actor_id\" INTEGER, \"created_at\" TEXT NOT NULL) STRICT";

/// A trigger, ready to be written out for any number of rows.
#[derive(Debug, Clone)]
pub struct EffectPlan {
    /// When it applies.
    pub change: Change,
    /// Number of arguments per row: id, actor, instant, then every column as it was before.
    pub width: usize,
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
    let (effect, name, outer) = match trigger.effect {
        Effect::Event { name, payload, to, except_actor } => {
            write_payload(catalog, model, payload, &mut sql)?;
            write_recipients(catalog, model, to, &mut sql)?;
            ("event", name, recipients(to.len(), except_actor))
        }
        Effect::Run { job } => {
            write_payload(catalog, model, &[], &mut sql)?;
            ("job", job, "SELECT row_id, actor, at, data, NULL AS recipient FROM hit".to_owned())
        }
    };
    sql.push(&format!(" FROM act JOIN {} t ON t.\"id\" = act.\"id\")", quote(schema.plural)));
    sql.push(
        " INSERT INTO \"outbox\" (\"effect\", \"name\", \"resource\", \"row_id\", \"recipient_id\", \"data\", \
         \"actor_id\", \"created_at\") SELECT ",
    );
    sql.push(&[effect, name, schema.name].map(text_literal).join(", "));
    sql.push(&format!(", row_id, recipient, data, actor, at FROM ({outer}) WHERE TRUE ORDER BY row_id, recipient"));
    Ok(EffectPlan { change: trigger.change, width: names.len(), head, tail: sql.finish().text().to_owned() })
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

/// The accounts to tell, each once.
fn recipients(count: usize, except_actor: bool) -> String {
    let actor = if except_actor { " AND recipient IS DISTINCT FROM actor" } else { "" };
    let each: Vec<_> = (0..count)
        .map(|position| format!("SELECT row_id, actor, at, data, to{position} AS recipient FROM hit"))
        .collect();
    format!("SELECT * FROM ({}) WHERE recipient IS NOT NULL{actor}", each.join(" UNION "))
}
