//! Things with the same fields and another rule each, and people who change them.

use fasttrack::{
    error::Error,
    pipeline::Target,
    principal::Principal,
    schema::{Column, Comparison, Grant, Id, Kind, Literal, OnDelete, Path, Rule, Schema, Transition, Verb},
    wire::{Object, Params},
};
use serde_json::Value;

use super::{Inside, id, run};

/// Words of notes.
const WORDS: [&str; 4] = ["a", "b", "c", "d"];

const HERE: Path = Path::HERE;
const OWNER: Rule = Rule::Related(HERE.then("owner"));
const HOLDER: Rule = Rule::Related(HERE.then("holder"));
const KEEPER: Rule = Rule::Related(HERE.then("shelf").then("keeper"));
const KEEPER_BESIDE: Rule = Rule::Related(HERE.then("beside").then("keeper"));
const OWNER_ABOVE: Rule = Rule::Related(HERE.then("above").then("owner"));
const OPEN: Rule = in_state(HERE, "open");
const CLOSED: Rule = in_state(HERE, "closed");
const OPEN_ABOVE: Rule = in_state(HERE.then("above"), "open");
const LOCKED: Rule = Rule::Compare { path: HERE, field: "is_locked", op: Comparison::Eq, value: Literal::Bool(true) };

const fn in_state(path: Path, word: &'static str) -> Rule {
    Rule::Compare { path, field: "state", op: Comparison::Eq, value: Literal::Text(word) }
}

const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
    let column = Column::new::<Option<i64>>(name, key).on_delete(OnDelete::SetNull);
    Column { kind: Kind::Relation(target), ..column }
}

const fn state() -> Column {
    let column = Column::new::<i64>("state", "state").default_value(Literal::Text("open"));
    Column { kind: Kind::Choice(&["open", "closed"]), ..column }
}

/// Where things lie. One that is locked is its keeper's to see, and nobody's to manage.
static SHELF: Schema = Schema::new("shelf", "shelves")
    .columns(&[
        Column::new::<Id<()>>("id", "id"),
        relation("keeper", "keeper_id", "user").actor(),
        Column::new::<Option<bool>>("is_locked", "is_locked"),
    ])
    .named_rules(&[("managed", Rule::All(&[Rule::Related(HERE.then("keeper")), Rule::Not(&LOCKED)]))])
    .grants(&[
        Grant::new(Verb::Create, Rule::Authenticated),
        Grant::new(Verb::Read, Rule::Any(&[Rule::Related(HERE.then("keeper")), Rule::Not(&LOCKED)])),
    ]);

/// Things with the same fields, of which `read`, `update` and `update` with `->` say this.
macro_rules! things {
    ($($name:ident $plural:literal: read $read:expr, update $update:expr $(=> $after:expr)? $(, flow $flow:expr)?;)*) => {
        static THINGS: &[Schema] = &[$(
            Schema::new(stringify!($name), $plural)
                .columns(const { &[
                    Column::new::<Id<()>>("id", "id"),
                    Column::new::<Option<String>>("note", "note").len(0, 40).search(),
                    state()$(.flow(const { &$flow }))?,
                    relation("owner", "owner_id", "user").actor(),
                    relation("holder", "holder_id", "user"),
                    relation("shelf", "shelf_id", "shelf"),
                    relation("beside", "beside_id", "shelf"),
                    relation("above", "above_id", stringify!($name)),
                ] })
                .grants(const { &[
                    Grant::new(Verb::Create, Rule::Authenticated),
                    Grant::new(Verb::List, $read),
                    Grant::new(Verb::Read, $read),
                    Grant::new(Verb::Update, $update),
                ] })
                $(.afterwards($after))?
        ),*];
    };
}

