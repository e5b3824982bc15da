//! Lists by what refers to their rows, where there is very much of it: a page costs about as much as one by owner.

use std::time::{Duration, Instant};

use fasttrack::{
    db::{Arg, Dialect, Statement},
    schema::{Column, Comparison, Grant, Has, Id, Kind, Literal, OnDelete, Path, Rule, Schema, Verb},
    sql::{self, CallerRole, Table, Values},
};

use super::{Inside, paged, run};
use crate::driver::{dialect, sqlite_only};

const HERE: Path = Path::HERE;
const OWNER: Rule = Rule::Related(HERE.then("owner"));
const MEMBER: Rule = Rule::AnyOf { path: HERE.then("members"), rule: &Rule::Related(HERE.then("user")) };

const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
    let column = Column::new::<Option<i64>>(name, key).on_delete(OnDelete::Cascade);
    Column { kind: Kind::Relation(target), ..column }
}

static TEAM: Schema = Schema::new("team", "teams")
    .columns(&[
        Column::new::<Id<()>>("id", "id"),
        Column::new::<String>("name", "name").len(0, 100).default_value(Literal::Text("")).sort(),
        relation("owner", "owner_id", "user"),
    ])
    .has(&[Has::new("members", "member", "team")])
    .named_rules(&[("member", MEMBER)])
    .grants(&[Grant::new(Verb::List, Rule::Any(&[OWNER, MEMBER])), Grant::new(Verb::Read, MEMBER)]);

static MEMBERSHIP: Schema = Schema::new("member", "members")
    .columns(&[
        Column::new::<Id<()>>("id", "id"),
        relation("team", "team_id", "team"),
        relation("user", "user_id", "user"),
        Column::new::<Option<bool>>("leads", "leads"),
    ])
    .grants(&[Grant::new(Verb::Create, Rule::Role("admin")), Grant::new(Verb::Read, Rule::Authenticated)]);

/// 100,000 teams of ten members each. The first account belongs to each tenth, and owns those; the second belongs to three
/// of them, each of which is near the end.
const ROWS: [&str; 3] = [
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
     INSERT INTO users (email, password, created_at, updated_at)
     SELECT 'u' || i || '@example.com', '', '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z' FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
     INSERT INTO teams (name, owner_id)
     SELECT 't' || (i * 7919 % 100000), CASE WHEN i % 10 = 0 THEN 1 ELSE 3 + i % 900 END FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999999)
     INSERT INTO members (team_id, user_id, leads)
     SELECT 1 + i / 10,
       CASE WHEN i % 100 = 90 THEN 1 WHEN i IN (999001, 999501, 999901) THEN 2 ELSE 3 + i % 991 END, i % 10 = 0 FROM n",
];

async fn filled() -> Inside {
    let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
    let app = Inside::new(&[user, &TEAM, &MEMBERSHIP]).await;
    let dialect = app.db.dialect();
    let filled = app.db.write_alone(move |tx| {
        Box::pin(async move {
            for rows in ROWS {
                let rows = match dialect {
                    Dialect::Sqlite => rows.to_owned(),
                    Dialect::Postgres => rows.replace("'2026-01-01T00:00:00.000000Z'", "timestamptz '2026-01-01Z'"),
                };
                tx.query(Statement::new(rows, Vec::new())).await?;
            }
            if dialect == Dialect::Postgres {
                for table in ["users", "teams", "members"] {
                    tx.query(Statement::new(format!("ANALYZE {table}"), Vec::new())).await?;
                }
            }
            Ok(())
        })
    });
    filled.await.unwrap();
    app
}

fn page(app: &Inside, rule: &Rule, caller: i64, asked: &str, after: Option<&[Arg]>) -> Statement {
    let model = app.catalog.find("team").unwrap();
    let policy = sql::fold(&app.catalog, model, rule, CallerRole::Role("user")).unwrap();
    paged::page(dialect(), model, &policy, asked, after).fill(Values { caller: Some(caller), ..Values::default() })
}

/// The page as text, and how long it took.
async fn read(app: &Inside, statement: &Statement) -> (String, Duration) {
    let begun = Instant::now();
    let rows = app.db.read(statement.clone()).await.unwrap();
    let took = begun.elapsed();
    (rows.first().and_then(|row| row.text(0)).unwrap_or_default().to_owned(), took)
}

/// How many times as long the first takes as the second, by the medians of turns.
async fn ratio(app: &Inside, one: &Statement, other: &Statement) -> f64 {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..41 {
        first.push(read(app, one).await.1);
        second.push(read(app, other).await.1);
    }
    first.sort_unstable();
    second.sort_unstable();
    first[20].as_secs_f64() / second[20].as_secs_f64()
}

