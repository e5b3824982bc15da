//! Declare a resource in one Rust file, get a production-grade REST API.
//!
//! One file says what an entity is, who may do what with it and who hears of it. The compiler refuses a declaration that
//! cannot work or would be unsafe; this crate does the rest.
//!
//! ```
//! use fasttrack::prelude::*;
//!
//! #[derive(Debug, PartialEq, Choice)]
//! pub enum Status {
//!     Open,
//!     Solved,
//! }
//!
//! /// Something that somebody needs help with.
//! #[resource]
//! #[can(create: authenticated)]
//! #[can(list, read, update: author | role(Admin))]
//! #[on(changed(status) => ticket_moved { status: status } to author)]
//! pub struct Ticket {
//!     pub id: Id<Ticket>,
//!     #[field(len = 1..=200, sort, search)]
//!     pub subject: String,
//!     #[field(default = Open, filter, write = role(Admin))]
//!     pub status: Status,
//!     #[field(actor, on_delete = cascade)]
//!     pub author: BelongsTo<User>,
//!     #[field(filter, sort)]
//!     pub created_at: CreatedAt,
//! }
//! # #[derive(Choice)] pub enum Role { User, Admin }
//! # #[resource(account)] #[can(read: self)]
//! # pub struct User {
//! #     pub id: Id<User>,
//! #     #[field(len = ..=254, unique)] pub email: Email,
//! #     #[field(hidden)] pub password: PasswordHash,
//! #     #[field(default = User, read_only)] pub role: Role,
//! #     #[field(default = true, read_only)] pub is_active: bool,
//! # }
//! # fasttrack::resources! { account: User, Ticket }
//! # fn main() {}
//! ```
//!
//! This is `POST` and `GET` at `/api/v1/tickets`, `GET` and `PATCH` at `/api/v1/tickets/{id}`, and no other route, since no
//! other verb has a rule; the table with its indexes; filters, order, search and pages; a message for the author; and all
//! of it in the OpenAPI document, which the server shows at `/docs`.
//!
//! # First steps
//!
//! With a clone of the repository in the folder `fasttrack`:
//!
//! ```sh
//! cargo install --path fasttrack/fasttrack
//! cargo fasttrack new helpdesk --path fasttrack
//! cd helpdesk
//! cargo test
//! cargo run
//! ```
//!
//! The new project works as it is: accounts that log in, an example of an entity, tests, migrations, a container. Change
//! what is in its `resources/`, or add a file there: a file is an entity. `docs/first-app.md` in the repository goes on from
//! here, and `docs/README.md` says what to read for what.
//!
//! # Where to look
//!
//! - [`prelude`]: what declarations are made of: [`resource`](prelude::resource), [`can`](prelude::can),
//!   [`rule`](prelude::rule), [`on`](prelude::on), and the types of fields.
//! - [`resources!`] gathers the files of an application, [`Application`] is what its `main` serves.
//! - [`job`]: code that runs after a change; [`hooks`]: code that runs inside a write; [`http`]: routes of your own.
//! - [`mails`]: what the mails to accounts say.
//! - [`Embedded`]: an application inside a program that serves something else, too.
//! - [`schema`]: what is declared, as data, for code that works on every resource.
//! - `testing`, behind the feature of this name: tests of an application.
//!
//! # Features
//!
//! None is on by default.
//!
//! - `testing`: the kit for tests; for `[dev-dependencies]`.
//! - `otel`: traces for an OpenTelemetry collector.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod access;
pub mod app;
#[doc(hidden)]
pub mod auth;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod clock;
pub mod config;
pub mod db;
pub mod decimal;
#[doc(hidden)]
pub mod email;
pub mod error;
#[doc(hidden)]
pub mod etag;
#[doc(hidden)]
pub mod files;
pub mod hooks;
pub mod http;
pub mod job;
mod mac;
pub mod mails;
#[doc(hidden)]
pub mod migrate;
#[doc(hidden)]
pub mod notify;
#[doc(hidden)]
pub mod oidc;
#[doc(hidden)]
pub mod outbox;
#[doc(hidden)]
pub mod outgoing;
#[doc(hidden)]
pub mod password;
#[doc(hidden)]
pub mod pipeline;
#[doc(hidden)]
pub mod precondition;
pub mod prelude;
pub mod principal;
mod program;
#[doc(hidden)]
pub mod query;
#[doc(hidden)]
pub mod redis;
pub mod schema;
#[doc(hidden)]
pub mod sql;
#[cfg(feature = "testing")]
pub mod testing;
mod trace;
#[doc(hidden)]
pub mod transfer;
#[doc(hidden)]
pub mod types;
#[doc(hidden)]
pub mod webhooks;
#[doc(hidden)]
pub mod wire;
mod words;

/// The table of the resources of an application, `RESOURCES`, and what has to hold of them together.
///
/// Without arguments it reads the folder `resources/` of the crate, declares a module for each file and lists their
/// resources, in sorted order. The migrations of the folder `migrations/` beside it are put into the program. With a list
/// it makes the table of these, one of which is marked as the account, without migrations:
///
/// ```
/// use fasttrack::prelude::*;
///
/// #[derive(Debug, PartialEq, Choice)]
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

/// Asserts in a test of an application that nobody may do something: `APPLICATION, RESOURCE, RULE: VERB, VERB.FIELD`. The
/// sentence is that of [`never`](prelude::never): of nobody of whom the rule holds. Without a resource it is said of each, by
/// a rule that asks nothing of a row.
///
/// It fails with an example: `a user who is project.owner may delete tasks`. Roles are known by their words, and `caller.` in the
/// crate of the application alone.
///
/// ```
/// use fasttrack::{Application, assert_never};
/// # use fasttrack::prelude::*;
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: role(Admin))]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
///
/// #[resource]
/// #[can(create: authenticated)]
/// #[can(read, update, delete: owner | role(Admin))]
/// pub struct Note {
///     pub id: Id<Note>,
///     #[field(len = ..=100)]
///     pub text: String,
///     #[field(actor, on_delete = cascade)]
///     pub owner: BelongsTo<User>,
/// }
/// # fasttrack::resources! { account: User, Note }
///
/// # fn main() {
/// let application = Application::new(RESOURCES);
/// assert_never!(application, anonymous: create.role, read, update, delete);
/// assert_never!(application, Note, role(User) & !owner: read, update.text, delete);
/// # let failed = std::panic::catch_unwind(|| assert_never!(Application::new(RESOURCES), Note, role(User): delete));
/// # let message = failed.unwrap_err();
/// # let message = message.downcast_ref::<String>().unwrap();
/// # assert!(message.ends_with("but a user who is owner may delete notes"), "{message}");
/// # }
/// ```
pub use fasttrack_macros::assert_never;

pub use self::{
    app::{Application, Embedded},
    cli::main,
};

// Generated code says `::fasttrack`; so that declarations can stand in tests of this crate too.
extern crate self as fasttrack;

#[doc(hidden)]
#[path = "generated.rs"]
pub mod __private;
