//! What a deletion takes along, and whom that is told: every row once, however many ways lead to it and however deep it is.

use fasttrack::{
    db::{Arg, Dialect, Statement},
    schema::{Change, Column, Effect, Grant, Id, Kind, OnDelete, Path, Rule, Schema, Trigger, UpdatedAt, Verb},
};

use super::{Inside, id, run};
use crate::driver::dialect;

const OWNER: Path = Path::HERE.then("owner");
const FRIEND: Path = Path::HERE.then("friend");

const fn relation(name: &'static str, key: &'static str, target: &'static str, on_delete: OnDelete) -> Column {
    Column { kind: Kind::Relation(target), nullable: true, ..Column::new::<i64>(name, key).on_delete(on_delete) }
}

/// Nodes hang on one another in three ways, and on a knot, which hangs on a node.
static NODE: Schema = Schema::new("node", "nodes")
    .columns(&[
        Column::new::<Id<()>>("id", "id"),
        relation("owner", "owner_id", "user", OnDelete::Restrict).actor(),
        relation("friend", "friend_id", "user", OnDelete::Restrict),
        relation("parent", "parent_id", "node", OnDelete::Cascade),
        relation("origin", "origin_id", "node", OnDelete::Cascade),
        relation("mirror", "mirror_id", "node", OnDelete::Cascade),
        relation("knot", "knot_id", "knot", OnDelete::Cascade),
        relation("model", "model_id", "node", OnDelete::SetNull),
        Column::new::<UpdatedAt>("updated_at", "updated_at"),
    ])
    .grants(&[
        Grant { verb: Verb::Create, rule: Rule::Authenticated },
        Grant { verb: Verb::Read, rule: Rule::Related(OWNER) },
        Grant { verb: Verb::Update, rule: Rule::Related(OWNER) },
        Grant { verb: Verb::Delete, rule: Rule::Authenticated },
    ])
    .triggers(&[Trigger {
        change: Change::Deleted,
        effect: Effect::Event { name: "node_gone", payload: &[], to: &[OWNER, FRIEND], except_actor: false },
    }]);

static KNOT: Schema = Schema::new("knot", "knots")
    .columns(&[Column::new::<Id<()>>("id", "id"), relation("node", "node_id", "node", OnDelete::Cascade)])
    .grants(&[
        Grant { verb: Verb::Create, rule: Rule::Authenticated },
        Grant { verb: Verb::Read, rule: Rule::Authenticated },
    ]);

async fn nodes() -> Inside {
    let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
    Inside::new(&[&KNOT, &NODE, user]).await
}

impl Inside {
    async fn gone(&self, node: i64, who: &fasttrack::principal::Principal) -> Vec<String> {
        self.pipeline.delete(self.index("node"), node, who).await.unwrap();
        self.drain().await
    }
}

