//! Actions on rows and replaced handlers of an application made for this test, over HTTP: who gets what.

use fasttrack::{
    Application,
    error::Error,
    http::{
        Api, CustomRoute, Replacement,
        salvo::{self, prelude::*, writing::Json},
    },
    prelude::*,
    schema::{Resource as _, Schema, Verb},
    testing::{Setup, TestApp, Value, json},
};

use super::custom::ask;

/// What an account may do.
#[derive(Choice)]
pub(super) enum Role {
    /// What everybody may.
    User,
}

/// Who calls.
#[expect(dead_code, reason = "most columns are for the database alone")]
#[resource(account)]
#[can(read: self)]
pub(super) struct Person {
    pub id: Id<Person>,
    #[field(len = ..=255, unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
}

/// What everybody can be told of.
#[expect(dead_code, reason = "most columns are for the database alone")]
#[resource]
#[can(create: authenticated)]
#[can(read: owner | reader)]
#[can(update: owner | anyone & is_open == true)]
#[can(delete: owner)]
#[rule(reads: reader)]
pub(super) struct Paper {
    pub id: Id<Paper>,
    #[field(len = 1..=40)]
    pub title: String,
    #[field(default)]
    pub is_open: bool,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Person>,
    #[field(on_delete = set_null)]
    pub reader: Option<BelongsTo<Person>>,
}

/// The same, but nobody learns that it is there who may not read it.
#[expect(dead_code, reason = "most columns are for the database alone")]
#[resource(conceal)]
#[can(create, list: authenticated)]
#[can(read: owner | reader)]
#[can(update: owner | anyone & is_open == true)]
#[can(delete: owner)]
#[rule(reads: reader)]
pub(super) struct Letter {
    pub id: Id<Letter>,
    #[field(len = 1..=40)]
    pub title: String,
    #[field(default)]
    pub is_open: bool,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Person>,
    #[field(on_delete = set_null)]
    pub reader: Option<BelongsTo<Person>>,
}

static RESOURCES: &[&Schema] = &[&Person::SCHEMA, &Paper::SCHEMA, &Letter::SCHEMA];

#[handler]
async fn tell_paper(api: Api) -> Result<Json<Value>, Error> {
    let paper = api.row::<Paper>()?;
    Ok(Json(json!({ "title": paper.title, "id": api.id()?, "by": api.caller().map(|caller| caller.id) })))
}

#[handler]
async fn tell_letter(api: Api) -> Result<Json<Value>, Error> {
    Ok(Json(json!({ "title": api.row::<Letter>()?.title })))
}

/// Opens the row, with what was sent, as `PATCH` would.
#[handler]
async fn open(req: &mut Request, api: Api) -> Result<Json<Value>, Error> {
    let sent: Value = req.parse_json().await.map_err(|_| Error::fault("", "type", "is no object of mine"))?;
    Ok(Json(api.update::<Paper>(api.id()?, &json!({ "is_open": sent["is_open"] })).await?))
}

/// Asks for a row of another resource than the route's.
#[handler]
async fn confused(api: Api) -> Result<(), Error> {
    api.row::<Letter>().map(drop)
}

#[handler]
async fn nothing() {}

/// Shouts what `read` would say.
#[handler]
async fn shout(api: Api) -> Result<Json<Value>, Error> {
    Ok(Json(json!({ "title": api.row::<Paper>()?.title.to_uppercase() })))
}

#[handler]
async fn create(req: &mut Request, api: Api) -> Result<Json<Value>, Error> {
    let mut sent: Value = req.parse_json().await.map_err(|_| Error::fault("", "type", "is no object of mine"))?;
    sent["title"] = json!(format!("a {}", sent["title"].as_str().unwrap_or_default()));
    Ok(Json(api.create::<Paper>(None, &sent).await?))
}

#[handler]
async fn list(req: &mut Request, api: Api) -> Result<Json<Value>, Error> {
    let mut page = api.list::<Letter>(None, req.uri().query()).await?;
    page["replaced"] = json!(true);
    Ok(Json(page))
}

#[handler]
async fn delete(api: Api) -> Result<(), Error> {
    let title = api.row::<Letter>()?.title;
    if title == "kept" { Err(Error::Conflict("this one stays".into())) } else { api.delete::<Letter>(api.id()?).await }
}

