//! Figures that are kept, as triggers of the statements that write the rows which are counted: rows that are written
//! together change a figure once, in the order of ids, so that of two statements none waits for the other.

use crate::sql::{
    definition::{FigureDefinition, TableDefinition},
    text::quote,
};

/// What the triggers are called.
pub(super) fn names(name: &str) -> [String; 3] {
    ["insert", "update", "delete"].map(|event| format!("{name}_{event}"))
}

/// The functions and the triggers that run them.
pub(super) fn make(counted: &TableDefinition, figure: &FigureDefinition) -> Vec<String> {
    let [insert, update, delete] = names(&figure.name);
    let added = part(figure, "made", "n", "");
    let taken = part(figure, "gone", "o", "-");
    let both = format!("{added} UNION ALL {taken}");
    let mut statements = Vec::new();
    for (name, event, tables, parts) in [
        (insert, "INSERT", "NEW TABLE AS made", added.as_str()),
        (update, "UPDATE", "OLD TABLE AS gone NEW TABLE AS made", both.as_str()),
        (delete, "DELETE", "OLD TABLE AS gone", taken.as_str()),
    ] {
        statements.push(function(figure, &name, parts));
        let (name, table) = (quote(&name), quote(&counted.name));
        statements.push(format!(
            "CREATE TRIGGER {name} AFTER {event} ON {table}\nREFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        ));
    }
    statements
}

/// Drops them.
pub(super) fn drop(counted: &str, name: &str) -> Vec<String> {
    let drop = |name: &String| {
        let (name, table) = (quote(name), quote(counted));
        [format!("DROP TRIGGER IF EXISTS {name} ON {table}"), format!("DROP FUNCTION IF EXISTS {name}()")]
    };
    names(name).iter().flat_map(drop).collect()
}

/// What each row of a table adds to whose figure.
fn part(figure: &FigureDefinition, rows: &str, row: &str, sign: &str) -> String {
    format!("SELECT {row}.{} AS id, {sign}({}) AS amount FROM {rows} {row}", quote(&figure.key), figure.amount_of(row))
}

fn function(figure: &FigureDefinition, name: &str, parts: &str) -> String {
    let (name, table, column) = (quote(name), quote(&figure.table), quote(&figure.column));
    format!(
        "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$ DECLARE x record; BEGIN\n\
         FOR x IN SELECT d.id, sum(d.amount) AS amount FROM ({parts}) d WHERE d.id IS NOT NULL\n\
         GROUP BY d.id HAVING sum(d.amount) <> 0 ORDER BY d.id LOOP\n\
         UPDATE {table} p SET {column} = p.{column} + x.amount WHERE p.\"id\" = x.id;\n\
         END LOOP; RETURN NULL; END $body$"
    )
}
