//! What is due at an instant that a field says, and at that instant: rows of `outbox_due`, one for each row, trigger and
//! value, written in the transaction that sets the field.
//!
//! A row stays when its trigger has fired, so that the same value fires once, however often it comes back. What it is
//! compared with when it is due is the field itself: what the field does not hold any more fires nothing.

use super::{
    bulk,
    dialect::DOOMED,
    row::stored,
    text::{quote, text_literal},
    there::and_there,
};
use crate::{
    clock,
    db::{Arg, Dialect, Statement},
    schema::{Change, Column, Effect, Schema, Trigger},
    types::Storage,
};

/// A trigger that waits for an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed {
    /// What it is called in the table: what it says, so that one that says something else is another one.
    pub name: String,
    /// What it was called while its field had another name.
    pub was: Option<String>,
    /// The field.
    pub column: &'static Column,
    /// How long after the field's instant it is due, in microseconds; before it, where that is negative.
    pub offset_us: i64,
}

/// Rows that are looked at together when a trigger is new.
const PAGE: usize = 500;

impl Timed {
    /// The triggers of a resource that wait for an instant, with their places; each name once.
    #[must_use]
    pub fn all(schema: &'static Schema) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for timed in schema.triggers.iter().filter_map(|trigger| Self::of(schema, trigger)) {
            if !all.contains(&timed) {
                all.push(timed);
            }
        }
        all
    }

    /// What a trigger waits for, if it does.
    #[must_use]
    pub fn of(schema: &'static Schema, trigger: &Trigger) -> Option<Self> {
        let Change::At { field, offset_us } = trigger.change else { return None };
        let column = schema.column(field)?;
        let then = match trigger.effect {
            Effect::Event { name, .. } => name.to_owned(),
            Effect::Run { job, .. } => format!("run {job}"),
            Effect::Add { to, .. } => format!("add {to}"),
        };
        let name = |table: &str, key: &str| format!("{table}.{key}{offset_us:+} {then}");
        let (before, key) = (schema.was.unwrap_or(schema.plural), column.was.unwrap_or(column.key));
        let was = (schema.was.is_some() || column.was.is_some()).then(|| name(before, key));
        Some(Self { name: name(schema.plural, column.key), was, column, offset_us })
    }

    /// When it is due for a value of the field.
    #[must_use]
    pub fn due_at(&self, value: &str) -> Option<String> {
        clock::parse_timestamp_us(value).map(|us| clock::format_us(us.saturating_add(self.offset_us)))
    }

    /// The arguments of a row of [`plan_due`].
    #[must_use]
    pub fn row(&self, id: i64, value: &str) -> Option<[Arg; 4]> {
        Some([Arg::Text(self.name.clone()), Arg::Int(id), Arg::Text(value.to_owned()), Arg::Text(self.due_at(value)?)])
    }

    /// The ids and values of the next rows after one for which it is due after an instant: a page of them.
    #[must_use]
    pub fn to_come(&self, dialect: Dialect, schema: &Schema, after: i64, now_us: i64) -> Statement {
        let (value, key) = (stored(dialect, self.column), quote(self.column.key));
        let sql = format!(
            "SELECT t.\"id\", {value} FROM {} t WHERE t.\"id\" > $1 AND t.{key} > $2{} ORDER BY t.\"id\" LIMIT {PAGE}",
            quote(schema.plural),
            and_there("t", schema.deleted_key())
        );
        let beyond = clock::format_us(now_us.saturating_sub(self.offset_us));
        Statement::new(sql, vec![Arg::Int(after), Arg::Text(beyond)])
    }

    /// The ids of these rows that are still there, and what the field holds.
    #[must_use]
    pub fn held(&self, dialect: Dialect, schema: &Schema, ids: &[i64]) -> Statement {
        let value = stored(dialect, self.column);
        let among = dialect.sql().numbers("$1");
        let (table, there) = (quote(schema.plural), and_there("t", schema.deleted_key()));
        let sql = format!("SELECT t.\"id\", {value} FROM {table} t WHERE t.\"id\" IN ({among}){there}");
        Statement::new(sql, vec![json_list(ids)])
    }
}

