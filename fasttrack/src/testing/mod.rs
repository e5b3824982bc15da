//! Tests of an application: it runs in the process, on a port and a database of its own.
//!
//! The feature `testing` brings it; `Cargo.toml` of an application turns it on for tests alone:
//!
//! ```toml
//! [dev-dependencies]
//! fasttrack = { version = "0.1", features = ["testing"] }
//! ```
//!
//! A test is an ordinary `#[test]`. It starts the application, makes accounts, and calls:
//!
//! ```no_run
//! # use fasttrack::{Application, schema::{Account, Resource}};
//! use fasttrack::testing::{TestApp, json};
//!
//! # use serde::de::DeserializeOwned;
//! # fn test<Project: Resource + DeserializeOwned + HasId>(application: fn() -> Application) {
//! let app = TestApp::start(application());
//! let (ada, eve) = (app.account("ada"), app.account("eve"));
//!
//! let project = app.as_(&ada).create::<Project>(&json!({ "name": "Apollo" })).ok();
//! app.as_(&eve).read::<Project>(project.id()).refused(403);
//! # }
//! # trait HasId: Sized { fn id(&self) -> fasttrack::schema::Id<Self>; }
//! ```
//!
//! - **Accounts**: [`TestApp::account`], [`TestApp::account_as`] with a role, [`TestApp::account_with`] with any fields.
//! - **Typed calls**: [`Client::create`], [`read`](Client::read), [`list`](Client::list), [`update`](Client::update),
//!   [`delete`](Client::delete); [`Client::under`] says below which row. **Raw ones**: [`Client::get`],
//!   [`post`](Client::post), [`patch`](Client::patch), [`call`](Client::call) and [`at`](Client::at).
//! - **What came of a call**: [`Call::ok`] is the row, [`Call::refused`] the [`Problem`], [`Call::send`] the [`Reply`] as
//!   it is.
//! - **What follows a change**: messages at a [`Socket`], [`TestApp::run_jobs`], [`TestApp::mails`].
//! - **Time**: [`TestApp::advance`] moves the clock of this application alone.
//!
//! What is not as expected is a panic at the line of the test, in one sentence: *`POST /api/v1/projects` by
//! `ada@example.com`: expected 201, got 422: name: `too_short` (at least 1 character)*.
//!
//! Each application has a database of its own: a `SQLite` file, or one on the `PostgreSQL` server that `TEST_DATABASE_URL` names
//! (`postgres://USER:PASSWORD@HOST/DATABASE`; the user has to be allowed to make databases). It is gone with the test.
//!
//! Nothing waits for time to pass: jobs run when the test says so, the clock moves when it says so, and a message is waited
//! for until it is there. Tests of one process share nothing, so they run side by side.

#![expect(clippy::panic, reason = "a test kit reports a broken expectation by panicking")]
#![expect(clippy::must_use_candidate, reason = "what is expected is often all that a test wants to know")]

mod app;
mod call;
mod client;
mod fail;
mod http;
mod login;
mod problem;
mod reply;
mod run;
mod socket;
mod store;

pub use serde_json::{Value, json};

pub use self::{
    app::{Setup, TestApp},
    call::Call,
    client::{Client, Page},
    login::Login,
    problem::{Fault, Problem},
    reply::Reply,
    socket::{Message, Socket},
};
pub use crate::{
    notify::{FailedJob, Kept as Job, Mail},
    schema::RowId,
};
