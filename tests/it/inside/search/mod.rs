//! `?q=`: what is found, and in which order, is what a plain model says, on either database, whatever the texts are; and what
//! is indexed follows the rows, whoever writes them.

mod characters;
mod plain;

use std::collections::BTreeMap;

use fasttrack::{
    db::{Arg, Dialect, Statement},
    principal::{Caller, Principal},
    query,
    schema::{Column, Grant, Id, Kind, OnDelete, Path, Rule, Schema, Verb},
    wire::Params,
};
use serde_json::Value;

use super::{Inside, id, run};
use crate::driver::{Random, adapted, encode};

const KEEPER: Column = Column {
    kind: Kind::Relation("user"),
    ..Column::new::<Option<i64>>("keeper", "keeper_id").on_delete(OnDelete::Cascade)
};

/// Texts of which administrators alone are shown one. `rank` is a word of `SQLite`'s own.
static SHEET: Schema = Schema::new("sheet", "sheets")
    .columns(&[
        Column::new::<Id<()>>("id", "id"),
        Column::new::<String>("rank", "rank").len(0, 400).sort().search(),
        Column::new::<Option<String>>("body", "body").len(0, 400).search(),
        Column::new::<String>("memo", "memo").len(0, 400).search().read(Rule::Role("admin")),
        KEEPER,
    ])
    .grants(&[
        Grant::new(Verb::List, Rule::Any(&[Rule::Role("admin"), Rule::Related(Path::HERE.then("keeper"))])),
        Grant::new(Verb::Update, Rule::Authenticated),
    ]);

/// The fields, in the order declared; the last one is the administrators'.
const FIELDS: [&str; 3] = ["rank", "body", "memo"];

struct World {
    app: Inside,
    user: Principal,
    admin: Principal,
    /// What the model takes to be there.
    rows: BTreeMap<i64, [String; 3]>,
}

impl World {
    async fn new() -> Self {
        let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
        let app = Inside::new(&[user, &SHEET]).await;
        let user = app.register("user").await;
        let admin = Caller { id: id(&app.register("admin").await), role: "admin", session: 1, reads_only: false };
        Self { app, user, admin: Principal::Account(admin), rows: BTreeMap::new() }
    }

    /// Statements by hand, in one transaction.
    async fn execute(&self, statements: Vec<(&str, Vec<Arg>)>) {
        let statements: Vec<_> = statements.into_iter().map(|(sql, args)| Statement::new(adapted(sql), args)).collect();
        let done = self.app.db.write(move |tx| {
            let statements = statements.clone();
            Box::pin(async move {
                for statement in statements {
                    tx.query(statement).await?;
                }
                Ok(())
            })
        });
        done.await.unwrap();
    }

    /// Makes these rows all there is.
    async fn hold(&mut self, texts: &[[String; 3]]) {
        let keeper = id(&self.user);
        let mut statements = vec![("DELETE FROM sheets", Vec::new())];
        let first = self.rows.keys().max().map_or(1, |last| last + 1);
        self.rows = (first..).zip(texts.iter().cloned()).collect();
        let insert = "INSERT INTO sheets (id, rank, body, memo, keeper_id) VALUES ($1, $2, $3, $4, $5)";
        for (id, [rank, body, memo]) in &self.rows {
            let [rank, body, memo] = [rank, body, memo].map(|text| Arg::Text(text.clone()));
            let body = if matches!(&body, Arg::Text(text) if text.is_empty()) { Arg::Null } else { body };
            statements.push((insert, vec![Arg::Int(*id), rank, body, memo, Arg::Int(keeper)]));
        }
        self.execute(statements).await;
    }

    /// The ids that a list answers, page by page.
    async fn ask(&self, who: &Principal, asked: &str, limit: usize) -> Vec<i64> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let params = Params::parse(Some(&format!("{asked}&limit={limit}{cursor}")));
            let page = self.app.pipeline.list(self.app.index("sheet"), None, who, params).await;
            let page = page.unwrap_or_else(|error| panic!("{asked}: {error:?}"));
            let page: Value = serde_json::from_slice(&page).unwrap();
            found.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].as_i64().unwrap()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }

    /// Asks for these words as both, and compares with the model.
    async fn check(&self, asked: &str, limit: usize) {
        for (who, fields) in [(&self.user, 2), (&self.admin, 3)] {
            let mut expected: Vec<_> =
                self.rows.iter().filter_map(|(id, texts)| Some((worth(&texts[..fields], asked)?, *id))).collect();
            let ids: Vec<_> = expected.iter().map(|(_, id)| *id).collect();
            let q = format!("q={}", encode(asked));
            assert_eq!(self.ask(who, &q, limit).await, ids, "{asked:?} in {fields} of {:#?}", self.rows);
            expected.sort_unstable_by(|one, other| other.cmp(one));
            let ids: Vec<_> = expected.iter().map(|(_, id)| *id).collect();
            let best = self.ask(who, &format!("{q}&sort=-relevance"), limit).await;
            assert_eq!(best, ids, "{asked:?}, best first, in {fields} of {:#?}", self.rows);
        }
    }
}

