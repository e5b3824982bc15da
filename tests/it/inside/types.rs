//! Every type of field on the way in, through the database, and out again: what a client sends is what is shown, and what
//! it is found by.

use fasttrack::{
    Application,
    error::Error,
    schema::{Column, Grant, Id, Kind, Rule, Schema, Verb},
    testing::TestApp,
    types::Holds,
    wire::Params,
};

use super::{Inside, run};

/// A type as a field that clients set, and ask for; `None` of those that they do not.
fn column(holds: Holds) -> Option<Column> {
    let column = Column::new::<Option<i64>>("x", "x").filter(&[]);
    let kind = match holds {
        Holds::Text => Kind::Text,
        Holds::Bool => Kind::Bool,
        Holds::Int => Kind::Int,
        Holds::Float => Kind::Float,
        Holds::Decimal => Kind::Decimal(2),
        Holds::Timestamp => Kind::Timestamp,
        Holds::Date => Kind::Date,
        Holds::Duration => Kind::Duration,
        Holds::Uuid => Kind::Uuid,
        Holds::Url => Kind::Url,
        Holds::Texts => Kind::Texts,
        Holds::Integers => Kind::Integers,
        Holds::Json => Kind::Json,
        Holds::Choice => Kind::Choice(&["low", "high"]),
        Holds::Email => Kind::Email,
        // The server sets these, a row has to be there for the next, and nobody sees the last again.
        Holds::Id
        | Holds::CreatedAt
        | Holds::UpdatedAt
        | Holds::DeletedAt
        | Holds::Relation
        | Holds::Many
        | Holds::PasswordHash
        // Sent by a request of its own.
        | Holds::File => return None,
    };
    let is_asked = kind.facts().parse.is_some();
    Some(Column { kind, filter: is_asked, index: is_asked && !kind.facts().holds_many, ..column })
}

/// A resource of rows that hold one value.
fn boxed(holds: Holds) -> Option<&'static Schema> {
    let columns = Vec::leak(vec![Column::new::<Id<()>>("id", "id"), column(holds)?]);
    let name: &'static str = format!("{holds:?}").to_lowercase().leak();
    let plural: &'static str = format!("{name}_rows").leak();
    let name: &'static str = format!("{name}_row").leak();
    let grants = Vec::leak([Verb::Create, Verb::List].map(|verb| Grant::new(verb, Rule::Authenticated)).to_vec());
    Some(Box::leak(Box::new(Schema::new(name, plural).columns(columns).grants(grants))))
}

#[test]
fn every_value_comes_back_as_it_was_and_is_found() {
    run(async {
        let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
        let boxes: Vec<_> = Holds::ALL.iter().filter_map(|holds| Some((*holds, boxed(*holds)?))).collect();
        let schemas: Vec<_> = [*user].into_iter().chain(boxes.iter().map(|(_, schema)| *schema)).collect();
        let app = Inside::new(&schemas).await;
        let ada = app.register("ada").await;
        for (holds, schema) in boxes {
            let facts = holds.facts();
            for (json, shown, asked) in facts.examples {
                let body = format!(r#"{{"x": {json}}}"#);
                let id = app.create(schema.name, None, &ada, &body).await.unwrap();
                let expected = if *json == "null" { r#""x":null"#.to_owned() } else { format!(r#""x":{shown}"#) };
                let has = if facts.holds_many { "[has]" } else { "" };
                let mut query = format!("limit=100&sort=-id&x{has}={}", encoded(asked));
                // Nothing is in a list of nothing.
                if facts.parse.is_none() || *json == "[]" {
                    query = "limit=100&sort=-id".to_owned();
                }
                let index = app.index(schema.name);
                let page = app.pipeline.list(index, None, &ada, Params::parse(Some(&query))).await.unwrap();
                let page = String::from_utf8(page).unwrap();
                let row = format!(r#"{{"id":{id},{expected}}}"#);
                assert!(page.contains(&row), "{holds:?} {json}: {row} is not in {page}");
            }
            for (json, code) in facts.refused.iter().filter(|(json, _)| *json != "null") {
                let refused = app.create(schema.name, None, &ada, &format!(r#"{{"x": {json}}}"#)).await;
                let Err(Error::Invalid(faults)) = refused else { panic!("{holds:?} {json}: {refused:?}") };
                assert_eq!((faults[0].field.as_ref(), faults[0].code), ("x", *code), "{holds:?} {json}");
            }
        }
    });
}

#[test]
fn values_that_are_written_together_come_back_as_they_were() {
    let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
    let boxes: Vec<_> = Holds::ALL.iter().filter_map(|holds| Some((*holds, boxed(*holds)?))).collect();
    let schemas: Vec<_> = [*user].into_iter().chain(boxes.iter().map(|(_, schema)| *schema)).collect();
    let app = TestApp::setup(Application::new(&*schemas.leak())).set("MIGRATIONS_DIR", "none").start();
    let ada = app.account("ada");
    for (holds, schema) in boxes {
        // Each twice, so that no type is written alone.
        let examples = holds.facts().examples.iter().flat_map(|example| [example, example]);
        let path = format!("/{}", schema.plural);
        let creation = |json: &str| {
            format!(r#"{{"method": "POST", "path": "{path}", "body": {{"x": {}}}}}"#, json.replace('$', "$$"))
        };
        let operations: Vec<_> = examples.clone().map(|(json, ..)| creation(json)).collect();
        let body = format!(r#"{{"operations": [{}]}}"#, operations.join(","));
        let reply = app.as_(&ada).call("POST", "/batch").body("application/json", body).expect(200);
        let shown = reply.text();
        let mut rest = shown.as_str();
        for (json, shown, _) in examples {
            let expected = if *json == "null" { r#""x":null}"#.to_owned() } else { format!(r#""x":{shown}}}"#) };
            let Some((_, behind)) = rest.split_once(&expected) else {
                panic!("{holds:?}: {expected} is not in {rest}")
            };
            rest = behind;
        }
    }
}

/// A value in a query string.
fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat()
}
