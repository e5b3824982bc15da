//! What is peculiar to the SQL of `PostgreSQL`.

mod capture;
mod lists;
mod tables;

use super::{Along, AlongSql, Asked, Capture, DOOMED, InsertRows, Messages, Syntax, Taken, schema};
use crate::{
    schema::{Column, Literal},
    sql::text::{quote, text_literal},
    types::{Order, Storage},
};

/// Columns have types of their own; text is in the order of its code points (`COLLATE "C"`).
pub(super) struct Postgres;

impl Postgres {
    /// The type of a value.
    const fn type_of(storage: Storage) -> &'static str {
        match storage {
            Storage::Integer => "bigint",
            Storage::Boolean => "boolean",
            Storage::Real => "double precision",
            Storage::Decimal(_) => "numeric",
            Storage::Timestamp => "timestamptz",
            Storage::Date => "date",
            Storage::Uuid => "uuid",
            Storage::Json => "json",
            Storage::Text => "text",
        }
    }
}

/// Many parts with an operator between them, in few levels: the server reads each level on its stack.
fn tree(parts: &[String], operator: &str) -> String {
    const MAX_ROW: usize = 32;
    if parts.len() <= MAX_ROW {
        return parts.join(operator);
    }
    let (first, second) = parts.split_at(parts.len() / 2);
    format!("({}){operator}({})", tree(first, operator), tree(second, operator))
}

impl Syntax for Postgres {
    fn text(&self, expr: &str) -> String {
        format!("({expr})::text")
    }

    fn instant(&self, expr: &str) -> String {
        format!("to_char({expr} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
    }

    fn stored(&self, storage: Storage, expr: &str) -> String {
        match storage {
            Storage::Timestamp => self.instant(expr),
            Storage::Date => format!("to_char({expr}, 'YYYY-MM-DD')"),
            Storage::Json | Storage::Uuid | Storage::Decimal(_) => self.text(expr),
            Storage::Integer | Storage::Boolean | Storage::Real | Storage::Text => expr.to_owned(),
        }
    }

    fn typed(&self, storage: Storage, placeholder: &str) -> String {
        Self::collated(storage, format!("CAST({placeholder} AS {})", Self::type_of(storage)))
    }

    fn lists(&self) -> Option<&dyn crate::sql::bulk::Lists> {
        Some(self)
    }

    fn literal(&self, value: Literal) -> String {
        match value {
            Literal::Null => "NULL".into(),
            Literal::Bool(true) => "TRUE".into(),
            Literal::Bool(false) => "FALSE".into(),
            Literal::Int(value) if value < 0 => format!("({value})"),
            Literal::Int(value) => value.to_string(),
            Literal::Float(value) => format!("'{value:e}'::double precision"),
            Literal::Decimal(value) if value.units < 0 => format!("('{value}'::numeric)"),
            Literal::Decimal(value) => value.to_string(),
            Literal::Text(value) => text_literal(value),
            list @ (Literal::Texts(_) | Literal::Integers(_)) => text_literal(&list.to_string()),
        }
    }

    fn later(&self, one: &str, other: &str) -> String {
        format!("greatest({one}, {other})")
    }

    fn json_value(&self, storage: Storage, expr: &str) -> String {
        match storage {
            Storage::Real => format!("fasttrack_number({expr})"),
            Storage::Timestamp | Storage::Date | Storage::Decimal(_) => self.stored(storage, expr),
            Storage::Integer | Storage::Boolean | Storage::Text | Storage::Uuid | Storage::Json => expr.to_owned(),
        }
    }

    fn json_flag(&self, condition: &str) -> String {
        format!("({condition})")
    }

    fn json(&self, expr: &str) -> String {
        expr.to_owned()
    }

    /// `json_build_object` takes 100 arguments and writes blanks; a row has neither bound nor blanks.
    fn json_object(&self, members: &[(&str, String)]) -> String {
        let members: Vec<_> = members.iter().map(|(key, value)| format!("{value} AS {}", quote(key))).collect();
        format!("row_to_json((SELECT o FROM (SELECT {}) o))", members.join(", "))
    }

    /// There is no row of which a column is not there, and `jsonb` has another order of keys; so the text is put together.
    fn json_object_where(&self, members: &[(&str, String, Option<String>)]) -> String {
        let member = |(key, value, condition): &(&str, String, Option<String>)| {
            let begin = text_literal(&format!(",{}:", serde_json::Value::from(*key)));
            let text = format!("{begin} || COALESCE(to_json({value})::text, 'null')");
            condition.as_ref().map_or(text.clone(), |holds| format!("CASE WHEN {holds} THEN {text} ELSE '' END"))
        };
        let members: Vec<_> = members.iter().map(member).collect();
        format!("('{{' || substr({}, 2) || '}}')", members.join(" || "))
    }

    fn json_text(&self, json: &str) -> String {
        self.text(json)
    }

    fn json_stored(&self, text: &str) -> String {
        format!("({text})::json")
    }

    /// Null is the greatest of all values unless that is said, in an index too.
    fn order(&self, key: &str, nullable: bool, descending: bool) -> String {
        match (nullable, descending) {
            (false, false) => key.to_owned(),
            (false, true) => format!("{key} DESC"),
            (true, false) => format!("{key} NULLS FIRST"),
            (true, true) => format!("{key} DESC NULLS LAST"),
        }
    }

    fn joined(&self, text: &str, separator: u8, order: &str) -> String {
        format!("string_agg(({text})::text, chr({separator}){order})")
    }

    fn in_turn<'a>(&self, order: &'a str) -> (&'static str, &'a str) {
        ("JOIN", order)
    }