/// How well a row fits, if it is found at all.
fn worth(fields: &[String], asked: &str) -> Option<usize> {
    let mut words = Vec::new();
    for word in query::words(asked) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() {
        let is_there = |text: &String| text.to_ascii_lowercase().contains(&asked.to_ascii_lowercase());
        return fields.iter().any(is_there).then_some(0);
    }
    let held: Vec<_> = fields.iter().map(|text| query::words(text)).collect();
    let best = |word: &String| {
        let place = |(place, held): (usize, &Vec<String>)| {
            let whole = held.contains(word);
            let begins = held.iter().any(|other| other.starts_with(word.as_str()));
            begins.then(|| 2 * (fields.len() - place) - usize::from(!whole))
        };
        held.iter().enumerate().filter_map(place).max()
    };
    let each: Option<Vec<_>> = words.iter().map(best).collect();
    each.map(|each| each.iter().take(8).sum())
}

/// Words in many scripts, with and without accents.
const WORDS: &[&str] = &[
    "Müller",
    "muller",
    "MÜLLER",
    "mu\u{308}ller",
    "mull",
    "résumé",
    "Resume",
    "naïve",
    "straße",
    "STRASSE",
    "ǟ",
    "Ấn",
    "東京",
    "東",
    "привет",
    "ПРИВЕТ",
    "Ёж",
    "σίσυφος",
    "कि",
    "ก็",
    "2026",
    "20",
    "½",
    "x",
    "a",
    "OR",
    "or",
    "NEAR",
    "AND",
    "NOT",
    "İ",
    "ı",
    "ſ",
    "K",
    "i\u{307}",
    "\u{301}",
    "😀",
    "❤\u{fe0f}",
    "🧠",
    "🇩🇪",
    "1\u{fe0f}\u{20e3}",
];

/// What may stand between words, and might be an operator somewhere.
const BETWEEN: &[&str] = &[
    " ", " ", " ", " ", "", "_", "-", ".", "@", "'", "''", "\"", "*", ":", "&", "|", "!", "(", ")", "{", "}", "^", "+",
    "~", "<->", "\\", "%", "$1", "?", ";", "--", "\n", "\t", "\u{a0}", "\u{200d}", "\u{feff}",
];

fn text(random: &mut Random, pieces: usize) -> String {
    let piece = |random: &mut Random| match random.below(9) {
        0..4 => random.of(WORDS).to_owned(),
        4..8 => random.of(BETWEEN).to_owned(),
        _ => {
            let c = u32::try_from(random.below(0x1_1000)).ok().and_then(char::from_u32);
            c.filter(|c| *c != '\0').map(String::from).unwrap_or_default()
        }
    };
    let pieces = random.below(pieces + 1);
    (0..pieces).map(|_| piece(random)).collect()
}

#[test]
fn what_is_found_is_what_a_plain_model_says() {
    run(async {
        let mut world = World::new().await;
        let random = &mut Random(20_261_128);
        let mut compared = 0;
        for _ in 0..24 {
            let rows: Vec<_> = (0..=random.below(11)).map(|_| [6, 8, 4].map(|pieces| text(random, pieces))).collect();
            world.hold(&rows).await;
            let limit = 1 + random.below(4);
            for _ in 0..8 {
                let asked = text(random, 4);
                // One that is empty says nothing.
                if !asked.is_empty() {
                    world.check(&asked, limit).await;
                    compared += 1;
                }
            }
            // What is there, and the beginnings of it.
            for word in rows.iter().flatten().flat_map(|text| query::words(text)).step_by(5) {
                let beginning: String = word.chars().take(1 + random.below(3)).collect();
                world.check(&beginning, limit).await;
                world.check(&word.to_uppercase(), limit).await;
                compared += 2;
            }
        }
        assert!(compared > 300, "{compared}");
    });
}

#[test]
fn whatever_is_asked_no_database_minds() {
    run(async {
        let mut world = World::new().await;
        let row = |rank: &str, body: &str| [rank.to_owned(), body.to_owned(), String::new()];
        world.hold(&[row("a or b", "\"quoted\" 100%"), row("", "a NEAR b: c*"), row("x", "%")]).await;
        let letters: String = ('a'..='z').cycle().take(100).flat_map(|c| [c, ' ']).collect();
        let words = (10..76).map(|n: i32| n.to_string()).collect::<Vec<_>>().join(" ");
        for asked in [
            "\"",
            "\"\"",
            "'",
            "*",
            "a*",
            "*a",
            "a:b",
            "rank:a",
            "in_rank:a",
            "{rank}:a",
            "a AND",
            "OR",
            "NOT a",
            "a NOT b",
            "NEAR(a b, 1)",
            "a + b",
            "^a",
            "-a",
            "a & b",
            "a | b",
            "!a",
            "a <-> b",
            "a:*",
            "a:A",
            "'a':*",
            "\\",
            "\\'",
            "((((",
            "))))",
            "%",
            "_",
            "100%",
            " ",
            "\u{feff}",
            "$1",
            "?",
            "; DROP TABLE sheets",
            "/* a */",
            "-- a",
        ] {
            world.check(asked, 2).await;
        }
        for asked in
            [letters, words, "\"".repeat(200), "'*".repeat(100), "é".repeat(200), "&!".repeat(100), "a".repeat(200)]
        {
            world.check(asked.trim_end(), 2).await;
        }
    });
}