fn told(account: i64, nodes: &[i64]) -> Vec<String> {
    nodes.iter().map(|node| format!(r#"node_gone {account} {{"node_id":{node}}}"#)).collect()
}

#[test]
fn a_row_that_many_ways_lead_to_is_told_once() {
    run(async {
        let app = nodes().await;
        let ada = app.register("ada").await;
        let root = app.create("node", None, &ada, "{}").await.unwrap();
        let mut made = vec![root];
        for _ in 0..30 {
            let [before, last] = [made[made.len().saturating_sub(2)], made[made.len() - 1]];
            let body = format!(r#"{{"parent_id": {last}, "origin_id": {before}, "mirror_id": {root}}}"#);
            made.push(app.create("node", None, &ada, &body).await.unwrap());
        }
        assert_eq!(app.gone(root, &ada).await, told(id(&ada), &made), "31 deep");
    });
}

/// Statements on the database itself.
async fn execute(app: &Inside, sql: String) {
    app.db
        .write(move |tx| Box::pin(async move { Ok(tx.query(Statement::new(sql, Vec::new())).await?) }))
        .await
        .unwrap();
}

/// `SQLite` itself deletes 1,000 deep, and the lists of what goes are longer than what is done at a time.
#[test]
fn a_chain_of_any_length_goes_at_once() {
    const LAST: i64 = 3_000;
    for columns in [
        // Each hangs on the one before; all on the first, and each on the one before as well; two ways at a time.
        ["i - 1", "NULL", "NULL"],
        ["1", "i - 1", "NULL"],
        ["i - 1", "CASE i WHEN 1 THEN 1 WHEN 2 THEN 1 ELSE i - 2 END", "i - 1"],
        // The first hangs on the last.
        ["CASE i WHEN 1 THEN 3000 ELSE i - 1 END", "NULL", "NULL"],
    ] {
        run(async move {
            let app = nodes().await;
            let ada = app.register("ada").await;
            let [parent, origin, mirror] = columns;
            let fill = format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {LAST})
                 INSERT INTO nodes (id, owner_id, updated_at) SELECT i, {}, '2026-01-01T00:00:00.000000Z' FROM n;
                 UPDATE nodes SET parent_id = p, origin_id = o, mirror_id = m FROM (SELECT id AS i,
                     nullif({parent}, 0) AS p, nullif({origin}, 0) AS o, nullif({mirror}, 0) AS m FROM
                     (SELECT id, id AS i FROM nodes) y) x WHERE nodes.id = x.i",
                id(&ada)
            );
            execute(&app, fill).await;
            if dialect() == Dialect::Postgres {
                // Ids that are given are not counted there.
                execute(&app, format!("SELECT setval('nodes_id_seq', {LAST})")).await;
            }
            let outside = app.create("node", None, &ada, "{}").await.unwrap();
            assert_eq!(app.gone(1, &ada).await, told(id(&ada), &(1..=LAST).collect::<Vec<_>>()), "{columns:?}");
            let left = app.rows("SELECT id FROM nodes", Vec::new()).await;
            assert_eq!(left.iter().map(|row| row.int(0)).collect::<Vec<_>>(), [Some(outside)]);
        });
    }
}

#[test]
fn all_that_lose_a_reference_have_changed() {
    run(async {
        let app = nodes().await;
        let ada = app.register("ada").await;
        let [model, other] = [(); 2].map(|()| app.create("node", None, &ada, "{}"));
        let (model, other) = (model.await.unwrap(), other.await.unwrap());
        let fill = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
             INSERT INTO nodes (owner_id, model_id, parent_id, updated_at)
             SELECT {}, CASE i % 2 WHEN 1 THEN {model} ELSE {other} END, CASE i % 10 WHEN 1 THEN {model} END, '2026-01-01T00:00:00.000000Z' FROM n",
            id(&ada)
        );
        execute(&app, fill).await;
        assert_eq!(app.gone(model, &ada).await.len(), 101, "the model, and what hangs on it");
        let count = format!(
            "SELECT count(CASE WHEN model_id IS NULL AND updated_at <> $1 THEN 1 END),
                 count(CASE WHEN model_id = {other} AND updated_at = $1 THEN 1 END), count(*)
             FROM nodes WHERE id <> {other}"
        );
        let before = Arg::Text("2026-01-01T00:00:00.000000Z".into());
        let counts = app.rows(&count, vec![before]).await.remove(0);
        assert_eq!([0, 1, 2].map(|index| counts.int(index)), [Some(400), Some(500), Some(900)]);
    });
}

#[test]
fn a_circle_comes_to_an_end() {
    run(async {
        let app = nodes().await;
        let ada = app.register("ada").await;
        let first = app.create("node", None, &ada, "{}").await.unwrap();
        let knot = app.create("knot", None, &ada, &format!(r#"{{"node_id": {first}}}"#)).await.unwrap();
        let second = app.create("node", None, &ada, &format!(r#"{{"knot_id": {knot}}}"#)).await.unwrap();
        let outside = app.create("node", None, &ada, "{}").await.unwrap();
        app.update("node", first, &ada, &format!(r#"{{"parent_id": {second}}}"#)).await.unwrap();
        assert_eq!(app.gone(second, &ada).await, told(id(&ada), &[second, first]));
        assert_eq!(app.gone(outside, &ada).await, told(id(&ada), &[outside]));
    });
}

#[test]
fn only_who_could_read_a_row_hears_that_it_went() {
    run(async {
        let app = nodes().await;
        let (ada, bob) = (app.register("ada").await, app.register("bob").await);
        let body = format!(r#"{{"friend_id": {}}}"#, id(&bob));
        let node = app.create("node", None, &ada, &body).await.unwrap();
        assert_eq!(app.gone(node, &bob).await, told(id(&ada), &[node]));
    });
}

#[test]
fn a_row_that_loses_a_reference_has_changed() {
    run(async {
        let app = nodes().await;
        let ada = app.register("ada").await;
        let model = app.create("node", None, &ada, "{}").await.unwrap();
        let node = app.create("node", None, &ada, &format!(r#"{{"model_id": {model}}}"#)).await.unwrap();
        let sql = format!(r#"SELECT CAST("updated_at" AS BLOB), "model_id" FROM "nodes" WHERE "id" = {node}"#);
        let before = app.rows(&sql, Vec::new()).await.remove(0);
        assert_eq!(app.gone(model, &ada).await, told(id(&ada), &[model]));
        let after = app.rows(&sql, Vec::new()).await.remove(0);
        assert_eq!((before.int(1), after.int(1)), (Some(model), None));
        assert!(before.text(0) < after.text(0), "{before:?} {after:?}");
    });
}
