//! Numbers that others keep, read when somebody asks for the metrics.

use prometheus::proto::{Counter, Gauge, Metric, MetricFamily, MetricType};

use super::gate::Gate;
use crate::{
    notify::{Figures, Hub},
    webhooks,
};

/// A number at this moment.
#[derive(Debug)]
pub(super) struct Reading {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    value: f64,
}

impl Reading {
    /// A number that rises and falls.
    pub(super) const fn gauge(name: &'static str, help: &'static str, value: f64) -> Self {
        Self { name, help, kind: MetricType::GAUGE, value }
    }

    /// A number that only rises.
    pub(super) fn counter(name: &'static str, help: &'static str, count: u64) -> Self {
        Self { name, help, kind: MetricType::COUNTER, value: number(count) }
    }

    /// As the encoder takes it.
    pub(super) fn family(&self) -> MetricFamily {
        let mut metric = Metric::default();
        if self.kind == MetricType::COUNTER {
            let mut counter = Counter::default();
            counter.set_value(self.value);
            metric.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(self.value);
            metric.set_gauge(gauge);
        }
        let mut family = MetricFamily::default();
        family.set_name(self.name.to_owned());
        family.set_help(self.help.to_owned());
        family.set_field_type(self.kind);
        family.set_metric(vec![metric]);
        family
    }
}

/// How the jobs are doing.
pub(super) fn of_jobs(jobs: Figures) -> [Reading; 4] {
    let stored = |count: i64| number(u64::try_from(count).unwrap_or_default());
    [
        Reading::gauge("fasttrack_jobs_waiting", "Jobs that are to run, or are running.", stored(jobs.waiting)),
        Reading::gauge("fasttrack_jobs_dead", "Jobs that failed for good and are kept.", stored(jobs.dead)),
        Reading::counter("fasttrack_jobs_run_total", "Attempts at jobs that ended.", jobs.run),
        Reading::counter("fasttrack_jobs_failed_total", "Attempts at jobs that failed.", jobs.failed),
    ]
}

/// How the webhooks are doing.
pub(super) fn of_webhooks(webhooks: webhooks::Figures) -> [Reading; 4] {
    let stored = |count: i64| number(u64::try_from(count).unwrap_or_default());
    let disabled = "Receivers of webhooks that are sent nothing.";
    [
        Reading::gauge(
            "fasttrack_webhooks_pending",
            "Deliveries that are still to be taken.",
            stored(webhooks.pending),
        ),
        Reading::gauge("fasttrack_webhooks_disabled", disabled, stored(webhooks.disabled)),
        Reading::counter("fasttrack_webhooks_posted_total", "Attempts at deliveries that ended.", webhooks.posted),
        Reading::counter("fasttrack_webhooks_failed_total", "Attempts at deliveries that failed.", webhooks.failed),
    ]
}

/// How the sockets are doing.
pub(super) fn of_hub(hub: &Hub) -> [Reading; 4] {
    let open = number(u64::try_from(hub.open()).unwrap_or(u64::MAX));
    let lag = "How long the account has waited that waits longest for its messages to be read.";
    let slow = "WebSockets closed since they read too slowly.";
    [
        Reading::gauge("fasttrack_sockets_open", "WebSockets that are open.", open),
        Reading::gauge("fasttrack_outbox_lag_seconds", lag, hub.lag().as_secs_f64()),
        Reading::counter("fasttrack_messages_delivered_total", "Messages handed to WebSockets.", hub.delivered()),
        Reading::counter("fasttrack_sockets_too_slow_total", slow, hub.too_slow()),
    ]
}

/// How often the rate limit was met.
pub(super) fn of_gate(gate: &Gate) -> Reading {
    Reading::counter(
        "fasttrack_limiter_refusals_total",
        "Requests refused with 429 by the rate limit.",
        gate.refusals(),
    )
}

/// A count as the format has it.
#[expect(clippy::cast_precision_loss, reason = "the format knows doubles only; they are exact up to 2^53")]
pub(super) const fn number(count: u64) -> f64 {
    count as f64
}
