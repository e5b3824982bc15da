//! What the server counts about itself, as Prometheus text (exposition format 0.0.4).

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    time::Instant,
};

use crate::notify::{Figures, Hub};

/// Counters of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: Instant,
    in_flight: AtomicUsize,
    /// By class: `[0]` counts 1xx, `[4]` counts 5xx.
    answered: [AtomicU64; 5],
    stopping: AtomicBool,
}

/// A request being answered; counted for as long as it lives.
#[derive(Debug)]
pub(super) struct InFlight<'a>(&'a Metrics);

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            in_flight: AtomicUsize::new(0),
            answered: [const { AtomicU64::new(0) }; 5],
            stopping: AtomicBool::new(false),
        }
    }

    pub(super) fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        InFlight(self)
    }

    pub(super) fn count_answer(&self, status: u16) {
        let class = usize::from(status / 100).saturating_sub(1);
        if let Some(counter) = self.answered.get(class) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Requests that are being answered now.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }

    /// From now on the server takes leave of its clients.
    pub(crate) fn begin_stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// The text that Prometheus reads.
    pub(super) fn render(&self, hub: &Hub, jobs: Option<Figures>) -> String {
        let mut text = String::new();
        let uptime = self.started.elapsed().as_secs_f64();
        family(&mut text, "fasttrack_uptime_seconds", "gauge", "Time since the process began to serve.");
        // Writing to a `String` cannot fail, here and below.
        let _ = writeln!(text, "fasttrack_uptime_seconds {uptime:.3}");
        family(&mut text, "fasttrack_requests_in_flight", "gauge", "Requests being answered.");
        let _ = writeln!(text, "fasttrack_requests_in_flight {}", self.in_flight());
        family(&mut text, "fasttrack_requests_total", "counter", "Requests answered, by class of status.");
        for (class, counter) in (1..).zip(&self.answered) {
            let count = counter.load(Ordering::Relaxed);
            let _ = writeln!(text, "fasttrack_requests_total{{status=\"{class}xx\"}} {count}");
        }
        for (name, kind, help, value) in jobs.iter().flat_map(of_jobs) {
            family(&mut text, name, kind, help);
            let _ = writeln!(text, "{name} {value}");
        }
        family(&mut text, "fasttrack_sockets_open", "gauge", "WebSockets that are open.");
        let _ = writeln!(text, "fasttrack_sockets_open {}", hub.open());
        family(&mut text, "fasttrack_messages_delivered_total", "counter", "Messages handed to WebSockets.");
        let _ = writeln!(text, "fasttrack_messages_delivered_total {}", hub.delivered());
        family(
            &mut text,
            "fasttrack_sockets_too_slow_total",
            "counter",
            "WebSockets closed since they read too slowly.",
        );
        let _ = writeln!(text, "fasttrack_sockets_too_slow_total {}", hub.too_slow());
        text
    }
}

fn of_jobs(jobs: &Figures) -> [(&'static str, &'static str, &'static str, i64); 4] {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    [
        ("fasttrack_jobs_waiting", "gauge", "Jobs that are to run, or are running.", jobs.waiting),
        ("fasttrack_jobs_dead", "gauge", "Jobs that failed for good and are kept.", jobs.dead),
        ("fasttrack_jobs_run_total", "counter", "Attempts at jobs that ended.", number(jobs.run)),
        ("fasttrack_jobs_failed_total", "counter", "Attempts at jobs that failed.", number(jobs.failed)),
    ]
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::Limits;

    #[test]
    fn answers_are_counted_by_class() {
        let metrics = Metrics::new();
        let open = metrics.begin();
        for status in [200, 204, 404, 503, 99, 700] {
            metrics.count_answer(status);
        }
        let hub = Hub::new(Limits { per_account: 1, in_total: 1 });
        let text = metrics.render(&hub, Some(Figures { waiting: 3, dead: 1, run: 7, failed: 2 }));
        for line in [
            "fasttrack_requests_total{status=\"2xx\"} 2",
            "fasttrack_requests_total{status=\"3xx\"} 0",
            "fasttrack_requests_total{status=\"4xx\"} 1",
            "fasttrack_requests_total{status=\"5xx\"} 1",
            "fasttrack_requests_in_flight 1",
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
}
