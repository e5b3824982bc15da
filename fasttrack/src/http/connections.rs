//! The connections that are open, so that leave can be taken of each.
//!
//! A connection over which something was sent ends by itself once it is dismissed and has sent what it owes, however
//! slowly its client reads. One that was only opened ahead of need may still bring a request; one that was upgraded is
//! no request's any more, and its conversation takes leave itself.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use salvo::conn::ConnCtrl;

/// All that are open.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    control: ConnCtrl,
    has_spoken: Arc<AtomicBool>,
}

/// An open connection, for as long as it lives.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    has_spoken: Arc<AtomicBool>,
    all: Arc<Connections>,
}

/// How many connections there are that may still owe an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    /// Those over which something was sent.
    pub(super) answered: usize,
    /// Those that have said nothing, or not all of a request.
    pub(super) silent: usize,
}

impl Connections {
    /// Enters a connection that salvo controls by this.
    pub(super) fn enter(self: &Arc<Self>, control: ConnCtrl) -> Connection {
        let has_spoken = Arc::new(AtomicBool::new(false));
        let mut table = self.table();
        let id = table.next;
        table.next += 1;
        table.open.insert(id, Entry { control, has_spoken: Arc::clone(&has_spoken) });
        Connection { id, has_spoken, all: Arc::clone(self) }
    }

    /// Has those that were answered end as soon as they have sent all, and counts what is left. A silent one is not told:
    /// salvo would drop what has just arrived over it.
    pub(super) fn dismiss(&self) -> Open {
        let table = self.table();
        let mut left = Open { answered: 0, silent: 0 };
        for entry in table.open.values().filter(|entry| !entry.control.is_relaxed()) {
            if entry.has_spoken.load(Ordering::Acquire) {
                entry.control.graceful_shutdown();
                left.answered += 1;
            } else {
                left.silent += 1;
            }
        }
        left
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Notes that something is sent over it.
    pub(super) fn speaks(&self) {
        // Looked at first, since the flag is shared with whoever counts.
        if !self.has_spoken.load(Ordering::Relaxed) {
            self.has_spoken.store(true, Ordering::Release);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.all.table().open.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_were_answered_are_told_to_end() {
        let all = Arc::new(Connections::default());
        let controls = [(); 3].map(|()| ConnCtrl::new());
        let [silent, answered, upgraded] = controls.each_ref().map(|control| all.enter(control.clone()));
        answered.speaks();
        upgraded.speaks();
        controls[2].relax_timeouts();
        assert_eq!(all.dismiss(), Open { answered: 1, silent: 1 });
        assert_eq!(controls.each_ref().map(ConnCtrl::is_graceful_shutdown), [false, true, false]);
        silent.speaks();
        drop(answered);
        assert_eq!(all.dismiss(), Open { answered: 1, silent: 0 });
        drop((silent, upgraded));
        assert_eq!(all.dismiss(), Open { answered: 0, silent: 0 });
    }
}
