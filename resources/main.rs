//! The server of the reference application.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request makes many small allocations, on several threads.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    resources::application().main()
}