#[test]
fn a_page_by_membership_costs_about_a_page_by_owner() {
    run(async {
        let app = filled().await;
        let deep = [Arg::Text("t5".into()), Arg::Int(50_000)];
        for (asked, after) in [
            ("", None),
            ("", Some(&deep[1..])),
            ("sort=-id", None),
            ("sort=name", None),
            ("sort=-name", Some(&deep[..])),
        ] {
            let [by_member, by_owner, by_either] =
                [&MEMBER, &OWNER, &Rule::Any(&[OWNER, MEMBER])].map(|rule| page(&app, rule, 1, asked, after));
            let found = read(&app, &by_member).await.0;
            assert!(found.len() > 100, "?{asked} finds something");
            assert_eq!(found, read(&app, &by_owner).await.0, "?{asked}: they are the same teams");
            assert_eq!(found, read(&app, &by_either).await.0, "?{asked}: each comes once");
            let ratio = ratio(&app, &by_member, &by_owner).await;
            // In the order of a name each tenth of those that come is the caller's, and no index has them together.
            let most = if asked.contains("name") { 30.0 } else { 3.0 };
            assert!(ratio < most, "?{asked} after {after:?}: {ratio:.2} times as long");
        }
        // Who belongs to few of many does not go through them all.
        for asked in ["", "sort=name", "sort=-name", "sort=-id"] {
            let few = page(&app, &MEMBER, 2, asked, None);
            assert_eq!(read(&app, &few).await.0.matches("\"id\"").count(), 3, "?{asked}");
            let ratio = ratio(&app, &few, &page(&app, &OWNER, 1, asked, None)).await;
            assert!(ratio < 3.0, "?{asked}: {ratio:.2} times as long");
        }
    });
}

/// How the database goes about a page.
async fn plan(app: &Inside, page: &Statement) -> Vec<String> {
    let explain = if dialect() == Dialect::Sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
    let lines = app.rows(&format!("{explain} {}", page.sql), page.args.clone()).await;
    lines.iter().filter_map(|row| row.text(3).or_else(|| row.text(0)).map(str::to_owned)).collect()
}

#[test]
fn rows_of_some_ids_are_found_by_these() {
    run(async {
        let app = filled().await;
        let ids: Vec<_> = (1..=100).map(|number| (number * 997).to_string()).collect();
        let unasked = page(&app, &OWNER, 1, "", None);
        for (rule, found) in [(&MEMBER, 10), (&OWNER, 10), (&Rule::Any(&[OWNER, MEMBER]), 10), (&Rule::Anyone, 21)] {
            for order in ["", "&sort=-id", "&sort=name", "&sort=-name"] {
                let asked = format!("id[in]={}{order}", ids.join(","));
                let page = page(&app, rule, 1, &asked, None);
                assert_eq!(read(&app, &page).await.0.matches("\"id\"").count(), found, "{rule:?}{order}");
                let plan = plan(&app, &page).await;
                let is_walked = |line: &String| {
                    line.contains("Seq Scan on teams")
                        || line.contains("Seq Scan on members")
                        || line.contains("SCAN t")
                        || line.contains("SEARCH t ") && !line.contains("INTEGER PRIMARY KEY")
                };
                let by_key = |line: &String| line.contains("INTEGER PRIMARY KEY") || line.contains("teams_pkey");
                assert!(plan.iter().any(by_key) && !plan.iter().any(is_walked), "{rule:?}{order}: {plan:#?}");
            }
            let page = page(&app, rule, 1, &format!("id[in]={}", ids.join(",")), None);
            let ratio = ratio(&app, &page, &unasked).await;
            assert!(ratio < 10.0, "{rule:?}: {ratio:.2} times as long as a page");
        }
    });
}

const LEADS: Rule = Rule::Compare { path: HERE, field: "leads", op: Comparison::Eq, value: Literal::Bool(true) };
const USER: Rule = Rule::Related(HERE.then("user"));
const LEADER: Rule = Rule::All(&[USER, LEADS]);

const fn any(rule: &'static Rule) -> Rule {
    Rule::AnyOf { path: HERE.then("members"), rule }
}

