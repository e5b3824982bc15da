//! One HTTP/1.1 connection that is kept alive.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::Error;

/// A request before it is known who sends it.
pub struct Call {
    method: &'static str,
    path: String,
    body: Bytes,
    token: Option<Arc<str>>,
}

/// A connection, and the token that it sends.
pub struct Client {
    sender: http1::SendRequest<Full<Bytes>>,
    host: String,
    authorization: String,
}

/// `GET path`
pub fn get(path: &str) -> Call {
    Call { method: "GET", path: path.to_owned(), body: Bytes::new(), token: None }
}

/// `POST path` with a JSON body
pub fn post(path: &str, body: &str) -> Call {
    Call { method: "POST", path: path.to_owned(), body: Bytes::copy_from_slice(body.as_bytes()), token: None }
}

impl Call {
    /// With this token instead of the connection's.
    pub fn by(mut self, token: &Arc<str>) -> Self {
        self.token = Some(Arc::clone(token));
        self
    }
}

/// `PATCH path` with a JSON body
pub fn patch(path: &str, body: &str) -> Call {
    Call { method: "PATCH", ..post(path, body) }
}

impl Client {
    /// Connects; an empty token is not sent.
    pub async fn connect(address: &str, token: &str) -> Result<Self, Error> {
        let sender = open(address).await?;
        Ok(Self { sender, host: address.to_owned(), authorization: format!("Bearer {token}") })
    }

    /// Connects anew where the server has closed the connection.
    pub async fn reconnect_if_closed(&mut self) -> Result<(), Error> {
        if self.sender.is_closed() {
            self.sender = open(&self.host).await?;
        }
        Ok(())
    }

    /// Sends a request and returns the body of a successful answer.
    pub async fn send(&mut self, call: Call) -> Result<Bytes, Error> {
        let mut request = Request::builder().method(call.method).uri(&call.path).header(header::HOST, &self.host);
        if let Some(token) = &call.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        } else if self.authorization.len() > "Bearer ".len() {
            request = request.header(header::AUTHORIZATION, &self.authorization);
        }
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        self.sender.ready().await?;
        let response = self.sender.send_request(request.body(Full::new(call.body))?).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if !status.is_success() {
            return Err(format!("{} {}: {status} {}", call.method, call.path, String::from_utf8_lossy(&body)).into());
        }
        Ok(body)
    }
}

async fn open(address: &str) -> Result<http1::SendRequest<Full<Bytes>>, Error> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
