//! Hooks of an application run in the unit of the write: what they may see, change, refuse and write.

use std::sync::Mutex;

use fasttrack::{
    db::Arg,
    error::Error,
    prelude::*,
    principal::{Caller, Principal},
    schema::{Resource as _, Schema},
    wire::Object,
};
use serde_json::{Value, json};

use super::{Inside, id, id_of, run};

/// Whether a note can still be written to.
#[derive(Choice)]
pub(super) enum State {
    /// It can.
    Open,
    /// It cannot.
    Closed,
}

/// What an extra is read as: less than may be sent.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Extra {
    /// Read.
    pub known: i64,
}

/// What hooks are tried on; its title says what they do.
#[resource(hooks)]
#[can(create: state == Open)]
#[can(read, delete: authenticated)]
#[can(update: owner & state == Open -> state == Open)]
pub(super) struct Note {
    pub id: Id<Note>,
    #[field(len = 1..=40)]
    pub title: String,
    #[field(len = ..=20, default, read_only, unique)]
    pub slug: String,
    #[field(default = Open, read_only)]
    pub state: State,
    #[field(default = 0.1)]
    pub weight: f64,
    #[field(default, read_only)]
    pub is_seen: bool,
    pub extra: Option<Json<Extra>>,
    #[field(hidden, read_only, default)]
    pub secret: i64,
    #[field(on_delete = set_null)]
    pub reader: Option<BelongsTo<Member>>,
    #[field(actor, on_delete = restrict)]
    pub owner: BelongsTo<Member>,
    #[field(write_once, default)]
    pub rank: i64,
    pub created_at: CreatedAt,
    pub updated_at: UpdatedAt,
}

/// What the hook writes by itself.
#[resource]
#[can(read: authenticated)]
pub(super) struct Entry {
    pub id: Id<Entry>,
    #[field(len = ..=40)]
    pub line: String,
}

/// What a member may do.
#[derive(Choice)]
pub(super) enum Role {
    /// What everybody may.
    User,
}

/// Who writes notes.
#[resource(account, hooks)]
#[can(read: authenticated)]
pub(super) struct Member {
    pub id: Id<Member>,
    #[field(len = ..=255, unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(len = ..=100, default)]
    pub display_name: String,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
}

static RESOURCES: &[&Schema] = &[&Member::SCHEMA, &Note::SCHEMA, &Entry::SCHEMA];

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

async fn log(cx: &mut HookContext<'_>, line: &str) -> Result<(), Refusal> {
    let rows = cx.query("INSERT INTO entries (line) VALUES ($1) RETURNING id", [Arg::Text(line.to_owned())]).await?;
    let entry = cx.find::<Entry>(rows[0].int(0).unwrap()).await?.expect("the transaction sees what it wrote");
    assert_eq!((Some(entry.id.get()), entry.line.as_str()), (rows[0].int(0), line));
    Ok(())
}

impl Hooks for Note {
    async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        let caller = cx.caller().ok_or_else(|| Refusal::internal("nobody calls"))?;
        let member = cx.find::<Member>(caller).await?.ok_or_else(|| Refusal::conflict("gone"))?;
        new.slug = format!("{}-{}", member.display_name, new.title);
        new.secret = 7;
        log(cx, &new.title).await?;
        assert!(cx.find::<Note>(12345).await?.is_none());
        match new.title.as_str() {
            "refused" => return Err(Refusal::field("title", "bad", "no").and("weight", "bad", "nor this")),
            "conflict" => return Err(Refusal::conflict("not now")),
            "long" => new.slug = "x".repeat(21),
            "same" => new.slug = "same".into(),
            "dated" => new.created_at = CreatedAt("2026-01-01T00:00:00.000000Z".into()),
            "owned" => new.owner = BelongsTo::to(999),
            "closed" => new.state = State::Closed,
            "astray" => new.reader = Some(BelongsTo::to(999)),
            "commits" => drop(cx.query("COMMIT", []).await?),
            "panics" => panic!("a hook panicked"),
            _ => new.is_seen = true,
        }
        Ok(())
    }

    async fn before_update(old: &Self, new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        log(cx, &format!("{} -> {}", old.title, new.title)).await?;
        match new.title.as_str() {
            "refused" => return Err(Refusal::field("title", "bad", "no")),
            "back" => new.title.clone_from(&old.title),
            "ranked" => new.rank = 3,
            "closed" => new.state = State::Closed,
            "astray" => new.reader = Some(BelongsTo::to(999)),
            _ => new.weight = old.weight * 2.0,
        }
        Ok(())
    }

    async fn before_delete(old: &Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        log(cx, &format!("{} goes", old.title)).await?;
        if old.title == "kept" { Err(Refusal::conflict("this one stays")) } else { Ok(()) }
    }

    async fn after_commit(change: Change<Self>, context: Context) {
        let title = |note: &Option<Self>| note.as_ref().map_or_else(|| "nothing".to_owned(), |note| note.title.clone());
        let owner = context.find::<Member>(change.actor.unwrap_or_default()).await.unwrap().unwrap();
        let heard = format!("{}: {} -> {}", owner.display_name, title(&change.old), title(&change.new));
        HEARD.lock().unwrap().push(heard);
    }
}

