//! The edge over real connections: what leaves it is complete, whatever happened inside.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use salvo::{
    Depot, FlowCtrl, Handler, Service, async_trait,
    http::{Method, Request, Response, StatusCode},
};
use serde_json::Value;
use tokio::sync::Notify;

use crate::{
    config::PublicUrl,
    db::Db,
    notify::{Hub, Limits},
};

use super::{
    Listening, Served,
    body::{self, Intake},
    cors,
    edge::Edge,
    metrics::Metrics,
    problem,
    reply::Reply,
    request_id::RequestId,
    router,
    server::Patience,
    stop::Stop,
};

mod stopping;
mod waiting;

/// What the routes of these tests do.
#[derive(Clone)]
enum Act {
    Answer,
    Echo,
    Large,
    Panic,
    Hang,
    Status(StatusCode),
    Wait { begun: Arc<Notify>, go_on: Arc<Notify> },
    Write(Db, &'static str),
}

/// Bytes of a large answer: more than fit between a server and a client that does not read.
const LARGE: usize = 16 << 20;

/// Something that is done by a server that may be stopped.
struct Acting(Act, Stop);

#[async_trait]
impl Handler for Acting {
    async fn handle(&self, req: &mut Request, _: &mut Depot, res: &mut Response, _: &mut FlowCtrl) {
        match &self.0 {
            Act::Answer => Reply::json(StatusCode::OK, &b"{}"[..]).write(res),
            Act::Large => Reply::json(StatusCode::OK, vec![b' '; LARGE]).write(res),
            Act::Echo => match body::read(req, &Intake { max_bytes: 10, stop: self.1.clone() }).await {
                Ok(bytes) => Reply::json(StatusCode::CREATED, bytes).write(res),
                Err(error) => {
                    let id = req.extensions().get::<RequestId>().unwrap().clone();
                    problem::write(res, &error, &id);
                }
            },
            Act::Panic => panic!("a secret"),
            Act::Hang => std::future::pending().await,
            Act::Status(status) => {
                res.status_code(*status);
            }
            Act::Write(db, statement) => {
                waiting::write(db, statement).await.unwrap();
                Reply::json(StatusCode::OK, &b"{}"[..]).write(res);
            }
            Act::Wait { begun, go_on } => {
                begun.notify_one();
                go_on.notified().await;
                Reply::json(StatusCode::OK, &b"{}"[..]).write(res);
            }
        }
    }
}

struct Running {
    address: SocketAddr,
    stop: Arc<Notify>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// How a server is started.
struct Setup<'a> {
    routes: &'a [(Method, &'a str, Act)],
    public_url: Option<&'a str>,
    patience: Patience,
    time_limit: Duration,
}

impl<'a> Setup<'a> {
    fn new(routes: &'a [(Method, &'a str, Act)]) -> Self {
        Self { routes, public_url: None, patience: Patience::default(), time_limit: Duration::from_millis(300) }
    }

    async fn start(self) -> Running {
        let stop_order = Stop::new();
        let handler = |act: &Act| Arc::new(Acting(act.clone(), stop_order.clone())) as Arc<dyn Handler>;
        let routes = self.routes.iter().map(|(method, path, act)| (method.clone(), (*path).to_owned(), handler(act)));
        let metrics = Arc::new(Metrics::new().unwrap());
        let public_url = self.public_url.map(|text| PublicUrl::parse(text).unwrap());
        let tree = router::build(routes, public_url.as_ref().map_or("", PublicUrl::path)).unwrap();
        let edge = Edge {
            time_limit: self.time_limit,
            gate: None,
            metrics: Arc::clone(&metrics),
            stop: stop_order.clone(),
            public_url,
            is_mounted: false,
        };
        let cors = cors::hoop(&["http://a.example".to_owned()], &["authorization".to_owned(), "x-mine".to_owned()]);
        let service = Service::new(tree).hoop_when(cors, cors::concerns).hoop(edge);
        let listening = Listening::bind("127.0.0.1", 0).await.unwrap();
        let (address, stop) = (listening.address(), Arc::new(Notify::new()));
        let order = Arc::clone(&stop);
        let hub = Arc::new(Hub::new(Limits { per_account: 1, in_total: 1 }));
        let served = Served { service, metrics, hub, stop: stop_order, patience: self.patience };
        let task = tokio::spawn(async move { listening.serve(served, order.notified(), std::future::pending()).await });
        Running { address, stop, task }
    }
}

async fn start(routes: &[(Method, &str, Act)]) -> Running {
    Setup::new(routes).start().await
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(prefix.as_str()))
    }
}

