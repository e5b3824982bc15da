//! What this service keeps. Each file beside this one declares one entity, and is the whole of it.

use fasttrack::Application;

fasttrack::resources!();

/// The service: what is declared, and what is added to that by hand.
#[must_use]
pub fn application() -> Application {
    Application::new(RESOURCES)
}
