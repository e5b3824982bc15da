//! Hand-written routes of an application made for this test, over HTTP: whatever a handler does, the client meets what it
//! meets everywhere.

use std::net::SocketAddr;

use fasttrack::{
    app::App,
    config::Config,
    db::DbOptions,
    error::Error,
    http::{
        self, Api, CustomRoute, Listening,
        salvo::{self, prelude::*},
    },
};
use serde_json::{Value, json};

use super::run;

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
        1 => Err(Error::Conflict("taken".into())),
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
pub(super) fn ask(address: SocketAddr, method: &str, path: &str, token: Option<&str>, body: &str) -> (u16, Value) {
    let config = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{address}/api/v1{path}"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    let request = request.body(body.as_bytes().to_vec()).unwrap();
    let mut response = ureq::Agent::from(config).run(request).unwrap();
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().unwrap();
    assert!(!text.contains("secret"), "{text}");
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    if status >= 400 {
        assert_eq!((&body["status"], body["request_id"].is_string()), (&json!(status), true), "{text}");
    }
    (status, body)
}

fn check_all(address: SocketAddr) {
    let account = r#"{"email": "ada@example.com", "password": "correct horse"}"#;
    let id = ask(address, "POST", "/auth/register", None, account).1["id"].clone();
    let pair = ask(address, "POST", "/auth/login", None, account).1;
    let token = pair["access_token"].as_str();
    let (status, echoed) = ask(address, "POST", "/echo?times=3", token, r#"{"a": [1]}"#);
    assert_eq!((status, echoed), (200, json!({ "sent": { "a": [1] }, "times": 3, "by": id })));
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
        let (status, answer) = ask(address, method, path, token, body);
        assert_eq!(status, expected, "{method} {path} {body}: {answer}");
    }
}

#[test]
fn a_hand_written_route_is_under_the_rules_of_all() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("t.db").display());
        let config = Config::from_lookup(&|name| match name {
            "DATABASE_URL" => Some(url.clone()),
            "BCRYPT_COST" => Some("4".into()),
            _ => None,
        });
        let config = config.unwrap();
        let app = App::open(resources::RESOURCES, &config, DbOptions::default()).await.unwrap();
        let layers = |custom| app.layers(custom, &config);
        let taken = CustomRoute::get("/projects/{id}", refuse);
        let refused = http::service(layers(vec![taken]), &config).err().unwrap();
        assert!(refused.contains("GET /api/v1/projects/{id} is there already"), "{refused}");

        let served = http::service(layers(routes()), &config).unwrap();
        let listening = Listening::bind("127.0.0.1", 0).await.unwrap();
        let address = listening.address();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(listening.serve(served, async { drop(stopped.await) }, std::future::pending()));
        tokio::task::spawn_blocking(move || check_all(address)).await.unwrap();
        drop(stop);
        running.await.unwrap().unwrap();
    });
}
