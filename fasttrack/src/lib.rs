//! Declare a resource, get its API.

pub mod app;
pub mod auth;
pub mod bell;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod email;
pub mod error;
pub mod hooks;
pub mod http;
pub mod job;
mod mac;
pub mod migrate;
pub mod notify;
pub mod password;
pub mod pipeline;
pub mod prelude;
pub mod principal;
mod program;
pub mod query;
pub mod schema;
pub mod sql;
#[cfg(feature = "testing")]
pub mod testing;
mod trace;
pub mod wire;

/// The table of the resources of an application, `RESOURCES`, and what has to hold of them together.
///
/// Without arguments it reads the folder `resources/` of the crate, declares a module for each file and lists their
/// resources, in sorted order. The migrations of the folder `migrations/` beside it are put into the program. With a list
/// it makes the table of these, one of which is marked as the account, without migrations:
///
/// ```
/// use fasttrack::prelude::*;
///
/// #[derive(Choice)]
/// pub enum Role {
///     User,
/// }
///
/// #[resource(account)]
/// #[can(read, update: self)]
/// pub struct User {
///     pub id: Id<User>,
///     #[field(len = ..=255, unique)]
///     pub email: Email,
///     #[field(hidden)]
///     pub password: PasswordHash,
///     #[field(default = User, read_only)]
///     pub role: Role,
///     #[field(default = true, read_only)]
///     pub is_active: bool,
/// }
///
/// fasttrack::resources! { account: User }
///
/// fn main() {
///     assert_eq!(RESOURCES.iter().map(|schema| schema.name).collect::<Vec<_>>(), ["user"]);
/// }
/// ```
pub use fasttrack_macros::resources;

/// The migrations of the folder `migrations/` of the crate, as they are put into the program.
///
/// For applications whose table was made of a list; [`resources!`] without arguments has them already.
///
/// ```
/// # mod resources { pub static RESOURCES: &fasttrack::schema::Resources = &fasttrack::schema::Resources::new(&[], &[]); }
/// use fasttrack::{Application, schema::Resources};
///
/// let all = Resources::new(resources::RESOURCES.schemas(), fasttrack::migrations!());
/// let application = Application::new(all);
/// ```
pub use fasttrack_macros::migrations;

pub use self::{
    app::{Application, Embedded},
    cli::main,
};

// Generated code says `::fasttrack`; so that declarations can stand in tests of this crate too.
extern crate self as fasttrack;

#[doc(hidden)]
#[path = "generated.rs"]
pub mod __private;
