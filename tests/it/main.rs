//! The reference application driven from outside: HTTP, raw sockets, processes.
//!
//! Written from the contract; but for the tables that documents repeat, nothing here links the server or looks into its
//! database. Most tests share one running
//! server and bring accounts of their own; a server of its own is started where configuration or the whole database
//! matters. One binary, so that the suite links once.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test reports a broken expectation by panicking"
)]

mod access;
mod admin;
mod auth;
mod client;
mod command;
mod config;
mod declarations;
mod driver;
mod durability;
mod embedding;
mod entity;
mod errors;
mod explain;
mod files;
mod formatting;
mod inside;
mod jobs;
mod kit;
mod limits;
mod lists;
mod migrate;
mod moving;
mod nodes;
mod notify;
mod operation;
mod pages;
mod paths;
mod permissions;
mod quickstart;
mod reference;
mod resources;
mod service;
mod shipping;
mod stats;
mod streams;
mod tables;
mod tidy;
mod webhooks;
mod worlds;
mod writing;

/// Where an application has them, so that what pages show of one is compiled as it stands there.
use ::resources::{RESOURCES, project, task, user};

/// Whose roles `role(…)` means in the declarations of these tests, as `resources!()` says it of an application.
type __FasttrackAccount = inside::accounts::Member;
