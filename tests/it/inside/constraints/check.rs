//! `#[check(starts_at < ends_at)]`

use std::sync::Arc;

use fasttrack::{
    db::{Cell, Dialect},
    error::Error,
    prelude::*,
    schema::{Resource as _, Schema},
};
use resources::user::User;

use super::{Arg, Inside, Principal, begin, count, id, job, run};
use crate::driver::dialect;

/// How a meeting stands.
#[derive(Choice)]
pub(super) enum State {
    /// It takes place.
    Open,
    /// It does not.
    Closed,
}

/// What has an order, and what has none.
#[resource(hooks)]
#[can(create, read, update: authenticated)]
#[check(starts_at < ends_at)]
#[check(size >= 1 & size <= most)]
#[check(share > 0 & share <= 1.5 | share == 1e20)]
#[check(first <= last)]
#[check(!(state == Closed & is_public == true) | note == "it's so")]
#[check(host != guest)]
#[check(mail != other_mail)]
#[check(above != id)]
#[check(rank > -9223372036854775808 & rank != 3000000000)]
pub(super) struct Meeting {
    pub id: Id<Meeting>,
    #[field(len = ..=40, default)]
    pub note: String,
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    #[field(default = 1)]
    pub size: i64,
    #[field(default = 10)]
    pub most: i64,
    pub share: Option<f64>,
    pub first: Option<Date>,
    pub last: Option<Date>,
    #[field(default = Open)]
    pub state: State,
    #[field(default)]
    pub is_public: bool,
    #[field(on_delete = set_null)]
    pub host: Option<BelongsTo<User>>,
    #[field(on_delete = set_null)]
    pub guest: Option<BelongsTo<User>>,
    pub mail: Option<Email>,
    pub other_mail: Option<Email>,
    #[field(on_delete = set_null)]
    pub above: Option<BelongsTo<Meeting>>,
    #[field(default)]
    pub rank: i64,
    pub updated_at: UpdatedAt,
}

impl Hooks for Meeting {
    async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        match new.note.as_str() {
            "repair" => new.most = 1000,
            "break" => new.size = 0,
            "sql" => _ = cx.query("INSERT INTO meetings (size, updated_at) VALUES (0, $1)", [now()]).await?,
            _ => {}
        }
        Ok(())
    }

    async fn before_update(_: &Self, new: &mut Self, _: &mut HookContext<'_>) -> Result<(), Refusal> {
        match new.note.as_str() {
            "repair" => new.most = 1000,
            "break" => new.size = 0,
            _ => {}
        }
        Ok(())
    }
}

/// The same without hooks.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, read, update: authenticated)]
#[check(starts_at < ends_at)]
#[check(low <= high & low >= 0)]
pub(super) struct Span {
    pub id: Id<Span>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    #[field(default, range = ..=100)]
    pub low: i64,
    #[field(default = 10)]
    pub high: i64,
    #[field(default, write = role(Admin))]
    pub is_final: bool,
}

static RESOURCES: &[&Schema] = &[&Meeting::SCHEMA, &Span::SCHEMA];

fn now() -> Arg {
    Arg::Text("2026-01-01T00:00:00.000000Z".into())
}

/// What is wrong, as `field message`.
#[track_caller]
fn faults<T: std::fmt::Debug>(outcome: &Result<T, Error>) -> Vec<String> {
    let Err(Error::Invalid(faults)) = outcome else { panic!("{outcome:?}") };
    faults.iter().map(|fault| format!("{} {} {}", fault.field, fault.code, fault.message)).collect()
}

async fn meeting(app: &Inside, who: &Principal, body: &str) -> Result<i64, Error> {
    app.create("meeting", None, who, body).await
}

#[test]
fn what_does_not_hold_is_told_at_each_field() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let me = id(&ada);
        let twice = format!(r#"{{"host_id": {me}, "guest_id": {me}}}"#);
        for (body, expected) in [
            (
                r#"{"starts_at": "2026-01-01T10:00:00+01:00", "ends_at": "2026-01-01T09:00:00Z"}"#,
                &["starts_at check has to be less than ends_at", "ends_at check has to be greater than starts_at"][..],
            ),
            (
                r#"{"size": 11}"#,
                &[
                    "size check does not fit the rest: it has to hold that size is at least 1 and size is at most most",
                    "most check does not fit the rest: it has to hold that size is at least 1 and size is at most most",
                ],
            ),
            (
                r#"{"share": 2.5}"#,
                &[
                    "share check does not fit the rest: it has to hold that (share is greater than 0 and share is at most \
                   1.5) or share is 100000000000000000000",
                ],
            ),
            (
                r#"{"first": "2026-01-02", "last": "2026-01-01"}"#,
                &["first check has to be at most last", "last check has to be at least first"],
            ),
            (&twice, &["host_id check has to be other than guest_id", "guest_id check has to be other than host_id"]),
            (
                r#"{"mail": "Ada@example.com", "other_mail": "ada@EXAMPLE.com"}"#,
                &["mail check has to be other than other_mail", "other_mail check has to be other than mail"],
            ),
        ] {
            assert_eq!(faults(&meeting(&app, &ada, body).await), expected, "{body}");
        }
        for body in [
            r#"{"starts_at": "2026-01-01T08:00:00Z"}"#,
            r#"{"ends_at": "0001-01-01T00:00:00Z"}"#,
            r#"{"starts_at": "2026-01-01T08:00:00Z", "ends_at": "2026-01-01T08:00:00.000001Z"}"#,
            r#"{"share": 1.5, "size": 10, "first": "2026-01-01", "last": "2026-01-01"}"#,
            r#"{"share": 100000000000000000000, "state": "closed"}"#,
            r#"{"state": "closed", "is_public": true, "note": "it's so"}"#,
            r#"{"mail": "ada@example.com", "rank": 3000000001}"#,
        ] {
            meeting(&app, &ada, body).await.unwrap_or_else(|error| panic!("{body}: {error:?}"));
        }
        assert_eq!(count(&app, "meetings").await, 7);
    });
}

