//! Spans on their way to a collector, by OTLP over HTTP (OpenTelemetry Protocol 1.x).

use std::{borrow::Cow, collections::HashMap, env, time::Duration};

use async_trait::async_trait;
use opentelemetry::{
    TraceId,
    propagation::TextMapPropagator,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::{Metadata, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};
use ureq::Agent;

/// Where the protocol has a collector take traces (OTLP specification, "OTLP/HTTP Request").
const PATH: &str = "/v1/traces";

/// What a client says of its trace (W3C Trace Context, section 3).
const HEADERS: [&str; 2] = ["traceparent", "tracestate"];

/// What a service is called that nobody named in `OTEL_SERVICE_NAME`.
const SERVICE: &str = "fasttrack";

/// How long one request to the collector may take.
const SEND_LIMIT: Duration = Duration::from_secs(10);

/// How long the last spans may take to leave.
const LAST_LIMIT: Duration = Duration::from_secs(5);

/// Exports spans for as long as the program runs.
#[derive(Debug, Clone)]
pub(crate) struct Export(SdkTracerProvider);

impl Export {
    /// Begins to export to the collector at this address. What else `OpenTelemetry` lets an operator set (sampling,
    /// batches, headers, resource attributes) it takes from the environment by itself.
    ///
    /// # Errors
    /// What does not hold of the settings.
    pub(crate) fn begin(endpoint: &str) -> Result<Self, ExporterBuildError> {
        let config = Agent::config_builder().timeout_global(Some(SEND_LIMIT)).http_status_as_error(false).build();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client(config.into()))
            .with_endpoint(format!("{}{PATH}", endpoint.trim_end_matches('/')));
        let exporter = if is_set("OTEL_EXPORTER_OTLP_PROTOCOL") || is_set("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") {
            exporter
        } else {
            exporter.with_protocol(Protocol::HttpBinary)
        };
        let exporter = exporter.build()?;
        let resource = Resource::builder();
        let resource = if is_set("OTEL_SERVICE_NAME") { resource } else { resource.with_service_name(SERVICE) };
        Ok(Self(SdkTracerProvider::builder().with_resource(resource.build()).with_batch_exporter(exporter).build()))
    }

    /// What hands spans over; and spans only, since what is logged inside them may be meant for the operator alone.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(is_span))
    }

    /// Sends what is left.
    pub(crate) async fn finish(self) {
        let finished = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(LAST_LIMIT)).await;
        if let Ok(Err(error)) = finished {
            tracing::warn!(%error, "the last spans could not be exported");
        }
    }
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some()
}

fn is_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
}

/// Has a span go on with the trace that a client began.
pub(super) fn follow<'a>(span: &Span, header: impl Fn(&str) -> Option<Cow<'a, str>>) {
    if !span.is_disabled() {
        let sent = HEADERS.into_iter().filter_map(|name| Some((name.to_owned(), header(name)?.into_owned())));
        let parent = TraceContextPropagator::new().extract(&sent.collect::<HashMap<_, _>>());
        // An error says that nobody collects the span.
        let _ = span.set_parent(parent);
    }
}

/// Names a span anew.
pub(super) fn rename(span: &Span, name: String) {
    span.context().span().update_name(name);
}

/// The trace of a span, in the 32 hexadecimal digits of W3C Trace Context.
pub(super) fn trace_id(span: &Span) -> Option<String> {
    let id = span.context().span().span_context().trace_id();
    (id != TraceId::INVALID).then(|| id.to_string())
}

/// The exporter has a thread of its own, so that its requests may block.
#[derive(Debug)]
struct Client(Agent);

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let sent = self.0.run(Request::from_parts(head, &*body));
        // The exporter says that it failed, and not why.
        let mut response = sent.inspect_err(|error| tracing::warn!(%error, "the collector cannot be reached"))?;
        let body = response.body_mut().read_to_vec()?;
        let (head, _) = response.into_parts();
        Ok(Response::from_parts(head, body.into()))
    }
}