#[test]
fn what_is_indexed_follows_the_rows() {
    run(async {
        let mut world = World::new().await;
        let row = |rank: &str| [rank.to_owned(), "every row".to_owned(), String::new()];
        world.hold(&[row("apple"), row("pear"), row("plum")]).await;
        let all: Vec<_> = world.rows.keys().copied().collect();
        let found = async |asked: &str| world.ask(&world.user, &format!("q={asked}"), 10).await;
        assert_eq!(found("every").await, all);
        // By hand, several at once; by a rule; and by what a row hangs on.
        world.execute(vec![("UPDATE sheets SET rank = 'fig ' || rank WHERE rank <> 'plum'", Vec::new())]).await;
        assert_eq!(found("fig").await, all[..2]);
        assert_eq!(found("app").await, all[..1]);
        world.app.update("sheet", all[2], &world.user, r#"{"rank": "Quitte", "body": null}"#).await.unwrap();
        assert_eq!((found("plum").await, found("quit").await), (Vec::new(), vec![all[2]]));
        assert_eq!(found("every").await, all[..2]);
        world.execute(vec![("UPDATE sheets SET keeper_id = keeper_id", Vec::new())]).await;
        assert_eq!(found("fig row").await, all[..2]);
        world.execute(vec![("DELETE FROM sheets WHERE rank = 'fig pear'", Vec::new())]).await;
        assert_eq!(found("fig").await, all[..1]);
        world.execute(vec![("DELETE FROM users WHERE id = $1", vec![Arg::Int(id(&world.user))])]).await;
        if world.app.db.dialect() == Dialect::Sqlite {
            let left = "SELECT count(*) FROM fasttrack_search_sheets s WHERE s.fasttrack_search_sheets MATCH $1";
            for word in ["every", "fig", "apple", "pear", "plum", "quitte"] {
                let left = world.app.rows(left, vec![Arg::Text(format!("\"{word}\""))]).await;
                assert_eq!(left[0].int(0), Some(0), "{word}");
            }
        }
    });
}

#[test]
fn what_orders_by_relevance_is_asked_beside_q() {
    run(async {
        let world = World::new().await;
        for (asked, expected) in [
            ("sort=-relevance", "needs_q"),
            ("q=a&sort=relevance", "`-relevance`"),
            ("q=a&sort=-relevance,-relevance", "repeated"),
            ("sort=-nothing", "unknown_field"),
        ] {
            let params = Params::parse(Some(asked));
            let refused = world.app.pipeline.list(world.app.index("sheet"), None, &world.user, params).await;
            let refused = format!("{:?}", refused.unwrap_err());
            assert!(refused.contains(expected), "{asked}: {refused}");
        }
        assert!(world.ask(&world.user, "q=a&sort=-relevance,rank,id", 1).await.is_empty());
    });
}

/// Keys that do not fit into a cursor are cut; the row at which it stands, or what is left of them, says where to go on.
#[test]
fn a_long_cursor_goes_on_by_relevance() {
    run(async {
        let mut world = World::new().await;
        let wild = |salt: u32| -> String {
            (0..300_u32).filter_map(|n| char::from_u32(0x1_0000 + (n + salt) * 48_271 % 0xF_0000)).collect()
        };
        let row = |n| [wild(n) + " word", if n % 2 == 0 { "words" } else { "" }.to_owned(), String::new()];
        let rows: Vec<_> = (0..6).map(row).collect();
        world.hold(&rows).await;
        for sort in ["-relevance,rank", "rank,-relevance", "-relevance,-rank"] {
            let whole = world.ask(&world.user, &format!("q=word&sort={sort}"), 20).await;
            assert_eq!(whole.len(), 6);
            for limit in [1, 2, 4] {
                assert_eq!(world.ask(&world.user, &format!("q=word&sort={sort}"), limit).await, whole, "{sort}");
            }
        }
    });
}

#[test]
fn the_fields_of_the_model_are_those_declared() {
    let declared: Vec<_> = SHEET.columns.iter().filter(|column| column.search).map(|column| column.key).collect();
    assert_eq!(declared, FIELDS);
}
