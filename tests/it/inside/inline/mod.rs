//! Rows that come along with the one that they refer to, and are shown in it.

mod shop;

use std::sync::Arc;

use fasttrack::{
    db::{Arg, Cell, Dialect, Statement},
    error::Error,
    pipeline::{Target, verb_statements},
    principal::Principal,
    schema::Verb,
    wire::Params,
};
use serde_json::{Value, json};

use self::shop::{World, refused};
use super::{Inside, id, run};
use crate::driver::{adapted, dialect};

/// The fields of each row of a list.
fn each(rows: &Value, keys: &[&str]) -> Value {
    let row = |row: &Value| keys.iter().map(|key| row.get(*key).cloned().unwrap_or_default()).collect::<Value>();
    rows.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn an_order_comes_with_its_lines() {
    run(async {
        let world = World::new().await;
        let [one, two, three, _] = world.products;
        let body = json!({
            "title": "Tea",
            "lines": [
                { "product_id": three, "amount": 2, "like_ids": [two, one] },
                { "product_id": one, "amount": 30 },
            ],
            "remarks": [{ "text": "soon" }],
        });
        let order = world.post(&world.ada, &body).await.unwrap();
        assert_eq!(
            each(&order["lines"], &["order_id", "product_id", "amount", "like_ids", "author_id", "created_at"]),
            json!([
                [order["id"], three, 2, [one, two], id(&world.ada), order["created_at"]],
                [order["id"], one, 30, [], id(&world.ada), order["created_at"]],
            ])
        );
        assert!(order["lines"][0].get("margin").is_none());
        assert_eq!(each(&order["remarks"], &["about_id", "text"]), json!([[order["id"], "Tea: soon"]]));
        assert_eq!((&order["total"], &order["pieces"]), (&json!(32), &json!(2)));

        let order_id = order["id"].as_i64().unwrap();
        assert_eq!(world.read(&world.ada, order_id).await, order);
        let page = world.app.pipeline.list(world.app.index("order"), None, &world.ada, Params::parse(None)).await;
        assert_eq!(serde_json::from_slice::<Value>(&page.unwrap()).unwrap()["items"], json!([order]));
        // Each line is what its own route shows.
        for line in order["lines"].as_array().unwrap() {
            let target = Target::Id(line["id"].as_i64().unwrap());
            let own = world.app.pipeline.read(world.app.index("line"), target, &world.ada).await.unwrap();
            assert_eq!(&serde_json::from_slice::<Value>(&own).unwrap(), line);
        }
        // Whoever hears of the order hears of it as a whole, and before its lines.
        let ada = id(&world.ada);
        let told = world.app.drain().await;
        let said = |name: &str| told.iter().position(|line| line.starts_with(&format!("{name} {ada} "))).unwrap();
        assert!(told[said("placed")].contains("32") && said("placed") < said("lined"), "{told:?}");
        assert_eq!(told.iter().filter(|line| line.starts_with("lined")).count(), 2);
        let noted = world.app.rows("SELECT id FROM fasttrack_history", vec![]).await;
        assert_eq!(noted.len(), 3, "one of the order, and one of each line");
    });
}

/// Whichever way a server finds to ask what it asks of them: joined by a hash, they would be turned round.
#[test]
fn they_come_in_the_order_in_which_they_were_sent() {
    run(async {
        let world = World::new().await;
        if dialect() == Dialect::Postgres {
            // On each of its connections.
            for setting in ["enable_nestloop", "enable_mergejoin"].repeat(20) {
                let sql = "SELECT set_config($1, 'off', false)";
                let set = Statement::new(sql, vec![Arg::Text(setting.into())]);
                world.app.db.write(move |tx| Box::pin(async move { Ok(tx.query(set).await?) })).await.unwrap();
            }
        }
        let sent = json!({ "title": "x", "lines": [world.line(2, 3), world.line(0, 1), world.line(1, 2)] });
        let order = world.post(&world.ada, &sent).await.unwrap();
        assert_eq!(each(&order["lines"], &["amount"]), json!([[3], [1], [2]]));
    });
}

#[test]
fn what_is_wrong_with_one_of_them_is_told_by_its_place() {
    run(async {
        let world = World::new().await;
        let [one, two, _, foreign] = world.products;
        let (line, lines) = (world.line(0, 1), |count: usize| vec![json!({}); count]);
        let none = world.counts().await;
        for (lines, expected) in [
            (json!(null), "lines null"),
            (json!("x"), "lines type"),
            (json!({}), "lines type"),
            (json!([]), "lines too_few"),
            (json!(lines(6)), "lines too_many"),
            (json!([line, 3, []]), "lines.1 type, lines.2 type"),
            (json!([{}]), "lines.0.product_id required, lines.0.amount required"),
            (json!([{ "product_id": one, "amount": 1, "order_id": 1 }]), "lines.0.order_id read_only"),
            (json!([{ "product_id": one, "amount": 1, "x": 1, "id": 1 }]), "lines.0.x unknown, lines.0.id read_only"),
            (
                json!([line, world.line(1, 0), world.line(2, 1001)]),
                "lines.1.amount too_small, lines.2.amount too_large",
            ),
            (json!([line, { "product_id": 99_999, "amount": 1 }]), "lines.1.product_id not_found"),
            (json!([{ "product_id": foreign, "amount": 1 }]), "lines.0.product_id not_found"),
            (
                json!([{ "product_id": two, "amount": 0, "like_ids": [foreign] }, { "product_id": 0, "amount": 1 }]),
                "lines.0.amount too_small, lines.0.like_ids not_found, lines.1.product_id not_found",
            ),
            (json!([line, { "product_id": two, "amount": 1, "limit": 3 }]), "lines.1: you may not set limit"),
            // What only the database knows: the second of two that are alike.
            (json!([line, world.line(1, 1), line]), "lines.2: a line with this order_id and product_id exists already"),
        ] {
            let body = json!({ "title": "x", "lines": lines });
            assert_eq!(refused(world.post(&world.ada, &body).await), expected, "{body}");
        }
        assert_eq!(world.counts().await, none, "all of it or nothing");
    });
}

#[test]
fn all_faults_are_told_at_once_and_nothing_is_left() {
    run(async {
        let world = World::new().await;
        let (one, line, none) = (world.products[0], world.line(0, 1), world.counts().await);
        for (body, expected) in [
            (json!({ "title": "x" }), "lines required"),
            // All faults at once, those of the order itself among them.
            (
                json!({ "title": "", "lines": [{ "product_id": 99_999, "amount": 1 }], "remarks": [{ "text": "" }] }),
                "title too_short, lines.0.product_id not_found, remarks.0.text too_short",
            ),
            (
                json!({ "title": "x", "lines": [line], "remarks": [{ "text": "x", "about_id": 1 }] }),
                "remarks.0.about_id read_only",
            ),
            (
                json!({ "title": "x", "lines": [line], "remarks": [{ "text": "x" }, { "text": "rude" }] }),
                "remarks.1.text invalid",
            ),
            // A rule is asked of the order as it is now.
            (json!({ "title": "x", "is_open": false, "lines": [line] }), "lines.0: you may not create lines"),
        ] {
            assert_eq!(refused(world.post(&world.ada, &body).await), expected, "{body}");
        }
        let twice = r#"{"title":"x","lines":[{"product_id":1,"amount":1,"amount":2}]}"#;
        assert_eq!(refused(world.post_text(&world.ada, twice).await), "lines.0.amount duplicate");
        let twice = r#"{"title":"x","lines":[{}],"lines":[]}"#;
        let missing = "lines duplicate, lines.0.product_id required, lines.0.amount required";
        assert_eq!(refused(world.post_text(&world.ada, twice).await), missing);
        let nobody = world.post(&Principal::Anonymous, &json!({ "title": "x", "lines": [line] })).await;
        assert!(matches!(nobody, Err(Error::Unauthenticated(_))), "{nobody:?}");
        let body = json!({ "title": "x", "lines": [{ "product_id": one, "amount": 9, "limit": 3 }] });
        assert_eq!(refused(world.post(&world.admin, &body).await), "lines.0.amount check, lines.0.limit check");
        assert_eq!(world.counts().await, none, "all of it or nothing");
        assert_eq!(world.app.drain().await, [""; 0]);
        let body = json!({ "title": "x", "lines": [{ "product_id": one, "amount": 3, "limit": 3 }] });
        assert_eq!(world.post(&world.admin, &body).await.unwrap()["lines"][0]["margin"], 5);
    });
}

#[test]
fn everybody_is_shown_what_he_may_read() {
    run(async {
        let world = World::new().await;
        let body = json!({
            "title": "x",
            "lines": [world.line(0, 1)],
            "remarks": [{ "text": "open" }, { "text": "own", "is_open": false }],
        });
        let order = world.post(&world.ada, &body).await.unwrap();
        let order_id = order["id"].as_i64().unwrap();
        let remarks = |row: &Value| each(&row["remarks"], &["text"]);
        assert_eq!(remarks(&order), json!([["x: open"], ["x: own"]]));
        let seen = world.read(&world.admin, order_id).await;
        assert_eq!(remarks(&seen), json!([["x: open"]]));
        assert_eq!(each(&seen["lines"], &["amount", "margin"]), json!([[1, 5]]));
        assert!(order["lines"][0].get("margin").is_none());

        // They are changed by their own paths, and what is shown is what there is now.
        let answer = world.app.update("order", order_id, &world.ada, r#"{ "title": "y", "lines": [] }"#).await;
        assert_eq!(refused(answer.map(|_| json!(null))), "lines read_only");
        let (line, remark) = (order["lines"][0]["id"].as_i64().unwrap(), order["remarks"][0]["id"].as_i64().unwrap());
        world.app.update("line", line, &world.ada, r#"{ "amount": 7 }"#).await.unwrap();
        let changed = world.app.update("order", order_id, &world.ada, r#"{ "title": "y" }"#).await.unwrap();
        let changed: Value = serde_json::from_slice(&changed).unwrap();
        assert_eq!((&changed["total"], each(&changed["lines"], &["amount"])), (&json!(7), json!([[7]])));
        assert_eq!(changed, world.read(&world.ada, order_id).await);
        // What is deleted and kept is gone; and the least that comes along is no bound of what stays.
        world.app.pipeline.delete(world.app.index("remark"), remark, &world.ada).await.unwrap();
        world.app.pipeline.delete(world.app.index("line"), line, &world.ada).await.unwrap();
        let left = world.read(&world.ada, order_id).await;
        assert_eq!((remarks(&left), &left["lines"], &left["total"]), (json!([["x: own"]]), &json!([]), &json!(0)));
    });
}

/// How many at once.
const WRITERS: i64 = 50;

/// What each of them comes to, all having begun before any has ended.
async fn all<T: Send + 'static>(work: impl Iterator<Item = impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let begun: Vec<_> = work.map(tokio::spawn).collect();
    let mut ended = Vec::new();
    for one in begun {
        ended.push(one.await.unwrap());
    }
    ended
}

#[test]
fn fifty_orders_at_once_have_their_own_lines_each() {
    run(async {
        let world = Arc::new(World::new().await);
        let post = |number: i64| {
            let amounts = [number, number + 100, number + 200];
            let lines: Vec<_> =
                amounts.iter().enumerate().map(|(place, amount)| world.line(place, amount + 1)).collect();
            // One in five is refused, for its last line.
            let last = if number % 5 == 0 { lines[0].clone() } else { lines[2].clone() };
            let body = json!({ "title": number.to_string(), "lines": [lines[0], lines[1], last] });
            let world = Arc::clone(&world);
            async move { world.post(&world.ada, &body).await }
        };
        let posted = all((0..WRITERS).map(post)).await;
        for (number, order) in (0..).zip(posted) {
            if number % 5 == 0 {
                assert!(refused(order).starts_with("lines.2: a line with this"), "{number}");
                continue;
            }
            let order = order.unwrap();
            let sent: i64 = number + 1;
            assert_eq!(each(&order["lines"], &["amount"]), json!([[sent], [sent + 100], [sent + 200]]), "{order}");
            assert_eq!((&order["title"], &order["total"]), (&json!(number.to_string()), &json!(3 * sent + 300)));
            assert_eq!(world.read(&world.ada, order["id"].as_i64().unwrap()).await, order);
        }
        assert_eq!(world.counts().await, [40, 120, 0, 40]);
    });
}

#[test]
fn a_limit_holds_of_what_comes_along_and_of_what_comes_later() {
    run(async {
        let world = Arc::new(World::new().await);
        let mut products = world.products[..3].to_vec();
        for _ in 0..WRITERS {
            products.push(world.app.create("product", None, &world.bob, "{}").await.unwrap());
        }
        let line = |product: i64| json!({ "product_id": product, "amount": 1 });
        let lines: Vec<_> = products[..5].iter().copied().map(line).collect();
        let order = world.post(&world.ada, &json!({ "title": "x", "lines": lines })).await.unwrap();
        let order = order["id"].as_i64().unwrap();
        let more = products[3..].iter().map(|product| {
            let body = json!({ "product_id": product, "amount": 1 }).to_string();
            let world = Arc::clone(&world);
            async move { world.app.create("line", Some(order), &world.ada, &body).await }
        });
        let added = all(more).await;
        assert_eq!(added.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert_eq!(world.read(&world.ada, order).await["pieces"], 6);
    });
}

#[test]
fn a_row_shows_the_first_and_says_that_there_are_more() {
    run(async {
        let world = World::new().await;
        let remarks = [json!({ "text": "a" }), json!({ "text": "b", "is_open": false })];
        let body = json!({ "title": "x", "lines": [world.line(0, 1)], "remarks": remarks });
        let order = world.post(&world.ada, &body).await.unwrap();
        assert_eq!((&order["lines_has_more"], &order["remarks_has_more"]), (&json!(false), &json!(false)));
        let id_of = |rows: &Value, place: usize| rows[place]["id"].as_i64();
        let first = id_of(&order["remarks"], 0).unwrap();
        let order = order["id"].as_i64().unwrap();
        let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
                    INSERT INTO remarks (about_id, text, is_open, author_id) SELECT $1, 'c', $4 = 1, $2 FROM n";
        let add = |count: i64, is_open: i64| {
            let args = [order, id(&world.bob), count, is_open].map(Arg::Int);
            write(&world.app, many, args.to_vec())
        };
        // Those that somebody may not see are no more to him.
        add(98, 1).await;
        add(30, 0).await;
        let shown = async |who| {
            let seen = world.read(who, order).await;
            assert_eq!(id_of(&seen["remarks"], 0), Some(first));
            (seen["remarks"].as_array().unwrap().len(), seen["remarks_has_more"].as_bool().unwrap())
        };
        assert_eq!((shown(&world.ada).await, shown(&world.admin).await), ((100, false), (99, false)));
        add(1, 1).await;
        assert_eq!((shown(&world.ada).await, shown(&world.admin).await), ((100, true), (100, false)));
    });
}

#[test]
fn rows_inside_rows_are_found_along_an_index() {
    run(async {
        let world = World::new().await;
        let order = world.post(&world.ada, &json!({ "title": "x", "lines": [world.line(0, 1)] })).await.unwrap();
        // So many that no plan would read them all for one.
        let many = "INSERT INTO lines (order_id, product_id, amount, \"limit\", margin, author_id, created_at) \
                    SELECT o.id, p.id, 1, 1000, 5, o.customer_id, o.created_at FROM orders o JOIN products p ON p.id > $1";
        let orders = "INSERT INTO orders (title, is_open, pieces, total, customer_id, created_at, updated_at) \
                      SELECT title, is_open, 0, 0, customer_id, created_at, updated_at FROM orders WHERE id > $1";
        for _ in 0..11 {
            write(&world.app, orders, vec![Arg::Int(0)]).await;
        }
        write(&world.app, many, vec![Arg::Int(world.products[0])]).await;
        write(&world.app, "ANALYZE", vec![]).await;
        let catalog = &world.app.catalog;
        let model = catalog.find("order").unwrap();
        let found = verb_statements(dialect(), catalog, model).unwrap();
        let read = found.into_iter().find(|found| found.verb == Verb::Read && found.role == Some("user"));
        let sql = read.unwrap().sql.unwrap();
        let explain = if dialect() == Dialect::Sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
        let count = (1..9).take_while(|number| sql.contains(&format!("${number}"))).count();
        let args = vec![Arg::Int(order["id"].as_i64().unwrap()); count];
        let plan = world.app.rows(&format!("{explain} {sql}"), args).await;
        let plan: Vec<_> =
            plan.iter().map(|row| format!("{:?}", row.0.iter().filter_map(text).collect::<Vec<_>>())).collect();
        // Rows that were found already are gone through, and the others are so few that nothing is gained by an index.
        let is_found = |line: &str| plan.iter().any(|other| other.replace("CO-ROUTINE", "SCAN") == line);
        let scans = |line: &&String| line.contains("Seq Scan on lines ") || line.contains("SCAN r") && !is_found(line);
        assert_eq!(plan.iter().find(scans), None, "{plan:#?}");
        let is_found = |line: &String| line.contains("on lines ") || line.contains("SEARCH r1 USING INDEX");
        assert!(plan.iter().any(is_found), "{plan:#?}");
    });
}

fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Bytes(text) => Some(String::from_utf8_lossy(text).into_owned()),
        _ => None,
    }
}

async fn write(app: &Inside, sql: &str, args: Vec<Arg>) {
    let statement = Statement::new(adapted(sql), args);
    app.db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await.map(drop)?) })).await.unwrap();
}
