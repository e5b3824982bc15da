//! What is peculiar to the SQL of `SQLite`.

mod capture;
mod tables;

use self::capture::CAPTURED;
use super::{Along, AlongSql, Asked, Capture, DOOMED, InsertRows, Messages, Syntax, Taken, schema};
use crate::{
    decimal::power,
    schema::{Column, Literal},
    sql::text::{quote, text_literal},
    types::Storage,
};

/// Tables are STRICT; instants and dates are text, and booleans 0 and 1.
pub(super) struct Sqlite;

/// A decimal as text, with all its digits: of the smallest integer there is no absolute value, and none is stored.
pub(in crate::sql) fn decimal_text(scale: u8, expr: &str) -> String {
    let ten = power(scale);
    format!(
        "CASE WHEN {expr} IS NOT NULL THEN printf('%s%d.%0{scale}d', CASE WHEN {expr} < 0 THEN '-' ELSE '' END, \
         abs({expr} / {ten}), abs({expr} % {ten})) END"
    )
}

impl Syntax for Sqlite {
    /// As bytes, since the driver sniffs text for JSON.
    fn text(&self, expr: &str) -> String {
        format!("CAST({expr} AS BLOB)")
    }

    fn instant(&self, expr: &str) -> String {
        expr.to_owned()
    }

    fn stored(&self, storage: Storage, expr: &str) -> String {
        match storage {
            Storage::Integer | Storage::Boolean | Storage::Real | Storage::Decimal(_) => expr.to_owned(),
            Storage::Text | Storage::Timestamp | Storage::Date | Storage::Uuid | Storage::Json => self.text(expr),
        }
    }

    fn typed(&self, _storage: Storage, placeholder: &str) -> String {
        placeholder.to_owned()
    }

    fn literal(&self, value: Literal) -> String {
        match value {
            Literal::Null => "NULL".into(),
            Literal::Bool(value) => i64::from(value).to_string(),
            Literal::Int(value) => value.to_string(),
            Literal::Float(value) => format!("{value:e}"),
            Literal::Decimal(value) => value.units.to_string(),
            Literal::Text(value) => text_literal(value),
            list @ (Literal::Texts(_) | Literal::Integers(_)) => text_literal(&list.to_string()),
        }
    }

    fn later(&self, one: &str, other: &str) -> String {
        format!("max({one}, {other})")
    }

    /// `json_object` prints a REAL with 15 digits, which loses bits; the function is one of the connection's.
    fn json_value(&self, storage: Storage, expr: &str) -> String {
        match storage {
            Storage::Boolean => format!("json(CASE {expr} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END)"),
            Storage::Real => format!("json(fasttrack_number({expr}))"),
            Storage::Decimal(scale) => decimal_text(scale, expr),
            Storage::Json => self.json(expr),
            Storage::Integer | Storage::Text | Storage::Timestamp | Storage::Date | Storage::Uuid => expr.to_owned(),
        }
    }

    fn json_flag(&self, condition: &str) -> String {
        format!("json(CASE WHEN {condition} THEN 'true' ELSE 'false' END)")
    }

    /// What comes out of either has lost that it is JSON, and would be a string.
    fn json(&self, expr: &str) -> String {
        format!("json({expr})")
    }

    fn json_object(&self, members: &[(&str, String)]) -> String {
        let members: Vec<_> = members.iter().map(|(key, value)| format!("{}, {value}", text_literal(key))).collect();
        format!("json_object({})", members.join(", "))
    }

    /// A path that leads nowhere removes nothing; no field can be called so.
    fn json_object_where(&self, members: &[(&str, String, Option<String>)]) -> String {
        let all: Vec<_> = members.iter().map(|(key, value, _)| (*key, value.clone())).collect();
        let removed = members.iter().filter_map(|(key, _, condition)| {
            let path = text_literal(&format!("$.\"{key}\""));
            Some(format!("CASE WHEN {} THEN '$.\"nothing()\"' ELSE {path} END", condition.as_ref()?))
        });
        let removed: Vec<_> = removed.collect();
        format!("json_remove({}, {})", self.json_object(&all), removed.join(", "))
    }

    fn json_text(&self, json: &str) -> String {
        json.to_owned()
    }

    fn json_stored(&self, text: &str) -> String {
        text.to_owned()
    }

