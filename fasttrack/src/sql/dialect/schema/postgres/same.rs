//! Whether a table or an index of the catalog is the one that was to be made. The catalog keeps no words: it writes
//! expressions anew, with casts and parentheses of its own, so both sides are brought to one form.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use serde::Deserialize;

use super::{column_type, condition, exclusion, reference};
use crate::sql::{
    definition::{ColumnDefinition, Holds, TableDefinition},
    text::quote,
};

/// A table as the catalog describes it.
#[derive(Debug, Deserialize)]
struct Described {
    columns: Vec<DescribedColumn>,
    constraints: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct DescribedColumn {
    name: String,
    #[serde(rename = "type")]
    sql_type: String,
    collation: Option<String>,
    is_required: bool,
    is_generated: bool,
    default: Option<String>,
}

/// A column in the form in which both sides are compared.
#[derive(Debug, PartialEq, Eq)]
struct Shape {
    sql_type: String,
    is_required: bool,
    is_generated: bool,
    default: Option<String>,
}

/// Whether a description is that of this table.
pub(super) fn is_table(there: &str, table: &TableDefinition) -> bool {
    let Ok(Described { columns, constraints }) = serde_json::from_str(there) else { return false };
    let columns: BTreeMap<_, _> = columns.into_iter().map(found).collect();
    let declared: BTreeMap<_, _> = table.columns.iter().map(|column| (column.name.clone(), expected(column))).collect();
    let constraints: BTreeSet<_> = constraints.iter().map(|text| plain(text)).collect();
    columns == declared && constraints == constraints_of(table)
}

/// Whether a statement of the catalog makes the same index as one of ours.
pub(super) fn is_index(there: &str, ours: &str) -> bool {
    // The catalog says in which schema the table is, and by which method it is indexed.
    let Some((head, rest)) = there.split_once(" ON ") else { return false };
    let Some((table, method)) = rest.split_once(" USING ") else { return false };
    let table = table.rsplit('.').next().unwrap_or(table);
    // The one that goes without saying.
    let method = method.strip_prefix("btree ").map_or_else(|| format!("USING {method}"), str::to_owned);
    plain(&format!("{head} ON {table} {method}")) == plain(ours)
}

fn found(column: DescribedColumn) -> (String, Shape) {
    let DescribedColumn { name, sql_type, collation, is_required, is_generated, default } = column;
    let collation = collation.map(|name| format!(" COLLATE {}", quote(&name))).unwrap_or_default();
    let default = default.map(|text| plain_default(&sql_type, &text));
    let sql_type = format!("{sql_type}{collation}");
    (name, Shape { sql_type, is_required, is_generated, default })
}

fn expected(column: &ColumnDefinition) -> Shape {
    let sql_type = match column_type(column) {
        Cow::Borrowed("timestamptz") => Cow::Borrowed("timestamp with time zone"),
        other => other,
    };
    let is_id = column.holds == Holds::Id;
    // That there is no default is not kept.
    let default = column.default.as_deref().filter(|text| *text != "NULL");
    Shape {
        is_required: is_id || !column.nullable,
        is_generated: is_id,
        default: default.map(|text| plain_default(&sql_type, text)),
        sql_type: sql_type.into_owned(),
    }
}

fn constraints_of(table: &TableDefinition) -> BTreeSet<String> {
    let of = |column: &ColumnDefinition| {
        let key = (column.holds == Holds::Id).then(|| format!("PRIMARY KEY ({})", column.name));
        [key, check(column), reference(column)]
    };
    let checks = table.checks.iter().map(|check| format!("CHECK ({})", check.condition));
    let exclusions = table.exclusions.iter().map(|exclusion| exclusion::text(table, exclusion));
    table.columns.iter().flat_map(of).flatten().chain(checks).chain(exclusions).map(|text| plain(&text)).collect()
}

/// The constraint of a choice, as the catalog writes a list.
fn check(column: &ColumnDefinition) -> Option<String> {
    condition(column)?;
    let (name, words) = (&column.name, column.words());
    Some(match column.choices.as_slice() {
        [_] => format!("CHECK ({name} = {words})"),
        _ => format!("CHECK ({name} = ANY (ARRAY[{words}]))"),
    })
}

/// A default without its cast, and what can be written in many ways in one of them.
fn plain_default(sql_type: &str, text: &str) -> String {
    let text = plain(text);
    let inner = text.trim_matches('\'');
    match sql_type {
        "double precision" => inner.parse::<f64>().map_or(text.clone(), |value| format!("{value:e}")),
        "bigint" => inner.parse::<i64>().map_or(text.clone(), |value| value.to_string()),
        "boolean" => text.to_ascii_lowercase(),
        numeric if numeric.starts_with("numeric") => inner.to_owned(),
        "timestamp with time zone" => {
            let instant = inner.replace('T', " ");
            let instant = instant.trim_end_matches("+00").trim_end_matches('Z');
            if instant.contains('.') { instant.trim_end_matches('0').trim_end_matches('.') } else { instant }.to_owned()
        }
        _ => text,
    }
}

/// An expression without what may be written or left out: blanks, parentheses, the quotes of names, casts, the
/// branch of a CASE that says nothing. What stands in quotes as text stays as it is.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let parts: Vec<_> = text.split('\'').collect();
    for (position, part) in parts.iter().enumerate() {
        // Every second part is text; a quote inside of it is doubled, and leaves an empty part between.
        if position % 2 == 1 {
            let is_number = parts.get(position + 1).is_some_and(|cast| cast.starts_with("::double precision"));
            let number = part.parse::<f64>().ok().filter(|_| is_number);
            plain.push('\'');
            plain.push_str(&number.map_or_else(|| (*part).to_owned(), |number| format!("{number:e}")));
            plain.push('\'');
        } else {
            plain.push_str(&without_casts(part));
        }
    }
    plain
}