#[test]
fn a_change_is_judged_by_the_row_as_it_would_be() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let body = r#"{"starts_at": "2026-01-01T08:00:00Z", "ends_at": "2026-01-01T09:00:00Z"}"#;
        let one = meeting(&app, &ada, body).await.unwrap();
        let change = |body: &'static str| app.update("meeting", one, &ada, body);
        let told = ["starts_at check has to be less than ends_at", "ends_at check has to be greater than starts_at"];
        assert_eq!(faults(&change(r#"{"starts_at": "2026-01-01T09:00:00Z"}"#).await), told);
        assert_eq!(faults(&change(r#"{"ends_at": "2026-01-01T08:00:00Z", "note": "n"}"#).await), told);
        change(r#"{"starts_at": "2026-01-01T09:00:00Z", "ends_at": "2026-01-01T10:00:00Z"}"#).await.unwrap();
        change(r#"{"starts_at": null}"#).await.unwrap();
        change(r#"{"ends_at": "2026-01-01T00:00:00Z"}"#).await.unwrap();
        let above = format!(r#"{{"above_id": {one}}}"#);
        assert_eq!(faults(&app.update("meeting", one, &ada, &above).await), ["above_id check has to be other than id"]);
        let other = meeting(&app, &ada, &above).await.unwrap();
        app.update("meeting", one, &ada, &format!(r#"{{"above_id": {other}}}"#)).await.unwrap();
    });
}

#[test]
fn it_is_told_with_whatever_else_is_wrong_and_after_who_may() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let body = r#"{"starts_at": "2026-01-01T09:00:00Z", "ends_at": "2026-01-01T08:00:00Z", "low": 101, "x": 1}"#;
        let told = faults(&app.create("span", None, &ada, body).await);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(told[0].starts_with("low too_large") && told[1].starts_with("x unknown"), "{told:?}");
        assert!(told[2].starts_with("starts_at check") && told[3].starts_with("ends_at check"), "{told:?}");
        let missing =
            faults(&app.create("span", None, &ada, r#"{"starts_at": "2026-01-01T09:00:00Z", "low": 11}"#).await);
        assert_eq!(missing.len(), 3, "nothing is said of an end that is missing: {missing:?}");
        let nobody = app.create("span", None, &Principal::Anonymous, body).await;
        assert!(matches!(nobody, Err(Error::Unauthenticated(_))), "{nobody:?}");
        let locked = body.replace(r#", "low": 101, "x": 1"#, r#", "is_final": true"#);
        let locked = app.create("span", None, &ada, &locked).await;
        assert!(matches!(locked, Err(Error::Forbidden(_))), "{locked:?}");
        let sound = body.replace("T09:00:00Z", "T07:00:00Z").replace(r#", "low": 101, "x": 1"#, "");
        let span = app.create("span", None, &ada, &sound).await.unwrap();
        let told = faults(&app.update("span", span, &ada, r#"{"low": 50, "ends_at": "now"}"#).await);
        assert_eq!(told.len(), 3, "{told:?}");
    });
}

#[test]
fn hooks_have_the_last_word_and_are_judged_by_it() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let one = meeting(&app, &ada, r#"{"size": 500, "note": "repair"}"#).await.unwrap();
        let both = ["size", "most"];
        let fields = |outcome: &Result<i64, Error>| {
            faults(outcome).iter().map(|fault| fault.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(fields(&meeting(&app, &ada, r#"{"note": "break"}"#).await), both);
        assert_eq!(fields(&meeting(&app, &ada, r#"{"note": "sql"}"#).await), both);
        let changed = app.update("meeting", one, &ada, r#"{"size": 2000, "most": 10}"#).await.map(|_| 0);
        assert_eq!(fields(&changed), both);
        let changed = app.update("meeting", one, &ada, r#"{"note": "break"}"#).await.map(|_| 0);
        assert_eq!(fields(&changed), both);
        assert_eq!(count(&app, "meetings").await, 1);
    });
}

#[test]
fn jobs_and_sql_by_hand_cannot_break_it() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let one = meeting(&app, &ada, "{}").await.unwrap();
        for (set, fields) in [
            ("size = 11", 2),
            ("share = -1", 1),
            ("rank = 3000000000", 1),
            ("state = 'closed', is_public = TRUE", 3),
            ("mail = 'a@b.example', other_mail = 'A@b.example'", 2),
            ("above_id = id", 1),
        ] {
            let written = job(&app, &format!("UPDATE meetings SET {set} WHERE id = $1"), vec![Arg::Int(one)]).await;
            assert_eq!(faults(&written).len(), fields, "{set}");
        }
        job(&app, "UPDATE meetings SET size = 10, share = NULL WHERE id = $1", vec![Arg::Int(one)]).await.unwrap();
    });
}

/// Of random rows both say the same: what tells faults, and the database.
#[test]
fn the_database_and_the_faults_agree() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let app = Arc::new(app);
        let mut seed = 0x5EED_u64;
        let mut random = |end: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % end
        };
        let row = app.create("meeting", None, &ada, "{}").await.unwrap();
        let mut refused = 0;
        for _ in 0..400 {
            // Most of it is sound each time, so that what is not stands out.
            let risky = random(6);
            let mut pick = |group: usize, choices: &[&str; 4]| {
                let choice = random(4);
                choices[if group == risky { choice } else { 0 }].to_owned()
            };
            let hours = ["null", "\"2026-01-01T01:00:00Z\"", "\"2026-01-01T02:00:00Z\"", "\"2026-01-01T01:00:00Z\""];
            let (instants, days) =
                ([pick(0, &hours), pick(0, &hours)], ["null", "\"2026-01-01\"", "\"2026-01-02\"", "null"]);
            let days = [pick(1, &days), pick(1, &days)];
            let (size, most) = (pick(2, &["1", "2", "3", "0"]), pick(2, &["2", "1", "2", "3"]));
            let share = pick(3, &["null", "1.5", "1.75", "1e20"]);
            let state = pick(4, &["open", "closed", "closed", "closed"]);
            let (public, note) = (pick(4, &["false", "true", "true", "true"]), pick(4, &["", "it's so", "", ""]));
            let addresses = ["null", "\"a@b.example\"", "\"A@b.example\"", "\"c@b.example\""];
            let mails = [pick(5, &addresses), pick(5, &addresses)];
            let body = format!(
                r#"{{"starts_at": {}, "ends_at": {}, "first": {}, "last": {}, "size": {size}, "most": {most}, "share": {share},
                    "state": "{state}", "is_public": {public}, "note": "{note}", "mail": {}, "other_mail": {}}}"#,
                instants[0], instants[1], days[0], days[1], mails[0], mails[1]
            );
            let is_sound = app.update("meeting", row, &ada, &body).await.is_ok();
            refused += usize::from(!is_sound);
            let value = |json: &str| json.replace('"', "'").replace("Z'", ".000000Z'");
            let written = format!(
                "UPDATE meetings SET starts_at = {}, ends_at = {}, first = {}, last = {}, size = {size}, most = {most}, \
                 share = {share}, state = '{state}', is_public = {public}, note = '{}', mail = {}, other_mail = {} WHERE id = {row}",
                value(&instants[0]),
                value(&instants[1]),
                value(&days[0]),
                value(&days[1]),
                note.replace('\'', "''"),
                value(&mails[0]),
                value(&mails[1]),
            );
            let is_let_in = job(&app, &written, Vec::new()).await;
            assert_eq!(is_let_in.is_ok(), is_sound, "{body}: {is_let_in:?}");
        }
        assert!((100..300).contains(&refused), "{refused}");
    });
}

#[test]
fn a_table_is_as_its_checks_were_made() {
    run(async {
        let (app, ..) = begin(RESOURCES).await;
        // Had the catalog other words for them, the table would be taken for another one.
        let catalog = Arc::clone(&app.catalog);
        let none = fasttrack::migrate::Source::none(dialect(), std::path::Path::new("none"));
        let migrator = fasttrack::migrate::Migrator::new(&app.db, &catalog, Vec::new(), none).unwrap();
        let inspected = migrator.inspected().await.unwrap();
        assert_eq!(inspected.altered_by_hand().collect::<Vec<_>>(), [""; 0]);
        if dialect() == Dialect::Sqlite {
            let sound = app.rows("SELECT CAST(integrity_check AS BLOB) FROM pragma_integrity_check", Vec::new()).await;
            assert_eq!(sound[0].0[0], Cell::Bytes(b"ok".to_vec()));
        }
    });
}

#[test]
fn the_document_says_so() {
    run(async {
        let (app, ..) = begin(RESOURCES).await;
        let document = app.kit.anonymous().at("GET", "/openapi.json").expect(200).json();
        for (path, method) in [("/api/v1/meetings", "post"), ("/api/v1/meetings/{id}", "patch")] {
            let text = document["paths"][path][method]["description"].as_str().unwrap_or_default();
            for words in [
                "422 unless `starts_at` is less than `ends_at`.",
                "422 unless `size` is at least 1 and `size` is at most `most`.",
                "422 unless (not (`state` is closed and `is_public` is true)) or `note` is it's so.",
            ] {
                assert!(text.contains(words), "{words} is not in {text}");
            }
        }
    });
}
