//! Those who listen: sockets that note when each message came, and sockets that never read.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use serde::Deserialize;
use socket2::{Domain, Socket, Type};
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::watch,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use crate::Error;

/// What a stalled socket lets the kernel keep for it, so that it stalls soon.
const STALLED_BUFFER_BYTES: usize = 4096;

/// How long a stalled socket is held before another takes its place: the server will have given it up by then.
const STALL: Duration = Duration::from_secs(20);

/// A message at one socket.
pub struct Receipt {
    /// The comment that it tells of.
    pub comment: i64,
    /// When it came.
    pub at: Instant,
}

/// What a socket saw.
#[derive(Default)]
pub struct Seen {
    pub receipts: Vec<Receipt>,
    /// Messages whose number was not the next one.
    pub out_of_order: usize,
    /// Why it was closed before the end, if it was.
    pub closed: Option<String>,
}

#[derive(Deserialize)]
struct Notice {
    id: i64,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    comment_id: i64,
}

/// A socket that is live, so that nothing sent from now on is missed.
pub async fn join(address: &str, token: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    open(stream, address, token).await
}

/// Connects with `since` before everything, and waits for the comment that was missed.
pub async fn come_back(address: &str, token: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut socket = open(stream, address, &format!("{token}&since=0")).await?;
    loop {
        match socket.next().await {
            // An assignee was told of his task before.
            Some(Ok(Message::Text(text))) if serde_json::from_str::<Notice>(&text).is_ok() => return Ok(socket),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err("the socket was closed".into()),
            Some(Ok(_)) => {}
        }
    }
}

/// Reads until `end` becomes true; counts messages in `delivered` as they come.
pub async fn listen(
    mut socket: WebSocketStream<TcpStream>,
    delivered: Arc<AtomicUsize>,
    mut end: watch::Receiver<bool>,
) -> Result<Seen, Error> {
    let mut seen = Seen::default();
    let mut last = None;
    loop {
        let message = tokio::select! {
            _ = end.wait_for(|end| *end) => return Ok(seen),
            message = socket.next() => message,
        };
        match message {
            Some(Ok(Message::Text(text))) => {
                let at = Instant::now();
                let notice: Notice = serde_json::from_str(&text)?;
                seen.out_of_order += usize::from(last.is_some_and(|last| notice.id != last + 1));
                last = Some(notice.id);
                seen.receipts.push(Receipt { comment: notice.data.comment_id, at });
                delivered.fetch_add(1, Ordering::Relaxed);
            }
            Some(Ok(Message::Close(frame))) => seen.closed = Some(format!("{frame:?}")),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Ok(Seen { closed: Some(seen.closed.unwrap_or(error.to_string())), ..seen }),
            None => return Ok(seen),
        }
    }
}

/// Holds a socket without ever reading from it, one after the other, until `end` becomes true.
pub async fn stall(address: String, token: Arc<str>, mut end: watch::Receiver<bool>) -> Result<(), Error> {
    loop {
        let raw = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        raw.set_recv_buffer_size(STALLED_BUFFER_BYTES)?;
        raw.set_nonblocking(true)?;
        let stream = TcpSocket::from_std_stream(raw.into()).connect(address.parse()?).await?;
        let _socket = open(stream, &address, &token).await?;
        if tokio::time::timeout(STALL, end.wait_for(|end| *end)).await.is_ok() {
            return Ok(());
        }
    }
}

async fn open(stream: TcpStream, address: &str, token: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let url = format!("ws://{address}/ws?token={token}");
    let (socket, _) = client_async_with_config(url, stream, Some(config)).await?;
    Ok(socket)
}