fn without_casts(code: &str) -> String {
    let is_kept = |c: &char| !c.is_whitespace() && !matches!(c, '(' | ')' | '"');
    let kept: String = code.chars().filter(is_kept).collect();
    let kept = CASTS.iter().fold(kept, |kept, cast| kept.replace(cast, ""));
    kept.replace("ELSENULL", "")
}

/// The casts of the types that columns have, without blanks; one that is the beginning of another comes after it.
const CASTS: [&str; 10] = [
    "::text[]",
    "::text",
    "::integer",
    "::bigint",
    "::numeric",
    "::doubleprecision",
    "::jsonb",
    "::json",
    "::date",
    "::timestampwithtimezone",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_known_however_the_catalog_writes_it() {
        for (there, ours) in [
            (
                "CREATE INDEX a ON public.tasks USING btree (project_id, id)",
                "CREATE INDEX \"a\" ON \"tasks\" (\"project_id\", \"id\")",
            ),
            (
                "CREATE UNIQUE INDEX a ON public.users USING btree (lower(email))",
                "CREATE UNIQUE INDEX \"a\" ON \"users\" ((lower(\"email\")))",
            ),
            (
                "CREATE INDEX a ON public.t USING gin (((tags)::jsonb) jsonb_path_ops) WITH (fastupdate=off) \
                 WHERE (gone IS NULL)",
                "CREATE INDEX \"a\" ON \"t\" USING gin ((\"tags\"::jsonb) jsonb_path_ops) WITH (fastupdate = off) \
                 WHERE \"gone\" IS NULL",
            ),
            (
                "CREATE INDEX a ON t USING btree (\nCASE s\n    WHEN 'it''s (so)'::text THEN 0\n    ELSE NULL::integer\n\
                 END NULLS FIRST, id)",
                "CREATE INDEX \"a\" ON \"t\" ((CASE \"s\" WHEN 'it''s (so)' THEN 0 END) NULLS FIRST, \"id\")",
            ),
        ] {
            assert!(is_index(there, ours), "{there}");
            for other in [
                there.replace("btree", "hash").replace("gin", "gist"),
                there.replace("INDEX a", "INDEX b"),
                format!("{there} INVALID"),
            ] {
                assert!(!is_index(&other, ours), "{other}");
            }
        }
    }

    #[test]
    fn a_default_is_known_however_the_catalog_writes_it() {
        for (sql_type, there, ours) in [
            ("text", "'it''s ::text'::text", "'it''s ::text'"),
            ("bigint", "'-7'::integer", "-7"),
            ("bigint", "'3000000000'::bigint", "3000000000"),
            ("double precision", "0.5", "5e-1"),
            ("double precision", "'-1'::integer", "-1e0"),
            ("boolean", "true", "TRUE"),
            ("numeric(19,2)", "12.30", "12.30"),
            ("numeric(19,2)", "'-12.30'::numeric", "('-12.30'::numeric)"),
            ("json", "'null'::json", "'null'"),
            ("date", "'2026-01-02'::date", "'2026-01-02'"),
            (
                "timestamp with time zone",
                "'2026-01-02 03:04:05.5+00'::timestamp with time zone",
                "'2026-01-02T03:04:05.500000Z'",
            ),
        ] {
            assert_eq!(plain_default(sql_type, there), plain_default(sql_type, ours), "{there}");
        }
    }
}
