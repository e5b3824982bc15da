//! Fields that hold any number of rows: what is kept, shown, asked, told, and left when one of them goes.
#![expect(dead_code, reason = "declared for what they become: rows are looked at as JSON")]

use fasttrack::{
    db::Statement,
    error::Error,
    pipeline::Target,
    prelude::*,
    principal::Principal,
    schema::{Resource as _, Schema},
    sql,
    wire::{Object, Params},
};
use serde_json::{Value, json};

use super::{Inside, id, person::Person, run};
use crate::driver::adapted;

/// What is stuck on topics.
#[resource]
#[can(create: authenticated)]
#[can(read, delete: owner)]
pub(super) struct Label {
    pub id: Id<Label>,
    #[field(len = 1..=20)]
    pub name: String,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Person>,
}

/// What is labelled and watched.
#[resource]
#[can(create: authenticated)]
#[can(list, read: owner | watchers | any(labels: owner))]
#[can(update, delete: owner | watchers)]
#[on(created => opened { watchers: watchers } to watchers except actor)]
#[on(changed(watchers) => watched { before: old.watchers, now: watchers } to watchers except actor)]
#[on(changed(labels) => labelled { labels: labels } to owner)]
#[on(deleted => closed to watchers)]
pub(super) struct Topic {
    pub id: Id<Topic>,
    #[field(len = 1..=20, filter, sort)]
    pub name: String,
    #[field(max = 3, filter)]
    pub labels: Many<Label>,
    #[field(max = 50)]
    pub watchers: Many<Person>,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<Person>,
    pub updated_at: UpdatedAt,
}

/// What is only for those who are in it, and hangs where they may.
#[resource]
#[can(create: people)]
#[can(list, read: topics.watchers)]
#[can(update: topics.owner)]
pub(super) struct Circle {
    pub id: Id<Circle>,
    #[field(max = 5)]
    pub people: Many<Person>,
    #[field(max = 5)]
    pub topics: Many<Topic>,
}

static RESOURCES: &[&Schema] = &[&Person::SCHEMA, &Label::SCHEMA, &Topic::SCHEMA, &Circle::SCHEMA];

struct World {
    app: Inside,
    ada: Principal,
    bob: Principal,
    cem: Principal,
}

impl World {
    async fn new() -> Self {
        let app = Inside::new(RESOURCES).await;
        let (ada, bob, cem) = (app.register("ada").await, app.register("bob").await, app.register("cem").await);
        Self { app, ada, bob, cem }
    }

    async fn label(&self, who: &Principal, name: &str) -> i64 {
        self.app.create("label", None, who, &json!({ "name": name }).to_string()).await.unwrap()
    }

    async fn topic(&self, who: &Principal, body: &Value) -> i64 {
        self.app.create("topic", None, who, &body.to_string()).await.unwrap()
    }

    async fn patch(&self, who: &Principal, topic: i64, body: &Value) -> Result<Value, Error> {
        let row = self.app.update("topic", topic, who, &body.to_string()).await?;
        Ok(serde_json::from_slice(&row).unwrap())
    }

    async fn read(&self, who: &Principal, topic: i64) -> Option<Value> {
        let target = Target::Id(topic);
        let row = self.app.pipeline.read(self.app.index("topic"), target, who).await.ok()?;
        Some(serde_json::from_slice(&row).unwrap())
    }

    /// The names of the topics that a list has.
    async fn names(&self, who: &Principal, asked: &str) -> Result<Vec<String>, Error> {
        let page = self.app.pipeline.list(self.app.index("topic"), None, who, Params::parse(Some(asked))).await?;
        let page: Value = serde_json::from_slice(&page).unwrap();
        let rows = page["items"].as_array().unwrap();
        Ok(rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect())
    }

    /// What is in the tables of pairs.
    async fn pairs(&self, table: &str) -> Vec<(i64, i64)> {
        let rows = self.app.rows(&format!("SELECT from_id, to_id FROM {table} ORDER BY from_id, to_id"), vec![]).await;
        rows.iter().map(|row| (row.int(0).unwrap(), row.int(1).unwrap())).collect()
    }
}

