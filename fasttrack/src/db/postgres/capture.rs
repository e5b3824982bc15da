//! Who hears of changes, and when what he has heard is not to be trusted.
//!
//! There may be several reasons at a time not to: a commit of which nothing is known, a connection over which other nodes
//! are heard that is away. Only when the last is gone may he believe again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    super::{Cell, ChangeCapture, ChangeListener, Notice, Notices, Row, tx::run_hook},
    hearing::Hearing,
};

/// What is captured, if anything is, and who is told. A clone is the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Captures(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    capture: Option<Arc<ChangeCapture>>,
    /// For how many reasons nothing is to be trusted.
    doubts: usize,
}

/// A reason not to trust what was heard; it is gone when this is dropped.
pub(super) struct Doubt(Captures);

impl Captures {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is captured.
    pub(super) fn get(&self) -> Option<Arc<ChangeCapture>> {
        self.state().capture.clone()
    }

    /// From now on this is, and nothing that was heard before counts.
    pub(super) fn set(&self, capture: Arc<ChangeCapture>) {
        let listener = Arc::clone(&capture.listener);
        let is_trusted = {
            let mut state = self.state();
            state.capture = Some(capture);
            state.doubts == 0
        };
        tell(move || if is_trusted { listener.resync() } else { listener.suspend() });
    }

    /// Tells what was committed; on which channel all nodes are to have heard of it before anybody is answered, if so.
    pub(super) fn committed(&self, changes: Vec<Row>) -> Option<&'static str> {
        let capture = self.get().filter(|_| !changes.is_empty())?;
        let channel = capture.channel.filter(|_| capture.listener.is_awaited(&changes));
        tell(move || capture.listener.committed(&changes));
        channel
    }

    /// From now on anything may change unheard, until what this gives back is dropped.
    pub(super) fn doubt(&self) -> Doubt {
        self.state().doubts += 1;
        if let Some(listener) = self.listener() {
            tell(move || listener.suspend());
        }
        Doubt(self.clone())
    }

    /// Passes on what other processes say of their changes, and has nothing believed while they are not heard.
    pub(super) async fn hear(self, mut notices: Notices, doubt: Doubt, hearing: Hearing) {
        let mut doubt = Some(doubt);
        while let Some(notice) = notices.next().await {
            match notice {
                Notice::Connected => drop(doubt.take()),
                Notice::Disconnected => doubt = Some(doubt.unwrap_or_else(|| self.doubt())),
                Notice::Payload(said) if hearing.answer(&said) => {}
                Notice::Payload(change) => _ = self.committed(vec![read_change(&change)]),
            }
        }
    }

    fn listener(&self) -> Option<Arc<dyn ChangeListener>> {
        self.state().capture.as_ref().map(|capture| Arc::clone(&capture.listener))
    }
}

impl Drop for Doubt {
    fn drop(&mut self) {
        let is_last = {
            let mut state = self.0.state();
            state.doubts -= 1;
            state.doubts == 0
        };
        if let Some(listener) = self.0.listener().filter(|_| is_last) {
            tell(move || listener.resync());
        }
    }
}

fn tell(what: impl FnOnce() + Send + 'static) {
    run_hook(Box::new(what));
}

fn read_change(text: &str) -> Row {
    Row(text.split(',').map(|number| number.parse().map_or(Cell::Null, Cell::Int)).collect())
}