/// Arguments of a row of [`plan_due`].
pub const DUE_WIDTH: usize = 4;

/// Plans so many rows: name, row, value and when it is due. What is planned or has fired already stays as it is.
#[must_use]
pub fn plan_due(dialect: Dialect, rows: usize) -> String {
    let types = [Storage::Text, Storage::Integer, Storage::Timestamp, Storage::Timestamp];
    format!(
        "INSERT INTO \"outbox_due\" (\"name\", \"row_id\", \"value\", \"due_at\") {} \
         ON CONFLICT (\"row_id\", \"name\", \"value\") DO NOTHING",
        bulk::rows(dialect, rows, &types)
    )
}

/// Forgets what has not fired of a trigger and a row.
#[must_use]
pub fn unplan_due(name: &str, id: i64) -> Statement {
    let sql = "DELETE FROM \"outbox_due\" WHERE \"row_id\" = $1 AND \"name\" = $2 AND NOT \"is_fired\"";
    Statement::new(sql, vec![Arg::Int(id), Arg::Text(name.to_owned())])
}

/// Forgets all of a row that goes.
#[must_use]
pub fn forget_due(timed: &[Timed], id: i64) -> Statement {
    let sql = format!("DELETE FROM \"outbox_due\" WHERE \"row_id\" = $1 AND \"name\" IN ({})", names(timed));
    Statement::new(sql, vec![Arg::Int(id)])
}

/// Forgets what has not fired of a row that is deleted and kept: what has fires no more, should the row come back.
#[must_use]
pub fn suspend_due(timed: &[Timed], id: i64) -> Statement {
    let Statement { sql, args } = forget_due(timed, id);
    Statement::new(sql + UNFIRED, args)
}

const UNFIRED: &str = " AND NOT \"is_fired\"";

/// Forgets all of what is written down to go of a table; of what is `kept`, what has not fired.
#[must_use]
pub fn forget_doomed_due(timed: &[Timed], resource: usize, kept: bool) -> Statement {
    let unfired = if kept { UNFIRED } else { "" };
    let sql = format!(
        "DELETE FROM \"outbox_due\" WHERE \"name\" IN ({}){unfired} \
         AND \"row_id\" IN (SELECT \"id\" FROM {DOOMED} WHERE \"resource\" = {resource})",
        names(timed)
    );
    Statement::new(sql, Vec::new())
}

/// Takes the first rows that are due, of the triggers with these names in a JSON list, and returns name, row and value of
/// each, and when it was due. None that somebody else is taking.
#[must_use]
pub fn take_due(dialect: Dialect, known: &str, now: String, limit: usize) -> Statement {
    let syntax = dialect.sql();
    let [name, value, due] = [syntax.text("\"name\""), instant(dialect, "\"value\""), instant(dialect, "\"due_at\"")];
    let sql = format!(
        "UPDATE \"outbox_due\" SET \"is_fired\" = TRUE WHERE \"id\" IN (SELECT \"id\" FROM \"outbox_due\" \
         WHERE NOT \"is_fired\" AND \"due_at\" <= $1 AND \"name\" IN ({}) ORDER BY \"due_at\", \"id\" LIMIT {limit}{}) \
         RETURNING {name}, \"row_id\", {value}, {due}",
        syntax.texts("$2"),
        syntax.skip_locked()
    );
    Statement::new(sql, vec![Arg::Text(now), Arg::Text(known.to_owned())])
}

/// When the next of them is due, if one is.
#[must_use]
pub fn next_due(dialect: Dialect, known: &str) -> Statement {
    let next = instant(dialect, "min(\"due_at\")");
    let among = dialect.sql().texts("$1");
    let sql = format!("SELECT {next} FROM \"outbox_due\" WHERE NOT \"is_fired\" AND \"name\" IN ({among})");
    Statement::new(sql, vec![Arg::Text(known.to_owned())])
}

