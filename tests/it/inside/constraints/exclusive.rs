//! `#[exclusive(starts_at..ends_at, per = doctor)]`

use std::sync::Arc;

use fasttrack::{
    db::Dialect,
    error::Error,
    prelude::*,
    schema::{Resource as _, Schema},
};
use resources::user::User;

use super::{
    super::circles::assert_nobody_waited_in_a_circle, Arg, Inside, Principal, WRITERS, begin, conflict, count, id, job,
    race, run,
};
use crate::driver::dialect;

/// A doctor's time.
#[resource(hooks)]
#[can(create, read, update, delete: authenticated)]
#[exclusive(starts_at..ends_at, per = doctor)]
pub(super) struct Booking {
    pub id: Id<Booking>,
    #[field(on_delete = cascade)]
    pub doctor: Option<BelongsTo<User>>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    #[field(len = ..=40, default)]
    pub note: String,
}

/// Everybody's days.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, read, update, delete: authenticated)]
#[exclusive(first..last)]
pub(super) struct Holiday {
    pub id: Id<Holiday>,
    pub first: Date,
    pub last: Date,
}

/// Whatever rows may have in common.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, read, update, delete: authenticated)]
#[exclusive(low..high, per = (room, name, mail, is_open, day, at, kind))]
#[exclusive(low..high, per = lane)]
pub(super) struct Slot {
    pub id: Id<Slot>,
    pub low: i64,
    pub high: i64,
    #[field(default = 9223372036854775807)]
    pub room: i64,
    #[field(len = ..=40, default)]
    pub name: String,
    pub mail: Option<Email>,
    #[field(default)]
    pub is_open: bool,
    pub day: Option<Date>,
    pub at: Option<Timestamp>,
    #[field(default = Good)]
    pub kind: Kind,
    pub lane: Option<i64>,
}

/// How good something is.
#[derive(Choice)]
pub(super) enum Kind {
    /// Good.
    Good,
    /// Bad.
    Bad,
}

impl Hooks for Booking {
    async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        if new.note == "sql" {
            let columns = "INSERT INTO bookings (doctor_id, starts_at, ends_at, note)";
            cx.query(&format!("{columns} SELECT doctor_id, starts_at, ends_at, note FROM bookings"), []).await?;
        }
        Ok(())
    }
}

static RESOURCES: &[&Schema] = &[&Booking::SCHEMA, &Holiday::SCHEMA, &Slot::SCHEMA];

const DOCTOR: &str = "another booking with this doctor_id overlaps it from starts_at to ends_at";

/// A body: somebody's time on one day, from one hour and minute to another.
fn time(doctor: i64, from: &str, to: &str) -> String {
    format!(r#"{{"doctor_id": {doctor}, "starts_at": "2026-01-01T{from}:00Z", "ends_at": "2026-01-01T{to}:00Z"}}"#)
}

async fn book(app: &Inside, who: &Principal, from: &str, to: &str) -> Result<i64, Error> {
    app.create("booking", None, who, &time(id(who), from, to)).await
}

#[test]
fn at_both_borders_rows_may_touch() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let bob = app.register("bob").await;
        book(&app, &ada, "10:00", "11:00").await.unwrap();
        for (from, to) in [
            ("10:00", "11:00"),
            ("09:00", "10:01"),
            ("10:59", "12:00"),
            ("09:00", "12:00"),
            ("10:20", "10:40"),
            ("10:00", "10:01"),
            ("10:59", "11:00"),
        ] {
            conflict(&book(&app, &ada, from, to).await, DOCTOR);
        }
        book(&app, &ada, "09:00", "10:00").await.unwrap();
        book(&app, &ada, "11:00", "11:01").await.unwrap();
        book(&app, &bob, "10:00", "11:00").await.unwrap();
        conflict(&book(&app, &ada, "11:00", "12:00").await, DOCTOR);
        let backwards = book(&app, &ada, "13:00", "13:00").await;
        assert!(matches!(&backwards, Err(Error::Invalid(faults)) if faults[0].field == "starts_at"), "{backwards:?}");
        for _ in 0..2 {
            app.create("booking", None, &ada, &time(0, "10:00", "11:00").replace(": 0,", ": null,")).await.unwrap();
        }
    });
}