fn routes() -> Vec<CustomRoute> {
    vec![
        CustomRoute::action::<Paper>("change", Verb::Update, tell_paper),
        CustomRoute::action::<Paper>("look", Verb::Read, tell_paper),
        CustomRoute::action::<Paper>("burn", Verb::Delete, nothing).who("whoever has matches"),
        CustomRoute::action::<Paper>("quote", "reads", tell_paper).summary("Quote a paper"),
        CustomRoute::action::<Paper>("open", Verb::Update, open).takes(json!({ "type": "object" })),
        CustomRoute::action::<Paper>("confuse", Verb::Update, confused),
        CustomRoute::action::<Letter>("change", Verb::Update, tell_letter),
        CustomRoute::action::<Letter>("look", Verb::Read, tell_letter),
        CustomRoute::action::<Letter>("burn", Verb::Delete, nothing),
        CustomRoute::action::<Letter>("quote", "reads", tell_letter),
        Replacement::of::<Paper>(Verb::Read, shout).summary("Shout").explain("Loudly.").into(),
        Replacement::of::<Paper>(Verb::Create, create).into(),
        Replacement::of::<Letter>(Verb::List, list).into(),
        Replacement::of::<Letter>(Verb::Delete, delete).into(),
    ]
}

/// The accounts that call: the owner, the reader, somebody else; then no token, and a forged one.
fn callers(app: &TestApp) -> (Vec<i64>, Vec<Option<String>>) {
    let logins = ["ada", "bob", "eve"].map(|name| app.account(name));
    let ids = logins.iter().map(|login| login.id).collect();
    let tokens = logins.into_iter().map(|login| Some(login.access_token));
    (ids, tokens.chain([None, Some("forged".to_owned())]).collect())
}

