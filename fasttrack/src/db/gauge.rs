//! What a database measures of itself, for whoever gathers that.

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntGauge, Result, core::Collector, exponential_buckets};

/// Upper bounds in seconds, from half a millisecond to as long as anything may take.
pub(crate) const SECONDS: [f64; 14] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Measurements of one database. A clone is the same ones.
#[derive(Debug, Clone)]
pub(super) struct Gauges {
    /// Writes in the queue.
    pub(super) waiting: IntGauge,
    /// Snapshots that are held.
    pub(super) snapshots: IntGauge,
    /// How many writes shared a transaction.
    pub(super) group: Histogram,
    /// How long statements that read took.
    pub(super) reading: Histogram,
    /// How long units of writing took.
    pub(super) writing: Histogram,
    seconds: HistogramVec,
}

impl Gauges {
    pub(super) fn new() -> Result<Self> {
        let group = HistogramOpts::new("fasttrack_write_group_size", "Writes that shared a transaction.");
        let seconds = HistogramOpts::new(
            "fasttrack_database_seconds",
            "Time until the database answered, waits included, by kind: read or write.",
        );
        let seconds = HistogramVec::new(seconds.buckets(SECONDS.to_vec()), &["kind"])?;
        Ok(Self {
            waiting: IntGauge::new("fasttrack_writes_waiting", "Writes in the queue; 503 when it is full.")?,
            snapshots: IntGauge::new(
                "fasttrack_snapshots_held",
                "Instants of the database that are read from, each on a connection of its own.",
            )?,
            group: Histogram::with_opts(group.buckets(exponential_buckets(1.0, 2.0, 10)?))?,
            reading: seconds.get_metric_with_label_values(&["read"])?,
            writing: seconds.get_metric_with_label_values(&["write"])?,
            seconds,
        })
    }

    pub(super) fn collectors(&self) -> Vec<Box<dyn Collector>> {
        vec![
            Box::new(self.waiting.clone()),
            Box::new(self.snapshots.clone()),
            Box::new(self.group.clone()),
            Box::new(self.seconds.clone()),
        ]
    }
}
