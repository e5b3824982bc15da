//! `#[limit(…)]`: how many rows there may be that refer to the same, however many try at once.

use std::{sync::Arc, time::Duration};

use fasttrack::{
    db::Dialect,
    error::Error,
    prelude::*,
    schema::{Resource as _, Schema},
    sql::{self, Counted},
};
use resources::user::User;
use tokio::task::JoinSet;

use super::{Inside, Principal, WRITERS, begin, conflict, count, id, race, run};
use crate::driver::sqlite_only;

/// Something that holds letters.
#[resource]
#[has(letters: Letter.folder)]
#[can(create: authenticated)]
#[can(list, read, update: authenticated)]
#[on(created => add letters { author: actor, text: "first" })]
pub(super) struct Folder {
    pub id: Id<Folder>,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<User>,
}

/// A letter of somebody's, in a folder or in none.
#[resource]
#[can(create, list, read, update, delete: authenticated)]
#[limit(10 per folder)]
#[limit(14 per author)]
pub(super) struct Letter {
    pub id: Id<Letter>,
    #[field(len = ..=20, default)]
    pub text: String,
    #[field(on_delete = cascade)]
    pub folder: Option<BelongsTo<Folder>>,
    #[field(on_delete = cascade)]
    pub author: BelongsTo<User>,
}

/// What somebody says, five times in half a minute.
#[resource]
#[can(create, list, read, delete: authenticated)]
#[limit(5 per author in 30s)]
#[limit(40 per author)]
pub(super) struct Word {
    pub id: Id<Word>,
    #[field(actor, on_delete = cascade)]
    pub author: BelongsTo<User>,
    pub created_at: CreatedAt,
}

static RESOURCES: &[&Schema] = &[&Folder::SCHEMA, &Letter::SCHEMA, &Word::SCHEMA];

const PER_FOLDER: &str = "at most 10 per folder_id";

const PER_AUTHOR: &str = "at most 14 per author_id";

/// Five people, and a folder of the first one.
async fn people() -> (Arc<Inside>, Vec<Principal>, i64) {
    let (app, ada) = begin(RESOURCES).await;
    let folder = app.create("folder", None, &ada, "{}").await.unwrap();
    let mut people = vec![ada];
    for name in ["bob", "cleo", "dora", "emil"] {
        people.push(app.register(name).await);
    }
    (app, people, folder)
}