/// Rules, and which of four teams they show to the first account, to the second, and to nobody: the first leads one team, in
/// which the second is, too, and belongs to the fourth; the second belongs to the second, and to the third nobody.
const SHOWN: [(Rule, [&[i64]; 3]); 11] = [
    (any(&USER), [&[1, 4], &[1, 2], &[]]),
    (Rule::Related(HERE.then("members").then("user")), [&[1, 4], &[1, 2], &[]]),
    (Rule::Not(&any(&USER)), [&[2, 3], &[3, 4], &[]]),
    (any(&LEADS), [&[1], &[1], &[1]]),
    (Rule::Not(&any(&LEADS)), [&[2, 3, 4], &[2, 3, 4], &[2, 3, 4]]),
    (any(&LEADER), [&[1], &[], &[]]),
    (Rule::Not(&any(&LEADER)), [&[2, 3, 4], &[1, 2, 3, 4], &[2, 3, 4]]),
    (any(&Rule::Not(&USER)), [&[1, 2], &[1, 4], &[]]),
    (any(&Rule::AnyOf { path: HERE.then("team").then("members"), rule: &LEADER }), [&[1], &[], &[]]),
    (any(&Rule::Named { path: HERE.then("team"), rule: "member" }), [&[1, 4], &[1, 2], &[]]),
    (Rule::Any(&[OWNER, Rule::All(&[any(&USER), Rule::Not(&any(&LEADS))])]), [&[3, 4], &[2], &[]]),
];

#[test]
fn one_of_many_rows_decides() {
    run(async {
        let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
        let app = Inside::new(&[user, &TEAM, &MEMBERSHIP]).await;
        for name in ["ada", "bob"] {
            app.register(name).await;
        }
        for sql in [
            "INSERT INTO teams (name, owner_id) VALUES ('d', NULL), ('c', NULL), ('b', 1), ('a', NULL)",
            "INSERT INTO members (team_id, user_id, leads) VALUES (1, 1, TRUE), (1, 2, NULL), (2, 2, FALSE), (4, 1, FALSE)",
        ] {
            app.db
                .write(move |tx| Box::pin(async move { Ok(tx.query(Statement::new(sql, vec![])).await?) }))
                .await
                .unwrap();
        }
        let table = Table::new(dialect(), &TEAM);
        let model = app.catalog.find("team").unwrap();
        for (rule, expected) in SHOWN {
            let callers = [
                (CallerRole::Role("user"), Some(1)),
                (CallerRole::Role("user"), Some(2)),
                (CallerRole::Anonymous, None),
            ];
            for ((role, caller), expected) in callers.into_iter().zip(expected) {
                let policy = sql::fold(&app.catalog, model, &rule, role).unwrap();
                let mut read = Vec::new();
                for id in 1..=4 {
                    let statement = sql::read(&table, &policy);
                    let values = Values { id: Some(id), caller, ..Values::default() };
                    read.extend((!app.db.read(statement.fill(values)).await.unwrap().is_empty()).then_some(id));
                }
                assert_eq!(read, expected, "{rule:?} as {caller:?}");
                for asked in ["", "sort=-id", "sort=name", "sort=-name"] {
                    let page = paged::page(dialect(), model, &policy, asked, None);
                    let statement = page.fill(Values { caller, ..Values::default() });
                    let rows = self::read(&app, &statement).await.0;
                    let mut listed: Vec<_> = rows.split('\u{1e}').filter(|row| !row.is_empty()).map(id_in).collect();
                    // Names go the other way round than ids.
                    if asked == "sort=-id" || asked == "sort=name" {
                        listed.reverse();
                    }
                    assert_eq!(listed, expected, "{rule:?} as {caller:?}, ?{asked}");
                }
            }
        }
    });
}

fn id_in(row: &str) -> i64 {
    serde_json::from_str::<serde_json::Value>(row).unwrap()["id"].as_i64().unwrap()
}

#[test]
fn a_row_is_asked_of_by_both_ends_of_an_index() {
    sqlite_only!("it reads plans of SQLite");
    run(async {
        let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
        let app = Inside::new(&[user, &TEAM, &MEMBERSHIP]).await;
        let model = app.catalog.find("team").unwrap();
        let policy = sql::fold(&app.catalog, model, &MEMBER, CallerRole::Role("user")).unwrap();
        let read = sql::read(&Table::new(dialect(), model.schema), &policy);
        let read = read.fill(Values { id: Some(1), caller: Some(1), ..Values::default() });
        let plan = app.rows(&format!("EXPLAIN QUERY PLAN {}", read.sql), read.args).await;
        let plan: Vec<_> = plan.iter().map(|row| row.text(3).unwrap_or_default().to_owned()).collect();
        // Both are equal, so that it is all the same which comes first.
        let by = ["(team_id=? AND user_id=?)", "(user_id=? AND team_id=?)"];
        assert!(plan.iter().any(|line| by.iter().any(|by| line.contains(by))), "{plan:#?}");
    });
}
