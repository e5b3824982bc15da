//! The pages `/live` and `/admin` in a real browser: Chromium without a window, driven over its `DevTools` protocol.
//!
//! A target of its own, outside `cargo test`, because it needs Chromium: `cargo test --test browser`. It looks for
//! `chromium`, or for what `CHROMIUM` names, and fails where there is none. `AXE` names the `axe.min.js` of axe-core
//! (`npm install axe-core`), which looks for what people with disabilities stumble over; without it that test fails. With
//! `SCREENSHOTS` naming a folder, pictures are left there to look at.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reports a broken expectation by panicking"
)]

mod admin;
mod chromium;
#[path = "../it/driver/mod.rs"]
#[expect(dead_code, reason = "this target needs less of the driver than the one it belongs to")]
#[expect(unused_imports, reason = "as above")]
#[expect(unused_macros, reason = "as above")]
mod driver;
mod page;
mod tab;

mod live;

/// What roles in the declarations of this program are those of.
type __FasttrackAccount = admin::office::Person;
