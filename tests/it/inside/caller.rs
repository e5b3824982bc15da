//! Rules that ask the account that is calling: what it holds, what it leads to, and what rows have in common with it.

use fasttrack::{
    db::{Arg, Statement},
    error::Error,
    pipeline::Target,
    principal::Principal,
    schema::{Column, Comparison, Grant, Id, Kind, Literal, OnDelete, Path, Rule, Schema, Verb},
    wire::Params,
};
use serde_json::Value;

use super::{Inside, id, run};

const HERE: Path = Path::HERE;
const ANYWHERE: &str = "";

const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
    let column = Column::new::<Option<i64>>(name, key).on_delete(OnDelete::SetNull);
    Column { kind: Kind::Relation(target), ..column }
}

const fn is(field: &'static str, word: &'static str) -> Rule {
    Rule::Compare { path: HERE, field, op: Comparison::Eq, value: Literal::Text(word) }
}

const fn like(path: Path, field: &'static str, op: Comparison, of: Path, with: &'static str) -> Rule {
    Rule::LikeCaller { path, field, op, of, with }
}

static TEAM: Schema = Schema::new("team", "teams")
    .columns(&[
        Column::new::<Id<()>>("id", "id"),
        Column::new::<String>("name", "name").len(0, 40).default_empty(),
        relation("boss", "boss_id", "user"),
    ])
    .grants(&[Grant::new(Verb::Create, Rule::Authenticated), Grant::new(Verb::Read, Rule::Authenticated)]);

const PRO: Rule = Rule::OfCaller(&is("display_name", "pro"));
const LEADS: Rule = Rule::Related(HERE.then("team").then("boss"));
const OWN_TEAM: Rule = like(HERE, "team", Comparison::Eq, HERE, "team");

/// Things with the same fields, that are seen by what the caller has.
macro_rules! things {
    ($($name:ident $plural:literal $read:expr;)*) => {
        static THINGS: &[Schema] = &[$(
            Schema::new(stringify!($name), $plural)
                .columns(const { &[
                    Column::new::<Id<()>>("id", "id"),
                    Column::new::<Option<String>>("note", "note").len(0, 40),
                    relation("team", "team_id", "team"),
                ] })
                .grants(const { &[
                    Grant::new(Verb::Create, Rule::Authenticated),
                    Grant::new(Verb::List, $read),
                    Grant::new(Verb::Read, $read),
                    Grant::new(Verb::Update, $read),
                ] })
        ),*];
    };
}

things! {
    plan "plans" PRO;
    unplan "unplans" Rule::Not(&PRO);
    common "commons" OWN_TEAM;
    uncommon "uncommons" Rule::Not(&OWN_TEAM);
    other "others" like(HERE, "team", Comparison::Ne, HERE, "team");
    lead "leads" Rule::OfCaller(&LEADS);
    named "nameds" like(HERE, "note", Comparison::Eq, HERE.then("team"), "name");
    below "belows" like(HERE.then("team"), "name", Comparison::Eq, HERE, "display_name");
    mixed "mixeds" Rule::Any(&[Rule::All(&[PRO, OWN_TEAM]), Rule::Role("admin")]);
}

async fn set(app: &Inside, who: &Principal, column: &str, value: Arg) {
    let sql = crate::driver::adapted(
        &format!("UPDATE users SET {column} = ? WHERE id = ?").replacen('?', "$1", 1).replacen('?', "$2", 1),
    );
    let statement = Statement::new(sql, vec![value, Arg::Int(id(who))]);
    app.db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await?) })).await.unwrap();
}

