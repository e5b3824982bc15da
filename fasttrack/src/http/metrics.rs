//! What the server counts about itself, as Prometheus text (exposition format 0.0.4).
//!
//! Labels come from tables of ours alone (route, known method, status), so that no client can make up series.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry, Result, TextEncoder, core::Collector};
use salvo::http::{Method, StatusCode};

use super::readings::{Reading, number};
use crate::db::SECONDS;

/// Methods that are counted by name.
const METHODS: [Method; 9] = [
    Method::GET,
    Method::POST,
    Method::PATCH,
    Method::PUT,
    Method::DELETE,
    Method::HEAD,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];

/// Counters of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: Instant,
    in_flight: AtomicUsize,
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
}

/// A request being answered; counted for as long as it lives.
#[derive(Debug)]
pub(super) struct InFlight<'a>(&'a Metrics);

impl Metrics {
    /// Nothing counted so far.
    ///
    /// # Errors
    /// When a name is none, or there twice.
    pub(crate) fn new() -> Result<Self> {
        let requests = Opts::new("fasttrack_requests_total", "Requests answered, by method, route and status.");
        let seconds = HistogramOpts::new("fasttrack_request_seconds", "Time until the answer, by method and route.");
        let metrics = Self {
            started: Instant::now(),
            in_flight: AtomicUsize::new(0),
            registry: Registry::new(),
            requests: IntCounterVec::new(requests, &["method", "route", "status"])?,
            seconds: HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &["method", "route"])?,
        };
        metrics.add(vec![Box::new(metrics.requests.clone()), Box::new(metrics.seconds.clone())])?;
        Ok(metrics)
    }

    /// Has what others measure among the rest.
    ///
    /// # Errors
    /// When a name is there already.
    pub(super) fn add(&self, collectors: Vec<Box<dyn Collector>>) -> Result<()> {
        collectors.into_iter().try_for_each(|collector| self.registry.register(collector))
    }

    pub(super) fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight(self)
    }

    /// Counts an answer of a route, a pattern of the table.
    pub(super) fn count_answer(&self, method: &Method, route: &str, status: StatusCode, time: Duration) {
        let method = if METHODS.contains(method) { method.as_str() } else { "other" };
        self.requests.with_label_values(&[method, route, status.as_str()]).inc();
        self.seconds.with_label_values(&[method, route]).observe(time.as_secs_f64());
    }

    /// Requests that are being answered now.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }

    /// The text that Prometheus reads, with these numbers of others, sorted by name.
    ///
    /// # Errors
    /// When the encoder refuses.
    pub(super) fn render(&self, readings: impl IntoIterator<Item = Reading>) -> Result<String> {
        let in_flight = number(u64::try_from(self.in_flight()).unwrap_or(u64::MAX));
        let uptime = self.started.elapsed().as_secs_f64();
        let own = [
            Reading::gauge("fasttrack_uptime_seconds", "Time since the process began to serve.", uptime),
            Reading::gauge("fasttrack_requests_in_flight", "Requests being answered.", in_flight),
        ];
        let mut families = self.registry.gather();
        families.extend(own.into_iter().chain(readings).map(|reading| reading.family()));
        families.sort_by(|one, other| one.name().cmp(other.name()));
        TextEncoder::new().encode_to_string(&families)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        http::readings,
        notify::{Figures, Hub, Limits},
    };

    #[test]
    fn what_was_counted_is_in_the_text() {
        let metrics = Metrics::new().unwrap();
        let open = metrics.begin();
        let foreign = Method::from_bytes(b"BREW").unwrap();
        let (soon, late) = (Duration::from_micros(400), Duration::from_secs(2));
        for (method, route, status, time) in [
            (&Method::GET, "/a/{id}", 200, soon),
            (&Method::GET, "/a/{id}", 200, late),
            (&Method::GET, "/a/{id}", 404, soon),
            (&Method::POST, "/a", 503, late),
            (&foreign, "unmatched", 404, soon),
        ] {
            metrics.count_answer(method, route, StatusCode::from_u16(status).unwrap(), time);
        }
        let hub = Hub::new(Limits { per_account: 1, in_total: 1 });
        let jobs = readings::of_jobs(Figures { waiting: 3, dead: 1, run: 7, failed: 2 });
        let text = metrics.render(readings::of_hub(&hub).into_iter().chain(jobs)).unwrap();
        for line in [
            r#"fasttrack_requests_total{method="GET",route="/a/{id}",status="200"} 2"#,
            r#"fasttrack_requests_total{method="GET",route="/a/{id}",status="404"} 1"#,
            r#"fasttrack_requests_total{method="POST",route="/a",status="503"} 1"#,
            r#"fasttrack_requests_total{method="other",route="unmatched",status="404"} 1"#,
            r#"fasttrack_request_seconds_bucket{method="GET",route="/a/{id}",le="0.0005"} 2"#,
            r#"fasttrack_request_seconds_bucket{method="GET",route="/a/{id}",le="1"} 2"#,
            r#"fasttrack_request_seconds_bucket{method="GET",route="/a/{id}",le="2.5"} 3"#,
            r#"fasttrack_request_seconds_count{method="POST",route="/a"} 1"#,
            "fasttrack_requests_in_flight 1",
            "fasttrack_outbox_lag_seconds 0",
            "fasttrack_sockets_open 0",
            "fasttrack_messages_delivered_total 0",
            "fasttrack_sockets_too_slow_total 0",
            "# TYPE fasttrack_uptime_seconds gauge",
            "fasttrack_jobs_waiting 3",
            "fasttrack_jobs_dead 1",
            "fasttrack_jobs_run_total 7",
            "fasttrack_jobs_failed_total 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        drop(open);
        assert_eq!(metrics.in_flight(), 0);
    }

    #[test]
    fn no_name_is_there_twice() {
        let metrics = Metrics::new().unwrap();
        assert!(metrics.add(vec![Box::new(metrics.requests.clone())]).is_err());
    }
}
