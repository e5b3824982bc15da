//! The server of the reference application.

use std::process::ExitCode;

fn main() -> ExitCode {
    fasttrack::Application::new(resources::RESOURCES)
        .route(resources::routes::project_stats())
        .demo("tasks", 60, resources::demo::fill)
        .main()
}