#[track_caller]
fn refused(answer: Result<impl std::fmt::Debug, Error>) -> String {
    match answer.unwrap_err() {
        Error::Invalid(faults) => {
            faults.iter().map(|it| format!("{} {}", it.field, it.code)).collect::<Vec<_>>().join(", ")
        }
        Error::Forbidden(_) => "forbidden".to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_set_is_shown_in_order_and_replaced_as_a_whole() {
    run(async {
        let world = World::new().await;
        let World { ada, bob, .. } = &world;
        let [one, two, three] = [world.label(ada, "a").await, world.label(ada, "b").await, world.label(ada, "c").await];
        let topic = world.topic(ada, &json!({ "name": "x", "label_ids": [three, one, three] })).await;
        let row = world.read(ada, topic).await.unwrap();
        assert_eq!((&row["label_ids"], &row["watcher_ids"]), (&json!([one, three]), &json!([])));
        // What stays the same is no change, in whatever order it is sent.
        let same = world.patch(ada, topic, &json!({ "label_ids": [three, one] })).await.unwrap();
        assert_eq!(same, row);
        let changed = world.patch(ada, topic, &json!({ "label_ids": [two, one] })).await.unwrap();
        assert_eq!(changed["label_ids"], json!([one, two]));
        assert_ne!(changed["updated_at"], row["updated_at"]);
        assert_eq!(changed, world.read(ada, topic).await.unwrap());
        assert_eq!(world.pairs("topics_label_ids").await, [(topic, one), (topic, two)]);
        // What is not said stays, and is in the answer.
        let renamed = world.patch(ada, topic, &json!({ "name": "z", "label_ids": [two, one] })).await.unwrap();
        assert_eq!((&renamed["label_ids"], &renamed["name"]), (&json!([one, two]), &json!("z")));
        let renamed = world.patch(ada, topic, &json!({ "name": "y" })).await.unwrap();
        assert_eq!((&renamed["label_ids"], &renamed["name"]), (&json!([one, two]), &json!("y")));
        let empty = world.patch(ada, topic, &json!({ "label_ids": [], "name": "y" })).await.unwrap();
        assert_eq!((&empty["label_ids"], &empty["name"]), (&json!([]), &json!("y")));
        assert!(world.pairs("topics_label_ids").await.is_empty());

        let foreign = world.label(bob, "theirs").await;
        for (ids, expected) in [
            (json!([one, 999_999]), "label_ids not_found"),
            (json!([foreign]), "label_ids not_found"),
            (json!([one, two, three, foreign]), "label_ids too_many"),
            (json!(null), "label_ids null"),
            (json!(one), "label_ids type"),
            (json!([0]), "label_ids not_found"),
        ] {
            let body = json!({ "name": "z", "label_ids": ids });
            let answer = world.app.create("topic", None, ada, &body.to_string()).await;
            assert_eq!(refused(answer), expected, "{body}");
            assert_eq!(refused(world.patch(ada, topic, &body).await), expected, "{body}");
        }
        assert_eq!(world.read(ada, topic).await.unwrap()["name"], "y");
    });
}

#[test]
fn what_was_there_may_stay_whoever_sends_it_back() {
    run(async {
        let world = World::new().await;
        let World { ada, bob, .. } = &world;
        let (hers, his) = (world.label(ada, "a").await, world.label(bob, "b").await);
        let topic = world.topic(ada, &json!({ "name": "x", "label_ids": [hers], "watcher_ids": [id(bob)] })).await;
        // He does not see her label, and what he adds is his own.
        let both = world.patch(bob, topic, &json!({ "label_ids": [hers, his] })).await.unwrap();
        assert_eq!(both["label_ids"], json!([hers, his]));
        world.patch(bob, topic, &json!({ "label_ids": [his] })).await.unwrap();
        assert_eq!(refused(world.patch(bob, topic, &json!({ "label_ids": [hers] })).await), "label_ids not_found");
    });
}

#[test]
fn rules_recipients_and_filters_go_through_a_set() {
    run(async {
        let world = World::new().await;
        let World { app, ada, bob, cem } = &world;
        let hers = world.label(ada, "hers").await;
        let his = world.label(cem, "his").await;
        let first = world.topic(ada, &json!({ "name": "a", "label_ids": [hers], "watcher_ids": [id(bob)] })).await;
        let second = world.topic(ada, &json!({ "name": "b", "label_ids": [hers] })).await;
        let told = |name: &str, who: &Principal, data: &Value| format!("{name} {} {data}", id(who));
        assert_eq!(
            app.drain().await,
            [
                told("labelled", ada, &json!({ "topic_id": first, "labels": [hers] })),
                told("labelled", ada, &json!({ "topic_id": second, "labels": [hers] })),
                told("opened", bob, &json!({ "topic_id": first, "watchers": [id(bob)] })),
                told("watched", bob, &json!({ "topic_id": first, "before": null, "now": [id(bob)] })),
            ]
        );
        assert_eq!(world.names(bob, "sort=name").await.unwrap(), ["a"]);
        assert_eq!(world.names(cem, "sort=name").await.unwrap(), [""; 0]);
        world.patch(bob, first, &json!({ "watcher_ids": [id(bob), id(cem)], "label_ids": [] })).await.unwrap();
        assert_eq!(
            app.drain().await,
            [
                told("labelled", ada, &json!({ "topic_id": first, "labels": [] })),
                told("watched", cem, &json!({ "topic_id": first, "before": [id(bob)], "now": [id(bob), id(cem)] })),
            ]
        );
        // By the label's owner, whoever watches.
        world.patch(cem, first, &json!({ "label_ids": [his], "watcher_ids": [] })).await.unwrap();
        assert_eq!(world.names(cem, "").await.unwrap(), ["a"]);
        assert_eq!(world.names(bob, "").await.unwrap(), [""; 0]);
        assert!(world.read(cem, first).await.is_some() && world.read(bob, first).await.is_none());
        for (asked, expected) in [
            (format!("label_ids[has]={hers}"), &["b"][..]),
            (format!("label_ids[has]={his}"), &["a"]),
            (format!("label_ids[has]={his}&label_ids[has]={hers}"), &[]),
            (format!("label_ids[has]={hers}&name=a"), &[]),
        ] {
            let found = world.names(ada, &asked).await;
            match found {
                Ok(found) => assert_eq!(found, expected, "{asked}"),
                Err(error) => assert!(asked.contains("&label_ids"), "{asked}: {error:?}"),
            }
        }
        for asked in ["label_ids=1", "label_ids[in]=1", "label_ids[has]=x", "label_ids[has]=0", "watcher_ids[has]=1"] {
            assert!(world.names(ada, asked).await.is_err(), "{asked}");
        }
    });
}

#[test]
fn a_row_that_goes_leaves_the_sets_that_it_is_in() {
    run(async {
        let world = World::new().await;
        let World { app, ada, bob, cem } = &world;
        let label = world.label(ada, "a").await;
        let other = world.label(ada, "b").await;
        let topic = world
            .topic(ada, &json!({ "name": "x", "label_ids": [label, other], "watcher_ids": [id(bob), id(cem)] }))
            .await;
        let before = world.read(ada, topic).await.unwrap();
        app.drain().await;
        app.pipeline.delete(app.index("label"), label, ada).await.unwrap();
        let after = world.read(ada, topic).await.unwrap();
        assert_eq!(after["label_ids"], json!([other]));
        assert_ne!(after["updated_at"], before["updated_at"]);
        app.pipeline.delete(app.index("person"), id(bob), bob).await.unwrap();
        assert_eq!(world.read(ada, topic).await.unwrap()["watcher_ids"], json!([id(cem)]));
        let now = json!({ "topic_id": topic, "before": [id(bob), id(cem)], "now": [id(cem)] });
        let told = app.drain().await;
        assert_eq!(
            told,
            [
                format!("labelled {} {}", id(ada), json!({ "topic_id": topic, "labels": [other] })),
                format!("watched {} {now}", id(cem)),
            ]
        );
        app.pipeline.delete(app.index("topic"), topic, ada).await.unwrap();
        assert_eq!(app.drain().await, [format!("closed {} {}", id(cem), json!({ "topic_id": topic }))]);
        for table in ["topics_label_ids", "topics_watcher_ids"] {
            assert!(world.pairs(table).await.is_empty(), "{table}");
        }
    });
}

#[test]
fn a_set_counts_as_it_would_be() {
    run(async {
        let world = World::new().await;
        let World { app, ada, bob, .. } = &world;
        let mine = world.topic(ada, &json!({ "name": "mine", "watcher_ids": [id(ada)] })).await;
        let theirs = world.topic(bob, &json!({ "name": "theirs", "watcher_ids": [id(ada)] })).await;
        let circle = |people: &[i64], topics: &[i64]| json!({ "people_ids": people, "topic_ids": topics }).to_string();
        // Who creates one has to be in it.
        let outside = app.create("circle", None, ada, &circle(&[id(bob)], &[mine])).await;
        assert_eq!(refused(outside), "forbidden");
        let inside = app.create("circle", None, ada, &circle(&[id(ada), id(bob)], &[mine])).await.unwrap();
        // Where it would hang she owns nothing; with what she owns beside it, she does.
        let moved = app.update("circle", inside, ada, &json!({ "topic_ids": [theirs] }).to_string()).await;
        assert_eq!(refused(moved), "forbidden");
        let kept = app.update("circle", inside, ada, &json!({ "topic_ids": [theirs, mine] }).to_string()).await;
        assert_eq!(serde_json::from_slice::<Value>(&kept.unwrap()).unwrap()["topic_ids"], json!([mine, theirs]));
    });
}

#[test]
fn many_writers_leave_one_set_whole() {
    run(async {
        let world = World::new().await;
        let World { app, ada, .. } = &world;
        let mut labels = Vec::new();
        for place in 0..6 {
            labels.push(world.label(ada, &format!("l{place}")).await);
        }
        let topic = world.topic(ada, &json!({ "name": "x" })).await;
        let mut writers = tokio::task::JoinSet::new();
        for turn in 0..50 {
            let ids: Vec<_> = (0..3).map(|place| labels[(turn + place * 2) % 6]).collect();
            let body = json!({ "label_ids": ids }).to_string();
            let (pipeline, index, who) = (app.pipeline.clone(), app.index("topic"), ada.clone());
            writers.spawn(async move {
                let body = Object::parse(body.as_bytes()).unwrap();
                pipeline.update(index, Target::Id(topic), &who, &body).await.map(drop)
            });
        }
        while let Some(answer) = writers.join_next().await {
            answer.unwrap().unwrap();
        }
        let pairs = world.pairs("topics_label_ids").await;
        let shown = world.read(ada, topic).await.unwrap();
        assert_eq!(shown["label_ids"], json!(pairs.iter().map(|(_, label)| *label).collect::<Vec<_>>()));
        assert_eq!(pairs.len(), 3, "{pairs:?} is what one of them wrote");
    });
}

#[test]
fn a_set_and_a_field_that_are_sent_together_stay_together() {
    run(async {
        let world = World::new().await;
        let World { app, ada, .. } = &world;
        let labels = [world.label(ada, "a").await, world.label(ada, "b").await, world.label(ada, "c").await];
        let topic = world.topic(ada, &json!({ "name": "t0", "label_ids": [labels[0]] })).await;
        for _ in 0..20 {
            let mut writers = tokio::task::JoinSet::new();
            for (place, label) in labels.into_iter().enumerate() {
                let body = json!({ "name": format!("t{place}"), "label_ids": [label] }).to_string();
                let (pipeline, index, who) = (app.pipeline.clone(), app.index("topic"), ada.clone());
                writers.spawn(async move {
                    let sent = Object::parse(body.as_bytes()).unwrap();
                    let answer = pipeline.update(index, Target::Id(topic), &who, &sent).await.unwrap();
                    let answer: Value = serde_json::from_slice(&answer.json).unwrap();
                    assert_eq!(answer["label_ids"], json!([label]), "{answer}");
                });
            }
            while let Some(done) = writers.join_next().await {
                done.unwrap();
            }
            let row = world.read(ada, topic).await.unwrap();
            let place = labels.iter().position(|label| row["label_ids"] == json!([label]));
            assert_eq!(place.map(|place| format!("t{place}")).as_deref(), row["name"].as_str(), "{row}");
        }
    });
}

#[test]
fn both_ends_of_a_set_are_found_along_an_index() {
    run(async {
        let world = World::new().await;
        let app = &world.app;
        let model = app.catalog.tables().iter().find(|model| model.schema.plural == "topics_watcher_ids").unwrap();
        let table = sql::define(app.db.dialect(), &app.catalog, model).unwrap();
        let keys: Vec<_> = table.indexes.iter().map(|index| (index.unique, index.keys.join(", "))).collect();
        assert_eq!(keys, [(true, "\"from_id\", \"to_id\"".to_owned()), (true, "\"to_id\", \"from_id\"".to_owned())]);
        // The database itself keeps them from standing for what is not there.
        let dangling = Statement::new(adapted("INSERT INTO topics_watcher_ids (from_id, to_id) VALUES (1, 1)"), vec![]);
        let answer = app.db.write(move |tx| Box::pin(async move { Ok(tx.query(dangling).await?) })).await;
        assert!(answer.is_err());
    });
}
