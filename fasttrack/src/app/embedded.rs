//! An application inside a program of somebody else's, which has routes, state, a log and an end of its own.
//!
//! Nothing here listens, handles a signal, writes to standard output, or sets what a process has one of: that is the
//! program's affair. So there may be several of them.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::{
    App, Application, Opening, StartError, beside::Beside, lock::Lock, schema, tell_of_the_file,
    warn_of_what_is_not_served,
};
use crate::{
    config::Config,
    http::{Mount, Router},
    job::Context,
};

/// An application inside another program: its database is open, its jobs run, and its routes are there to be mounted.
/// Made by [`Application::embed`].
///
/// To be ended with [`stop`](Self::stop). Dropped instead, it leaves off where it is, as a process that is killed would.
#[must_use = "its routes are to be mounted, and it is to be stopped"]
pub struct Embedded {
    app: App,
    mount: Mount,
    /// Until it is stopped: what goes on, and the lock on its database.
    running: Mutex<Option<(Beside, Option<Lock>)>>,
    stopping: watch::Sender<bool>,
}

impl Application {
    /// Opens the application for another program to serve: migrates and opens its database, and begins to run its jobs.
    ///
    /// ```no_run
    /// use fasttrack::{Application, config::Config, http::salvo::{prelude::*, server::ServerHandle}};
    ///
    /// # async fn until_told_to_stop() {}
    /// # #[handler] async fn hello() -> &'static str { "hello" }
    /// # async fn host(application: Application) -> Result<(), Box<dyn std::error::Error>> {
    /// let tracker = application.embed(&Config::from_environment()?).await?;
    /// let router = Router::new().push(Router::with_path("hello").get(hello)).push(tracker.router());
    ///
    /// let server = Server::new(TcpListener::new("127.0.0.1:8000").bind().await);
    /// let handle: ServerHandle = server.handle();
    /// tokio::spawn(server.serve(router));
    ///
    /// until_told_to_stop().await;
    /// tracker.begin_stop();
    /// handle.stop_graceful(std::time::Duration::from_secs(15));
    /// tracker.stop().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`StartError`], which says what to do; [`StartError::Taken`] also where this program has the database open already.
    pub async fn embed(self, config: &Config) -> Result<Embedded, StartError> {
        warn_of_what_is_not_served(config);
        schema::check_is_wanted(config)?;
        let opening = Opening { regular: self.regular, mails: self.mails, ..Opening::of_a_server(config).await? };
        let mut app = App::open_with(self.resources, config, opening).await?;
        tell_of_the_file(&app.db, config)?;
        let mount = Mount::new(app.layers(self.routes, config), config).map_err(StartError::Route)?;
        let (stopping, mut stopped) = watch::channel(false);
        let stop = async move {
            // An error says that there is nobody left to give the order.
            let _ = stopped.wait_for(|&stopped| stopped).await;
        };
        let beside = Beside::begin(&app, stop);
        let running = Mutex::new(Some((beside, app.lock.take())));
        Ok(Embedded { app, mount, running, stopping })
    }
}

impl Embedded {
    /// Its routes: `/api/v1/…`, `/ws` and those that concern the service. What is below `/api/v1` and is no route is
    /// answered, too, so routes of the program's own there go before them. They may be mounted below a path.
    #[must_use]
    pub fn router(&self) -> Router {
        self.mount.router()
    }

    /// What jobs may use, for code of the program: rows and statements without a rule, and mail.
    #[must_use]
    pub const fn context(&self) -> &Context {
        &self.app.context
    }

    /// Its layers: who is calling (`auth`), what may be done (`pipeline`).
    #[must_use]
    pub const fn layers(&self) -> &App {
        &self.app
    }

    /// Takes leave of its clients: it is not ready any more, sockets are closed with 1001, answers ask to close the
    /// connection, and no job is begun. Requests are answered still. For the moment when the program is told to stop.
    pub fn begin_stop(&self) {
        self.mount.begin_stop();
        self.stopping.send_replace(true);
    }

    /// Ends: waits for sockets to take leave (2 s at most) and for jobs that run (10 s), and closes the database. The
    /// program's server should have ended by then; a request that comes later is answered 503.
    pub async fn stop(&self) {
        self.begin_stop();
        self.mount.emptied().await;
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((beside, lock)) = running else { return };
        beside.end().await;
        self.app.close().await;
        drop(lock);
    }
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}