async fn write(app: Arc<Inside>, who: Principal, folder: Option<i64>) -> Result<i64, Error> {
    let folder = folder.map_or_else(|| "null".to_owned(), |folder| folder.to_string());
    let body = format!(r#"{{"folder_id": {folder}, "author_id": {}}}"#, id(&who));
    app.create("letter", None, &who, &body).await
}

#[test]
fn many_at_once_create_as_many_as_there_may_be() {
    run(async {
        let (app, people, folder) = people().await;
        let attempt = |number: usize| write(Arc::clone(&app), people[number % 5].clone(), Some(folder));
        assert_eq!(race(PER_FOLDER, attempt).await, 9, "one is there, which the folder came with");
        assert_eq!(count(&app, "letters").await, 10);
        conflict(&write(Arc::clone(&app), people[0].clone(), Some(folder)).await, PER_FOLDER);
        // Null is in no folder, and what is deleted counts no more.
        write(Arc::clone(&app), people[1].clone(), None).await.unwrap();
        let last =
            app.rows("SELECT max(id) FROM letters WHERE folder_id IS NOT NULL", Vec::new()).await[0].int(0).unwrap();
        app.pipeline.delete(app.index("letter"), last, &people[0]).await.unwrap();
        write(Arc::clone(&app), people[2].clone(), Some(folder)).await.unwrap();
        conflict(&write(Arc::clone(&app), people[0].clone(), Some(folder)).await, PER_FOLDER);
    });
}

#[test]
fn what_triggers_add_counts() {
    run(async {
        let (app, people, _) = people().await;
        let attempt = |_: usize| {
            let (app, who) = (Arc::clone(&app), people[1].clone());
            async move { app.create("folder", None, &who, "{}").await }
        };
        assert_eq!(race(PER_AUTHOR, attempt).await, 14);
        assert_eq!(
            (count(&app, "folders").await, count(&app, "letters").await),
            (15, 15),
            "nothing is left of the others"
        );
    });
}

#[test]
fn what_moves_counts_where_it_comes_to() {
    run(async {
        let (app, people, folder) = people().await;
        let mut letters = JoinSet::new();
        for number in 0..WRITERS {
            letters.spawn(write(Arc::clone(&app), people[number % 5].clone(), None));
        }
        let letters: Vec<i64> = letters.join_all().await.into_iter().map(Result::unwrap).collect();
        let to = format!(r#"{{"folder_id": {folder}}}"#);
        let attempt = |number: usize| {
            let (app, who, letter, to) = (Arc::clone(&app), people[0].clone(), letters[number], to.clone());
            async move { app.update("letter", letter, &who, &to).await }
        };
        assert_eq!(race(PER_FOLDER, attempt).await, 9);
        assert_eq!(count(&app, "letters WHERE folder_id IS NOT NULL").await, 10);
        // What is there already may change, and stay where it is.
        let there =
            app.rows("SELECT max(id) FROM letters WHERE folder_id IS NOT NULL", Vec::new()).await[0].int(0).unwrap();
        app.update("letter", there, &people[0], &format!(r#"{{"text": "more", "folder_id": {folder}}}"#))
            .await
            .unwrap();
        app.update("letter", there, &people[0], r#"{"folder_id": null}"#).await.unwrap();
        app.update("letter", there, &people[0], &to).await.unwrap();
    });
}

#[test]
fn with_a_time_there_is_room_again_when_it_says() {
    run(async {
        let (app, people, _) = people().await;
        let say = || {
            let (app, who) = (Arc::clone(&app), people[0].clone());
            async move { app.create("word", None, &who, "{}").await }
        };
        for _ in 1..=8 {
            let outcomes = (0..WRITERS).map(|_| say()).collect::<JoinSet<_>>().join_all().await;
            let said = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
            assert_eq!(said, 5, "{outcomes:?}");
            let waits = outcomes.into_iter().filter_map(|outcome| match outcome {
                Ok(_) => None,
                Err(Error::OverLimit { why, retry_after_s }) if why == "at most 5 per author_id in 30s" => {
                    Some(retry_after_s)
                }
                Err(other) => panic!("{other:?}"),
            });
            let wait = waits.max().unwrap();
            assert!((1..=30).contains(&wait), "{wait}");
            app.kit.advance(Duration::from_secs(wait));
        }
        // Forty are there; that limit no time helps against.
        conflict(&say().await, "at most 40 per author_id");
        app.create("word", None, &people[1], "{}").await.unwrap();
    });
}

#[test]
fn rows_are_counted_along_an_index() {
    run(async {
        let (app, ada) = begin(RESOURCES).await;
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let table = sql::define(dialect, &app.catalog, app.catalog.find("word").unwrap()).unwrap();
            let index = table.indexes.iter().find(|index| index.name == "words_author_id_created_at").unwrap();
            let keys: Vec<_> = index.keys.iter().map(String::as_str).take(2).collect();
            assert_eq!(keys, ["\"author_id\"", "\"created_at\""]);
        }
        sqlite_only!("how a database goes about it is asked of SQLite");
        for (name, place, expected) in [
            ("word", 0, "SEARCH words USING COVERING INDEX words_author_id_created_at (author_id=? AND created_at>?)"),
            ("word", 1, "SEARCH words USING COVERING INDEX words_author_id"),
            ("letter", 0, "SEARCH letters USING COVERING INDEX letters_folder_id (folder_id=?)"),
            ("letter", 1, "SEARCH letters USING COVERING INDEX letters_author_id (author_id=?)"),
        ] {
            let schema = app.catalog.find(name).unwrap().schema;
            let counted =
                Counted { schema, limit: &schema.limits[place], by: id(&ada), now_us: fasttrack::clock::now_us() };
            let leaves = counted.limit.within_us.and_then(|_| counted.leaves(Dialect::Sqlite, 1));
            for statement in std::iter::once(counted.count(Dialect::Sqlite)).chain(leaves) {
                let plan = app.rows(&format!("EXPLAIN QUERY PLAN {}", statement.sql), statement.args).await;
                let lines: Vec<_> = plan.iter().filter_map(|row| row.text(3)).map(|line| line.to_owned()).collect();
                assert!(lines.iter().any(|line| line.starts_with(expected)), "{name} {place}: {lines:?}");
                assert!(!lines.iter().any(|line| line.contains("TEMP B-TREE")), "{lines:?}");
            }
        }
    });
}
