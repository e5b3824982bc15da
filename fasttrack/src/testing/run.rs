//! An application on threads of its own: what goes on there from start to end.

use std::{
    future,
    net::SocketAddr,
    sync::{Arc, mpsc::SyncSender},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};
use tracing::{Dispatch, subscriber::NoSubscriber};

use crate::{
    app::{self, App, Application, Opening, StartError},
    clock::moved::Moved,
    config::Config,
    db::DbOptions,
    http::{self, Listening},
    notify::{self, Mailer, Postbox},
};

/// Threads that serve: enough for two requests at a time, which a test of races needs.
const WORKERS: usize = 2;

/// How long what is left over may take to notice that the application has ended.
const LAST_TASKS: Duration = Duration::from_secs(1);

/// An application that is to run.
pub(super) struct Running {
    pub(super) application: Application,
    pub(super) config: Config,
    pub(super) clock: Moved,
    pub(super) postbox: Postbox,
}

/// An application that runs.
pub(super) struct Ready {
    pub(super) app: Arc<App>,
    pub(super) address: SocketAddr,
    pub(super) runtime: Handle,
}

impl Running {
    /// Runs until `stopped` ends; says at `ready` when requests are taken, or why not.
    pub(super) fn run(self, ready: &SyncSender<Result<Ready, StartError>>, stopped: oneshot::Receiver<()>) {
        let (clock, log) = (self.clock.clone(), log(&self.config.log));
        let follow = move || {
            clock.follow();
            // Not in the way of a log that the tests of this process have set up for all.
            if tracing::dispatcher::get_default(Dispatch::is::<NoSubscriber>) {
                // For as long as the thread lives.
                std::mem::forget(tracing::dispatcher::set_default(&log));
            }
        };
        follow();
        let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_all().on_thread_start(follow).build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return drop(ready.send(Err(error.into()))),
        };
        let outcome = runtime.block_on(self.serve(ready, stopped));
        if let Err(error) = outcome {
            // Whoever waits has gone if it had started already.
            ready.send(Err(error)).ok();
        }
        runtime.shutdown_timeout(LAST_TASKS);
    }

    async fn serve(
        self,
        ready: &SyncSender<Result<Ready, StartError>>,
        stopped: oneshot::Receiver<()>,
    ) -> Result<(), StartError> {
        let Self { application, config, postbox, .. } = self;
        let lock = config.database.file().map(app::lock).transpose()?;
        let options = DbOptions { is_durable: false, readers: 2, ..DbOptions::default() };
        let mailer = Mailer::kept(postbox).map_err(StartError::Mail)?;
        let (regular, mails) = (application.regular, application.mails);
        let opening = Opening { options, lock, mailer: Some(mailer), redis: None, regular, mails };
        let app = Arc::new(App::open_with(application.resources, &config, opening).await?);
        app.timetable.take_up().await.map_err(|error| StartError::System(std::io::Error::other(error)))?;
        let served = http::service(app.layers(application.routes, &config), &config).map_err(StartError::Route)?;
        let listening = Listening::bind(&config.host, config.port).await?;
        let (address, runtime) = (listening.address(), Handle::current());
        tokio::spawn(notify::dispatch(Arc::clone(&app.hub), app.outbox.clone()));
        tokio::spawn(notify::keep_time(Arc::clone(&app.timetable)));
        if let Some(keeper) = app.files.clone() {
            tokio::spawn(keeper.keep_up());
        }
        ready.send(Ok(Ready { app: Arc::clone(&app), address, runtime })).ok();
        let stop = async { drop(stopped.await) };
        // Nobody who called is there any more, so nobody is waited for.
        listening.serve(served, stop, future::ready(())).await?;
        app.db.close().await;
        Ok(())
    }
}

/// A log that the test harness shows when the test fails.
fn log(filter: &str) -> Dispatch {
    let filter = tracing_subscriber::EnvFilter::new(filter);
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().without_time();
    subscriber.with_ansi(false).finish().into()
}
