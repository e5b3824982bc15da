//! The order to stop: SIGTERM, or Ctrl-C.

use std::io;

use tokio::sync::watch;

/// Counts orders to stop. Has to be made before anybody is told that the server is there.
pub(super) struct Signals(watch::Receiver<u32>);

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let mut source = Source::new()?;
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(async move {
            while source.next().await.is_some() {
                sender.send_modify(|count| *count += 1);
            }
        });
        Ok(Self(receiver))
    }

    /// Ready when so many orders have come.
    pub(super) fn nth(&self, count: u32) -> impl Future<Output = ()> + use<> {
        let mut receiver = self.0.clone();
        async move {
            if receiver.wait_for(|&seen| seen >= count).await.is_err() {
                // Nobody listens for signals any more, so none will come.
                std::future::pending::<()>().await;
            }
        }
    }
}

#[cfg(unix)]
struct Source {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> Option<()> {
        tokio::select! {
            seen = self.terminate.recv() => seen,
            seen = self.interrupt.recv() => seen,
        }
    }
}

#[cfg(not(unix))]
struct Source;

#[cfg(not(unix))]
impl Source {
    const fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Option<()> {
        tokio::signal::ctrl_c().await.ok()
    }
}