/// Sends bytes as they are, and reads until the server closes.
async fn exchange(address: SocketAddr, request: impl Into<Vec<u8>>) -> Answer {
    let request = request.into();
    let bytes = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The server may have answered and closed before all was sent.
        let _ = stream.write_all(&request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        bytes
    });
    parse(&bytes.await.unwrap())
}

#[track_caller]
fn parse(bytes: &[u8]) -> Answer {
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("no head");
    let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
    let status = head[9..12].parse().unwrap();
    Answer { status, head, body: bytes[split + 4..].to_vec() }
}

async fn get(address: SocketAddr, line: &str, headers: &str) -> Answer {
    exchange(address, format!("{line} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")).await
}

/// Checks that an answer is a problem, complete in itself.
#[track_caller]
fn check_problem(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.head);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.head);
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["status"], status);
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"));
    assert!(!body["detail"].as_str().unwrap().contains("secret"), "{body}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    body
}

fn routes() -> Vec<(Method, &'static str, Act)> {
    vec![
        (Method::GET, "/a", Act::Answer),
        (Method::GET, "/a/me", Act::Answer),
        (Method::DELETE, "/a/{id}", Act::Status(StatusCode::NO_CONTENT)),
        (Method::GET, "/a/{id}", Act::Status(StatusCode::CONFLICT)),
        (Method::POST, "/echo", Act::Echo),
        (Method::GET, "/panic", Act::Panic),
        (Method::GET, "/hang", Act::Hang),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_is_a_problem() {
    let address = start(&routes()).await.address;
    for (line, status) in [
        ("GET /nope", 404),
        ("GET /", 404),
        ("GET /a/", 404),
        ("GET //a", 404),
        ("GET /a//me", 404),
        ("POST //a", 404),
        ("DELETE /a//me", 404),
        ("PATCH /a/", 404),
        ("OPTIONS //a", 404),
        ("GET /%zz", 404),
        ("GET /%ff", 404),
        ("POST /a", 405),
        ("BREW /a", 405),
        ("GET /a/7", 409),
        ("GET /panic", 500),
        ("GET /hang", 503),
    ] {
        check_problem(&get(address, line, "").await, status);
    }
    assert_eq!(get(address, "POST /a", "").await.header("allow"), Some("GET, HEAD, OPTIONS"));
    assert_eq!(get(address, "POST //a", "").await.header("allow"), None, "there is no such path to allow anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_one_host() {
    let address = start(&routes()).await.address;
    let send = |head: &str| exchange(address, format!("{head}\r\nconnection: close\r\n\r\n"));
    for head in ["GET /a HTTP/1.1\r\nhost: x:80", "GET /a HTTP/1.0\r\nx: y", "GET http://y/a HTTP/1.1\r\nhost: [::1]"] {
        assert_eq!(send(head).await.status, 200, "{head}");
    }
    let preflight = "OPTIONS /a HTTP/1.1\r\norigin: http://a.example\r\naccess-control-request-method: GET";
    for head in [
        "GET /a HTTP/1.1\r\nx: y",
        "GET /a HTTP/1.1\r\nhost: x\r\nHost: x",
        "GET /a HTTP/1.1\r\nhost: x y",
        "GET /a HTTP/1.1\r\nhost:",
        "GET /a HTTP/1.0\r\nhost: x\r\nhost: y",
        "POST /nope HTTP/1.1\r\nx: y",
        preflight,
    ] {
        let problem = check_problem(&send(head).await, 400);
        assert!(problem["detail"].as_str().unwrap().contains("Host"), "{problem}");
    }
    assert_eq!(send(&format!("{preflight}\r\nhost: x")).await.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_clients_see_leads_here_too() {
    let routes = routes();
    let setup = Setup { public_url: Some("https://x.example/team/tracker"), ..Setup::new(&routes) };
    let address = setup.start().await.address;
    for (line, status) in [
        ("GET /a", 200),
        ("GET /team/tracker/a", 200),
        ("DELETE /team/tracker/a/7", 204),
        ("POST /team/tracker/a", 405),
        ("GET /team/a", 404),
        ("GET /team/tracker", 404),
        ("GET /team/tracker//a", 404),
        ("GET /tracker/a", 404),
    ] {
        assert_eq!(get(address, line, "").await.status, status, "{line}");
    }
    let led = get(address, "GET /", "accept: text/html\r\n").await;
    assert_eq!((led.status, led.header("location")), (303, Some("https://x.example/team/tracker/docs")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_is_a_problem_too() {
    let address = start(&routes()).await.address;
    let many_headers = format!("GET /a HTTP/1.1\r\n{}\r\n", "h: 1\r\n".repeat(200));
    for (request, status) in [
        ("GARBAGE\r\n\r\n".to_owned(), 400),
        ("GET /a HTTP/1.1\r\nno header\r\n\r\n".to_owned(), 400),
        (format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(70_000)), 414),
        (format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(65_534)), 414),
        (format!("GET /a HTTP/1.1\r\nhost: x\r\nh: {}\r\n\r\n", "a".repeat(70_000)), 431),
        (many_headers, 431),
        ("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 18446744073709551615\r\n\r\n".to_owned(), 413),
        ("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n{}".to_owned(), 413),
        ("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_owned(), 400),
        ("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1x\r\n\r\n".to_owned(), 400),
    ] {
        let answer = exchange(address, request).await;
        check_problem(&answer, status);
        assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn literal_segments_come_before_parameters() {
    let address = start(&routes()).await.address;
    assert_eq!(get(address, "GET /a/me", "").await.status, 200);
    assert_eq!(get(address, "DELETE /a/me", "").await.status, 204, "the parameter takes what the literal does not");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_as_get_without_the_body() {
    let address = start(&routes()).await.address;
    for path in ["/a", "/a/7", "/nope", "/panic"] {
        let full = get(address, &format!("GET {path}"), "").await;
        let head = get(address, &format!("HEAD {path}"), "").await;
        assert_eq!((head.status, head.body.as_slice()), (full.status, &b""[..]));
        for name in ["content-type", "x-content-type-options", "cache-control"] {
            assert_eq!(head.header(name), full.header(name), "{path} {name}");
        }
        assert!(head.header("content-length").is_some(), "{}", head.head);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn preflights_are_answered_on_any_path() {
    let address = start(&routes()).await.address;
    for path in ["/a", "/a/7", "/panic", "/nope"] {
        let asked = "origin: http://a.example\r\naccess-control-request-method: PATCH\r\n";
        let answer = get(address, &format!("OPTIONS {path}"), asked).await;
        assert_eq!((answer.status, answer.body.as_slice()), (204, &b""[..]), "{}", answer.head);
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://a.example"));
        assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
        assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,x-mine"));
    }
    let other = get(address, "OPTIONS /a", "origin: http://b.example\r\naccess-control-request-method: GET\r\n").await;
    assert_eq!(other.header("access-control-allow-origin"), None);
    assert_eq!(get(address, "OPTIONS /a", "").await.header("allow"), Some("GET, HEAD, OPTIONS"));
    check_problem(&get(address, "OPTIONS /nope", "").await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_carry_what_a_script_needs_to_read_them() {
    let address = start(&routes()).await.address;
    for (line, status) in [("GET /nope", 404), ("GET /panic", 500), ("GET /hang", 503)] {
        let answer = get(address, line, "origin: http://a.example\r\n").await;
        check_problem(&answer, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("http://a.example"), "{line}");
        assert!(answer.header("access-control-expose-headers").unwrap().contains("retry-after"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_keeps_the_name_that_its_client_gave() {
    let address = start(&routes()).await.address;
    assert_eq!(get(address, "GET /a", "x-request-id: mine-1\r\n").await.header("x-request-id"), Some("mine-1"));
    let replaced = get(address, "GET /nope", "x-request-id: a b\r\n").await;
    assert_ne!(check_problem(&replaced, 404)["request_id"], "a b");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_limited_however_they_are_sent() {
    let address = start(&routes()).await.address;
    let post = |headers: &str, body: &str| {
        let head = "POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n";
        format!("{head}{headers}\r\n{body}")
    };
    let echoed = exchange(address, post("content-length: 10\r\n", "0123456789")).await;
    assert_eq!((echoed.status, echoed.body.as_slice()), (201, &b"0123456789"[..]));
    let chunked = post("transfer-encoding: chunked\r\n", "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n");
    assert_eq!(exchange(address, chunked).await.body, b"0123456789");
    for over in [
        post("content-length: 11\r\n", "0123456789a"),
        post("content-length: 900000\r\n", &"x".repeat(900_000)),
        post("transfer-encoding: chunked\r\n", "5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n"),
    ] {
        check_problem(&exchange(address, over).await, 413);
    }
    let broken = post("transfer-encoding: chunked\r\n", "zz\r\n");
    check_problem(&exchange(address, broken).await, 400);
}
