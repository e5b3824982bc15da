//! `#[limit(…)]`: how many rows there may be that refer to the same, however many try at once.

use std::sync::Arc;

use fasttrack::{
    db::Dialect,
    error::Error,
    prelude::*,
    schema::{Resource as _, Schema},
    sql::Counted,
};
use resources::user::User;
use tokio::task::JoinSet;

use super::{Inside, Principal, WRITERS, begin, conflict, count, id, race, run};
use crate::driver::sqlite_only;

/// Something that holds letters.
#[expect(dead_code, reason = "the columns are for the database alone")]
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
#[expect(dead_code, reason = "the columns are for the database alone")]
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

static RESOURCES: &[&Schema] = &[&Folder::SCHEMA, &Letter::SCHEMA];

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
fn rows_are_counted_along_an_index() {
    run(async {
        sqlite_only!("how a database goes about it is asked of SQLite");
        let (app, ada) = begin(RESOURCES).await;
        let schema = app.catalog.find("letter").unwrap().schema;
        let plans = [
            "SEARCH t USING COVERING INDEX letters_folder_id (folder_id=?)",
            "SEARCH t USING COVERING INDEX letters_author_id (author_id=?)",
        ];
        for (limit, expected) in schema.limits.iter().zip(plans) {
            let count = Counted { schema, limit, by: id(&ada), now_us: 0 }.count(Dialect::Sqlite);
            let plan = app.rows(&format!("EXPLAIN QUERY PLAN {}", count.sql), count.args).await;
            assert!(plan.iter().filter_map(|row| row.text(3)).any(|line| line == expected), "{expected}: {plan:?}");
        }
    });
}

mod timed {
    //! What counts for a while.

    use std::{thread, time::Duration};

    use fasttrack::{
        Application,
        db::{Dialect, Statement},
        prelude::*,
        sql::{self, Counted},
        testing::{Reply, TestApp, json},
    };

    use super::WRITERS;
    use crate::{
        driver::sqlite_only,
        inside::accounts::{Member, Team},
    };

    /// What somebody says, five times in half a minute.
    #[expect(dead_code, reason = "the columns are for the database alone")]
    #[resource]
    #[can(create, list, read, delete: authenticated)]
    #[limit(5 per author in 30s)]
    #[limit(40 per author)]
    pub(crate) struct Word {
        pub id: Id<Word>,
        #[field(actor, on_delete = cascade)]
        pub author: BelongsTo<Member>,
        pub created_at: CreatedAt,
    }

    fasttrack::resources! { account: Member, Team, Word }

    fn app() -> TestApp {
        TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start()
    }

    #[test]
    fn with_a_time_there_is_room_again_when_it_says() {
        let app = app();
        let (ada, bob) = (app.account("ada"), app.account("bob"));
        let say = || app.as_(&ada).post("/words", &json!({})).send();
        for _ in 0..8 {
            let replies: Vec<Reply> = thread::scope(|scope| {
                let all: Vec<_> = (0..WRITERS).map(|_| scope.spawn(say)).collect();
                all.into_iter().map(|one| one.join().unwrap()).collect()
            });
            let (said, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
            assert_eq!(said.len(), 5);
            let wait = |reply: &Reply| {
                let detail = reply.problem(429).detail.clone();
                let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
                assert_eq!(detail, format!("at most 5 per author_id in 30s; try again in {wait} s"));
                wait
            };
            let longest = refused.iter().map(wait).max().unwrap();
            assert!((1..=30).contains(&longest), "{longest}");
            app.advance(Duration::from_secs(longest));
        }
        // Forty are there; against that limit no time helps.
        let problem = app.as_(&ada).post("/words", &json!({})).refused(409);
        assert_eq!(problem.detail, "at most 40 per author_id");
        app.as_(&bob).post("/words", &json!({})).ok();
    }

    #[test]
    fn they_are_counted_along_an_index() {
        let app = app();
        let layers = app.layers();
        let model = layers.catalog.find("word").unwrap();
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let table = sql::define(dialect, &layers.catalog, model).unwrap();
            let index = table.indexes.iter().find(|index| index.name == "words_author_id_created_at").unwrap();
            assert_eq!(index.keys[..2], ["\"author_id\"", "\"created_at\""]);
        }
        sqlite_only!("how a database goes about it is asked of SQLite");
        let limit = &model.schema.limits[0];
        let counted = Counted { schema: model.schema, limit, by: 1, now_us: fasttrack::clock::now_us() };
        for statement in [counted.count(Dialect::Sqlite), counted.leaves(Dialect::Sqlite, 1).unwrap()] {
            let explained = Statement::new(format!("EXPLAIN QUERY PLAN {}", statement.sql), statement.args);
            let db = layers.db.clone();
            let plan = app.block_on(async move { db.read(explained).await }).unwrap();
            let lines: Vec<_> = plan.iter().filter_map(|row| row.text(3)).collect();
            let expected = "words_author_id_created_at (author_id=? AND created_at>?)";
            assert!(
                lines.iter().any(|line| line.starts_with("SEARCH t USING") && line.ends_with(expected)),
                "{lines:?}"
            );
            assert!(!lines.iter().any(|line| line.contains("TEMP B-TREE")), "{lines:?}");
        }
    }
}