things! {
    file "files": read OWNER, update Rule::All(&[OWNER, Rule::Not(&CLOSED)]);
    ticket "tickets": read Rule::Any(&[HOLDER, KEEPER]), update Rule::Any(&[HOLDER, KEEPER]);
    parcel "parcels": read Rule::Authenticated, update KEEPER;
    vase "vases": read Rule::Authenticated, update Rule::All(&[KEEPER, KEEPER_BESIDE]);
    pair "pairs": read Rule::Authenticated, update Rule::Any(&[KEEPER, KEEPER_BESIDE]);
    draft "drafts": read Rule::Authenticated, update Rule::All(&[KEEPER, OPEN]);
    tool "tools": read Rule::Authenticated, update Rule::Named { path: HERE.then("shelf"), rule: "managed" };
    bag "bags": read Rule::Authenticated, update Rule::Any(&[OWNER_ABOVE, HOLDER]);
    gift "gifts": read KEEPER, update KEEPER => Rule::Authenticated;
    deed "deeds": read Rule::Authenticated, update Rule::All(&[OWNER, OPEN]) => Rule::All(&[HOLDER, OPEN]);
    prize "prizes": read Rule::Authenticated, update Rule::Authenticated => HOLDER;
    hoard "hoards": read Rule::Authenticated, update KEEPER => KEEPER;
    case "cases": read Rule::Authenticated, update OWNER => CLOSED;
    nest "nests": read Rule::Authenticated, update OWNER => OPEN_ABOVE;
    wall "walls": read OPEN, update Rule::All(&[Rule::Anyone, OPEN]) => Rule::Any(&[OPEN, OWNER]);
    relic "relics": read OWNER, update OWNER => Rule::Role("admin");
    notice "notices": read OPEN, update OWNER;
    cup "cups": read Rule::Named { path: HERE.then("shelf"), rule: "read" },
        update Rule::All(&[Rule::Named { path: HERE, rule: "read" }, OPEN]);
    jar "jars": read Rule::Named { path: HERE, rule: "update" }, update Rule::Any(&[OPEN, OWNER]);
    seal "seals": read Rule::Authenticated, update Rule::Any(&[OWNER, HOLDER]),
        flow [Transition::new("open", &["closed"]).by(OWNER), Transition::new("closed", &["open"]).by(HOLDER)];
    lid "lids": read Rule::Authenticated, update Rule::Any(&[OWNER, KEEPER]),
        flow [Transition::new("open", &["closed"]).by(Rule::All(&[KEEPER, OPEN]))];
    door "doors": read Rule::Authenticated, update Rule::Anyone,
        flow [Transition::new("open", &["closed"]).by(Rule::Not(&CLOSED))];
    mirror "mirrors": read Rule::Any(&[OPEN_ABOVE, HOLDER]), update Rule::Any(&[OPEN_ABOVE, HOLDER]);
}

