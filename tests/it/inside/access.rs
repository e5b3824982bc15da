//! What rules let through that do not speak of who is calling.

use fasttrack::{
    error::Error,
    pipeline::Target,
    principal::Principal,
    schema::{Column, Comparison, Grant, Id, Kind, Literal, OnDelete, Path, Rule, Schema, Verb},
    wire::{Object, Params},
};

use super::{Inside, id_of, run};

const LEVEL: Column = Column { kind: Kind::Int, ..Column::new::<i64>("level", "level") };
const OWNER: Column = Column {
    kind: Kind::Relation("user"),
    nullable: true,
    ..Column::new::<i64>("owner", "owner_id").on_delete(OnDelete::Restrict).actor()
};
const OWNED: Rule = Rule::Related(Path::HERE.then("owner"));
const LOW: Rule = Rule::Compare { path: Path::HERE, field: "level", op: Comparison::Lt, value: Literal::Int(5) };

#[expect(clippy::large_types_passed_by_value, reason = "runs at compile time only")]
const fn grant(verb: Verb, rule: Rule) -> Grant {
    Grant { verb, rule }
}

/// Rules about rows, and denials.
static LEAF: Schema =
    Schema::new("leaf", "leaves").columns(&[Column::new::<Id<()>>("id", "id"), OWNER, LEVEL]).grants(&[
        grant(Verb::Create, LOW),
        grant(Verb::Read, LOW),
        grant(Verb::List, Rule::Not(&OWNED)),
        grant(Verb::Update, LOW),
        grant(Verb::Delete, Rule::Not(&Rule::Role("admin"))),
    ]);

/// The same, where somebody said that he means everybody.
static WEED: Schema =
    Schema::new("weed", "weeds").columns(&[Column::new::<Id<()>>("id", "id"), OWNER, LEVEL]).grants(&[
        grant(Verb::Create, Rule::Anyone),
        grant(Verb::Update, Rule::Any(&[OWNED, Rule::All(&[Rule::Anyone, LOW])])),
        grant(Verb::Delete, Rule::Any(&[Rule::All(&[Rule::Anyone, LOW]), Rule::Not(&OWNED)])),
    ]);

/// Who may change it may not see it.
static VAULT: Schema =
    Schema::new("vault", "vaults").columns(&[Column::new::<Id<()>>("id", "id"), OWNER, LEVEL]).grants(&[
        grant(Verb::Create, Rule::Authenticated),
        grant(Verb::Read, Rule::Any(&[Rule::Role("admin"), LOW])),
        grant(Verb::Update, OWNED),
    ]);

async fn garden() -> Inside {
    let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
    Inside::new(&[&LEAF, user, &VAULT, &WEED]).await
}

const NOBODY: Principal = Principal::Anonymous;

fn check_refused<T>(outcome: Result<T, Error>, what: &str) {
    assert!(matches!(outcome, Err(Error::Unauthenticated(_))), "{what}: {:?}", outcome.err());
}

#[test]
fn who_is_not_logged_in_changes_nothing_unless_the_rule_says_anyone() {
    run(async {
        let app = garden().await;
        let ada = app.register("ada").await;
        let leaf = app.create("leaf", None, &ada, r#"{"level": 1}"#).await.unwrap();
        check_refused(app.create("leaf", None, &NOBODY, r#"{"level": 1}"#).await, "create");
        check_refused(app.update("leaf", leaf, &NOBODY, r#"{"level": 2}"#).await, "update");
        check_refused(app.pipeline.delete(app.index("leaf"), leaf, &NOBODY).await, "delete");
        app.pipeline.read(app.index("leaf"), Target::Id(leaf), &NOBODY).await.unwrap();
        app.update("leaf", leaf, &ada, r#"{"level": 2}"#).await.unwrap();
        app.pipeline.delete(app.index("leaf"), leaf, &ada).await.unwrap();

        let [low, high] = [1, 9].map(|level| format!(r#"{{"level": {level}}}"#));
        let (low, high) = (
            app.create("weed", None, &NOBODY, &low).await.unwrap(),
            app.create("weed", None, &ada, &high).await.unwrap(),
        );
        app.update("weed", low, &NOBODY, r#"{"level": 2}"#).await.unwrap();
        app.pipeline.delete(app.index("weed"), high, &NOBODY).await.unwrap_err();
        app.pipeline.delete(app.index("weed"), low, &NOBODY).await.unwrap();
    });
}

#[test]
fn a_denial_of_what_is_not_known_does_not_hold() {
    run(async {
        let app = garden().await;
        let (ada, bob) = (app.register("ada").await, app.register("bob").await);
        app.create("leaf", None, &ada, r#"{"level": 1}"#).await.unwrap();
        let leaves = |who: Principal| {
            let app = &app;
            async move {
                let page = app.pipeline.list(app.index("leaf"), None, &who, Params::parse(None)).await?;
                Ok::<_, Error>(
                    serde_json::from_slice::<serde_json::Value>(&page).unwrap()["items"].as_array().unwrap().len(),
                )
            }
        };
        assert_eq!((leaves(ada).await.unwrap(), leaves(bob).await.unwrap()), (0, 1));
        check_refused(leaves(NOBODY).await, "list");
    });
}

#[test]
fn a_change_shows_the_row_to_nobody_who_may_not_see_it() {
    run(async {
        let app = garden().await;
        let ada = app.register("ada").await;
        let body = Object::parse(br#"{"level": 9}"#).unwrap();
        let vault = id_of(&app.pipeline.create(app.index("vault"), None, &ada, &body).await.unwrap());
        for (change, is_seen) in [("{}", false), (r#"{"level": 8}"#, false), (r#"{"level": 3}"#, true), ("{}", true)] {
            let body = Object::parse(change.as_bytes()).unwrap();
            let changed = app.pipeline.update(app.index("vault"), Target::Id(vault), &ada, &body).await.unwrap();
            assert_eq!(changed.is_seen, is_seen, "{change}");
        }
    });
}
