//! What goes on beside the requests: messages are told and posted, old ones deleted, what is due is fired, jobs run.

use std::sync::Arc;

use futures_util::FutureExt;
use tokio::task::{JoinHandle, JoinSet};

use super::App;
use crate::notify;

/// What goes on beside the requests of an application. Dropped, it ends; jobs that run then end by themselves.
pub(super) struct Beside {
    tasks: JoinSet<()>,
    jobs: JoinHandle<()>,
    webhooks: JoinHandle<()>,
}

impl Beside {
    /// Begins; no job is begun, and nothing posted, once `stop` is ready.
    pub(super) fn begin(app: &App, stop: impl Future<Output = ()> + Send + 'static) -> Self {
        let mut tasks = JoinSet::new();
        tasks.spawn(notify::dispatch(Arc::clone(&app.hub), app.outbox.clone()));
        tasks.spawn(notify::keep_tidy(app.outbox.clone(), Arc::clone(&app.pipeline), app.webhooks.clone()));
        tasks.spawn(notify::keep_time(Arc::clone(&app.timetable)));
        tasks.spawn(app.broadcast.clone().hear(Arc::clone(&app.hub)));
        tasks.spawn(app.broadcast.clone().publish());
        if let Some(keeper) = app.files.clone() {
            tasks.spawn(keeper.keep());
        }
        let stop = stop.shared();
        let webhooks = tokio::spawn(app.webhooks.clone().run(stop.clone()));
        Self { tasks, jobs: app.workers.start(&app.catalog, app.context.clone(), stop), webhooks }
    }

    /// Waits for the jobs that run to end, as long as they may take, and ends the rest.
    pub(super) async fn end(mut self) {
        // A job that panics is a job that failed; that of the workers themselves is told by the panic hook.
        let _ = (&mut self.jobs).await;
        let _ = (&mut self.webhooks).await;
        self.tasks.shutdown().await;
    }
}