#[test]
fn a_change_is_asked_and_a_row_is_not_in_its_own_way() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let bob = app.register("bob").await;
        let one = book(&app, &ada, "10:00", "11:00").await.unwrap();
        book(&app, &ada, "12:00", "13:00").await.unwrap();
        let others = book(&app, &bob, "10:30", "12:30").await.unwrap();
        let change = |row: i64, body: String| {
            let (app, ada) = (Arc::clone(&app), ada.clone());
            async move { app.update("booking", row, &ada, &body).await }
        };
        change(one, time(id(&ada), "10:30", "12:00")).await.unwrap();
        conflict(&change(one, r#"{"ends_at": "2026-01-01T12:00:00.000001Z"}"#.into()).await, DOCTOR);
        conflict(&change(others, format!(r#"{{"doctor_id": {}}}"#, id(&ada))).await, DOCTOR);
        change(one, r#"{"note": "n"}"#.into()).await.unwrap();
        change(others, r#"{"doctor_id": null}"#.into()).await.unwrap();
        change(one, r#"{"ends_at": "2026-01-01T11:00:00Z"}"#.into()).await.unwrap();
        change(others, time(id(&ada), "11:00", "12:00")).await.unwrap();
    });
}

#[test]
fn within_one_statement_too_whoever_writes_it() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let row = |low: i64, high: i64| format!("({low}, {high}, 1, 'x')");
        let sql = |rows: &[String]| format!("INSERT INTO slots (low, high, room, name) VALUES {}", rows.join(", "));
        let expected = "another slot with this lane overlaps it from low to high";
        let lanes = "INSERT INTO slots (low, high, lane) VALUES (1, 3, 1), (3, 5, 1), (4, 6, 1)";
        conflict(&job(&app, lanes, Vec::new()).await, expected);
        assert_eq!(count(&app, "slots").await, 0);
        // Null in one of the fields, and nothing overlaps.
        job(&app, &sql(&[row(1, 3), row(2, 4)]), Vec::new()).await.unwrap();
        job(&app, "DELETE FROM slots", Vec::new()).await.unwrap();
        job(&app, &lanes.replace("4, 6", "5, 6"), Vec::new()).await.unwrap();
        conflict(&job(&app, "UPDATE slots SET high = high + 1 WHERE low = $1", vec![Arg::Int(1)]).await, expected);
        job(&app, "UPDATE slots SET lane = NULL", Vec::new()).await.unwrap();
        conflict(&job(&app, "UPDATE slots SET lane = 1, low = 1", Vec::new()).await, expected);
        book(&app, &ada, "10:00", "11:00").await.unwrap();
        let sql = time(id(&ada), "12:00", "13:00").replace('}', r#", "note": "sql"}"#);
        conflict(&app.create("booking", None, &ada, &sql).await, DOCTOR);
        assert_eq!(count(&app, "bookings").await, 1);
    });
}

#[test]
fn of_many_at_once_those_that_fit_get_in() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let started = std::time::Instant::now();
        let bookings = |_| {
            let (app, ada) = (Arc::clone(&app), ada.clone());
            async move { book(&app, &ada, "10:00", "11:00").await }
        };
        assert_eq!(race(DOCTOR, bookings).await, 1);
        // Without hooks they are merged into statements of many rows.
        let days = |number: usize| {
            let (app, ada) = (Arc::clone(&app), ada.clone());
            let body = format!(r#"{{"first": "2026-01-0{}", "last": "2026-01-0{}"}}"#, number % 3 + 1, number % 3 + 2);
            async move { app.create("holiday", None, &ada, &body).await }
        };
        assert_eq!(race("another holiday overlaps it from first to last", days).await, 3);
        let mut rows = Vec::new();
        for number in 0..WRITERS {
            let body = format!(r#"{{"low": {}, "high": {}, "lane": 1}}"#, number * 10, number * 10 + 1);
            rows.push(app.create("slot", None, &ada, &body).await.unwrap());
        }
        let moves = |number: usize| {
            let (app, ada, row) = (Arc::clone(&app), ada.clone(), rows[number]);
            async move { app.update("slot", row, &ada, r#"{"low": 9000, "high": 9010}"#).await }
        };
        assert_eq!(race("another slot with this lane overlaps it from low to high", moves).await, 1);
        assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
        assert_nobody_waited_in_a_circle(&app).await;
    });
}

#[test]
fn whatever_type_rows_have_in_common() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let whole = r#"{"low": 1, "high": 9, "name": "it's", "mail": "a@b.example", "is_open": true, "day": "9999-12-31",
            "at": "9999-12-31T23:59:59.999999Z", "kind": "bad"}"#;
        app.create("slot", None, &ada, whole).await.unwrap();
        let expected =
            "another slot with this room, name, mail, is_open, day, at and kind overlaps it from low to high";
        conflict(&app.create("slot", None, &ada, &whole.replace("a@b", "A@b")).await, expected);
        for (one, other) in [
            (r#""is_open": true"#, r#""is_open": false"#),
            ("it's", "it"),
            ("a@b", "c@b"),
            (r#""bad""#, r#""good""#),
            ("9999-12-31\"", "0001-01-01\""),
            ("59.999999Z", "59.999998Z"),
            (r#""high": 9"#, r#""high": 9, "room": -9223372036854775808"#),
        ] {
            app.create("slot", None, &ada, &whole.replace(one, other))
                .await
                .unwrap_or_else(|e| panic!("{other}: {e:?}"));
        }
        let widest = r#"{"low": -9223372036854775808, "high": 9223372036854775807, "lane": -9223372036854775808}"#;
        app.create("slot", None, &ada, widest).await.unwrap();
        let touching = widest.replace(r#""low": -9223372036854775808"#, r#""low": 9223372036854775806"#);
        let refused = app.create("slot", None, &ada, &touching).await;
        conflict(&refused, "another slot with this lane overlaps it from low to high");
    });
}

/// A list of intervals in memory says the same as the database, whatever comes, changes and goes.
#[test]
fn a_model_says_the_same() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        let mut seed = 0xFEED_u64;
        let mut random = |end: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i64::try_from(seed >> 33).unwrap() % end
        };
        let mut model: Vec<(i64, [i64; 3])> = Vec::new();
        let (mut taken, mut refused) = (0, 0);
        for _ in 0..600 {
            let (lane, low) = (random(3), random(40));
            let wanted = [lane, low, low + 1 + random(6)];
            let at = (!model.is_empty()).then(|| usize::try_from(random(i64::try_from(model.len()).unwrap())).unwrap());
            let changed = at.filter(|_| random(2) == 0);
            if let Some(at) = at.filter(|_| random(6) == 0) {
                let (row, _) = model.remove(at);
                app.pipeline.delete(app.index("slot"), row, &ada).await.unwrap();
                continue;
            }
            let own = changed.map(|at| model[at].0);
            let fits = model
                .iter()
                .filter(|(row, _)| Some(*row) != own)
                .all(|(_, there)| there[0] != wanted[0] || there[2] <= wanted[1] || wanted[2] <= there[1]);
            let body = format!(r#"{{"lane": {}, "low": {}, "high": {}}}"#, wanted[0], wanted[1], wanted[2]);
            let outcome = match own {
                Some(row) => app.update("slot", row, &ada, &body).await.map(|_| row),
                None => app.create("slot", None, &ada, &body).await,
            };
            assert_eq!(outcome.is_ok(), fits, "{body} among {model:?}: {outcome:?}");
            *if fits { &mut taken } else { &mut refused } += 1;
            match (outcome, changed) {
                (Ok(_), Some(at)) => model[at].1 = wanted,
                (Ok(row), None) => model.push((row, wanted)),
                (Err(_), _) => {}
            }
        }
        assert!(taken > 100 && refused > 100, "{taken} taken, {refused} refused");
        assert_eq!(count(&app, "slots").await, i64::try_from(model.len()).unwrap());
    });
}

#[test]
fn it_goes_along_an_index_and_is_as_it_was_made() {
    run(async {
        let (app, ..) = begin(RESOURCES).await;
        let none = fasttrack::migrate::Source::none(dialect(), std::path::Path::new("none"));
        let migrator = fasttrack::migrate::Migrator::new(&app.db, &app.catalog, Vec::new(), none).unwrap();
        let inspected = migrator.inspected().await.unwrap();
        assert_eq!(inspected.altered_by_hand().collect::<Vec<_>>(), [""; 0]);
        assert!(inspected.present().is_same(&inspected.schema));
        if dialect() == Dialect::Sqlite {
            for look in [
                "SELECT 1 FROM bookings AS o WHERE o.doctor_id = 1 AND o.starts_at >= 'a' AND o.starts_at < 'b'",
                "SELECT o.ends_at FROM bookings AS o WHERE o.doctor_id = 1 AND o.starts_at < 'a' ORDER BY o.starts_at DESC LIMIT 1",
            ] {
                let plan = app.rows(&format!("EXPLAIN QUERY PLAN {look}"), Vec::new()).await;
                let plan: Vec<_> = plan.iter().map(|row| format!("{:?}", row.0)).collect();
                let index = format!("{:?}", b"bookings_doctor_id_starts_at_ends_at_excl").replace(['[', ']'], "");
                assert!(plan.len() == 1 && plan[0].contains(&index), "{look}");
            }
        }
    });
}

#[test]
fn the_document_says_so() {
    run(async {
        let (app, ..) = begin(RESOURCES).await;
        let document = app.kit.anonymous().at("GET", "/openapi.json").expect(200).json();
        for (path, method, words) in [
            (
                "/api/v1/bookings",
                "post",
                "409 where another booking with the same `doctor_id` overlaps it from `starts_at` to `ends_at`, the end not \
                 included.",
            ),
            ("/api/v1/bookings/{id}", "patch", "422 unless `starts_at` is less than `ends_at`."),
            ("/api/v1/holidays", "post", "409 where another holiday overlaps it from `first` to `last`"),
        ] {
            let operation = &document["paths"][path][method];
            let text = operation["description"].as_str().unwrap_or_default();
            assert!(text.contains(words), "{words} is not in {text}");
            assert!(operation["responses"].get("409").is_some(), "{path}");
        }
    });
}
