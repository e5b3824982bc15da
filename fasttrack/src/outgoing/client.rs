//! One request and its answer.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use hyper::{
    HeaderMap, Method, Request, StatusCode, Uri,
    body::{Body as HttpBody, Incoming},
    header::{CONTENT_LENGTH, HeaderName, HeaderValue},
};
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::{
    Body, HttpError, Reach,
    connector::{Connector, Lookup, system},
};

/// Longest head of an answer, in bytes.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Connections to one host that are kept open, and for how long, for the next request.
const IDLE: (usize, Duration) = (8, Duration::from_secs(30));

/// What a client keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Where its connections may lead.
    pub reach: Reach,
    /// How long it may take until one is open, encryption included.
    pub connect: Duration,
    /// How long a request may take altogether, until its answer is read, unless it says so itself.
    pub total: Duration,
    /// How long an answer that has begun may be silent.
    pub silence: Duration,
}

/// Sends requests. A clone is the same client, and has the same connections.
#[derive(Clone)]
pub struct HttpClient {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    lookup: Lookup,
    /// Made with the first request: to read the certificates of authorities takes some milliseconds.
    client: OnceLock<Result<Client<Connector, Body>, String>>,
}

/// What is sent.
#[derive(Debug)]
pub struct HttpRequest {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Body,
    limit: Option<Duration>,
}

/// What is answered, whatever its status: the head, and what is still to be read.
#[derive(Debug)]
pub struct HttpResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Incoming,
    limit: Duration,
    deadline: Instant,
    silence: Duration,
}

impl HttpClient {
    /// One that keeps to this. Nothing is opened or read yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self::looking_up(options, system())
    }

    /// The same, with names that are found by `lookup`.
    pub(super) fn looking_up(options: Options, lookup: Lookup) -> Self {
        Self { shared: Arc::new(Shared { options, lookup, client: OnceLock::new() }) }
    }

    /// Where its connections may lead.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.shared.options.reach
    }

    /// Sends a request, and reads the head of its answer; a redirect is one.
    ///
    /// # Errors
    /// [`HttpError`], when there is no answer.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let Options { total, silence, .. } = self.shared.options;
        let limit = request.limit.unwrap_or(total);
        let deadline = Instant::now() + limit;
        let sending = self.client()?.request(request.into_hyper()?);
        let answer = timeout_at(deadline, sending).await.map_err(|_| HttpError::TimedOut(limit))?;
        let (head, body) = answer.map_err(|error| HttpError::of(&error))?.into_parts();
        Ok(HttpResponse { status: head.status, headers: head.headers, body, limit, deadline, silence })
    }

    fn client(&self) -> Result<&Client<Connector, Body>, HttpError> {
        let Shared { options, lookup, client } = &*self.shared;
        let made = client.get_or_init(|| {
            let connector = Connector::new(options.reach, options.connect, Arc::clone(lookup))?;
            let (connections, idle) = IDLE;
            let mut builder = Client::builder(TokioExecutor::new());
            builder.pool_timer(TokioTimer::new()).pool_idle_timeout(idle).pool_max_idle_per_host(connections);
            Ok(builder.http1_max_buf_size(MAX_HEAD_BYTES).build(connector))
        });
        made.as_ref().map_err(|why| HttpError::Connect(why.clone()))
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("HttpClient").field(&self.shared.options).finish()
    }
}

impl HttpRequest {
    /// One without headers and body.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Body::empty(), limit: None }
    }

    /// With this header, instead of others of its name.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// With this body, whose length is said.
    #[must_use]
    pub fn body(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// With a limit of its own for all of it, its answer included.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit: Some(limit), ..self }
    }

    fn into_hyper(self) -> Result<Request<Body>, HttpError> {
        let Self { method, url, headers, body, .. } = self;
        let refuse = |why: &str| Err(HttpError::Url(why.to_owned()));
        if !["http", "https"].contains(&url.scheme()) {
            return refuse("it begins neither with https:// nor with http://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("there are credentials in it, which would not be sent");
        }
        // What stands behind `#` is nothing to send.
        let uri: Uri = url[..Position::AfterQuery].parse().map_err(|error| HttpError::Url(format!("{error}")))?;
        // What could carry something says that it does not (RFC 9110, section 8.6): some servers insist on a length.
        let says_nothing = body.is_end_stream() && [Method::POST, Method::PUT, Method::PATCH].contains(&method);
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        if says_nothing {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(request)
    }
}

impl HttpResponse {
    /// Its status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Its headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The next piece of its body; nothing at its end.
    ///
    /// # Errors
    /// [`HttpError`], when there is no further one, and this was not the end.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, HttpError> {
        loop {
            let until = self.deadline.min(Instant::now() + self.silence);
            let body = &mut self.body;
            let next = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
            let Ok(next) = timeout_at(until, next).await else {
                return Err(HttpError::TimedOut(if until < self.deadline { self.silence } else { self.limit }));
            };
            match next {
                None => return Ok(None),
                Some(Err(error)) => return Err(HttpError::of_answer(&error)),
                // What comes after the body is of no use to anybody.
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(piece) if piece.is_empty() => {}
                    Ok(piece) => return Ok(Some(piece)),
                    Err(_) => {}
                },
            }
        }
    }

    /// The whole of its body.
    ///
    /// # Errors
    /// [`HttpError::TooLong`] when it is longer than `most` bytes, and others when it does not come to its end.
    pub async fn bytes(mut self, most: usize) -> Result<Bytes, HttpError> {
        let mut whole = Vec::new();
        while let Some(piece) = self.piece().await? {
            if whole.len().saturating_add(piece.len()) > most {
                return Err(HttpError::TooLong(most));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }

    /// The first `most` bytes of its body, or as many as came; the rest is not read.
    pub async fn beginning(mut self, most: usize) -> Bytes {
        let mut first = Vec::new();
        while first.len() < most
            && let Ok(Some(piece)) = self.piece().await
        {
            first.extend(piece.iter().take(most - first.len()));
        }
        first.into()
    }
}
