//! Lists go along indexes: no page sorts, and none looks at more rows than it shows.

use fasttrack::{
    db::{Arg, Dialect},
    query,
    sql::{CallerRole, Values},
};

use super::{Inside, paged, run};
use crate::driver::sqlite_only;

/// How `SQLite` would go about the page `query` of a list, its ranges only.
async fn plan(app: &Inside, name: &str, role: &'static str, query: &str, after: Option<&[Arg]>) -> Vec<String> {
    let model = app.catalog.find(name).unwrap();
    let policy = paged::may_list(&app.catalog, model, CallerRole::Role(role));
    let values = Values { parent: Some(1), caller: Some(1), ..Values::default() };
    let statement = paged::page(Dialect::Sqlite, model, &policy, query, after).fill(values);
    let plan = app.rows(&format!("EXPLAIN QUERY PLAN {}", statement.sql), statement.args).await;
    let lines = plan.iter().map(|row| match &row.0[3] {
        fasttrack::db::Cell::Bytes(text) => String::from_utf8_lossy(text).into_owned(),
        other => format!("{other:?}"),
    });
    lines.collect()
}

#[track_caller]
fn check(plan: &[String], table: &str, what: &str) {
    let about_rows: Vec<_> = plan.iter().filter(|line| line.contains(" t ") || line.ends_with(" t")).collect();
    assert!(!about_rows.is_empty(), "{what}: {plan:#?}");
    // What is sorted may be the few rows of a stretch that was cut off already, never the rows of the table.
    let mut sorted = "";
    for line in plan {
        let is_sort = line.contains("TEMP B-TREE FOR ORDER BY");
        assert!(!(is_sort && sorted == "table"), "{what} of {table} sorts: {plan:#?}");
        if line.contains("(subquery-") || line == "SCAN s" {
            sorted = "stretch";
        } else if line.contains(" t ") {
            sorted = "table";
        }
    }
    for line in about_rows {
        let along_index = line.contains("SEARCH") || line.contains("USING INDEX") || line.contains("COVERING INDEX");
        assert!(along_index, "{what} of {table} scans: {plan:#?}");
    }
}

#[test]
fn every_declared_order_of_every_list_goes_along_an_index() {
    sqlite_only!("it reads plans of SQLite");
    run(async {
        let app = Inside::new(resources::RESOURCES).await;
        for (name, role) in [
            ("task", "user"),
            ("task", "admin"),
            ("comment", "user"),
            ("project", "user"),
            ("project", "admin"),
            ("user", "admin"),
        ] {
            let schema = app.catalog.find(name).unwrap().schema;
            for column in query::sortable(schema).filter(|column| column.key != "id") {
                for sort in [column.key.to_owned(), format!("-{}", column.key)] {
                    let what = format!("sort={sort} as {role}");
                    let first = plan(&app, name, role, &format!("sort={sort}"), None).await;
                    check(&first, name, &what);
                    let value = match column.kind {
                        fasttrack::schema::Kind::Choice(_) => Arg::Int(1),
                        _ => Arg::Text("2026".into()),
                    };
                    let next = plan(&app, name, role, &format!("sort={sort}"), Some(&[value, Arg::Int(7)])).await;
                    check(&next, name, &format!("{what}, next page"));
                }
            }
        }
    });
}