/// Has what is called `was` called `name`, where nothing is yet.
#[must_use]
pub fn rename_due(was: &str, name: &str) -> Statement {
    let sql = "UPDATE \"outbox_due\" SET \"name\" = $2 WHERE \"name\" = $1 AND NOT EXISTS \
               (SELECT 1 FROM \"outbox_due\" WHERE \"name\" = $2)";
    Statement::new(sql, vec![Arg::Text(was.to_owned()), Arg::Text(name.to_owned())])
}

/// Has what was due while nobody knew it fire no more.
#[must_use]
pub fn pass_over_due(name: &str, now: String) -> Statement {
    let sql = "UPDATE \"outbox_due\" SET \"is_fired\" = TRUE WHERE \"name\" = $1 AND \"due_at\" <= $2";
    Statement::new(sql, vec![Arg::Text(name.to_owned()), Arg::Text(now)])
}

fn instant(dialect: Dialect, expr: &str) -> String {
    dialect.sql().text(&dialect.sql().instant(expr))
}

fn names(timed: &[Timed]) -> String {
    let names: Vec<_> = timed.iter().map(|timed| text_literal(&timed.name)).collect();
    names.join(", ")
}

fn json_list(ids: &[i64]) -> Arg {
    let numbers: Vec<_> = ids.iter().map(ToString::to_string).collect();
    Arg::Text(format!("[{}]", numbers.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{CreatedAt, Path, Timestamp};

    const STARTS_AT: Column = Column::new::<Option<Timestamp>>("starts_at", "starts_at");
    const TRIGGERS: &[Trigger] = &[
        Trigger::tell(Change::at("starts_at", -3_600_000_000), "soon", &[], &[Path::HERE]),
        Trigger::tell(Change::Created, "made", &[], &[Path::HERE]),
        Trigger::tell(Change::at("created_at", 0), "soon", &[], &[Path::HERE]),
        Trigger::tell(Change::at("created_at", 0), "soon", &[], &[]),
    ];
    const CREATED_AT: Column = Column::new::<CreatedAt>("created_at", "created_at");
    static MEETING: Schema = Schema::new("meeting", "meetings").columns(&[STARTS_AT, CREATED_AT]).triggers(TRIGGERS);
    static RENAMED: Schema = Schema::new("visit", "visits")
        .was("meetings")
        .columns(&[STARTS_AT.was("begins_at"), CREATED_AT])
        .triggers(TRIGGERS);

    #[test]
    fn a_trigger_is_known_by_what_it_says() {
        let names = |schema| Timed::all(schema).into_iter().map(|timed| (timed.name, timed.was)).collect::<Vec<_>>();
        let soon = |field: &str| Some(format!("meetings.{field} soon"));
        assert_eq!(
            names(&MEETING),
            [("meetings.starts_at-3600000000 soon".into(), None), ("meetings.created_at+0 soon".into(), None)]
        );
        assert_eq!(
            names(&RENAMED),
            [
                ("visits.starts_at-3600000000 soon".into(), soon("begins_at-3600000000")),
                ("visits.created_at+0 soon".into(), soon("created_at+0")),
            ]
        );
    }

    #[test]
    fn it_is_due_so_long_before_or_after_the_instant() {
        let timed = |offset_us| Timed { name: "t".into(), was: None, column: &MEETING.columns[0], offset_us };
        for (offset_us, value, expected) in [
            (-3_600_000_000, "2040-01-01T00:30:00Z", "2039-12-31T23:30:00.000000Z"),
            (0, "2040-01-01T00:30:00.000001Z", "2040-01-01T00:30:00.000001Z"),
            (-1, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
            (i64::MAX, "9999-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(timed(offset_us).due_at(value).as_deref(), Some(expected));
        }
        assert_eq!(timed(0).due_at("soon"), None);
    }
}