impl Hooks for Member {
    async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        assert!(cx.caller().is_none() && cx.role().is_none());
        if new.email.0.starts_with("spam") {
            return Err(Refusal::field("email", "unwanted", "not here"));
        }
        new.display_name.make_ascii_lowercase();
        Ok(())
    }
}

async fn begin() -> (Inside, Principal) {
    let app = Inside::new(RESOURCES).await;
    let ada = app.register("Ada").await;
    (app, ada)
}

impl Inside {
    async fn note(&self, who: &Principal, title: &str) -> Result<Value, Error> {
        let body = json!({ "title": title, "extra": { "known": 1, "other": 2 } }).to_string();
        let body = Object::parse(body.as_bytes()).unwrap();
        let made = self.pipeline.create(self.index("note"), None, who, &body).await?;
        Ok(serde_json::from_slice(&made).unwrap())
    }

    async fn retitle(&self, who: &Principal, note: &Value, title: &str) -> Result<Value, Error> {
        let body = json!({ "title": title }).to_string();
        let changed = self.update("note", note["id"].as_i64().unwrap(), who, &body).await?;
        Ok(serde_json::from_slice(&changed).unwrap())
    }

    async fn lines(&self) -> Vec<String> {
        let rows = self.rows("SELECT CAST(line AS BLOB) FROM entries ORDER BY id", Vec::new()).await;
        rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
    }
}

#[track_caller]
fn faults(refused: Result<Value, Error>, expected: &[(&str, &str)]) {
    let Err(Error::Invalid(faults)) = refused else { panic!("{refused:?}") };
    let faults: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
    assert_eq!(faults, expected);
}

#[track_caller]
fn internal(refused: &Result<Value, Error>, words: &str) {
    assert!(matches!(refused, Err(Error::Internal(cause)) if cause.contains(words)), "{refused:?}");
}

#[test]
fn what_a_hook_sets_is_stored_and_the_rest_stays() {
    run(async {
        let (app, ada) = begin().await;
        let note = app.note(&ada, "one").await.unwrap();
        assert_eq!((&note["slug"], &note["is_seen"]), (&json!("ada-one"), &json!(true)));
        assert_eq!((&note["weight"], &note["extra"]), (&json!(0.1), &json!({ "known": 1, "other": 2 })));
        let secret = app.rows("SELECT secret FROM notes", Vec::new()).await;
        assert_eq!(secret.first().and_then(|row| row.int(0)), Some(7));

        let changed = app.retitle(&ada, &note, "two").await.unwrap();
        assert_eq!((&changed["title"], &changed["weight"]), (&json!("two"), &json!(0.2)));
        assert_eq!(changed["extra"], note["extra"]);
        let secret = app.rows("SELECT secret FROM notes", Vec::new()).await;
        assert_eq!(secret.first().and_then(|row| row.int(0)), Some(7), "what is hidden stays");
        assert_eq!(app.lines().await, ["one", "one -> two"]);
    });
}

#[test]
fn a_change_that_is_none_calls_nobody_and_one_taken_back_changes_nothing() {
    run(async {
        let (app, ada) = begin().await;
        let note = app.note(&ada, "one").await.unwrap();
        assert_eq!(app.retitle(&ada, &note, "one").await.unwrap(), note);
        assert_eq!(app.lines().await, ["one"]);
        assert_eq!(app.retitle(&ada, &note, "back").await.unwrap(), note, "updated_at included");
    });
}

