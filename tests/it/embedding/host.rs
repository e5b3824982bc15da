//! The program around: a salvo service with two applications in it.

use std::{
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use fasttrack::{
    Embedded,
    app::StartError,
    config::Config,
    error::Error,
    http::{
        Api, CustomRoute,
        salvo::{self, conn::Acceptor as _, prelude::*, server::ServerHandle},
    },
    principal::Principal,
    testing::Value,
};
use resources::project::Project;
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// What the program has for its handlers.
#[derive(Clone)]
struct Greeting(&'static str);

/// Lets every handler have it.
struct Provide(Greeting);

#[handler]
impl Provide {
    fn handle(&self, depot: &mut Depot) {
        depot.insert_typed(self.0.clone());
    }
}

#[handler]
async fn hello() -> &'static str {
    "hello"
}

/// A handler of the application that uses what the program has.
#[handler]
async fn greet(api: Api, depot: &mut Depot) -> Result<Json<String>, Error> {
    let greeting = depot.get_typed::<Greeting>().map_err(|_| Error::Internal("nobody greets".into()))?;
    Ok(Json(format!("{}, {}", greeting.0, api.caller().map_or(0, |caller| caller.id))))
}

/// A handler of the program that asks the application who is calling.
struct WhoAmI(Arc<Embedded>);

#[handler]
impl WhoAmI {
    async fn handle(&self, req: &mut Request) -> String {
        let header = req.header::<String>("authorization");
        match self.0.layers().auth.authenticate(header.as_deref()).await {
            Ok(Principal::Account(caller)) => caller.id.to_string(),
            Ok(Principal::Anonymous) => "nobody".to_owned(),
            Err(_) => "not you".to_owned(),
        }
    }
}

/// A running program.
pub(super) struct Host {
    runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    server: ServerHandle,
    first: Option<Arc<Embedded>>,
    _second: Embedded,
    folder: TempDir,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) text: String,
    headers: ureq::http::HeaderMap,
}

fn config(folder: &TempDir, name: &str) -> Config {
    let database = format!("sqlite://{}", folder.path().join(name).display());
    let key = format!("the key of the application in {name}, long enough");
    let lookup = |variable: &str| match variable {
        "DATABASE_URL" => Some(database.clone()),
        "SECRET_KEY" => Some(key.clone()),
        "BCRYPT_COST" => Some("4".to_owned()),
        _ => None,
    };
    Config::from_lookup(&lookup).unwrap()
}

fn application() -> fasttrack::Application {
    let answer = serde_json::json!({ "type": "string" });
    resources::application().route(CustomRoute::get("/greeting", greet).answers("The greeting.", answer))
}

/// Why an application is not embedded that has a route twice.
pub(super) fn refused() -> StartError {
    let folder = tempfile::tempdir().unwrap();
    let application = application().route(CustomRoute::get("/projects", hello));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(application.embed(&config(&folder, "t.db"))).unwrap_err()
}

impl Host {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (first, second, server, address) = runtime.block_on(async {
            let first = Arc::new(application().embed(&config(&folder, "first.db")).await.unwrap());
            let second = application().embed(&config(&folder, "second.db")).await.unwrap();
            let router = Router::new()
                .hoop(Provide(Greeting("good day")))
                .push(Router::with_path("hello").get(hello))
                .push(Router::with_path("whoami").get(WhoAmI(Arc::clone(&first))))
                .push(Router::with_path("api/v1/own").get(hello))
                .push(first.router())
                .push(Router::with_path("second").push(second.router()));
            let acceptor = TcpListener::new("127.0.0.1:0").bind().await;
            let address = acceptor.holdings()[0].local_addr.clone().into_std().unwrap();
            let server = Server::new(acceptor);
            let handle = server.handle();
            tokio::spawn(server.serve(router));
            (first, second, handle, address)
        });
        Self { runtime, address, server, first: Some(first), _second: second, folder }
    }

    pub(super) fn first(&self) -> &Embedded {
        self.first.as_ref().unwrap()
    }

    /// Ends the first application, while the program goes on. Its handlers hold it no more than by its layers.
    pub(super) fn stop_first(&mut self) {
        let first = self.first.take().unwrap();
        self.runtime.block_on(async { first.stop().await });
    }

    pub(super) fn stop(&self, application: &Embedded) {
        self.runtime.block_on(async { application.stop().await });
    }

    /// Embeds an application on the database of the first.
    pub(super) fn embed_again(&self) -> Result<Embedded, StartError> {
        self.runtime.block_on(application().embed(&config(&self.folder, "first.db")))
    }

    pub(super) fn name_of_project(&self, application: &Embedded) -> Value {
        let context = application.context().clone();
        let found = self.runtime.block_on(async move { context.find::<Project>(1).await });
        found.unwrap().map_or(Value::Null, |project| project.name.into())
    }

    pub(super) fn ask(&self, method: &str, path: &str, token: Option<&str>, body: &str) -> Answer {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        ask(self.address, method, path, &headers, body)
    }

    /// Registers with the application below a prefix, and logs in.
    pub(super) fn account(&self, prefix: &str, name: &str) -> String {
        let account = format!(r#"{{"email": "{name}@example.com", "password": "correct horse"}}"#);
        let registered = self.ask("POST", &format!("{prefix}/api/v1/auth/register"), None, &account);
        assert_eq!(registered.status, 201, "{}", registered.text);
        let pair = self.ask("POST", &format!("{prefix}/api/v1/auth/login"), None, &account).json();
        pair["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) fn socket(&self, token: &str) -> WebSocket<TcpStream> {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        tungstenite::client(format!("ws://{}/ws?token={token}", self.address), stream).unwrap().0
    }
}

/// The next message, or the code that the socket is closed with.
pub(super) fn hear(socket: &mut WebSocket<TcpStream>) -> Result<Value, u16> {
    loop {
        match socket.read().unwrap() {
            Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
            Message::Close(frame) => return Err(frame.map_or(0, |frame| frame.code.into())),
            _ => {}
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.server.stop_forceful();
    }
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(super) fn ask(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let config = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build();
    let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{address}{path}"));
    // So that what a browser would prefer does not decide what a refusal of the program's looks like.
    request = request.header("accept", "text/plain");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    let mut response = ureq::Agent::from(config).run(request.body(body.as_bytes().to_vec()).unwrap()).unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    let headers = response.headers().clone();
    let kind = headers.get("content-type").map_or("", |value| value.to_str().unwrap()).to_owned();
    Answer { status: response.status().as_u16(), kind, text, headers }
}
