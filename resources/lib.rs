//! The reference application: users own projects, projects hold tasks, tasks hold comments.
//!
//! Each file beside this one declares one entity, and is the whole of it. What no declaration says is in the folders:
//! `jobs` run after changes, `routes` are written by hand.

pub mod demo;
pub mod jobs;
pub mod routes;

fasttrack::resources!();

/// The whole application: what `main` serves, and tests start.
#[must_use]
pub fn application() -> fasttrack::Application {
    fasttrack::Application::new(RESOURCES).route(routes::project_stats()).demo("tasks", 60, demo::fill)
}
