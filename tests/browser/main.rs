//! The page `/live` in a real browser: Chromium without a window, driven over its `DevTools` protocol.
//!
//! A target of its own, outside `cargo test`, because it needs Chromium: `cargo test --test browser`. It looks for
//! `chromium`, or for what `CHROMIUM` names, and fails where there is none. With `SCREENSHOTS` naming a folder, it leaves
//! pictures there to look at.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reports a broken expectation by panicking"
)]

mod chromium;
#[path = "../it/driver/mod.rs"]
#[expect(dead_code, reason = "this target needs less of the driver than the one it belongs to")]
#[expect(unused_imports, reason = "as above")]
#[expect(unused_macros, reason = "as above")]
mod driver;
mod page;

mod live;
