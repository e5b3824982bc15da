//! What an application is made of.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::FutureExt;

use super::demo::{Demo, Fill};
use crate::{
    access,
    error::Error,
    http::{CustomRoute, Replacement, openapi},
    job::{Context, JobResult, Regular},
    mails::AccountMails,
    schema::{About, Catalog, LinkError, Resources},
};

/// An application: what it declares, and the routes that it writes by hand.
///
/// ```no_run
/// use fasttrack::{Application, http::{CustomRoute, salvo::{self, prelude::*}}};
///
/// # static RESOURCES: &fasttrack::schema::Resources = &fasttrack::schema::Resources::new(&[], &[]);
/// #[handler]
/// async fn ping() -> &'static str {
///     "pong"
/// }
///
/// fn main() -> std::process::ExitCode {
///     Application::new(RESOURCES).route(CustomRoute::get("/ping", ping)).main()
/// }
/// ```
#[derive(Clone)]
pub struct Application {
    pub(crate) resources: Resources,
    pub(crate) routes: Vec<CustomRoute>,
    /// What runs every so often.
    pub(crate) regular: Vec<Regular>,
    /// What the demo is measured in, how many of it there are unless somebody says, and what fills the database.
    pub(crate) demo: Option<(&'static str, usize, Fill)>,
    /// What mails to accounts say.
    pub(crate) mails: Option<Arc<dyn AccountMails>>,
}

impl Application {
    /// An application of these resources and migrations, as `resources!()` lists them.
    #[must_use]
    pub fn new(resources: impl Into<Resources>) -> Self {
        Self { resources: resources.into(), routes: Vec::new(), regular: Vec::new(), demo: None, mails: None }
    }

    /// Heads the documentation of its API with this title and, in Markdown, what it is for. Unless it is said, both are
    /// what `Cargo.toml` says of the package: its name, and its description.
    #[must_use]
    pub fn about(mut self, title: &'static str, description: &'static str) -> Self {
        let version = self.resources.about().version;
        self.resources = self.resources.headed(About { title, version, description });
        self
    }

    /// Who may do what with which rows and fields, a line each, as `access.lock` has them: for a test that compares the two.
    ///
    /// # Errors
    /// [`LinkError`] when the declarations do not fit together.
    pub fn access(&self) -> Result<Vec<String>, LinkError> {
        access::lines(&Catalog::link(&self.resources)?)
    }

    /// Adds a route of its own. One that is there already stops the start.
    #[must_use]
    pub fn route(mut self, route: CustomRoute) -> Self {
        self.routes.push(route);
        self
    }

    /// Has a job run every so often, a second at least: `every(Duration::from_hours(1), jobs::sweep)`. Its name is that of the
    /// function, by which the database knows when it runs next.
    ///
    /// It runs at once when it is first known, and from then on in this rhythm, whatever happens to the server: on one node of
    /// however many, never twice at once, and once after a time in which it should have run more often. One that fails is tried
    /// again, as any other [job](crate::job) is.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use fasttrack::{Application, job::{Context, JobResult}};
    ///
    /// # static RESOURCES: &fasttrack::schema::Resources = &fasttrack::schema::Resources::new(&[], &[]);
    /// async fn sweep(context: Context) -> JobResult {
    ///     Ok(())
    /// }
    ///
    /// let application = Application::new(RESOURCES).every(Duration::from_hours(1), sweep);
    /// ```
    ///
    /// A closure, a function that is given twice, or less than a second stops the start.
    #[must_use]
    pub fn every<R>(mut self, period: Duration, job: impl Fn(Context) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = JobResult> + Send + 'static,
    {
        self.regular.push(Regular::new(period, job));
        self
    }

    /// Has mails to accounts (a forgotten password, an address to be confirmed, an invitation) say what these texts say. What
    /// they leave out says what it says without them.
    ///
    /// ```no_run
    /// use fasttrack::{Application, mails::{AccountMails, Draft, LinkMail}};
    ///
    /// # static RESOURCES: &fasttrack::schema::Resources = &fasttrack::schema::Resources::new(&[], &[]);
    /// struct Ours;
    ///
    /// impl AccountMails for Ours {
    ///     fn verify_address(&self, mail: &LinkMail<'_>) -> Draft {
    ///         Draft::text("Welcome aboard", format!("One step is left:\n\n{}\n", mail.link))
    ///     }
    /// }
    ///
    /// let application = Application::new(RESOURCES).mails(Ours);
    /// ```
    #[must_use]
    pub fn mails(mut self, mails: impl AccountMails) -> Self {
        self.mails = Some(Arc::new(mails));
        self
    }

    /// Has `fasttrack demo` fill an empty database by this function; `--UNIT N` says how many of the unit are wanted, and
    /// `usual` how many there are unless that is said.
    #[must_use]
    pub fn demo<R>(mut self, unit: &'static str, usual: usize, fill: impl Fn(Demo) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.demo = Some((unit, usual, Arc::new(move |demo| fill(demo).boxed())));
        self
    }

    /// Its client in TypeScript, as `client typescript` writes it.
    ///
    /// # Errors
    /// The declarations do not fit together.
    #[doc(hidden)]
    pub fn typescript(&self) -> Result<String, LinkError> {
        Ok(openapi::typescript(&Catalog::of(&self.resources)?, &self.routes))
    }

    /// Has a handler of its own answer instead of a generated one. What is not there, or was replaced before, stops the
    /// start.
    #[must_use]
    pub fn replace(self, replacement: Replacement) -> Self {
        self.route(replacement.into())
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application").field("routes", &self.routes).finish_non_exhaustive()
    }
}
