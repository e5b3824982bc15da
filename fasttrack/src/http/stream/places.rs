//! How many lists are streamed at a time, and what became of those that were.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Result, core::Collector};
use tokio::time::Instant;

use super::outcome::{Ending, Outcome};
use crate::{db::Asker, error::Error};

/// Lists that are streamed to one caller at a time.
const PER_CALLER: usize = 2;

/// The places of a server. A clone is the same ones.
#[derive(Debug, Clone)]
pub(in crate::http) struct Places(Arc<Table>);

#[derive(Debug)]
struct Table {
    taken: Mutex<Vec<Taken>>,
    most: usize,
    limit: Duration,
    open: IntGauge,
    ended: IntCounterVec,
    rows: IntCounter,
}

#[derive(Debug)]
struct Taken {
    asker: Asker,
    ends_at: Instant,
}

/// A place, for as long as this lives.
#[derive(Debug)]
pub(super) struct Place {
    places: Places,
    asker: Asker,
    ends_at: Instant,
}

impl Places {
    /// So many, each for so long.
    ///
    /// # Errors
    /// When the name of a metric is none.
    pub(in crate::http) fn new(most: usize, limit: Duration) -> Result<Self> {
        let ended = Opts::new("fasttrack_streams_total", "Streamed lists that have ended, by how.");
        let ended = IntCounterVec::new(ended, &["ending"])?;
        for ending in Ending::ALL {
            ended.get_metric_with_label_values(&[ending.word()])?;
        }
        Ok(Self(Arc::new(Table {
            taken: Mutex::default(),
            most,
            limit,
            open: IntGauge::new("fasttrack_streams_open", "Lists that are being streamed.")?,
            ended,
            rows: IntCounter::new("fasttrack_streamed_rows_total", "Rows of streamed lists that were handed over.")?,
        })))
    }

    /// What they measure.
    pub(in crate::http) fn collectors(&self) -> Vec<Box<dyn Collector>> {
        let Table { open, ended, rows, .. } = &*self.0;
        vec![Box::new(open.clone()), Box::new(ended.clone()), Box::new(rows.clone())]
    }

    /// Takes a place from now on.
    ///
    /// # Errors
    /// 429 when the caller has as many as one may have; 503 when all are taken.
    pub(super) fn take(&self, asker: Asker) -> std::result::Result<Place, Error> {
        let mut taken = self.taken();
        let own: Vec<_> = taken.iter().filter(|other| other.asker == asker).map(|other| other.ends_at).collect();
        if own.len() >= PER_CALLER {
            let first = own.iter().min().map_or(self.0.limit, |first| first.saturating_duration_since(Instant::now()));
            let why = format!("{PER_CALLER} lists are being streamed to you already");
            // Waiting so long succeeds: by then that one has ended, whatever became of it.
            return Err(Error::OverLimit { why, retry_after_s: first.as_secs() + 2 });
        }
        if taken.len() >= self.0.most {
            return Err(Error::Unavailable("too many lists are being streamed; try again later".into()));
        }
        let ends_at = Instant::now() + self.0.limit;
        taken.push(Taken { asker, ends_at });
        self.0.open.inc();
        Ok(Place { places: self.clone(), asker, ends_at })
    }

    /// Counts what became of a list.
    pub(super) fn count(&self, outcome: &Outcome) {
        self.0.ended.with_label_values(&[outcome.ending.word()]).inc();
        self.0.rows.inc_by(outcome.rows);
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Until when it may be held.
    pub(super) const fn ends_at(&self) -> Instant {
        self.ends_at
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        let own = |other: &Taken| other.asker == self.asker && other.ends_at == self.ends_at;
        if let Some(at) = taken.iter().position(own) {
            taken.swap_remove(at);
            self.places.0.open.dec();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Asker = Asker::Account(1);
    const OTHER: Asker = Asker::Account(2);

    fn refusal(places: &Places, asker: Asker) -> String {
        match places.take(asker) {
            Err(Error::OverLimit { retry_after_s, .. }) => format!("429 {retry_after_s}"),
            Err(Error::Unavailable(_)) => "503".to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_has_two_and_all_together_so_many() {
        let places = Places::new(3, Duration::from_mins(1)).unwrap();
        let first = places.take(ONE).unwrap();
        tokio::time::advance(Duration::from_secs(20)).await;
        let second = places.take(ONE).unwrap();
        assert_eq!(refusal(&places, ONE), "429 42");
        let third = places.take(OTHER).unwrap();
        assert_eq!(refusal(&places, OTHER), "503");
        assert_eq!(refusal(&places, ONE), "429 42", "who has his own is told so");
        drop(first);
        assert_eq!(second.ends_at(), Instant::now() + Duration::from_mins(1));
        let again = places.take(ONE).unwrap();
        assert_eq!(refusal(&places, ONE), "429 62");
        assert_eq!(places.0.open.get(), 3);
        drop((second, third, again));
        assert_eq!(places.0.open.get(), 0);
        assert!(places.taken().is_empty());
    }
}
