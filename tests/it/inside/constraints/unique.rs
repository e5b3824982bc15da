//! `#[unique(organisation, user)]`

use std::sync::Arc;

use fasttrack::{
    db::Dialect,
    prelude::*,
    schema::{Resource as _, Schema},
    sql,
};
use resources::user::User;

use super::{Arg, Inside, Principal, begin, conflict, count, id, job, race, run};
use crate::driver::dialect;

/// Who works together.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, read, list: authenticated)]
pub(super) struct Organisation {
    pub id: Id<Organisation>,
    #[field(len = ..=40, default)]
    pub name: String,
}

/// That somebody belongs to an organisation.
#[resource(under = organisation, hooks)]
#[can(create, list, read, update, delete: authenticated)]
#[unique(organisation, user)]
#[unique(user, contact)]
#[unique(level, shelf, user)]
pub(super) struct Membership {
    pub id: Id<Membership>,
    #[field(write_once, on_delete = cascade)]
    pub organisation: BelongsTo<Organisation>,
    #[field(on_delete = cascade, filter)]
    pub user: BelongsTo<User>,
    pub contact: Option<Email>,
    pub level: Option<Level>,
    #[field(on_delete = set_null)]
    pub shelf: Option<BelongsTo<Organisation>>,
    #[field(len = ..=40, default)]
    pub note: String,
}

/// A place in an organisation, which nobody looks for but by its number.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, read: authenticated)]
#[unique(organisation, number)]
pub(super) struct Seat {
    pub id: Id<Seat>,
    #[field(on_delete = cascade)]
    pub organisation: BelongsTo<Organisation>,
    pub number: i64,
    #[field(default)]
    pub rank: i64,
}

/// What a member may do.
#[derive(Choice)]
pub(super) enum Level {
    /// Look.
    Viewer,
    /// Everything.
    Owner,
}

impl Hooks for Membership {
    async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        match new.note.as_str() {
            "taken" => new.contact = Some(Email("first@example.com".into())),
            "twice" => {
                let sql = "INSERT INTO memberships (organisation_id, user_id) VALUES ($1, $2) RETURNING id";
                cx.query(sql, [Arg::Int(new.organisation.id().get()), Arg::Int(new.user.id().get())]).await?;
            }
            _ => {}
        }
        Ok(())
    }
}

static RESOURCES: &[&Schema] = &[&Organisation::SCHEMA, &Membership::SCHEMA, &Seat::SCHEMA];

const MEMBER: &str = "a membership with this organisation_id and user_id exists already";
const CONTACT: &str = "a membership with this user_id and contact exists already";
const LEVEL: &str = "a membership with this level, shelf_id and user_id exists already";

/// Somebody with some organisations.
async fn organised(count: usize) -> (Arc<Inside>, Principal, Vec<i64>) {
    let (app, ada) = begin(RESOURCES).await;
    let mut organisations = Vec::new();
    for _ in 0..count {
        organisations.push(app.create("organisation", None, &ada, "{}").await.unwrap());
    }
    (app, ada, organisations)
}

