//! A step that is broken off anywhere leaves the old schema, and its rows; whoever looks on sees the old or the new.

use super::*;

fn before() -> Snapshot {
    let mut notes = table("notes", &[column("x", Holds::Text), relation("user_id", "users", OnDelete::Cascade)]);
    index(&mut notes, "x", false);
    schema(&[notes, table("users", &[column("name", Holds::Text)])])
}

fn after() -> Snapshot {
    let mut notes = table("notes", &[column("x", Holds::Int), relation("user_id", "users", OnDelete::Restrict)]);
    index(&mut notes, "x", true);
    let users = table("users", &[nullable(column("name", Holds::Text)), nullable(column("born", Holds::Date))]);
    schema(&[notes, users])
}

const ROWS: &str = "INSERT INTO users (name) VALUES ('ada'), ('bob'), ('eve'); DELETE FROM users WHERE id = 3; \
                    INSERT INTO notes (x, user_id) VALUES ('1', 1), ('2', 1), ('3', 2)";

#[test]
fn a_failure_at_any_statement_leaves_everything_as_it_was() {
    run_async(async {
        let bench = Bench::holding(&before()).await;
        bench.execute(ROWS).await;
        let whole = bench.dump().await;
        let migration = DRAFT.between(&before(), &after(), &Renames::default()).unwrap().migration;
        let blocks = script::read(DIALECT, &migration.up).unwrap();
        assert!(blocks.len() > 12, "two tables are made anew: {}", blocks.len());
        for stop in 0..=blocks.len() {
            let mut blocks = blocks.clone();
            blocks.insert(stop, crate::migrate::Block { why: String::new(), sql: "no statement".into() });
            let step = Step {
                title: "test".into(),
                blocks,
                from: before(),
                leaves: after(),
                beside: Surplus::default(),
                record: Record::Nothing,
            };
            let error = run::carry_out(&bench.db, step, None, Arc::new(|_, _, _| {})).await.unwrap_err();
            assert!(matches!(error, MigrateError::Statement { .. }), "{error}");
            assert_eq!(bench.dump().await, whole, "after {stop} statements");
        }
        bench.go(&before(), &after(), &Renames::default(), Direction::Up).await.unwrap();
        assert_eq!(bench.sequence("users").await, Some(3), "ids are not given out again");
        bench.execute("DELETE FROM users WHERE id = 3").await;
        assert_eq!(bench.values("notes", &["x".into(), "user_id".into()]).await, ["1,1", "2,1", "3,2"]);
    });
}

#[test]
fn whoever_looks_on_sees_the_old_schema_or_the_new() {
    run_async(async {
        let (old, new) = (schema(&[]), before());
        let bench = Bench::holding(&old).await;
        let changes = async {
            for _ in 0..30 {
                bench.go(&old, &new, &Renames::default(), Direction::Up).await.unwrap();
                bench.go(&new, &old, &Renames::default(), Direction::Up).await.unwrap();
            }
        };
        let looks = async {
            loop {
                let inspected = Inspected::read(&bench.db).await.unwrap();
                assert_eq!(inspected.altered_by_hand().next(), None, "what it holds is what is there");
                assert!(inspected.schema.is_same(&old) || inspected.schema.is_same(&new));
            }
        };
        tokio::select! {
            () = changes => {}
            () = looks => {}
        }
    });
}

#[test]
fn foreign_keys_are_enforced_again_afterwards() {
    run_async(async {
        let bench = Bench::holding(&before()).await;
        bench.execute(ROWS).await;
        bench.go(&before(), &after(), &Renames::default(), Direction::Up).await.unwrap();
        for sql in ["DELETE FROM users WHERE id = 1", "INSERT INTO notes (x, user_id) VALUES (9, 99)"] {
            let statement = Statement::new(sql, Vec::new());
            let done = bench.db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await?) })).await;
            assert!(done.is_err(), "{sql}");
        }
    });
}
