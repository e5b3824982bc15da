//! The outermost handler: every request passes, every answer leaves complete.
//!
//! Hangs on the service, not on a router, since a router's hoops are skipped where no route matches. Gives the request
//! its id, bounds its time, turns a panic and an empty error into a problem, and writes the log line.

use std::{
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use salvo::{
    Depot, FlowCtrl, Handler, async_trait,
    http::{HeaderName, HeaderValue, Method, Request, ResBody, Response, StatusCode, Version, header},
};
use tracing::{Instrument, Span};

use super::{
    body, front,
    gate::{self, Gate},
    grammar, host,
    metrics::Metrics,
    problem,
    progress::Progress,
    request_id::{self, RequestId},
    router::{NoRoute, Pattern},
    stop::Stop,
    stream::{Outcome, Streaming},
};
use crate::{
    config::PublicUrl,
    db::Meter,
    error::Error,
    trace::{self, Answered},
};

/// The account that a request turned out to come from, for the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Actor(pub(super) i64);

/// The outermost handler.
#[derive(Clone)]
pub(super) struct Edge {
    /// Longest time that a request may take: the answer is then a 503, and nothing is changed any more; unless a change is
    /// just being committed.
    pub(super) time_limit: Duration,
    /// What counts requests that no route takes; none in tests of the edge alone.
    pub(super) gate: Option<Arc<Gate>>,
    /// What counts all of them.
    pub(super) metrics: Arc<Metrics>,
    /// From when on clients are asked to close their connections.
    pub(super) stop: Stop,
    /// Where the server is for its clients.
    pub(super) public_url: Option<PublicUrl>,
    /// Whether the service around it is somebody else's, which may have answered in part before.
    pub(super) is_mounted: bool,
}

#[async_trait]
impl Handler for Edge {
    async fn handle(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        let started = Instant::now();
        res.headers_mut().reserve(HEADERS);
        let _in_flight = self.metrics.begin();
        let id = RequestId::from_headers(req.headers());
        let meter = Arc::new(Meter::default());
        let header = |name: &str| grammar::joined(req.headers(), name);
        let span = trace::request(req.method().as_str(), req.uri().path(), header);
        req.extensions_mut().insert(id.clone());
        if is_preflight(req) && host::check(req).is_ok() {
            ctrl.skip_rest();
        } else {
            {
                // Where it is made, so that what wraps it holds no copy of it.
                let answer = pin!(self.answer(req, depot, res, ctrl));
                meter.watch(answer.instrument(span.clone())).await;
            }
            complete(req, res, &id);
        }
        let is_drained = body::discard(req).await;
        self.write_headers(req, res, &id, is_drained);
        self.log(req, res, Watched { id, started, meter, span });
    }
}

/// What was noted of a request while it was answered.
struct Watched {
    id: RequestId,
    started: Instant,
    meter: Arc<Meter>,
    span: Span,
}

impl Edge {
    async fn answer(&self, req: &mut Request, depot: &mut Depot, res: &mut Response, ctrl: &mut FlowCtrl) {
        let id = &RequestId::of(req);
        if let Err(error) = host::check(req) {
            ctrl.skip_rest();
            problem::write(res, &error, id);
            return;
        }
        // Whatever the router makes of another spelling, it is no route.
        let is_canonical = is_canonical(req.uri().path());
        if !is_canonical {
            res.status_code(StatusCode::NOT_FOUND);
        }
        // Our service has set the status of a request that no route takes before any hoop runs. What another one has set
        // means something else.
        let is_unmatched = res.status_code.is_some() && !self.is_mounted;
        if is_unmatched || !is_canonical {
            ctrl.skip_rest();
            if !front::lead(req, res, self.public_url.as_ref()) {
                self.refuse_unmatched(req, res, id).await;
            }
            return;
        }
        // A file may take longer than any other request, as long as it gets on.
        let progress = (*req.method() == Method::PUT).then(Progress::begin);
        if let Some(progress) = &progress {
            req.extensions_mut().insert(progress.clone());
        }
        let outcome = {
            let rest = pin!(AssertUnwindSafe(ctrl.call_next(req, depot, res)).catch_unwind());
            in_time(rest, self.time_limit, progress).await
        };
        match outcome {
            Ok(Ok(_)) if req.extensions().get::<NoRoute>().is_some() => self.refuse_unmatched(req, res, id).await,
            Ok(Ok(_)) => {}
            Ok(Err(_)) => {
                *res = Response::new();
                problem::write(res, &Error::Internal("the handler panicked".into()), id);
            }
            Err(()) => {
                *res = Response::new();
                problem::write(res, &Error::Unavailable("the request took too long; try again".into()), id);
            }
        }
    }

    async fn refuse_unmatched(&self, req: &Request, res: &mut Response, id: &RequestId) {
        let (allowance, admitted) = match &self.gate {
            Some(gate) => gate.admit_unmatched(req).await,
            None => (None, Ok(())),
        };
        let (method, path) = (req.method(), req.uri().path());
        match (admitted, res.status_code) {
            (Err(error), _) => problem::write(res, &error, id),
            (Ok(()), Some(status @ StatusCode::METHOD_NOT_ALLOWED)) => {
                problem::write_plain(
                    res,
                    status,
                    &format!("{path} does not take {method}; Allow says what it takes"),
                    id,
                );
            }
            _ => problem::write(res, &Error::NotFound(format!("there is no route {path}").into()), id),
        }
        gate::write_allowance(res.headers_mut(), allowance);
    }

    fn write_headers(&self, req: &Request, res: &mut Response, id: &RequestId, is_drained: bool) {
        if *req.method() == Method::HEAD
            && let Some(length) = res.body.size()
        {
            res.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        let headers = res.headers_mut();
        headers.insert(request_id::HEADER, id.as_header());
        for (name, value) in SECURITY_HEADERS {
            if !headers.contains_key(&name) {
                headers.insert(name, value);
            }
        }
        // HTTP/2 takes leave by GOAWAY, and forbids the header (RFC 9113, section 8.2.2).
        if req.version() < Version::HTTP_2 && (!is_drained || self.stop.is_ordered()) {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    }

    fn log(&self, req: &Request, res: &Response, watched: Watched) {
        let Watched { id, started, meter, span } = &watched;
        let status = res.status_code.unwrap_or(StatusCode::OK);
        let route = req.extensions().get::<Pattern>().map_or(UNMATCHED, |pattern| &pattern.0);
        let time = started.elapsed();
        let user = req.extensions().get::<Actor>().map(|actor| actor.0);
        self.metrics.count_answer(req.method(), route, status, time);
        let answered =
            Answered { method: req.method().as_str(), route, status: status.as_u16(), user, request_id: id.as_str() };
        trace::answer(span, &answered);
        match req.extensions().get::<Streaming>() {
            None => write_line(&answered, req.uri().path(), (time, meter.as_ref(), span), None),
            Some(streaming) => log_at_the_end(streaming.clone(), req, (route, status, user), watched),
        }
    }
}

/// Gives up what takes longer than this, or gets on no more, so that nothing of it is done once it was answered that it was
/// not. What is about to be committed is waited for, and answered as what it comes to.
async fn in_time<T>(
    mut rest: Pin<&mut impl Future<Output = T>>,
    limit: Duration,
    progress: Option<Progress>,
) -> Result<T, ()> {
    let over = async {
        match progress {
            None => tokio::time::sleep(limit).await,
            Some(progress) => progress.stalls(limit).await,
        }
    };
    tokio::select! {
        biased;
        outcome = &mut rest => return Ok(outcome),
        () = over => {}
    }
    while Meter::here().is_some_and(|meter| !meter.give_up()) {
        if let Ok(outcome) = tokio::time::timeout(COMMIT_LOOK, &mut rest).await {
            return Ok(outcome);
        }
    }
    Err(())
}

/// How often it is looked whether a commit is over.
const COMMIT_LOOK: Duration = Duration::from_millis(20);

/// Writes the line of a list that is streamed when it has ended: it says how, and how long it took.
fn log_at_the_end(
    streaming: Streaming,
    req: &Request,
    (route, status, user): (&str, StatusCode, Option<i64>),
    watched: Watched,
) {
    let (method, path, route) = (req.method().clone(), req.uri().path().to_owned(), route.to_owned());
    tokio::spawn(async move {
        let outcome = streaming.ended().await;
        let Watched { id, started, meter, span } = watched;
        let (method, status, request_id) = (method.as_str(), status.as_u16(), id.as_str());
        let answered = Answered { method, route: &route, status, user, request_id };
        if let Some(outcome) = outcome {
            trace::streamed(&span, outcome.ending.word(), outcome.rows);
        }
        write_line(&answered, &path, (started.elapsed(), &meter, &span), outcome);
    });
}

fn write_line(
    answered: &Answered<'_>,
    path: &str,
    (time, meter, span): (Duration, &Meter, &Span),
    outcome: Option<Outcome>,
) {
    tracing::info!(
        target: "fasttrack::request",
        method = answered.method,
        route = answered.route,
        path,
        status = answered.status,
        ms = in_ms(time),
        sql_ms = in_ms(meter.time()),
        sql_count = meter.count(),
        request_id = answered.request_id,
        trace_id = trace::id(span),
        user = answered.user,
        streamed = outcome.map(|outcome| outcome.ending.word()),
        rows = outcome.map(|outcome| outcome.rows),
        bytes = outcome.map(|outcome| outcome.bytes),
    );
}

/// Milliseconds, to the microsecond: what is finer tells nobody anything, and reads badly.
fn in_ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

/// How many headers an answer has, about: there is room for them from the beginning on.
const HEADERS: usize = 16;

/// What stands in the place of a route where none took the request, as for a path that there is not.
const UNMATCHED: &str = "unmatched";

/// What keeps a browser from taking an answer for anything but what it is, or for one to another origin; a route may
/// have set its own.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::VARY, HeaderValue::from_static("origin")),
];

/// Whether a browser asks what it may do; the hoop for that answers.
fn is_preflight(req: &Request) -> bool {
    let has = |name: HeaderName| req.headers().contains_key(name);
    *req.method() == Method::OPTIONS && has(header::ORIGIN) && has(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Whether the path is the one spelling of its route: the router would overlook empty segments.
fn is_canonical(path: &str) -> bool {
    path == "/" || !(path.ends_with('/') || path.as_bytes().windows(2).any(|pair| pair == b"//"))
}

/// Fills in what a handler left out: every error has a body that says so.
fn complete(req: &Request, res: &mut Response, id: &RequestId) {
    let status = res.status_code.unwrap_or(StatusCode::OK);
    let is_error = status.is_client_error() || status.is_server_error();
    if is_error && matches!(res.body, ResBody::None | ResBody::Error(_)) {
        let detail = format!("{} {} failed", req.method(), req.uri().path());
        problem::write_plain(res, status, &detail, id);
    }
}