fn check_actions(app: &TestApp, ids: &[i64], tokens: &[Option<String>]) {
    let row = format!(r#"{{"title": "one", "reader_id": {}}}"#, ids[1]);
    for (plural, hidden, unknown) in [("papers", 403, 401), ("letters", 404, 404)] {
        let (status, made) = ask(app, "POST", &format!("/{plural}"), tokens[0].as_deref(), &row);
        assert_eq!(status, 201, "{made}");
        let at = |action: &str| format!("/{plural}/{}{action}", made["id"]);
        // Whoever may read a concealed row is told that he may not change it.
        for (action, like, expected) in [
            ("/change", Some(("PATCH", "{}")), [200, 403, hidden, unknown, 401]),
            ("/look", Some(("GET", "")), [200, 200, hidden, 401, 401]),
            ("/burn", Some(("DELETE", "")), [204, 403, hidden, 401, 401]),
            ("/quote", None, [403, 200, hidden, 401, 401]),
        ] {
            for (token, expected) in tokens.iter().zip(expected) {
                let (status, answer) = ask(app, "POST", &at(action), token.as_deref(), "");
                assert_eq!(status, expected, "{action} of {plural} by {token:?}: {answer}");
                // The control: the generated route refuses the same callers with the same status.
                if let (Some((method, body)), 400..) = (like, status) {
                    let (generated, why) = ask(app, method, &at(""), token.as_deref(), body);
                    assert_eq!(status, generated, "{action} of {plural} by {token:?}: {answer}, {why}");
                }
            }
        }
        for token in [0, 1, 2] {
            let gone = format!("/{plural}/9999/change");
            assert_eq!(ask(app, "POST", &gone, tokens[token].as_deref(), "").0, 404);
            assert_eq!(ask(app, "POST", &format!("/{plural}/x/change"), tokens[token].as_deref(), "").0, 404);
        }
    }
}

fn check_what_is_sent(app: &TestApp, ids: &[i64], tokens: &[Option<String>]) {
    let [ada, bob, eve] = [0, 1, 2].map(|at: usize| tokens[at].as_deref());
    let row = format!(r#"{{"title": "two", "reader_id": {}}}"#, ids[1]);
    let id = ask(app, "POST", "/papers", ada, &row).1["id"].as_i64().unwrap();
    let at = |action: &str| format!("/papers/{id}/{action}");
    let told = json!({ "title": "a two", "id": id, "by": ids[1] });
    assert_eq!(ask(app, "POST", &at("quote"), bob, ""), (200, told));
    let (status, refused) = ask(app, "POST", &at("burn"), bob, "");
    assert_eq!((status, refused["detail"].as_str()), (403, Some(format!("you may not burn paper {id}").as_str())));
    for (action, token, body, expected) in [
        ("change", ada, r#"{"a": 1}"#, 422),
        ("open", ada, "", 400),
        ("open", eve, r#"{"is_open": 1, "is_open": 2}"#, 403),
        ("open", ada, r#"{"is_open": 1, "is_open": 2}"#, 422),
        ("open", ada, r#"{"is_open": 3}"#, 422),
        ("open?now=1", ada, "{}", 422),
        ("confuse", ada, "", 500),
        ("open", eve, r#"{"is_open": true}"#, 403),
        ("open", ada, r#"{"is_open": true}"#, 200),
        ("change", eve, "", 200),
        ("change", None, "", 200),
        ("change", Some("forged"), "", 401),
    ] {
        let (status, answer) = ask(app, "POST", &at(action), token, body);
        assert_eq!(status, expected, "{action} {body} by {token:?}: {answer}");
    }
}

fn check_replaced(app: &TestApp, ids: &[i64], tokens: &[Option<String>]) {
    let [ada, bob, eve] = [0, 1, 2].map(|at: usize| tokens[at].as_deref());
    let row = format!(r#"{{"title": "three", "reader_id": {}}}"#, ids[1]);
    let (status, paper) = ask(app, "POST", "/papers", ada, &row);
    assert_eq!((status, &paper["title"]), (201, &json!("a three")));
    let paper = format!("/papers/{}", paper["id"]);
    assert_eq!(ask(app, "GET", &paper, bob, ""), (200, json!({ "title": "A THREE" })));
    let letter = ask(app, "POST", "/letters", ada, &row).1["id"].clone();
    let kept = ask(app, "POST", "/letters", ada, r#"{"title": "kept"}"#).1["id"].clone();
    let (status, page) = ask(app, "GET", "/letters?limit=1", eve, "");
    assert_eq!((status, &page["replaced"], page["items"].as_array().unwrap().len()), (200, &json!(true), 1));
    for (method, path, token, body, expected) in [
        ("POST", "/papers".to_owned(), None, row.as_str(), 401),
        ("POST", "/papers".to_owned(), ada, "", 400),
        ("POST", "/papers".to_owned(), ada, r#"{"title": "a", "title": "b"}"#, 422),
        ("POST", "/papers".to_owned(), ada, r#"{"titel": "a"}"#, 422),
        ("GET", paper.clone(), eve, "", 403),
        ("GET", paper.clone(), None, "", 401),
        ("GET", format!("{paper}?a=1"), ada, "", 422),
        ("GET", "/papers/9999".to_owned(), ada, "", 404),
        ("GET", "/letters".to_owned(), None, "", 401),
        ("GET", "/letters?limit=0".to_owned(), ada, "", 422),
        ("GET", "/letters".to_owned(), ada, "{}", 200),
        ("DELETE", format!("/letters/{kept}"), ada, "", 409),
        ("DELETE", format!("/letters/{letter}"), eve, "", 404),
        ("DELETE", format!("/letters/{letter}"), bob, "", 403),
        ("DELETE", format!("/letters/{letter}"), ada, "", 204),
        ("GET", format!("/letters/{letter}"), ada, "", 404),
    ] {
        let (status, answer) = ask(app, method, &path, token, body);
        assert_eq!(status, expected, "{method} {path} {body} by {token:?}: {answer}");
    }
}

fn check_document(app: &TestApp) {
    let document: Value = app.anonymous().at("GET", "/openapi.json").ok();
    let operation = |path: &str, method: &str| document["paths"][format!("/api/v1{path}")][method].clone();
    for (path, id, summary, who, security) in [
        (
            "change",
            "change_paper",
            "change paper",
            "owner or anyone and is_open is true",
            json!([{}, { "bearer": [] }]),
        ),
        ("quote", "quote_paper", "Quote a paper", "reader", Value::Null),
        ("burn", "burn_paper", "burn paper", "owner; of them: whoever has matches", Value::Null),
    ] {
        let action = operation(&format!("/papers/{{id}}/{path}"), "post");
        assert_eq!((&action["operationId"], &action["summary"]), (&json!(id), &json!(summary)));
        assert_eq!((&action["description"], &action["security"]), (&json!(format!("Who may: {who}.")), &security));
        assert!(["401", "403", "404"].iter().all(|status| action["responses"][status].is_object()), "{action}");
    }
    let read = operation("/papers/{id}", "get");
    assert_eq!((&read["operationId"], &read["summary"]), (&json!("get_paper"), &json!("Shout")));
    assert_eq!(read["description"], "Loudly.\n\nWho may: owner or reader.");
    assert_eq!(operation("/papers", "post")["summary"], "Create a paper");
}

#[test]
fn the_declaration_decides_before_the_handler() {
    for (route, words) in refused() {
        let why = setup(vec![route]).try_start().unwrap_err().to_string();
        assert!(why.contains(words), "{why}");
    }
    let twice = [nothing, nothing].map(|handler| Replacement::of::<Paper>(Verb::Read, handler).into());
    let why = setup(twice.into()).try_start().unwrap_err().to_string();
    assert!(why.ends_with("`read` of paper is replaced twice; leave one handler"), "{why}");

    let app = setup(routes()).start();
    let (ids, tokens) = callers(&app);
    check_actions(&app, &ids, &tokens);
    check_what_is_sent(&app, &ids, &tokens);
    check_replaced(&app, &ids, &tokens);
    check_document(&app);
}

#[test]
fn a_row_says_which_actions_are_the_callers() {
    let mut routes = routes();
    // Nobody could tell it from the verb.
    routes.push(CustomRoute::action::<Letter>("update", Verb::Read, nothing));
    let app = setup(routes).start();
    let (ids, tokens) = callers(&app);
    let row = format!(r#"{{"title": "one", "reader_id": {}}}"#, ids[1]);
    let (_, made) = ask(&app, "POST", "/letters", tokens[0].as_deref(), &row);
    let path = format!("/letters/{}?expand=can", made["id"]);
    let can = |who: usize| ask(&app, "GET", &path, tokens[who].as_deref(), "").1["can"].clone();
    assert_eq!(can(0), json!(["update", "delete", "change", "look", "burn"]));
    assert_eq!(can(1), json!(["look", "quote"]));
    let listed = ask(&app, "GET", "/letters?expand=can&fields=id", tokens[2].as_deref(), "").1;
    assert_eq!(listed["items"], json!([{ "id": made["id"], "can": [] }]));
    let document = app.anonymous().at("GET", "/openapi.json").ok();
    let names = &document["components"]["schemas"]["Letter"]["properties"]["can"]["items"]["enum"];
    assert_eq!(names, &json!(["update", "delete", "change", "look", "burn", "quote"]));
}

/// The application with these routes; the migrations beside these tests are the tracker's.
fn setup(routes: Vec<CustomRoute>) -> Setup {
    let application = routes.into_iter().fold(Application::new(RESOURCES), Application::route);
    TestApp::setup(application).set("MIGRATIONS_DIR", "none")
}

/// What stops the start, and the words that say why.
fn refused() -> [(CustomRoute, &'static str); 9] {
    [
        (
            CustomRoute::action::<Person>("a", Verb::Update, nothing),
            "asks who may update person, for which there is no rule",
        ),
        (CustomRoute::action::<Paper>("a", Verb::List, nothing), "says nothing of a row"),
        (CustomRoute::action::<Paper>("a", Verb::Create, nothing), "says nothing of a row"),
        (CustomRoute::action::<Paper>("a", "writes", nothing), "asks the rule `writes` of paper, which is not there"),
        (CustomRoute::action::<Paper>("a b", Verb::Read, nothing), "is none"),
        (CustomRoute::action::<super::hooks::Note>("a", Verb::Read, nothing), "not among the resources"),
        (Replacement::of::<super::hooks::Note>(Verb::Read, nothing).into(), "not among the resources"),
        (Replacement::of::<Paper>(Verb::List, nothing).into(), "declare #[can(list: …)] on paper"),
        (Replacement::of::<Person>(Verb::Delete, nothing).into(), "`delete` of person cannot be replaced"),
    ]
}
