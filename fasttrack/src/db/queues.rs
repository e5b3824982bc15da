//! A queue for each caller, of slow statements: one of his runs at a time, and nobody else waits for it.

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

/// The queues of everybody who has something slow running, or waiting. A clone is the same ones.
#[derive(Debug, Clone, Default)]
pub(super) struct CallerQueues(Arc<Mutex<HashMap<Asker, CallerQueue>>>);

/// The queue of one, and how many are in it.
#[derive(Debug)]
struct CallerQueue {
    front: Arc<Semaphore>,
    length: usize,
}

/// A turn in a queue; it is over when this is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    queues: CallerQueues,
    asker: Asker,
    front: Arc<Semaphore>,
    permit: Option<OwnedSemaphorePermit>,
}

impl CallerQueues {
    /// Waits to be at the front of the queue, at most for `wait`.
    pub(super) async fn wait(&self, asker: Asker, wait: Duration) -> Option<Turn> {
        let mut turn = self.join(asker);
        let permit = timeout(wait, Arc::clone(&turn.front).acquire_owned()).await;
        turn.permit = permit.ok().and_then(Result::ok);
        turn.permit.is_some().then_some(turn)
    }

    /// Goes to the front of the queue, if nobody is there.
    pub(super) fn enter(&self, asker: Asker) -> Option<Turn> {
        let mut turn = self.join(asker);
        turn.permit = Arc::clone(&turn.front).try_acquire_owned().ok();
        turn.permit.is_some().then_some(turn)
    }

    fn join(&self, asker: Asker) -> Turn {
        let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let queue =
            queues.entry(asker).or_insert_with(|| CallerQueue { front: Arc::new(Semaphore::new(1)), length: 0 });
        queue.length += 1;
        Turn { queues: self.clone(), asker, front: Arc::clone(&queue.front), permit: None }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Before the queue may go: whoever comes then would begin another one.
        drop(self.permit.take());
        let mut queues = self.queues.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get_mut(&self.asker) {
            queue.length -= 1;
            if queue.length == 0 {
                queues.remove(&self.asker);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn each_has_a_queue_of_his_own_that_goes_with_him() {
        let queues = CallerQueues::default();
        let (one, other) = (Asker::Account(1), Asker::Address([192, 0, 2, 1].into()));
        let first = queues.enter(one).unwrap();
        assert!(queues.enter(one).is_none() && queues.wait(one, WAIT).await.is_none());
        let of_other = queues.wait(other, WAIT).await.unwrap();
        let (second, ()) = tokio::join!(queues.wait(one, WAIT), async {
            tokio::task::yield_now().await;
            drop(first);
        });
        assert!(queues.enter(one).is_none(), "who waited is at the front");
        drop((second, of_other));
        assert!(queues.0.lock().unwrap().is_empty(), "nothing is kept of who went");
    }
}
