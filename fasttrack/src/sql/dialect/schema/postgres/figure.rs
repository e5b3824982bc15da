//! Figures that are kept, as triggers of the statements that write the rows which are counted.
//!
//! Rows that are written together change the figures of a row once, all of a table together. The rows of that table are
//! locked before, in the order of ids, and written in one statement, so that what is counted of them in turn follows for all
//! of them at once: of two statements none waits for the other while that one waits for it.

use std::collections::BTreeSet;

use crate::sql::{
    definition::{FigureDefinition, TableDefinition},
    text::quote,
};

/// What the triggers are called.
pub(super) fn names(name: &str) -> [String; 3] {
    ["insert", "update", "delete"].map(|event| format!("{name}_{event}"))
}

/// The functions that keep the figures of a table, and the triggers that run them.
pub(super) fn make(counted: &TableDefinition, figures: &[&FigureDefinition]) -> Vec<String> {
    let tables = [
        "INSERT ON {} REFERENCING NEW TABLE AS made",
        "UPDATE ON {} REFERENCING OLD TABLE AS gone NEW TABLE AS made",
        "DELETE ON {} REFERENCING OLD TABLE AS gone",
    ];
    let make = |((name, body), event): ((String, String), &str)| {
        let (name, event) = (quote(&name), event.replace("{}", &quote(&counted.name)));
        [
            format!("CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body${body}$body$"),
            format!("CREATE TRIGGER {name} AFTER {event}\nFOR EACH STATEMENT EXECUTE FUNCTION {name}()"),
        ]
    };
    functions(figures).into_iter().zip(tables).flat_map(make).collect()
}

/// What the functions are called, and what they do.
pub(super) fn functions(figures: &[&FigureDefinition]) -> Vec<(String, String)> {
    let Some(first) = figures.first() else { return Vec::new() };
    let added = parts(figures, "made", "n", "");
    let taken = parts(figures, "gone", "o", "-");
    let both = format!("{added} UNION ALL {taken}");
    names(&first.name).into_iter().zip([added, both, taken].map(|parts| body(figures, &parts))).collect()
}

/// Drops them.
pub(super) fn drop(counted: &str, name: &str) -> Vec<String> {
    let drop = |name: &String| {
        let (name, table) = (quote(name), quote(counted));
        [format!("DROP TRIGGER IF EXISTS {name} ON {table}"), format!("DROP FUNCTION IF EXISTS {name}()")]
    };
    names(name).iter().flat_map(drop).collect()
}

/// What each row of a table adds to the figures of whom, by each column that leads there.
fn parts(figures: &[&FigureDefinition], rows: &str, row: &str, sign: &str) -> String {
    let keys: BTreeSet<_> = figures.iter().map(|figure| &figure.key).collect();
    let part = |key: &String| {
        let amount = |(place, figure): (usize, &&FigureDefinition)| {
            let amount = if figure.key == *key { figure.amount_of(row) } else { "0".to_owned() };
            format!("{sign}({amount}) AS a{place}")
        };
        let amounts: Vec<_> = figures.iter().enumerate().map(amount).collect();
        format!("SELECT {row}.{} AS id, {} FROM {rows} {row}", quote(key), amounts.join(", "))
    };
    keys.into_iter().map(part).collect::<Vec<_>>().join(" UNION ALL ")
}

fn body(figures: &[&FigureDefinition], parts: &str) -> String {
    let each = |write: &dyn Fn(usize, &FigureDefinition) -> String, between: &str| {
        figures.iter().enumerate().map(|(place, figure)| write(place, figure)).collect::<Vec<_>>().join(between)
    };
    let sums = each(&|place, _| format!("sum(d.a{place}) AS a{place}"), ", ");
    let is_any = each(&|place, _| format!("sum(d.a{place}) <> 0"), " OR ");
    let set = |place, figure: &FigureDefinition| {
        let column = quote(&figure.column);
        format!("{column} = p.{column} + x.a{place}")
    };
    let table = figures.first().map(|first| quote(&first.table)).unwrap_or_default();
    let found = format!("FROM ({parts}) d WHERE d.id IS NOT NULL\nGROUP BY d.id HAVING {is_any}");
    format!(
        "BEGIN\n\
         PERFORM 1 FROM {table} p WHERE p.\"id\" IN (SELECT d.id {found})\n\
         ORDER BY p.\"id\" FOR NO KEY UPDATE;\n\
         IF FOUND THEN\n\
         UPDATE {table} p SET {} FROM (SELECT d.id, {sums} {found}) x WHERE p.\"id\" = x.id;\n\
         END IF; RETURN NULL; END",
        each(&set, ", ")
    )
}
