//! A workspace for teams: who belongs to an organisation sees what it has, and nobody else does.

use fasttrack::Application;

fasttrack::resources!();

/// The whole application.
#[must_use]
pub fn application() -> Application {
    Application::new(RESOURCES)
}