    /// ILIKE ignores the case of letters as the collation of the column knows it: "C" knows that of ASCII.
    fn like(&self, expr: &str, pattern: &str) -> String {
        format!("{expr} ILIKE {pattern} ESCAPE '\\'")
    }

    /// A word is quoted, and has no quote in it; before it stands the letter of its field.
    fn asked(&self, asked: &Asked<'_>) -> String {
        let end = if asked.is_whole { "" } else { ":*" };
        let word = |word: &String| {
            let fields = asked.fields.iter().map(|(place, _)| format!("'{}{word}'{end}", schema::words_mark(*place)));
            format!("({})", tree(&fields.collect::<Vec<_>>(), " | "))
        };
        tree(&asked.words.iter().map(word).collect::<Vec<_>>(), " & ")
    }

    fn is_found(&self, _index: &str, asked: &str) -> String {
        format!("t.{} @@ {asked}::tsquery", quote(schema::WORDS_COLUMN))
    }

    /// What is less and what is more are two stretches of an index, for when nearly everything is equal to the value.
    fn differs(&self, expr: &str, nullable: bool, value: &str) -> String {
        let null = if nullable { format!(" OR {expr} IS NULL") } else { String::new() };
        format!("({expr} < {value} OR {expr} > {value}{null})")
    }

    /// Of an array, which is computed once, the planner makes conditions of an index.
    /// By `=` the caller's id would be taken out of the order, and an index by the other column taken to be as good, along
    /// which very many rows may be somebody else's.
    fn along(&self, along: &Along<'_>) -> AlongSql {
        let Along { account, key, caller, beyond, descending } = along;
        let beyond = beyond.map(|(operator, value)| format!(" AND ({account}, {key}) {operator} ({caller}, {value})"));
        let way = if *descending { " DESC" } else { "" };
        AlongSql {
            select: "SELECT ",
            condition: format!("{account} >= {caller} AND {account} <= {caller}{}", beyond.unwrap_or_default()),
            order: format!(" GROUP BY {account}, {key} ORDER BY {account}{way}, {key}{way}"),
        }
    }

    /// A join would read the table from end to end where it takes the others to be many.
    fn looked_up(&self, table: &str, tie: &str) -> String {
        format!(" CROSS JOIN LATERAL (SELECT * FROM {table} t WHERE {tie} OFFSET 0) t WHERE ")
    }

    /// With an order and a limit it would go along the order, since it cannot know how few there are.
    fn gathered(&self, condition: &str, _: &str, _: i64) -> String {
        format!(" AND {condition} OFFSET 0")
    }

    fn walked(&self, condition: &str, order: &str, limit: i64) -> String {
        format!(" AND {condition}{order} LIMIT {limit}")
    }

    fn is_among(&self, column: &Column, expr: &str, list: &str) -> String {
        let facts = column.kind.facts();
        let of = if facts.order == Order::Declared { "integer" } else { Self::type_of(column.storage()) };
        format!("{expr} = ANY(ARRAY(SELECT value::{of} FROM json_array_elements_text({list}::json)))")
    }

