//! One slow thing at a time for each who asks: what is his waits in a line of his own, and nobody else waits with it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::meter::Asker;

/// The lines of everybody who has something slow running, or waiting. A clone is the same ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines(Arc<Mutex<HashMap<Asker, Line>>>);

/// The line of one, and how many are in it.
#[derive(Debug)]
struct Line {
    front: Arc<Semaphore>,
    length: usize,
}

/// A place in a line; it is left when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    lines: Lines,
    asker: Asker,
    front: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Lines {
    /// Waits to be at the front of the line, at most for `wait`.
    pub(super) async fn wait(&self, asker: Asker, wait: Duration) -> Option<Place> {
        let mut place = self.stand(asker);
        let permit = timeout(wait, Arc::clone(&place.front).acquire_owned()).await;
        place.permit = permit.ok().and_then(Result::ok);
        place.permit.is_some().then_some(place)
    }

    /// Goes to the front of the line, if nobody is there.
    pub(super) fn enter(&self, asker: Asker) -> Option<Place> {
        let mut place = self.stand(asker);
        place.permit = Arc::clone(&place.front).try_acquire_owned().ok();
        place.permit.is_some().then_some(place)
    }

    fn stand(&self, asker: Asker) -> Place {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = lines.entry(asker).or_insert_with(|| Line { front: Arc::new(Semaphore::new(1)), length: 0 });
        line.length += 1;
        Place { lines: self.clone(), asker, front: Arc::clone(&line.front), permit: None }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Before the line may go: whoever comes then would begin another one.
        drop(self.permit.take());
        let mut lines = self.lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get_mut(&self.asker) {
            line.length -= 1;
            if line.length == 0 {
                lines.remove(&self.asker);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn each_has_a_line_of_his_own_that_goes_with_him() {
        let lines = Lines::default();
        let (one, other) = (Asker::Account(1), Asker::Address([192, 0, 2, 1].into()));
        let first = lines.enter(one).unwrap();
        assert!(lines.enter(one).is_none() && lines.wait(one, WAIT).await.is_none());
        let of_other = lines.wait(other, WAIT).await.unwrap();
        let (second, ()) = tokio::join!(lines.wait(one, WAIT), async {
            tokio::task::yield_now().await;
            drop(first);
        });
        assert!(lines.enter(one).is_none(), "who waited is at the front");
        drop((second, of_other));
        assert!(lines.0.lock().unwrap().is_empty(), "nothing is kept of who went");
    }
}