    /// Null is the least of all values.
    fn order(&self, key: &str, _nullable: bool, descending: bool) -> String {
        format!("{key}{}", if descending { " DESC" } else { "" })
    }

    fn joined(&self, text: &str, separator: u8, order: &str) -> String {
        format!("group_concat({text}, char({separator}){order})")
    }

    /// A cross join is not turned round, and an aggregate is given the rows as they are found; for which `SQLite` keeps the
    /// order of a subquery below one of which that can be told (`SF_OrderByReqd`). Parts of a union are gone through one
    /// after the other, up to its limit. Told the order, it would sort once more.
    fn in_turn<'a>(&self, _order: &'a str) -> (&'static str, &'a str) {
        ("CROSS JOIN", "")
    }

    /// LIKE ignores the case of ASCII letters.
    fn like(&self, expr: &str, pattern: &str) -> String {
        format!("{expr} LIKE {pattern} ESCAPE '\\'")
    }

    /// A word is quoted, so that none is an operator.
    fn asked(&self, asked: &Asked<'_>) -> String {
        let end = if asked.is_whole { "" } else { " *" };
        let words: Vec<_> = asked.words.iter().map(|word| format!("\"{word}\"{end}")).collect();
        let words = words.join(" AND ");
        if asked.is_everywhere {
            return words;
        }
        let fields: Vec<_> = asked.fields.iter().map(|(_, key)| quote(&schema::words_column(key))).collect();
        format!("{{{}}} : ({words})", fields.join(" "))
    }

    /// Found once for the whole statement, however many rows ask.
    fn is_found(&self, index: &str, asked: &str) -> String {
        format!("t.\"id\" IN (SELECT s.rowid FROM {index} s WHERE s.{index} MATCH {asked})")
    }

    fn differs(&self, expr: &str, _nullable: bool, value: &str) -> String {
        format!("{expr} IS DISTINCT FROM {value}")
    }

    fn along(&self, along: &Along<'_>) -> AlongSql {
        let Along { account, key, caller, beyond, descending } = along;
        let beyond = beyond.map(|(operator, value)| format!(" AND {key} {operator} {value}")).unwrap_or_default();
        AlongSql {
            select: "SELECT DISTINCT ",
            condition: format!("{account} = {caller}{beyond}"),
            order: format!(" ORDER BY {key}{}", if *descending { " DESC" } else { "" }),
        }
    }

    fn looked_up(&self, table: &str, tie: &str) -> String {
        format!(" CROSS JOIN {table} t WHERE {tie} AND ")
    }

    fn gathered(&self, condition: &str, order: &str, limit: i64) -> String {
        self.walked(condition, order, limit)
    }

    /// A condition over no row would be looked at again for each row.
    fn walked(&self, condition: &str, order: &str, limit: i64) -> String {
        format!("{order} LIMIT CASE WHEN {condition} THEN {limit} ELSE 0 END")
    }

    fn is_among(&self, _column: &Column, expr: &str, list: &str) -> String {
        format!("{expr} IN (SELECT \"value\" FROM json_each({list}))")
    }

    fn has(&self, expr: &str, list: &str) -> String {
        format!("EXISTS (SELECT 1 FROM json_each({expr}) WHERE \"value\" IN (SELECT \"value\" FROM json_each({list})))")
    }

    fn numbers(&self, list: &str) -> String {
        format!("SELECT \"value\" FROM json_each({list})")
    }

    fn list(&self, expr: &str, found: &str) -> String {
        format!("(SELECT json_group_array({expr} ORDER BY {expr}) {found})")
    }

    fn texts(&self, list: &str) -> String {
        self.numbers(list)
    }

    fn pairs(&self, list: &str) -> String {
        format!("(SELECT \"value\" ->> 0 AS one, \"value\" ->> 1 AS other FROM json_each({list}))")
    }

    /// Nobody else writes.
    fn lock(&self, _goes: bool) -> &'static str {
        ""
    }

    fn keep(&self) -> &'static str {
        ""
    }

    fn last_id(&self, table: &str) -> Option<String> {
        Some(format!("SELECT \"seq\" FROM \"sqlite_sequence\" WHERE \"name\" = {}", text_literal(table)))
    }

    fn set_last_id(&self, _table: &str) -> Option<String> {
        None
    }

    fn insert(&self, rows: &InsertRows<'_>) -> String {
        let InsertRows { new, table, columns, condition, returned } = rows;
        let values: Vec<_> = columns.iter().map(|column| format!("new.{column}")).collect();
        format!(
            "WITH {new} INSERT INTO {table} ({}) SELECT {} FROM new WHERE {condition} RETURNING \"id\", {}, \"id\"",
            columns.join(", "),
            values.join(", "),
            self.text(returned)
        )
    }

    /// A trigger of the outbox sets the counters.
    fn tell(&self, messages: &Messages<'_>) -> String {
        let Messages { constants, gone, recipients } = messages;
        let gone = i32::from(*gone);
        format!(
            " INSERT INTO \"outbox\" (\"account_id\", \"number\", \"type\", \"resource\", \"row_id\", \"row_is_gone\", \
             \"data\", \"actor_id\", \"created_at\") SELECT recipient, \
             coalesce((SELECT \"last\" FROM \"outbox_counters\" WHERE \"account_id\" = recipient), 0) \
             + row_number() OVER (PARTITION BY recipient ORDER BY row_id), {constants}, row_id, {gone}, data, actor, at \
             FROM ({recipients}) WHERE TRUE ORDER BY recipient, row_id RETURNING \"account_id\""
        )
    }

    fn skip_locked(&self) -> &'static str {
        ""
    }

    fn lock_by_name(&self) -> Option<&'static str> {
        None
    }

    fn lock_by_number(&self, _number: i64) -> Option<String> {
        None
    }

    fn try_lock_by_number(&self, _number: i64) -> Option<String> {
        None
    }

    fn due_jobs(&self, columns: &str) -> String {
        format!(
            "SELECT {columns} FROM \"outbox_jobs\" WHERE NOT \"is_dead\" AND \"due_at\" <= $1 AND \"id\" NOT IN ({}) \
             ORDER BY \"due_at\", \"id\" LIMIT CAST($3 AS bigint)",
            self.numbers("$2")
        )
    }

    fn renew_leases(&self) -> Option<String> {
        None
    }

    fn end_lease(&self) -> &'static str {
        ""
    }

    fn session_tables(&self, accounts: &str) -> Vec<String> {
        tables::sessions(accounts)
    }

    fn outbox_tables(&self, accounts: &str) -> Vec<String> {
        tables::outbox(accounts)
    }

    fn answer_tables(&self, accounts: &str) -> Vec<String> {
        tables::answers(accounts)
    }

    fn history_tables(&self, accounts: &str) -> Vec<String> {
        tables::history(accounts)
    }

    /// A table that only its connection sees.
    fn begin_doomed(&self) -> [String; 2] {
        let make = format!(
            "CREATE TEMP TABLE IF NOT EXISTS {DOOMED} (\"resource\" INTEGER NOT NULL, \"id\" INTEGER NOT NULL, \
             PRIMARY KEY (\"resource\", \"id\")) STRICT, WITHOUT ROWID"
        );
        [make, format!("DELETE FROM {DOOMED}")]
    }

    fn doom(&self, root: usize, takes: &[Taken]) -> String {
        let steps: Vec<_> = takes
            .iter()
            .map(|Taken { parent, child, table, key, which }| {
                format!(
                    " UNION SELECT {child}, c.\"id\" FROM d CROSS JOIN {table} c \
                     WHERE d.\"resource\" = {parent} AND c.{key} = d.\"id\"{which}"
                )
            })
            .collect();
        format!(
            "INSERT INTO {DOOMED} (\"resource\", \"id\") WITH RECURSIVE d(\"resource\", \"id\") AS (SELECT {root}, $1{}) \
             SELECT \"resource\", \"id\" FROM d",
            steps.concat()
        )
    }

    fn lock_doomed(&self, _table: &str, _resource: usize) -> Option<String> {
        None
    }

    fn capture(&self, columns: &[&str], captures: &[Capture]) -> Vec<String> {
        capture::capture(columns, captures)
    }

    fn read_captured(&self, columns: &[&str]) -> String {
        format!("SELECT {} FROM {CAPTURED}", columns.join(", "))
    }

    fn clear_captured(&self) -> String {
        format!("DELETE FROM {CAPTURED}")
    }

    /// One server alone has the file.
    fn captured_channel(&self) -> Option<&'static str> {
        None
    }
}
