//! Spans: what a trace is made of, named as OpenTelemetry names things (semantic conventions for HTTP servers, databases
//! and messaging). The log leaves them out; they cost next to nothing unless a build with the feature `otel` exports
//! them.

#[cfg(feature = "otel")]
pub(crate) mod export;

use std::borrow::Cow;

use crate::db::Dialect;
use tracing::{Level, Span, field::Empty, info_span, span_enabled};

/// The target of all of them.
pub(crate) const TARGET: &str = "fasttrack::trace";

/// A request, from its head to its answer. It goes on with the trace of the client, where a header says which (W3C Trace
/// Context).
pub(crate) fn request<'a>(method: &str, path: &str, header: impl Fn(&str) -> Option<Cow<'a, str>>) -> Span {
    let span = info_span!(
        target: TARGET,
        "request",
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = Empty,
        http.response.status_code = Empty,
        url.path = path,
        user.id = Empty,
        request_id = Empty,
        stream.ending = Empty,
        stream.rows = Empty,
    );
    #[cfg(feature = "otel")]
    export::follow(&span, header);
    #[cfg(not(feature = "otel"))]
    let _ = header;
    span
}

/// What a request turned out to be.
pub(crate) struct Answered<'a> {
    pub(crate) method: &'a str,
    pub(crate) route: &'a str,
    pub(crate) status: u16,
    pub(crate) user: Option<i64>,
    pub(crate) request_id: &'a str,
}

/// Notes what came of a request.
pub(crate) fn answer(span: &Span, answered: &Answered<'_>) {
    if span.is_disabled() {
        return;
    }
    let name = format!("{} {}", answered.method, answered.route);
    #[cfg(feature = "otel")]
    export::rename(span, name);
    #[cfg(not(feature = "otel"))]
    let _ = name;
    span.record("http.route", answered.route);
    span.record("http.response.status_code", answered.status);
    span.record("user.id", answered.user);
    span.record("request_id", answered.request_id);
    if answered.status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// Notes how a list that was streamed has ended, and after how many rows.
pub(crate) fn streamed(span: &Span, ending: &str, rows: u64) {
    span.record("stream.ending", ending);
    span.record("stream.rows", rows);
}

/// A statement that reads, the wait for a connection included. Its text holds no values, which are bound.
pub(crate) fn reading(dialect: Dialect, sql: &str) -> Span {
    within(|| {
        info_span!(
            target: TARGET,
            "database read",
            otel.kind = "client",
            db.system.name = system(dialect),
            db.operation.name = "read",
            db.query.text = sql,
        )
    })
}

/// A unit of writing, the wait for the writer and the commit included.
pub(crate) fn writing(dialect: Dialect) -> Span {
    within(|| {
        info_span!(
            target: TARGET,
            "database write",
            otel.kind = "client",
            db.system.name = system(dialect),
            db.operation.name = "write",
        )
    })
}

/// What the conventions call a database (OpenTelemetry, `db.system.name`).
const fn system(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgresql",
    }
}

/// What the server asks of the database by itself is no trace.
fn within(span: impl FnOnce() -> Span) -> Span {
    let is_within = span_enabled!(target: TARGET, Level::INFO) && Span::current().id().is_some();
    if is_within { span() } else { Span::none() }
}

/// One attempt at a job.
pub(crate) fn job(name: &str, tries: i64) -> Span {
    info_span!(
        target: TARGET,
        "job",
        otel.name = format!("job {name}"),
        otel.kind = "consumer",
        otel.status_code = Empty,
        messaging.operation.type = "process",
        messaging.destination.name = name,
        tries,
    )
}

/// Notes that what a span is of has failed.
pub(crate) fn fail(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

/// The trace that a span belongs to, for the log, where it is exported.
pub(crate) fn id(span: &Span) -> Option<String> {
    #[cfg(feature = "otel")]
    return export::trace_id(span);
    #[cfg(not(feature = "otel"))]
    {
        let _ = span;
        None
    }
}
