//! The client against servers of its own on loopback, which do what servers may do.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use super::{client::HttpClient, connector::Lookup, *};

const OPTIONS: Options = Options {
    reach: Reach::Any,
    connect: Duration::from_secs(5),
    total: Duration::from_secs(10),
    silence: Duration::from_secs(10),
};

/// What a server does with a connection once it has the request.
#[derive(Clone, Copy)]
enum Does {
    /// Answers this, and closes.
    Answers(&'static str),
    /// Answers nothing.
    Hangs,
    /// Answers without end.
    Streams,
    /// Answers the head, and a byte now and then.
    Trickles,
}

struct Server {
    address: SocketAddr,
    taken: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Server {
    async fn begin(does: Does) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (taken, heard) = (Arc::new(AtomicUsize::new(0)), Arc::default());
        let server = Self { address, taken: Arc::clone(&taken), heard: Arc::clone(&heard) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                taken.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, does, Arc::clone(&heard)));
            }
        });
        server
    }

    fn url(&self, host: &str) -> url::Url {
        format!("http://{host}:{}/hook?x=1#no", self.address.port()).parse().unwrap()
    }

    fn heard(&self) -> String {
        String::from_utf8(self.heard.lock().unwrap().clone()).unwrap()
    }
}

async fn serve(mut stream: TcpStream, does: Does, record: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = vec![0; 4_096];
    // Until what was said to come is there, or nothing more comes.
    loop {
        let count = stream.read(&mut buffer).await.unwrap_or(0);
        let whole = {
            let mut record = record.lock().unwrap();
            record.extend_from_slice(&buffer[..count]);
            String::from_utf8_lossy(&record).into_owned()
        };
        let Some((start, body)) = whole.split_once("\r\n\r\n") else { continue };
        let length = start.lines().find_map(|line| line.strip_prefix("content-length: "));
        if count == 0 || body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            break;
        }
    }
    match does {
        Does::Answers(answer) => drop(stream.write_all(answer.as_bytes()).await),
        Does::Hangs => std::future::pending().await,
        Does::Streams => {
            let start = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            let mut written = stream.write_all(start.as_bytes()).await;
            while written.is_ok() {
                written = stream.write_all(b"4\r\nabcd\r\n").await;
            }
        }
        Does::Trickles => {
            let mut written = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").await;
            while written.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
                written = stream.write_all(b"x").await;
            }
        }
    }
}

fn get(url: url::Url) -> HttpRequest {
    HttpRequest::new(Method::GET, url)
}

/// A name server that knows one name, and counts how often it is asked.
fn names(addresses: &[&str]) -> (Lookup, Arc<AtomicUsize>) {
    let found: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let lookup: Lookup = Arc::new(move |name| {
        count.fetch_add(1, Ordering::SeqCst);
        let known = if name == "receiver.example" { Ok(found.clone()) } else { Err(io::Error::other("no such name")) };
        std::future::ready(known).boxed()
    });
    (lookup, asked)
}

