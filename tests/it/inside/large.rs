//! A million rows on `PostgreSQL`, analysed: no statement goes through a table from end to end.

use fasttrack::{
    db::{Arg, Dialect, Row, Statement},
    pipeline::{trigger_statements, verb_statements},
    query::{self, OPERATORS, Operator, Takes},
    schema::{Column, Kind, Model, Verb},
    sql::{CallerRole, Values},
    wire::Params,
};

use super::{Inside, paged, run};
use crate::driver::server_only;

/// Users, projects, tasks and comments; the first project has 20,000 of the tasks, and its first task as many of the
/// comments.
const ROWS: [&str; 4] = [
    "INSERT INTO users (email, password, display_name, role, created_at, updated_at)
     SELECT 'u' || i || '@example.com', '', 'u' || i, CASE WHEN i % 1000 = 0 THEN 'admin' ELSE 'user' END,
       timestamptz '2026-01-01Z' + i * interval '1 s', timestamptz '2026-01-01Z' + i * interval '1 s'
     FROM generate_series(1, 50000) i",
    "INSERT INTO projects (name, status, owner_id, created_at, updated_at)
     SELECT 'p' || i, CASE WHEN i % 3 = 0 THEN 'archived' ELSE 'active' END, 1 + i % 50000,
       timestamptz '2026-01-01Z' + i * interval '1 s', timestamptz '2026-01-01Z' + i * interval '1 s'
     FROM generate_series(1, 50000) i",
    "INSERT INTO tasks (title, status, priority, project_id, assignee_id, created_at, updated_at)
     SELECT 't' || i % 70000, CASE i % 3 WHEN 0 THEN 'todo' WHEN 1 THEN 'in_progress' ELSE 'done' END,
       CASE i % 5 WHEN 0 THEN 'high' WHEN 1 THEN 'low' ELSE 'medium' END,
       CASE WHEN i % 50 = 0 THEN 1 ELSE 1 + i % 50000 END, CASE WHEN i % 4 = 0 THEN NULL ELSE 1 + i % 50000 END,
       timestamptz '2026-01-01Z' + i % 90000 * interval '1 s', timestamptz '2026-01-01Z' + i * interval '1 s'
     FROM generate_series(1, 1000000) i",
    "INSERT INTO comments (body, task_id, author_id, created_at)
     SELECT 'c', CASE WHEN i % 50 = 0 THEN 50 ELSE i END, 1 + i % 50000, timestamptz '2026-01-01Z' + i * interval '1 s'
     FROM generate_series(1, 1000000) i",
];

/// The tables that have many.
const LARGE: [&str; 4] = ["users", "projects", "tasks", "comments"];

async fn filled() -> Inside {
    let app = Inside::new(resources::RESOURCES).await;
    let filled = app.db.write_alone(|tx| {
        Box::pin(async move {
            // Nobody else is there, and every reference leads somewhere.
            tx.query(Statement::new("SET LOCAL session_replication_role = replica", Vec::new())).await?;
            for rows in ROWS {
                tx.query(Statement::new(rows, Vec::new())).await?;
            }
            for table in LARGE {
                tx.query(Statement::new(format!("ANALYZE {table}"), Vec::new())).await?;
            }
            Ok(())
        })
    });
    filled.await.unwrap();
    app
}

fn lines(rows: &[Row]) -> String {
    rows.iter().map(|row| row.text(0).unwrap()).collect::<Vec<_>>().join("\n")
}

/// How it is gone about with these arguments.
async fn plan(app: &Inside, statement: &Statement) -> String {
    let explain = Statement::new(format!("EXPLAIN {}", statement.sql), statement.args.clone());
    lines(&app.db.read(explain).await.unwrap())
}

/// How it is gone about whatever the arguments are, as a connection does that has prepared it.
async fn generic_plan(app: &Inside, sql: &str) -> String {
    let arguments = (1..=99).take_while(|n| sql.contains(&format!("${n}"))).count();
    let nulls = vec!["NULL"; arguments].join(", ");
    let execute = if nulls.is_empty() { "EXECUTE explained".into() } else { format!("EXECUTE explained ({nulls})") };
    let steps = [
        "SET LOCAL plan_cache_mode = force_generic_plan".to_owned(),
        format!("PREPARE explained AS {sql}"),
        format!("EXPLAIN {execute}"),
        "DEALLOCATE explained".into(),
    ];
    let plan = app.db.write(move |tx| {
        Box::pin(async move {
            let mut plan = String::new();
            for step in steps {
                plan += &lines(&tx.query(Statement::new(step, Vec::new())).await?);
            }
            Ok(plan)
        })
    });
    plan.await.unwrap()
}