#[test]
fn what_is_refused_leaves_nothing_behind() {
    run(async {
        let (app, ada) = begin().await;
        faults(app.note(&ada, "refused").await, &[("title", "bad"), ("weight", "bad")]);
        assert!(matches!(app.note(&ada, "conflict").await, Err(Error::Conflict(words)) if words == "not now"));
        faults(app.note(&ada, "long").await, &[("slug", "too_long")]);
        faults(app.note(&ada, "astray").await, &[("reader_id", "not_found")]);
        assert!(matches!(app.note(&ada, "closed").await, Err(Error::Forbidden(_))), "the rule has the last word");
        for title in ["dated", "owned"] {
            internal(&app.note(&ada, title).await, "which it may not");
        }
        internal(&app.note(&ada, "commits").await, "reads and writes rows");
        internal(&app.note(&ada, "panics").await, "panicked");
        assert_eq!(app.lines().await, [""; 0]);

        app.note(&ada, "same").await.unwrap();
        assert!(matches!(app.note(&ada, "same").await, Err(Error::Conflict(words)) if words.contains("slug")));
        let note = app.note(&ada, "kept").await.unwrap();
        faults(app.retitle(&ada, &note, "refused").await, &[("title", "bad")]);
        faults(app.retitle(&ada, &note, "astray").await, &[("reader_id", "not_found")]);
        internal(&app.retitle(&ada, &note, "ranked").await, "changed `rank`");
        assert!(matches!(app.retitle(&ada, &note, "closed").await, Err(Error::Forbidden(_))));
        let deleted = app.pipeline.delete(app.index("note"), note["id"].as_i64().unwrap(), &ada).await;
        assert!(matches!(deleted, Err(Error::Conflict(_))), "{deleted:?}");
        assert_eq!(app.lines().await, ["same", "kept"]);
    });
}

#[test]
fn whoever_may_not_and_whatever_is_wrong_meets_no_hook() {
    run(async {
        let (app, ada) = begin().await;
        let bob = app.register("Bob").await;
        let note = app.note(&ada, "one").await.unwrap();
        assert!(matches!(app.retitle(&bob, &note, "two").await, Err(Error::Forbidden(_))));
        faults(app.retitle(&ada, &note, "").await, &[("title", "too_short")]);
        faults(app.note(&ada, "").await, &[("title", "too_short")]);
        let body = format!(r#"{{"title": "x", "reader_id": {}}}"#, id(&bob) + 1);
        let referred = app.create("note", None, &ada, &body).await.map(Value::from);
        faults(referred, &[("reader_id", "not_found")]);
        assert_eq!(app.lines().await, ["one"]);
    });
}

#[test]
fn registration_goes_through_the_hooks_of_the_account() {
    run(async {
        let (app, ada) = begin().await;
        let name = app.rows("SELECT CAST(display_name AS BLOB) FROM members WHERE id = $1", vec![Arg::Int(id(&ada))]);
        assert_eq!(name.await.first().and_then(|row| row.text(0)), Some("ada"));
        let body = br#"{"email": "spam@example.com", "password": "correct horse"}"#;
        let body = Object::parse(body).unwrap();
        let refused = app.pipeline.register_as(&body, &[]).await;
        assert!(matches!(&refused, Err(Error::Invalid(faults)) if faults[0].code == "unwanted"), "{refused:?}");
        assert!(app.pipeline.register(&body).await.is_err());
    });
}

#[test]
fn what_is_committed_is_told_of_once() {
    run(async {
        let app = Inside::new(RESOURCES).await;
        let eve = app.register("Eve").await;
        let note = app.note(&eve, "told").await.unwrap();
        app.retitle(&eve, &note, "refused").await.unwrap_err();
        app.note(&eve, "refused").await.unwrap_err();
        app.retitle(&eve, &note, "again").await.unwrap();
        app.pipeline.delete(app.index("note"), note["id"].as_i64().unwrap(), &eve).await.unwrap();
        app.kit.settle();
        let mut heard = HEARD.lock().unwrap().clone();
        heard.retain(|line| line.starts_with("eve: "));
        heard.sort();
        assert_eq!(heard, ["eve: again -> nothing", "eve: nothing -> told", "eve: told -> again"]);
    });
}

#[test]
fn many_creations_with_hooks_each_get_what_is_theirs() {
    run(async {
        let (app, ada) = begin().await;
        let app = std::sync::Arc::new(app);
        let requests: Vec<_> = (0..50)
            .map(|n| {
                let (app, ada) = (app.clone(), ada.clone());
                tokio::spawn(async move { app.note(&ada, &format!("note {n}")).await })
            })
            .collect();
        for (n, request) in requests.into_iter().enumerate() {
            assert_eq!(request.await.unwrap().unwrap()["slug"], format!("ada-note {n}"));
        }
        let caller = Principal::Account(Caller { id: id(&ada), role: "user", session: 1, reads_only: false });
        let read = app.pipeline.read(app.index("note"), fasttrack::pipeline::Target::Id(1), &caller).await.unwrap();
        assert_eq!(id_of(&read), 1);
    });
}
