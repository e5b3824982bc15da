//! Taking leave: what is under way comes to its end.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use salvo::http::Method;
use tokio::{sync::Notify, task::spawn_blocking};

use super::{Act, LARGE, Patience, Running, Setup, check_problem, get, parse, routes, start};

#[tokio::test(flavor = "multi_thread")]
async fn what_has_arrived_is_answered_when_the_server_stops() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let wait = Act::Wait { begun: Arc::clone(&begun), go_on: Arc::clone(&go_on) };
    let running = start(&[(Method::GET, "/wait", wait)]).await;
    // A connection opened ahead of need keeps nobody waiting for long.
    let idle = TcpStream::connect(running.address).unwrap();
    let asked = tokio::spawn(async move { get(running.address, "GET /wait", "").await });
    begun.notified().await;
    running.stop.notify_one();
    go_on.notify_one();
    assert_eq!(asked.await.unwrap().status, 200);
    running.task.await.unwrap().unwrap();
    drop(idle);
    assert!(TcpStream::connect(running.address).is_err(), "nobody listens any more");
}

/// Sends one request after the other, each on a connection of its own, until no connection is taken any more.
fn call_until_refused(address: SocketAddr) -> usize {
    let request = b"GET /a HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    for answered in 0.. {
        let Ok(mut stream) = TcpStream::connect(address) else { return answered };
        let mut answer = Vec::new();
        let outcome = stream.write_all(request).and_then(|()| stream.read_to_end(&mut answer));
        assert!(answer.starts_with(b"HTTP/1.1 200 "), "call {answered} got {outcome:?} and {} bytes", answer.len());
    }
    unreachable!("the server never stopped")
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_wait_to_be_accepted_are_answered_too() {
    let running = start(&routes()).await;
    let clients: Vec<_> =
        (0..16).map(|_| tokio::task::spawn_blocking(move || call_until_refused(running.address))).collect();
    assert_eq!(get(running.address, "GET /a", "").await.status, 200, "the server is up, and the clients are busy");
    running.stop.notify_one();
    running.task.await.unwrap().unwrap();
    for client in clients {
        client.await.unwrap();
    }
}

/// A connection over which something was sent, and of which the first bytes of the answer have come.
fn begin(address: SocketAddr, request: &str) -> (TcpStream, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut first = vec![0; 16];
    stream.read_exact(&mut first).unwrap();
    (stream, first)
}

fn hasty(leave: Duration) -> Patience {
    Patience { notice: Duration::from_millis(50), linger: Duration::from_millis(100), leave }
}

const ASK_FOR_MUCH: &str = "GET /large HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_sent_to_its_end_however_slowly_it_is_read() {
    let routes = [(Method::GET, "/large", Act::Large)];
    let setup = Setup { patience: hasty(Duration::from_secs(20)), ..Setup::new(&routes) };
    let Running { address, stop, task } = setup.start().await;
    let (mut stream, mut bytes) = spawn_blocking(move || begin(address, ASK_FOR_MUCH)).await.unwrap();
    stop.notify_one();
    // Many times as long as a connection is kept over which nothing is owed.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!task.is_finished(), "somebody waits for an answer");
    let answer = spawn_blocking(move || {
        stream.read_to_end(&mut bytes).unwrap();
        parse(&bytes)
    });
    let answer = answer.await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, LARGE));
    task.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_at_all_is_not_waited_for_for_ever() {
    let routes = [(Method::GET, "/large", Act::Large)];
    let setup = Setup { patience: hasty(Duration::from_millis(300)), ..Setup::new(&routes) };
    let Running { address, stop, task } = setup.start().await;
    let (stream, _) = spawn_blocking(move || begin(address, ASK_FOR_MUCH)).await.unwrap();
    stop.notify_one();
    tokio::time::timeout(Duration::from_secs(10), task).await.expect("it ends").unwrap().unwrap();
    drop(stream);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stalls_is_answered_soon() {
    let routes = [(Method::POST, "/echo", Act::Echo)];
    let setup = Setup { time_limit: Duration::from_secs(12), ..Setup::new(&routes) };
    let Running { address, stop, task } = setup.start().await;
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\
                expect: 100-continue\r\n\r\n";
    // The server says that it reads.
    let (mut stream, first) = spawn_blocking(move || begin(address, head)).await.unwrap();
    assert!(first.starts_with(b"HTTP/1.1 100 "));
    let stopped_at = Instant::now();
    stop.notify_one();
    let answer = spawn_blocking(move || {
        stream.write_all(b"123").unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        parse(&bytes[end + 4..])
    });
    let answer = answer.await.unwrap();
    check_problem(&answer, 503);
    assert_eq!((answer.header("retry-after"), answer.header("connection")), (Some("1"), Some("close")));
    assert!(stopped_at.elapsed() < Duration::from_secs(6), "{:?}", stopped_at.elapsed());
    task.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_connected_may_still_ask() {
    let patience = Patience { linger: Duration::from_secs(10), ..Patience::default() };
    let routes = routes();
    let Running { address, stop, task } = Setup { patience, ..Setup::new(&routes) }.start().await;
    assert_eq!(get(address, "GET /a", "").await.status, 200);
    let idle: Vec<_> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    let asked = spawn_blocking(move || {
        stop.notify_one();
        // The port closes, and what was noticed in time has been answered.
        while TcpStream::connect(address).is_ok() {}
        std::thread::sleep(patience.notice);
        for mut stream in idle {
            stream.write_all(b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            let answer = parse(&bytes);
            assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
        }
    });
    asked.await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), task).await.expect("nobody is left").unwrap().unwrap();
}
