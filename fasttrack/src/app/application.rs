//! What an application is made of.

use crate::{
    http::{CustomRoute, Replacement},
    schema::Schema,
};

/// An application: what it declares, and the routes that it writes by hand.
///
/// ```no_run
/// # static RESOURCES: &[&fasttrack::schema::Schema] = &[];
/// # fn stats() -> fasttrack::http::CustomRoute { unimplemented!() }
/// fn main() -> std::process::ExitCode {
///     fasttrack::Application::new(RESOURCES).route(stats()).main()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Application {
    pub(crate) resources: &'static [&'static Schema],
    pub(crate) routes: Vec<CustomRoute>,
}

impl Application {
    /// An application of these resources, as `resources!()` lists them.
    #[must_use]
    pub const fn new(resources: &'static [&'static Schema]) -> Self {
        Self { resources, routes: Vec::new() }
    }

    /// Adds a route of its own. One that is there already stops the start.
    #[must_use]
    pub fn route(mut self, route: CustomRoute) -> Self {
        self.routes.push(route);
        self
    }

    /// Has a handler of its own answer instead of a generated one. What is not there, or was replaced before, stops the
    /// start.
    #[must_use]
    pub fn replace(self, replacement: Replacement) -> Self {
        self.route(replacement.into())
    }
}