/// The people of a test, and shelves of theirs.
struct World {
    app: Inside,
    people: Vec<(&'static str, Principal)>,
    /// What stands for an id in a body.
    ids: Vec<(&'static str, i64)>,
}

impl World {
    async fn new() -> Self {
        let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
        let schemas: Vec<_> = [*user, &SHELF].into_iter().chain(THINGS).collect();
        let app = Inside::new(&schemas).await;
        let mut world = Self { app, people: vec![("nobody", Principal::Anonymous)], ids: vec![("none", 99_999)] };
        for name in ["owner", "holder", "other", "boss", "rival"] {
            let who = world.app.register(name).await;
            world.ids.push((name, id(&who)));
            world.people.push((name, who));
        }
        for (keeper, name, body) in [
            ("boss", "here", "{}"),
            ("boss", "there", "{}"),
            ("boss", "locked", r#"{"is_locked": true}"#),
            ("rival", "foreign", "{}"),
            ("rival", "hidden", r#"{"is_locked": true}"#),
        ] {
            let shelf = world.app.create("shelf", None, world.person(keeper), body).await.unwrap();
            world.ids.push((name, shelf));
        }
        world
    }

    fn person(&self, name: &str) -> &Principal {
        self.people.iter().find(|(known, _)| *known == name).map(|(_, who)| who).unwrap()
    }

    /// A body with ids in place of `@names`; `@itself` is the row's own.
    fn body(&self, text: &str, own: i64) -> String {
        let ids = self.ids.iter().copied().chain([("itself", own)]);
        ids.fold(text.to_owned(), |text, (name, id)| text.replace(&format!("@{name}"), &id.to_string()))
    }

    /// Changes a row, and says what the caller gets: the status, and what of the answer is particular.
    async fn change(&self, kind: &str, own: i64, who: &str, body: &str) -> String {
        let body = self.body(body, own);
        let object = Object::parse(body.as_bytes()).unwrap();
        let before = self.stored(kind, own).await;
        let target = Target::Id(own);
        let outcome = self.app.pipeline.update(self.app.index(kind), target, self.person(who), &object).await;
        let is_as_before = self.stored(kind, own).await == before;
        assert!(outcome.is_ok() || is_as_before, "{who} was refused {body}, and the {kind} has changed");
        self.check_that_words_are_found(kind).await;
        match outcome {
            Ok(changed) => if changed.is_seen { "200" } else { "204" }.to_owned(),
            Err(Error::Forbidden(text)) => match text.split_once("not with this ") {
                Some((_, keys)) => format!("403 {keys}"),
                None if text.starts_with("the row as it would be") => "403 ->".to_owned(),
                None => "403".to_owned(),
            },
            Err(Error::Unauthenticated(_)) => "401".to_owned(),
            Err(Error::Invalid(faults)) => {
                let fields: Vec<_> = faults.iter().map(|fault| fault.field.as_str()).collect();
                format!("422 {}", fields.join(" and "))
            }
            Err(Error::Conflict(_)) => "409".to_owned(),
            Err(other) => panic!("{who} {body} {kind}: {other:?}"),
        }
    }

    /// Whoever looks for a word finds, of the rows that are listed for him, those that have it.
    async fn check_that_words_are_found(&self, kind: &str) {
        for (name, who) in &self.people {
            let Some(listed) = self.list(kind, who, "limit=100").await else { continue };
            for word in WORDS {
                let has_it = |row: &&Value| row["note"].as_str().is_some_and(|note| note.starts_with(word));
                let expected: Vec<_> = listed.iter().filter(has_it).cloned().collect();
                let found = self.list(kind, who, &format!("q={word}&limit=100")).await;
                assert_eq!(found, Some(expected), "{name} looks for {word} among {kind}s");
            }
        }
    }

    /// The rows that somebody is shown; `None` where the list is not his to see.
    async fn list(&self, kind: &str, who: &Principal, asked: &str) -> Option<Vec<Value>> {
        let page = self.app.pipeline.list(self.app.index(kind), None, who, Params::parse(Some(asked))).await.ok()?;
        let page: Value = serde_json::from_slice(&page).unwrap();
        page["items"].as_array().cloned()
    }

    async fn stored(&self, kind: &str, own: i64) -> Vec<u8> {
        let plural = self.app.catalog.find(kind).unwrap().schema.plural;
        let row = "json_array(note, state, holder_id, shelf_id, beside_id, above_id)";
        let sql = format!("SELECT CAST({row} AS BLOB) FROM {plural} WHERE id = {own}");
        self.app.rows(&sql, Vec::new()).await[0].take_bytes(0).unwrap()
    }
}

/// Expects these answers: a paragraph is a new row, a line of it a change of it by somebody, with what he gets. Every row is
/// the owner's, held by the holder, and lies twice on a shelf of the boss.
#[track_caller]
pub(super) fn check(kind: &'static str, cases: &'static str) {
    let mut wrong = Vec::new();
    run(async {
        let world = World::new().await;
        for row in cases.split("\n\n") {
            let body = world.body(r#"{"holder_id": @holder, "shelf_id": @here, "beside_id": @here}"#, 0);
            let own = world.app.create(kind, None, world.person("owner"), &body).await.unwrap();
            for line in row.lines().map(str::trim).filter(|line| !line.is_empty()) {
                let (who, rest) = line.split_once(' ').unwrap();
                let (body, expected) = rest.rsplit_once("} ").unwrap();
                let answer = world.change(kind, own, who, &format!("{body}}}")).await;
                if answer != expected.trim() {
                    wrong.push(format!("{line}, but was {answer}"));
                }
            }
        }
    });
    assert!(wrong.is_empty(), "{kind}:\n{}", wrong.join("\n"));
}