    /// As the index over lists has it.
    fn has(&self, expr: &str, list: &str) -> String {
        format!("({expr}::jsonb @> {list}::jsonb)")
    }

    fn numbers(&self, list: &str) -> String {
        format!("SELECT value::bigint FROM json_array_elements_text({list}::json)")
    }

    fn list(&self, expr: &str, found: &str) -> String {
        format!("(SELECT concat('[', string_agg({expr}::text, ',' ORDER BY {expr}), ']')::json {found})")
    }

    fn texts(&self, list: &str) -> String {
        format!("SELECT value FROM json_array_elements_text({list}::json)")
    }

    fn pairs(&self, list: &str) -> String {
        format!(
            "(SELECT (value ->> 0)::bigint AS one, (value ->> 1)::bigint AS other \
             FROM json_array_elements({list}::json))"
        )
    }

    fn lock(&self, goes: bool) -> &'static str {
        if goes { " FOR UPDATE" } else { " FOR NO KEY UPDATE" }
    }

    fn keep(&self) -> &'static str {
        " FOR KEY SHARE"
    }

    /// A number of a sequence is nobody else's, whenever it is taken: the statement takes them itself.
    fn last_id(&self, _table: &str) -> Option<String> {
        None
    }

    fn set_last_id(&self, table: &str) -> Option<String> {
        Some(format!("SELECT setval(pg_get_serial_sequence({}, 'id'), $1)", text_literal(&quote(table))))
    }

    /// Numbers are taken for rows that are let in alone, in the order in which these were sent: what is asked of them may be
    /// joined to them, and turn them round. They tell the rows apart that came back in whatever order. The sequence is looked
    /// up once, not for each row: that is what the `SELECT` around it is for. Every row that was made is put, so that the join
    /// may be a full one, which is never done by comparing each with each.
    fn insert(&self, rows: &InsertRows<'_>) -> String {
        let InsertRows { new, table, columns, condition, returned } = rows;
        let value = |column: &String| match column.as_str() {
            "\"id\"" => "made.\"next()\"".to_owned(),
            column => format!("made.{column}"),
        };
        let values = columns.iter().map(value).collect::<Vec<_>>().join(", ");
        let sequence = format!("(SELECT CAST(pg_get_serial_sequence({}, 'id') AS regclass))", text_literal(table));
        format!(
            "WITH {new}, made AS (SELECT nextval({sequence}) AS \"next()\", sent.* FROM \
             (SELECT new.* FROM new WHERE {condition} ORDER BY new.\"id\") AS sent), \
             put AS (INSERT INTO {table} ({}) SELECT {values} FROM made RETURNING \"id\", {} AS \"row\") \
             SELECT made.\"id\", put.\"row\", put.\"id\" FROM put FULL JOIN made ON made.\"next()\" = put.\"id\"",
            columns.join(", "),
            self.text(returned)
        )
    }

    /// The counters are written first, those of all accounts in the order of their ids: whoever tells the same ones waits
    /// here until this transaction ends, and goes on from there.
    fn tell(&self, messages: &Messages<'_>) -> String {
        let Messages { constants, gone, recipients } = messages;
        format!(
            ", told AS MATERIALIZED ({recipients}), counted AS (INSERT INTO \"outbox_counters\" AS c \
             (\"account_id\", \"last\") SELECT recipient, count(*) FROM told GROUP BY recipient ORDER BY recipient \
             ON CONFLICT (\"account_id\") DO UPDATE SET \"last\" = c.\"last\" + excluded.\"last\" \
             RETURNING \"account_id\", \"last\") \
             INSERT INTO \"outbox\" (\"account_id\", \"number\", \"type\", \"resource\", \"row_id\", \"row_is_gone\", \
             \"data\", \"actor_id\", \"created_at\") SELECT recipient, counted.\"last\" \
             - count(*) OVER (PARTITION BY recipient) + row_number() OVER (PARTITION BY recipient ORDER BY row_id), \
             {constants}, row_id, {gone}, data::json, actor, at \
             FROM told JOIN counted ON counted.\"account_id\" = recipient RETURNING \"account_id\"",
            gone = if *gone { "TRUE" } else { "FALSE" },
        )
    }

    fn skip_locked(&self) -> &'static str {
        " FOR UPDATE SKIP LOCKED"
    }

    /// Two names that have one number wait for each other, and are right all the same.
    fn lock_by_name(&self) -> Option<&'static str> {
        Some("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))::text")
    }

    fn lock_by_number(&self, number: i64) -> Option<String> {
        Some(format!("SELECT pg_advisory_xact_lock({number})::text"))
    }

    fn try_lock_by_number(&self, number: i64) -> Option<String> {
        Some(format!("SELECT pg_try_advisory_xact_lock({number})"))
    }

    /// Leases are told by the clock of the database, which all nodes share.
    fn due_jobs(&self, columns: &str) -> String {
        format!(
            "WITH claimed AS (UPDATE \"outbox_jobs\" SET \"leased_until\" = now() + {LEASE} WHERE \"id\" IN \
             (SELECT \"id\" FROM \"outbox_jobs\" WHERE NOT \"is_dead\" AND \"due_at\" <= $1 AND \"id\" NOT IN ({}) \
             AND (\"leased_until\" IS NULL OR \"leased_until\" < now()) ORDER BY \"due_at\", \"id\" LIMIT $3 \
             FOR UPDATE SKIP LOCKED) RETURNING *) SELECT {columns} FROM claimed ORDER BY \"due_at\", \"id\"",
            self.numbers("$2")
        )
    }

    fn renew_leases(&self) -> Option<String> {
        let jobs = self.numbers("$1");
        Some(format!("UPDATE \"outbox_jobs\" SET \"leased_until\" = now() + {LEASE} WHERE \"id\" IN ({jobs})"))
    }

    fn end_lease(&self) -> &'static str {
        ", \"leased_until\" = NULL"
    }

    fn session_tables(&self, accounts: &str) -> Vec<String> {
        tables::sessions(accounts)
    }

    fn outbox_tables(&self, accounts: &str) -> Vec<String> {
        tables::outbox(accounts)
    }

    /// A table that only its connection sees, empty whenever a transaction begins.
    fn answer_tables(&self, accounts: &str) -> Vec<String> {
        tables::answers(accounts)
    }

    fn history_tables(&self, accounts: &str) -> Vec<String> {
        tables::history(accounts)
    }

    fn begin_doomed(&self) -> [String; 2] {
        let make = format!(
            "CREATE TEMP TABLE IF NOT EXISTS {DOOMED} (\"resource\" integer NOT NULL, \"id\" bigint NOT NULL, \
             PRIMARY KEY (\"resource\", \"id\")) ON COMMIT DELETE ROWS"
        );
        [make, format!("DELETE FROM {DOOMED}")]
    }

    /// A recursive query may name itself once.
    fn doom(&self, root: usize, takes: &[Taken]) -> String {
        let steps: Vec<_> = takes
            .iter()
            .map(|Taken { parent, child, table, key, which }| {
                format!(
                    "SELECT {child} AS \"resource\", c.\"id\" FROM {table} c \
                     WHERE d.\"resource\" = {parent} AND c.{key} = d.\"id\"{which}"
                )
            })
            .collect();
        let step = if steps.is_empty() {
            String::new()
        } else {
            let steps = steps.join(" UNION ALL ");
            format!(" UNION SELECT x.\"resource\", x.\"id\" FROM d CROSS JOIN LATERAL ({steps}) x")
        };
        format!(
            "WITH RECURSIVE d(\"resource\", \"id\") AS (SELECT {root}, $1::bigint{step}), \
             added AS (INSERT INTO {DOOMED} (\"resource\", \"id\") SELECT \"resource\", \"id\" FROM d \
             ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*) FROM added"
        )
    }

    fn lock_doomed(&self, table: &str, resource: usize) -> Option<String> {
        Some(format!(
            "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE \"id\" IN \
             (SELECT \"id\" FROM {DOOMED} WHERE \"resource\" = {resource}) ORDER BY \"id\" FOR UPDATE) l"
        ))
    }

    fn capture(&self, _columns: &[&str], captures: &[Capture]) -> Vec<String> {
        capture::setup(captures)
    }

    fn read_captured(&self, columns: &[&str]) -> String {
        capture::read(columns)
    }

    /// The end of the transaction does.
    fn clear_captured(&self) -> String {
        String::new()
    }

    fn captured_channel(&self) -> Option<&'static str> {
        Some(capture::CHANNEL)
    }
}

/// How long a node has a job to itself without saying that it still runs it.
const LEASE: &str = "interval '15 seconds'";