fn check(plan: &str, what: &str) {
    for table in LARGE {
        assert!(!plan.contains(&format!("Seq Scan on {table}")), "{what} goes through {table}:\n{plan}");
    }
}

/// A value that a filter of this field takes.
fn sample(column: &Column, operator: &Operator) -> String {
    match (operator.takes, column.kind) {
        (Takes::Flag, _) | (_, Kind::Bool) => "true".into(),
        (Takes::Text, _) => "t1".into(),
        (_, Kind::Choice(words)) => words[0].to_owned(),
        (_, Kind::Id | Kind::Relation(_) | Kind::Int | Kind::Integers | Kind::Duration) => "7".into(),
        (_, Kind::CreatedAt | Kind::UpdatedAt | Kind::Timestamp) => "2026-01-01T02:00:00Z".into(),
        (_, Kind::Uuid) => "0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f".into(),
        (_, Kind::Date) => "2026-01-01".into(),
        (_, Kind::Float | Kind::Decimal(_)) => "1.5".into(),
        _ => "t1".into(),
    }
}

/// What clients may ask of a list: every order, both ways, every filter, and words; but for a part of a text, wherever it
/// stands, in a list that nothing confines: no index helps there, and it is asked as a search, which has places of its own.
fn queries(model: &Model) -> Vec<String> {
    let schema = model.schema;
    let mut queries = vec![String::new()];
    for column in query::sortable(schema) {
        queries.extend([format!("sort={}", column.key), format!("sort=-{}", column.key)]);
    }
    for column in query::filterable(schema) {
        let operators = OPERATORS.iter().filter(|operator| operator.is_for(column));
        for operator in operators.filter(|operator| operator.takes != Takes::Text || model.parent.is_some()) {
            queries.push(format!("{}={}", operator.parameter(column.key), sample(column, operator)));
        }
    }
    if query::searchable(schema).next().is_some() {
        queries.extend(["q=t6999", "q=t6999&sort=-relevance", "q=t6999%20u77"].map(str::to_owned));
    }
    queries
}

/// The page that is asked for, and the one after it.
fn pages(app: &Inside, model: &Model, caller: CallerRole, asked: &str) -> Vec<Statement> {
    let policy = paged::may_list(&app.catalog, model, caller);
    let query = query::parse(model.schema, Params::parse(Some(asked))).unwrap();
    let last = query.sort.first().map(|key| match key.column.kind {
        Kind::Choice(_) | Kind::Bool | Kind::Id | Kind::Relation(_) | Kind::Int => Arg::Int(1),
        Kind::CreatedAt | Kind::UpdatedAt => Arg::Text("2026-01-01T02:00:00.000000Z".into()),
        _ => Arg::Text("t1".into()),
    });
    let last: Vec<_> = query.sort.iter().skip(1).fold(last.into_iter().collect(), |mut last, _| {
        last.push(Arg::Int(70));
        last
    });
    let page = |after| {
        paged::page(Dialect::Postgres, model, &policy, asked, after).fill(Values {
            parent: Some(7),
            caller: Some(7),
            ..Values::default()
        })
    };
    vec![page(None), page(Some(&last))]
}

#[test]
fn nothing_goes_through_a_table_of_a_million_rows() {
    server_only!("it reads plans of PostgreSQL");
    run(async {
        let app = filled().await;
        let mut seen = 0;
        for model in app.catalog.models() {
            let name = model.schema.name;
            for verb in verb_statements(Dialect::Postgres, &app.catalog, model).unwrap() {
                for sql in [verb.sql, verb.afterwards].into_iter().flatten() {
                    let what = format!("{:?} of {name} as {:?}", verb.verb, verb.role);
                    check(&generic_plan(&app, &sql).await, &what);
                    seen += 1;
                }
            }
            for (trigger, sql) in trigger_statements(Dialect::Postgres, &app.catalog, model).unwrap() {
                check(&generic_plan(&app, &sql).await, &format!("{trigger:?} of {name}"));
                seen += 1;
            }
            if model.schema.rule(Verb::List).is_none() {
                continue;
            }
            for role in ["user", "admin"] {
                for asked in queries(model) {
                    for statement in pages(&app, model, CallerRole::Role(role), &asked) {
                        let what = format!("the list of {name}, ?{asked}, as {role}");
                        check(&plan(&app, &statement).await, &what);
                        check(&generic_plan(&app, &statement.sql).await, &format!("{what}, prepared"));
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 200, "{seen} statements");
    });
}