#[tokio::test]
async fn no_spelling_of_an_address_leads_to_this_machine() {
    let server = Server::begin(Does::Answers("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let client = HttpClient::new(Options { reach: Reach::Public, ..OPTIONS });
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "①②⑦.0.0.1",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "[64:ff9b::7f00:1]",
        "localhost",
        "LOCALHOST",
    ] {
        let refused = client.send(get(server.url(host))).await.map(|answer| answer.status());
        assert_eq!(refused, Err(HttpError::NotPublic), "{host}");
    }
    assert_eq!(server.taken.load(Ordering::SeqCst), 0, "a connection was opened");
    let open = HttpClient::new(OPTIONS).send(get(server.url("localhost"))).await.unwrap();
    assert_eq!((open.status(), server.taken.load(Ordering::SeqCst)), (StatusCode::OK, 1));
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_the_connection_goes_where_it_was_found_to_lead() {
    let server = Server::begin(Does::Answers("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let (lookup, asked) = names(&["127.0.0.1"]);
    let url = server.url("receiver.example");
    let answer = HttpClient::looking_up(OPTIONS, Arc::clone(&lookup)).send(get(url.clone())).await.unwrap();
    assert_eq!((answer.status(), asked.load(Ordering::SeqCst)), (StatusCode::NO_CONTENT, 1));
    let heard = server.heard().to_lowercase();
    assert!(heard.starts_with("get /hook?x=1 http/1.1\r\n"), "{heard}");
    assert!(heard.contains(&format!("host: receiver.example:{}\r\n", server.address.port())), "{heard}");

    let public = Options { reach: Reach::Public, ..OPTIONS };
    for addresses in [&["127.0.0.1"][..], &["10.0.0.1", "127.0.0.1", "::1"]] {
        let refused = HttpClient::looking_up(public, names(addresses).0).send(get(url.clone())).await;
        assert_eq!(refused.unwrap_err(), HttpError::NotPublic, "{addresses:?}");
    }
    assert_eq!(server.taken.load(Ordering::SeqCst), 1);
    for (name, addresses) in [("receiver.example", &[][..]), ("other.example", &["127.0.0.1"])] {
        let unknown = HttpClient::looking_up(OPTIONS, names(addresses).0).send(get(server.url(name))).await;
        assert!(matches!(&unknown, Err(HttpError::Connect(why)) if why.contains("not known")), "{unknown:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let server =
        Server::begin(Does::Answers("HTTP/1.1 302 Found\r\nlocation: /else\r\ncontent-length: 2\r\n\r\nno")).await;
    let answer = HttpClient::new(OPTIONS).send(get(server.url("127.0.0.1"))).await.unwrap();
    assert_eq!((answer.status(), answer.headers()["location"].as_bytes()), (StatusCode::FOUND, &b"/else"[..]));
    assert_eq!(answer.bytes(2).await.unwrap(), "no");
    assert_eq!(server.taken.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nothing_takes_longer_or_more_than_it_may() {
    let limit = Duration::from_millis(300);
    let begun = Instant::now();
    let send = async |does, options| {
        let server = Server::begin(does).await;
        HttpClient::new(options).send(get(server.url("127.0.0.1")).within(limit)).await
    };
    assert_eq!(send(Does::Hangs, OPTIONS).await.unwrap_err(), HttpError::TimedOut(limit));
    let slow = send(Does::Trickles, OPTIONS).await.unwrap();
    assert_eq!(slow.bytes(1_000).await, Err(HttpError::TimedOut(limit)));
    let silent = Duration::from_millis(5);
    let slow = send(Does::Trickles, Options { silence: silent, ..OPTIONS }).await.unwrap();
    assert_eq!(slow.bytes(1_000).await, Err(HttpError::TimedOut(silent)));
    assert_eq!(send(Does::Streams, OPTIONS).await.unwrap().bytes(100).await, Err(HttpError::TooLong(100)));
    assert_eq!(send(Does::Streams, OPTIONS).await.unwrap().beginning(6).await, "abcdab");
    let few = send(Does::Trickles, OPTIONS).await.unwrap().beginning(1_000).await;
    assert!(!few.is_empty() && few.len() < 1_000, "{few:?}");
    let head = send(Does::Answers("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab"), OPTIONS).await.unwrap();
    assert!(matches!(head.bytes(10).await, Err(HttpError::Broken(_))));
    let none = send(Does::Answers("220 mail.example ready\r\n"), OPTIONS).await;
    assert!(matches!(none, Err(HttpError::Broken(_))), "{none:?}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_body_has_the_length_that_was_said() {
    const TAKEN: Does = Does::Answers("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let pieces = |pieces: &[&'static str]| stream::iter(pieces.iter().map(|p| Ok(Bytes::from(*p))).collect::<Vec<_>>());
    let exchange = async |body| {
        let server = Server::begin(TAKEN).await;
        let put = HttpRequest::new(Method::PUT, server.url("127.0.0.1")).body(body);
        let sent = HttpClient::new(OPTIONS).send(put.header(header::USER_AGENT, HeaderValue::from_static("us"))).await;
        (sent.map(|answer| answer.status()), server.heard())
    };
    for body in [Body::whole(Bytes::from("abcde")), Body::streamed(5, pieces(&["ab", "", "cde"]))] {
        let (sent, heard) = exchange(body).await;
        assert_eq!(sent, Ok(StatusCode::OK));
        assert!(heard.contains("content-length: 5\r\n") && heard.contains("user-agent: us\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\nabcde") && !heard.contains("transfer-encoding"), "{heard}");
    }
    let (sent, heard) = exchange(Body::empty()).await;
    assert!(sent == Ok(StatusCode::OK) && heard.contains("content-length: 0\r\n"), "{heard}");
    for body in [Body::streamed(5, pieces(&["ab"])), Body::streamed(5, pieces(&["abc", "def"]))] {
        let (sent, heard) = exchange(body).await;
        assert!(matches!(&sent, Err(HttpError::Broken(why)) if why.contains("to send than was said")), "{sent:?}");
        assert!(!heard.contains("abcdef"), "{heard}");
    }
    let broken = stream::iter([Ok(Bytes::from("ab")), Err(io::Error::other("the file is gone"))]);
    assert_eq!(exchange(Body::streamed(5, broken)).await.0, Err(HttpError::Broken("the file is gone".into())));
}

#[tokio::test]
async fn an_encrypted_connection_is_encrypted_or_none() {
    let server = Server::begin(Does::Answers("HTTP/1.1 200 OK\r\n\r\n")).await;
    let url = format!("https://127.0.0.1:{}/", server.address.port()).parse().unwrap();
    // What speaks no TLS waits for more of a request.
    let impatient = Options { connect: Duration::from_millis(300), ..OPTIONS };
    let refused = HttpClient::new(impatient).send(get(url)).await;
    assert_eq!(refused.unwrap_err(), HttpError::Connect("none within 0.3 s".into()));
    assert_eq!(server.taken.load(Ordering::SeqCst), 1);
    for url in ["ftp://127.0.0.1/", "https://me:secret@example.com/"] {
        let refused = HttpClient::new(OPTIONS).send(get(url.parse().unwrap())).await;
        assert!(matches!(refused, Err(HttpError::Url(_))), "{refused:?}");
    }
}
