//! Triggers write outbox rows in the transaction of the change, and only then.

use fasttrack::schema::{
    Change, Column, Effect, Grant, Kind, OnDelete, Path, Payload, RowVersion, Rule, Schema, Trigger, Verb,
};

use super::{Inside, id, run};

#[test]
fn the_reference_application_tells_whom_its_contract_names() {
    run(async {
        let app = Inside::new(resources::RESOURCES).await;
        let (ada, bob) = (app.register("ada").await, app.register("bob").await);
        let (a, b) = (id(&ada), id(&bob));
        let project = app.create("project", None, &ada, r#"{"name": "{}"}"#).await.unwrap();
        assert_eq!(app.drain().await, [""; 0]);

        let body = format!(r#"{{"title": "T", "assignee_id": {b}}}"#);
        let task = app.create("task", Some(project), &ada, &body).await.unwrap();
        assert_eq!(app.drain().await, [format!(r#"task_assigned {b} {{"task_id":{task},"project":"{{}}"}}"#)]);
        app.create("task", Some(project), &ada, r#"{"title": "nobody's"}"#).await.unwrap();
        assert_eq!(app.drain().await, [""; 0]);

        app.update("task", task, &bob, r#"{"status": "done"}"#).await.unwrap();
        let expected = format!(r#"status_changed {a} {{"task_id":{task},"old":"todo","new":"done"}}"#);
        assert_eq!(app.drain().await, [expected]);
        app.update("task", task, &bob, r#"{"status": "done", "title": "T"}"#).await.unwrap();
        assert_eq!(app.drain().await, [""; 0], "nothing changed");
        app.update("task", task, &bob, r#"{"status": "todo", "title": ""}"#).await.unwrap_err();
        app.update("task", task, &bob, r#"{"status": "todo", "assignee_id": 99}"#).await.unwrap_err();
        assert_eq!(app.drain().await, [""; 0], "refused");

        let comment = app.create("comment", Some(task), &bob, r#"{"body": "!"}"#).await.unwrap();
        let data = format!(r#"{{"comment_id":{comment},"task_id":{task},"author":"bob"}}"#);
        assert_eq!(app.drain().await, [a, b].map(|to| format!("comment_added {to} {data}")));
        // Who is given the task hears of it, also from somebody who may not see it any more.
        let c = id(&app.register("eve").await);
        app.update("task", task, &bob, &format!(r#"{{"assignee_id": {c}}}"#)).await.unwrap();
        assert_eq!(app.drain().await, [format!(r#"task_assigned {c} {{"task_id":{task},"project":"{{}}"}}"#)]);
        app.update("task", task, &ada, &format!(r#"{{"assignee_id": {a}}}"#)).await.unwrap();
        assert_eq!(app.drain().await, [format!(r#"task_assigned {a} {{"task_id":{task},"project":"{{}}"}}"#)]);
        let comment = app.create("comment", Some(task), &ada, r#"{"body": "?"}"#).await.unwrap();
        let data = format!(r#"{{"comment_id":{comment},"task_id":{task},"author":"ada"}}"#);
        assert_eq!(app.drain().await, [format!("comment_added {a} {data}")], "owner and assignee are one");
    });
}

const OWNER: Path = Path::HERE.then("owner");
const BOX_OWNER: Path = Path::HERE.then("box").then("owner");

const fn id_column() -> Column {
    Column { kind: Kind::Id, ..Column::new::<i64>("id", "id") }
}

const fn relation(name: &'static str, key: &'static str, target: &'static str, on_delete: OnDelete) -> Column {
    Column { kind: Kind::Relation(target), nullable: true, ..Column::new::<i64>(name, key).on_delete(on_delete) }
}

const OPEN: &[Grant] = &[
    Grant { verb: Verb::Create, rule: Rule::Authenticated },
    Grant { verb: Verb::Read, rule: Rule::Authenticated },
    Grant { verb: Verb::Delete, rule: Rule::Authenticated },
];

const fn told(name: &'static str, change: Change, to: &'static [Path], payload: &'static [Payload]) -> Trigger {
    Trigger { change, effect: Effect::Event { name, payload, to, except_actor: false } }
}

static BOX: Schema = Schema::new("box", "boxes")
    .columns(&[id_column(), relation("owner", "owner_id", "user", OnDelete::Restrict).actor()])
    .grants(OPEN);

static THING: Schema = Schema::new("thing", "things")
    .columns(&[
        id_column(),
        relation("owner", "owner_id", "user", OnDelete::Restrict).actor(),
        relation("box", "box_id", "box", OnDelete::Cascade),
        relation("spare", "spare_id", "box", OnDelete::SetNull),
    ])
    .grants(OPEN)
    .triggers(&[
        told("thing_gone", Change::Deleted, &[BOX_OWNER, OWNER], &[]),
        told(
            "thing_lost",
            Change::Changed { field: "spare" },
            &[OWNER],
            &[Payload { key: "was", row: RowVersion::Old, path: Path::HERE, field: "spare" }],
        ),
    ]);

#[test]
fn what_a_deletion_takes_along_is_told_of() {
    run(async {
        let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
        let app = Inside::new(&[user, &BOX, &THING]).await;
        let (ada, bob) = (app.register("ada").await, app.register("bob").await);
        let (a, b) = (id(&ada), id(&bob));
        let first = app.create("box", None, &ada, "{}").await.unwrap();
        let second = app.create("box", None, &ada, "{}").await.unwrap();
        let body = format!(r#"{{"box_id": {first}, "spare_id": {second}}}"#);
        let thing = app.create("thing", None, &bob, &body).await.unwrap();
        assert_eq!(app.drain().await, [format!(r#"thing_lost {b} {{"thing_id":{thing},"was":null}}"#)]);

        app.pipeline.delete(app.index("box"), second, &ada).await.unwrap();
        assert_eq!(app.drain().await, [format!(r#"thing_lost {b} {{"thing_id":{thing},"was":{second}}}"#)]);
        app.pipeline.delete(app.index("box"), first, &ada).await.unwrap();
        assert_eq!(app.drain().await, [a, b].map(|to| format!(r#"thing_gone {to} {{"thing_id":{thing}}}"#)));
    });
}

#[test]
fn many_creations_in_one_group_tell_each_of_its_own() {
    run(async {
        let app = std::sync::Arc::new(Inside::new(resources::RESOURCES).await);
        let (ada, bob) = (app.register("ada").await, app.register("bob").await);
        let project = app.create("project", None, &ada, r#"{"name": "P"}"#).await.unwrap();
        let requests: Vec<_> = (0..200)
            .map(|n| {
                let (app, ada, b) = (app.clone(), ada.clone(), id(&bob));
                tokio::spawn(async move {
                    let assignee = if n % 2 == 0 { b.to_string() } else { "null".into() };
                    let body = format!(r#"{{"title": "{n}", "assignee_id": {assignee}}}"#);
                    (n, app.create("task", Some(project), &ada, &body).await.unwrap())
                })
            })
            .collect();
        let mut assigned = Vec::new();
        for request in requests {
            let (n, task) = request.await.unwrap();
            assigned.extend((n % 2 == 0).then_some(task));
        }
        let told = app.drain().await;
        assert_eq!(told.len(), assigned.len());
        for task in assigned {
            let expected = format!(r#"task_assigned {} {{"task_id":{task},"project":"P"}}"#, id(&bob));
            assert_eq!(told.iter().filter(|line| **line == expected).count(), 1, "{expected}");
        }
    });
}