/// Whether somebody sees a row, alone and in the list alike, and may change it.
async fn sees(app: &Inside, name: &str, row: i64, who: &Principal) -> bool {
    let resource = app.index(name);
    let alone = app.pipeline.read(resource, Target::Id(row), who).await.is_ok();
    let listed = match app.pipeline.list(resource, None, who, Params::parse(None)).await {
        Ok(page) => {
            let page: Value = serde_json::from_slice(&page).unwrap();
            page["items"].as_array().unwrap().iter().any(|item| item["id"] == row)
        }
        Err(Error::Forbidden(_) | Error::Unauthenticated(_)) => false,
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(alone, listed, "{name}");
    assert_eq!(app.update(name, row, who, "{}").await.is_ok(), alone, "{name}");
    alone
}

#[test]
fn what_the_account_holds_counts_from_the_next_request_on() {
    run(async {
        let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
        let columns: Vec<Column> =
            user.columns.iter().copied().chain([relation("team", "team_id", "team").read_only()]).collect();
        let user: &'static Schema = Box::leak(Box::new(Schema { columns: columns.leak(), ..**user }));
        let schemas: Vec<_> = [user, &TEAM].into_iter().chain(THINGS).collect();
        let app = Inside::new(&schemas).await;
        let (ada, bob) = (app.register("ada").await, app.register("bob").await);
        let red =
            app.create("team", None, &ada, &format!(r#"{{"name": "red", "boss_id": {}}}"#, id(&ada))).await.unwrap();
        let blue = app.create("team", None, &ada, r#"{"name": "blue"}"#).await.unwrap();
        let mut rows = Vec::new();
        for thing in THINGS {
            let row =
                app.create(thing.name, None, &ada, &format!(r#"{{"note": "red", "team_id": {red}}}"#)).await.unwrap();
            rows.push((thing.name, row));
        }
        let seen = async |who: &Principal| {
            let mut seen = Vec::new();
            for (name, row) in &rows {
                if sees(&app, name, *row, who).await {
                    seen.push(*name);
                }
            }
            seen.join(" ")
        };
        assert_eq!(seen(&Principal::Anonymous).await, ANYWHERE);
        assert_eq!(seen(&bob).await, "unplan uncommon other", "of who is in no team");
        set(&app, &bob, "display_name", Arg::Text("pro".into())).await;
        assert_eq!(seen(&bob).await, "plan uncommon other");
        set(&app, &bob, "team_id", Arg::Int(red)).await;
        assert_eq!(seen(&bob).await, "plan common named mixed");
        set(&app, &bob, "team_id", Arg::Int(blue)).await;
        assert_eq!(seen(&bob).await, "plan uncommon other");
        set(&app, &bob, "display_name", Arg::Text("red".into())).await;
        assert_eq!(seen(&bob).await, "unplan uncommon other below");
        set(&app, &ada, "team_id", Arg::Int(red)).await;
        assert_eq!(seen(&ada).await, "unplan common lead named");
        // What is nobody's is nobody's alike.
        let free = app.create("common", None, &ada, "{}").await.unwrap();
        let cleo = app.register("cleo").await;
        assert!(!sees(&app, "common", free, &cleo).await && !sees(&app, "common", free, &ada).await);
        let free = app.create("other", None, &ada, "{}").await.unwrap();
        assert!(sees(&app, "other", free, &cleo).await && sees(&app, "other", free, &ada).await);
        // Who moves a row needs the right where it comes to as well.
        let (_, common) = rows.iter().find(|(name, _)| *name == "common").unwrap();
        let moved = app.update("common", *common, &ada, &format!(r#"{{"team_id": {blue}}}"#)).await;
        assert!(matches!(moved, Err(Error::Forbidden(_))), "{moved:?}");
    });
}

mod declared {
    use fasttrack::{
        Application,
        prelude::*,
        testing::{Login, TestApp, json},
    };

    use super::super::accounts::{Member, Team};

    /// What a team writes, and one of it is told.
    #[expect(dead_code, reason = "the columns are for the database alone")]
    #[resource]
    #[rule(own: team == caller.team)]
    #[can(create: own & caller.is_active == true)]
    #[can(list, read: own)]
    #[can(update: own & caller.mentor)]
    #[on(created => posted { text: text } to reader)]
    pub(in super::super) struct Post {
        pub id: Id<Post>,
        #[field(len = ..=20, default)]
        pub text: String,
        #[field(on_delete = cascade)]
        pub team: BelongsTo<Team>,
        #[field(on_delete = set_null)]
        pub reader: Option<BelongsTo<Member>>,
    }

    fasttrack::resources! { account: Member, Team, Post }

    /// A message is for who is in the team when it is delivered, or replayed.
    #[test]
    fn messages_follow_the_account() {
        let app = TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start();
        let (ada, bob) = (app.account("ada"), app.account("bob"));
        let teams = ["red", "blue"].map(|name| {
            let made = app.as_(&ada).post("/teams", &json!({ "name": name })).ok();
            made["id"].as_i64().unwrap()
        });
        let moves = |who: &Login, team: usize| {
            app.as_(who).patch("/members/me", &json!({ "team_id": teams[team] })).ok();
        };
        let told = || app.as_(&bob).get("/notifications").ok()["items"].as_array().unwrap().len();
        let post = json!({ "team_id": teams[0], "reader_id": bob.id });
        app.as_(&ada).post("/posts", &post).refused(403);
        moves(&ada, 0);
        moves(&bob, 0);
        let made = app.as_(&ada).post("/posts", &post).ok();
        let path = format!("/posts/{}", made["id"]);
        assert_eq!(told(), 1);
        app.as_(&bob).get(&path).ok();
        app.as_(&bob).patch(&path, &json!({ "text": "mine" })).refused(403);
        moves(&bob, 1);
        assert_eq!(told(), 0);
        app.as_(&bob).get(&path).refused(403);
        moves(&bob, 0);
        assert_eq!(told(), 1);
        app.as_(&bob).patch("/members/me", &json!({ "mentor_id": bob.id })).ok();
        app.as_(&bob).patch(&path, &json!({ "text": "mine" })).ok();
    }
}
