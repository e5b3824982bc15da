//! The test kit, on the reference application: what an application author writes, and what he is told when it fails.

mod calls;
mod failures;
mod following;
mod set_back;
pub(crate) mod shown;

use fasttrack::testing::TestApp;

/// The tracker, on a database of its own.
#[track_caller]
pub(crate) fn tracker() -> TestApp {
    TestApp::start(resources::application())
}
