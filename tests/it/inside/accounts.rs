//! What a transaction does to an account counts from the next request, however it does it: by way of another row, by SQL
//! of a job or a hook, by the functions that those have for it. And nothing of it takes the last administrator.

use std::{
    future::{Ready, ready},
    time::{Duration, Instant},
};

use fasttrack::{
    Application,
    db::{Arg, Dialect, Statement},
    error::Error,
    job::{Change, Context, JobResult},
    prelude::*,
    schema::{Resource as _, Schema},
    testing::{Login, Socket, TestApp, json},
};

use super::custom::ask;
use crate::driver::{dialect, unique};

/// What a member may do.
#[derive(Choice)]
pub(crate) enum Role {
    /// What everybody may.
    User,
    /// Manages members.
    Admin,
}

/// Who works together, and goes together.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, read, delete: authenticated)]
pub(crate) struct Team {
    pub id: Id<Team>,
    #[field(len = ..=40)]
    pub name: String,
}

/// Who can log in.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource(account)]
#[rule(manager: role(Admin))]
#[can(list: role(Admin))]
#[can(read, delete: self | manager)]
#[can(update: manager)]
#[on(changed(is_active) => run hear)]
pub(crate) struct Member {
    pub id: Id<Member>,
    #[field(len = ..=255, unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, write = role(Admin))]
    pub role: Role,
    #[field(default = true, write = role(Admin))]
    pub is_active: bool,
    #[field(on_delete = cascade)]
    pub team: Option<BelongsTo<Team>>,
    #[field(on_delete = set_null)]
    pub mentor: Option<BelongsTo<Member>>,
}

fn hear(_: Change<Member>, _: Context) -> Ready<JobResult> {
    ready(Ok(()))
}

/// Has a hook do something to a member: its words say what.
#[resource(hooks)]
#[can(create: authenticated)]
pub(super) struct Order {
    pub id: Id<Order>,
    #[field(len = ..=20)]
    pub deed: String,
    pub member: i64,
}

impl Hooks for Order {
    async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        match new.deed.as_str() {
            "disable" => assert!(cx.disable_account(new.member).await?),
            "disable twice" => {
                assert!(cx.disable_account(new.member).await?);
                assert!(!cx.disable_account(new.member).await?);
            }
            "disable nobody" => assert!(!cx.disable_account(i64::MAX).await?),
            "end" => assert_eq!(cx.end_sessions(new.member).await?, 1),
            "disable, and fail" => {
                cx.disable_account(new.member).await?;
                return Err(Refusal::conflict("not now"));
            }
            "sql" => {
                cx.query("UPDATE members SET is_active = FALSE WHERE id = $1", [Arg::Int(new.member)]).await?;
            }
            other => return Err(Refusal::internal(other)),
        }
        Ok(())
    }
}

static RESOURCES: &[&Schema] = &[&Team::SCHEMA, &Member::SCHEMA, &Order::SCHEMA];

/// Somebody who is logged in, and the team that is his alone.
struct Someone {
    id: i64,
    login: Login,
    team: i64,
}

fn office() -> TestApp {
    // The migrations beside these tests are the tracker's.
    TestApp::setup(Application::new(RESOURCES)).set("MIGRATIONS_DIR", "none").start()
}

fn someone(app: &TestApp, role: Role) -> Someone {
    let login = app.account_as(&unique("member"), role);
    let team = app.as_(&login).post("/teams", &json!({ "name": "one" })).expect(201).json()["id"].as_i64().unwrap();
    assert_eq!(write(app, "UPDATE members SET team_id = $2 WHERE id = $1", &[login.id, team]), 200);
    Someone { id: login.id, login, team }
}

/// The status of a request.
fn status(app: &TestApp, by: &Someone, method: &str, path: &str, body: &str) -> u16 {
    ask(app, method, path, Some(&by.login.access_token), body).0
}

/// What a job does, and the status that a request would have been answered with.
fn job<F>(app: &TestApp, deed: impl FnOnce(Context) -> F) -> u16
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    match app.block_on(deed(app.context().clone())) {
        Ok(()) => 200,
        Err(Error::Conflict(_)) => 409,
        Err(error) => panic!("{error:?}"),
    }
}