async fn join(app: &Inside, who: &Principal, organisation: i64, more: &str) -> Result<i64, fasttrack::error::Error> {
    let body = format!(r#"{{"user_id": {}{more}}}"#, id(who));
    app.create("membership", Some(organisation), who, &body).await
}

#[test]
fn a_second_one_is_a_conflict_that_names_the_fields() {
    run(async {
        let (app, ada, places) = organised(3).await;
        let first = join(&app, &ada, places[0], r#", "contact": "first@example.com""#).await.unwrap();
        conflict(&join(&app, &ada, places[0], "").await, MEMBER);
        conflict(&join(&app, &ada, places[1], r#", "contact": "FIRST@example.com""#).await, CONTACT);
        let body = r#"{"contact": "other@example.com"}"#;
        let second = join(&app, &ada, places[1], r#", "contact": "other@example.com""#).await.unwrap();
        conflict(&app.update("membership", first, &ada, body).await, CONTACT);
        let bob = app.register("bob").await;
        let third = join(&app, &bob, places[1], "").await.unwrap();
        conflict(&app.update("membership", third, &ada, &format!(r#"{{"user_id": {}}}"#, id(&ada))).await, MEMBER);
        app.update("membership", second, &ada, r#"{"note": "n", "contact": "Other@example.com"}"#).await.unwrap();
        assert_eq!(count(&app, "memberships").await, 3);
    });
}

#[test]
fn null_is_like_nothing() {
    run(async {
        let (app, ada, places) = organised(4).await;
        let mut made = Vec::new();
        for place in &places {
            made.push(join(&app, &ada, *place, r#", "level": "owner""#).await.unwrap());
        }
        let shelved = format!(r#"{{"shelf_id": {}}}"#, places[0]);
        app.update("membership", made[0], &ada, &shelved).await.unwrap();
        conflict(&app.update("membership", made[1], &ada, &shelved).await, LEVEL);
        app.update("membership", made[1], &ada, r#"{"level": null}"#).await.unwrap();
        app.update("membership", made[1], &ada, &shelved).await.unwrap();
    });
}

#[test]
fn hooks_and_jobs_are_told_the_same() {
    run(async {
        let (app, ada, places) = organised(3).await;
        join(&app, &ada, places[0], r#", "contact": "first@example.com""#).await.unwrap();
        conflict(&join(&app, &ada, places[1], r#", "note": "taken""#).await, CONTACT);
        conflict(&join(&app, &ada, places[1], r#", "note": "twice""#).await, MEMBER);
        let sql = "INSERT INTO memberships (organisation_id, user_id) VALUES ($1, $2) RETURNING id";
        let row = || vec![Arg::Int(places[2]), Arg::Int(id(&ada))];
        assert_eq!(job(&app, sql, row()).await.unwrap(), 1);
        conflict(&job(&app, sql, row()).await, MEMBER);
        assert_eq!(count(&app, "memberships").await, 2);
    });
}

#[test]
fn of_many_at_once_one_is_first() {
    run(async {
        let (app, ada, places) = organised(super::WRITERS + 1).await;
        let place = places[0];
        let members = |_| {
            let (app, ada) = (Arc::clone(&app), ada.clone());
            async move { join(&app, &ada, place, "").await }
        };
        assert_eq!(race(MEMBER, members).await, 1);
        let seats = |number: usize| {
            let body = format!(r#"{{"organisation_id": {place}, "number": {}}}"#, number % 5);
            let (app, ada) = (Arc::clone(&app), ada.clone());
            async move { app.create("seat", None, &ada, &body).await }
        };
        assert_eq!(race("a seat with this organisation_id and number exists already", seats).await, 5);
        let mut made = Vec::new();
        for place in &places[1..] {
            made.push(join(&app, &ada, *place, "").await.unwrap());
        }
        let contacts = |number: usize| {
            let (app, ada, row) = (Arc::clone(&app), ada.clone(), made[number]);
            async move { app.update("membership", row, &ada, r#"{"contact": "one@example.com"}"#).await }
        };
        assert_eq!(race(CONTACT, contacts).await, 1);
    });
}

#[test]
fn its_index_stands_for_those_that_nothing_else_needs() {
    run(async {
        let (app, ..) = organised(0).await;
        let indexes = |name: &str| {
            let model = app.catalog.find(name).unwrap();
            let table = sql::define(dialect(), &app.catalog, model).unwrap();
            let keys = table.indexes.into_iter().map(|index| (index.name, index.keys.join(", ").replace('"', "")));
            keys.collect::<Vec<_>>()
        };
        let named = |names: &[(&str, &str)]| {
            names.iter().map(|(name, keys)| ((*name).to_owned(), (*keys).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(indexes("seat"), named(&[("seats_organisation_id_number_unique", "organisation_id, number")]));
        let tie = if dialect() == Dialect::Sqlite { "" } else { ", id" };
        let found = indexes("membership");
        // Lists go along the first two in the order of ids; the third is that of the filter below the parent.
        for (name, keys) in [
            ("memberships_organisation_id", format!("organisation_id{tie}")),
            ("memberships_user_id", format!("user_id{tie}")),
            ("memberships_organisation_id_user_id_unique", "organisation_id, user_id".to_owned()),
        ] {
            assert!(found.contains(&(name.to_owned(), keys.clone())), "{name} {keys} is not among {found:?}");
        }
        assert!(found.iter().all(|(name, _)| name != "memberships_organisation_id_user_id"), "{found:?}");
        if dialect() == Dialect::Sqlite {
            for (sql, index) in [
                ("SELECT id FROM seats WHERE organisation_id = 1", "seats_organisation_id_number_unique"),
                (
                    "SELECT id FROM memberships WHERE organisation_id = 1 AND user_id = 1",
                    "memberships_organisation_id_user_id_unique",
                ),
            ] {
                let plan = app.rows(&format!("EXPLAIN QUERY PLAN {sql}"), Vec::new()).await;
                assert!(
                    format!("{plan:?}").contains(&format!("{:?}", index.as_bytes()).replace(['[', ']'], "")),
                    "{sql}"
                );
            }
        }
    });
}

#[test]
fn the_document_says_so() {
    run(async {
        let (app, ..) = organised(0).await;
        let document = app.kit.anonymous().at("GET", "/openapi.json").expect(200).json();
        for (path, method, is_told) in [
            ("/api/v1/organisations/{id}/memberships", "post", true),
            ("/api/v1/memberships/{id}", "patch", true),
            ("/api/v1/memberships/{id}", "get", false),
        ] {
            let operation = &document["paths"][path][method];
            let text = operation["description"].as_str().unwrap_or_default();
            let words = "409 where there is a membership with the same `organisation_id` and `user_id`.";
            assert_eq!(text.contains(words), is_told, "{method} {path}: {text}");
            assert_eq!(operation["responses"].get("409").is_some(), is_told);
        }
    });
}
