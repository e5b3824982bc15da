//! Hand-written routes of an application made for this test, over HTTP: whatever a handler does, the client meets what it
//! meets everywhere.

use fasttrack::{
    error::Error,
    http::{
        Api, CustomRoute,
        salvo::{self, prelude::*},
    },
    testing::{TestApp, Value, json},
};

/// Gives back what was sent.
#[handler]
async fn echo(req: &mut Request, api: Api) -> Result<Json<Value>, Error> {
    let sent: Value = req.parse_json().await.map_err(|_| Error::fault("", "type", "is no object of mine"))?;
    let times: u32 = req.query("times").unwrap_or(1);
    Ok(Json(json!({ "sent": sent, "times": times, "by": api.caller().map(|caller| caller.id) })))
}

/// Fails as the path says.
#[handler]
async fn fail(api: Api) -> Result<(), Error> {
    match api.id()? {
        1 => Err(Error::Conflict("with_collision".into())),
        2 => Err(Error::Unauthenticated("who?".into())),
        3 => Err(Error::Internal("a secret".into())),
        4 => panic!("a secret"),
        _ => Ok(()),
    }
}

#[handler]
async fn refuse() -> Result<(), StatusError> {
    Err(StatusError::im_a_teapot())
}

fn routes() -> Vec<CustomRoute> {
    vec![
        CustomRoute::post("/echo", echo).takes(json!({ "type": "object" })).parameter(
            "times",
            "How often.",
            json!({ "type": "integer" }),
        ),
        CustomRoute::post("/failures/{id}", fail),
        CustomRoute::delete("/refusals", refuse),
    ]
}

/// Status and body of a request; every problem has its id and says nothing of its cause.
#[track_caller]
pub(super) fn ask(app: &TestApp, method: &str, path: &str, token: Option<&str>, body: &str) -> (u16, Value) {
    let client = token.map_or_else(|| app.anonymous(), |token| app.with_token(token));
    let call = client.call(method, path);
    let reply = if body.is_empty() { call.send() } else { call.body("application/json", body).send() };
    assert!(!reply.text().contains("secret"), "{reply}");
    if reply.status >= 400 {
        assert_eq!(Some(reply.problem(reply.status).request_id.as_str()), reply.header("x-request-id"));
    }
    (reply.status, reply.parse())
}

#[test]
fn a_hand_written_route_is_under_the_rules_of_all() {
    let application = resources::application();
    let with_collision = application.clone().route(CustomRoute::get("/projects/{id}", refuse));
    let refused = TestApp::setup(with_collision).try_start().unwrap_err().to_string();
    assert!(refused.contains("GET /api/v1/projects/{id} is there already"), "{refused}");

    let app = TestApp::start(routes().into_iter().fold(application, fasttrack::Application::route));
    let ada = app.account("ada");
    let token = Some(ada.access_token.as_str());
    let (status, echoed) = ask(&app, "POST", "/echo?times=3", token, r#"{"a": [1]}"#);
    assert_eq!((status, echoed), (200, json!({ "sent": { "a": [1] }, "times": 3, "by": ada.id })));
    for (method, path, token, body, expected) in [
        ("POST", "/echo", None, "{}", 401),
        ("POST", "/echo", Some("forged"), "{}", 401),
        ("POST", "/echo", token, "", 400),
        ("POST", "/echo", token, "{", 400),
        ("POST", "/echo", token, "[]", 422),
        ("POST", "/echo", token, r#"{"a": 1, "a": 2}"#, 422),
        ("POST", "/echo?often=3", token, "{}", 422),
        ("POST", "/echo?times[gt]=3", token, "{}", 422),
        ("POST", "/echo?times=3&times=4", token, "{}", 422),
        ("GET", "/echo", token, "", 405),
        ("POST", "/failures/x", token, "", 404),
        ("POST", "/failures/1", token, r#"{"a": 1}"#, 422),
        ("POST", "/failures/1", token, "", 409),
        ("POST", "/failures/2", token, "", 401),
        ("POST", "/failures/3", token, "", 500),
        ("POST", "/failures/4", token, "", 500),
        ("POST", "/failures/5", token, "", 204),
        ("DELETE", "/refusals", token, "", 418),
    ] {
        let (status, answer) = ask(&app, method, path, token, body);
        assert_eq!(status, expected, "{method} {path} {body}: {answer}");
    }
}