fn write(app: &TestApp, sql: &str, args: &[i64]) -> u16 {
    let statement = Statement::new(sql, args.iter().copied().map(Arg::Int).collect());
    job(app, |context| async move { context.write(statement).await.map(drop) })
}

fn order(app: &TestApp, by: &Someone, deed: &str, member: i64) -> u16 {
    status(app, by, "POST", "/orders", &json!({ "deed": deed, "member": member }).to_string())
}

fn count(app: &TestApp, sql: &str, id: i64) -> i64 {
    let (context, count) =
        (app.context().clone(), Statement::new(format!("SELECT count(*) FROM {sql} = $1"), vec![Arg::Int(id)]));
    app.block_on(async move { context.read(count).await }).unwrap()[0].int(0).unwrap()
}

fn socket<'a>(app: &'a TestApp, of: &Someone) -> Socket<'a> {
    let mut socket = app.as_(&of.login).socket();
    check_open(&mut socket);
    socket
}

#[track_caller]
fn check_open(socket: &mut Socket<'_>) {
    socket.say(r#"{"type":"ping"}"#);
    socket.expect("pong");
}

/// Does something to the last one named, at the request of the other, and tells the status of that.
type Deed = fn(&TestApp, &Someone, &Someone) -> u16;

/// What ends an account, or takes its rights.
static ENDS: [(&str, Deed); 10] = [
    ("the team goes", |app, by, of| status(app, by, "DELETE", &format!("/teams/{}", of.team), "")),
    ("a job takes the team", |app, _, of| write(app, "DELETE FROM teams WHERE id = $1", &[of.team])),
    ("a request", |app, by, of| status(app, by, "DELETE", &format!("/members/{}", of.id), "")),
    ("a change", |app, by, of| status(app, by, "PATCH", &format!("/members/{}", of.id), r#"{"is_active": false}"#)),
    ("SQL of a job", |app, _, of| write(app, "UPDATE members SET is_active = FALSE WHERE id = $1", &[of.id])),
    ("a row put in its place", |app, _, of| {
        let sql = "INSERT OR REPLACE INTO members (id, email, password, role, is_active) \
                   SELECT (SELECT max(id) + 1 FROM members), upper(email), password, 'user', 1 FROM members WHERE id = $1";
        write(app, sql, &[of.id])
    }),
    ("SQL of a hook", |app, by, of| order(app, by, "sql", of.id)),
    ("a hook", |app, by, of| order(app, by, "disable", of.id)),
    ("a hook, twice", |app, by, of| order(app, by, "disable twice", of.id)),
    ("a job", |app, _, of| {
        let id = of.id;
        job(app, move |context| async move { context.disable_account(id).await.map(|done| assert!(done)) })
    }),
];

/// Those that the database has words for: to put a row in the place of another is `SQLite`'s own.
fn ends() -> impl Iterator<Item = &'static (&'static str, Deed)> {
    ENDS.iter().filter(|(what, _)| dialect() == Dialect::Sqlite || *what != "a row put in its place")
}

/// What ends its sessions alone.
const LOGS_OUT: [(&str, Deed); 3] = [
    ("SQL of a job", |app, _, of| write(app, "DELETE FROM sessions WHERE user_id = $1", &[of.id])),
    ("a hook", |app, by, of| order(app, by, "end", of.id)),
    ("a job", |app, _, of| {
        let id = of.id;
        job(app, move |context| async move { context.end_sessions(id).await.map(|ended| assert_eq!(ended, 1)) })
    }),
];

#[test]
fn whatever_ends_an_account_or_its_sessions_ends_what_is_open() {
    let app = office();
    let (admin, other) = (someone(&app, Role::Admin), someone(&app, Role::User));
    let mut open = socket(&app, &other);
    for (what, deed) in ends().chain(&LOGS_OUT) {
        let victim = someone(&app, Role::User);
        let mut socket = socket(&app, &victim);
        assert_eq!(status(&app, &victim, "GET", "/members/me", ""), 200);
        let done = deed(&app, &admin, &victim);
        let end = Instant::now();
        assert!((200..300).contains(&done), "{what}: {done}");
        assert_eq!(status(&app, &victim, "GET", "/members/me", ""), 401, "{what}");
        socket.expect_close(4001);
        assert!(end.elapsed() < Duration::from_secs(1), "{what}: {:?}", end.elapsed());
        assert_eq!(count(&app, "sessions WHERE user_id", victim.id), 0, "{what}");
    }
    check_open(&mut open);
    assert_eq!(status(&app, &other, "GET", "/members/me", ""), 200);
}

/// What else would take the last administrator.
static TAKES: [(&str, Deed); 3] = [
    ("a demotion", |app, _, of| write(app, "UPDATE members SET role = 'user' WHERE id = $1", &[of.id])),
    ("a deletion of everybody", |app, _, _| write(app, "DELETE FROM members", &[])),
    ("one whom others refer to", |app, by, of| {
        assert_eq!(write(app, "UPDATE members SET mentor_id = $1", &[of.id]), 200);
        status(app, by, "DELETE", &format!("/members/{}", of.id), "")
    }),
];

#[test]
fn nothing_takes_the_last_administrator() {
    let app = office();
    let (admin, other) = (someone(&app, Role::Admin), someone(&app, Role::User));
    let mut open = socket(&app, &admin);
    for (what, deed) in ends().chain(&TAKES) {
        assert_eq!(deed(&app, &admin, &admin), 409, "{what}");
        assert_eq!(count(&app, "members WHERE is_active AND role = 'admin' AND id", admin.id), 1, "{what}");
        assert_eq!(count(&app, "teams WHERE id", admin.team), 1, "{what}: the whole unit is undone");
        assert_eq!(status(&app, &admin, "GET", "/members", ""), 200, "{what}");
    }
    check_open(&mut open);
    assert_eq!(count(&app, "members WHERE id", other.id), 1);
    // With another one he may go.
    let second = someone(&app, Role::Admin);
    assert_eq!(status(&app, &second, "DELETE", &format!("/teams/{}", admin.team), ""), 204);
    open.expect_close(4001);
    assert_eq!(status(&app, &admin, "GET", "/members", ""), 401);
    assert_eq!(status(&app, &second, "DELETE", &format!("/teams/{}", second.team), ""), 409);
    // In one write, one takes the other's place.
    let swap = "UPDATE members SET role = CASE id WHEN $1 THEN 'user' ELSE 'admin' END WHERE id IN ($1, $2)";
    assert_eq!(write(&app, swap, &[second.id, other.id]), 200);
    assert_eq!(status(&app, &second, "GET", "/members", ""), 403);
    assert_eq!(status(&app, &other, "GET", "/members", ""), 200);
}

#[test]
fn a_role_that_is_taken_by_sql_is_gone_on_the_next_request() {
    let app = office();
    let (_first, admin) = (someone(&app, Role::Admin), someone(&app, Role::Admin));
    let mut open = socket(&app, &admin);
    for (role, expected) in [("admin", 200), ("user", 403), ("admin", 200)] {
        let set = format!("UPDATE members SET role = '{role}' WHERE id = $1");
        assert_eq!(write(&app, &set, &[admin.id]), 200);
        assert_eq!(status(&app, &admin, "GET", "/members", ""), expected, "{role}");
    }
    check_open(&mut open);
}

#[test]
fn what_the_functions_do_is_part_of_the_write_and_triggers_hear_of_it() {
    let app = office();
    let (admin, victim) = (someone(&app, Role::Admin), someone(&app, Role::User));
    let heard = || count(&app, "outbox_jobs WHERE resource = 'member' AND row_id", victim.id);
    let disable = |id: i64| {
        let context = app.context().clone();
        app.block_on(async move { context.disable_account(id).await.unwrap() })
    };
    assert_eq!(order(&app, &admin, "disable, and fail", victim.id), 409);
    assert_eq!(order(&app, &admin, "disable nobody", victim.id), 201);
    assert_eq!((status(&app, &victim, "GET", "/members/me", ""), heard()), (200, 0));
    assert_eq!((disable(victim.id), heard()), (true, 1));
    assert_eq!((disable(victim.id), heard()), (false, 1), "a job may run again");
    assert!(!disable(i64::MAX), "there is nobody of this id");
    assert_eq!(job(&app, |context| async move { context.end_sessions(i64::MAX).await.map(drop) }), 200);
}
