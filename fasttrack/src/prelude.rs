//! What a declaration needs: `use fasttrack::prelude::*;`

/// Makes an enum without data a type that a field may have. What else code of yours asks of it, such as to be compared, is
/// for you to derive.
///
/// ```
/// use fasttrack::prelude::*;
/// use fasttrack::schema::Choice as _;
///
/// #[derive(Debug, PartialEq, Choice)]
/// pub enum Status {
///     Todo,
///     InProgress,
/// }
///
/// assert_eq!(Status::WORDS, ["todo", "in_progress"]);
/// ```
pub use fasttrack_macros::Choice;

/// Says who may do what. Verbs are `create`, `list`, `read`, `update` and `delete`; one without a rule has no route.
///
/// ```
/// # use fasttrack::prelude::*;
/// #[resource]
/// #[can(create: authenticated)]
/// #[can(list, read: owner | is_public == true | role(Admin))]
/// #[can(update, delete: owner & !(is_locked == true))]
/// pub struct Note {
///     pub id: Id<Note>,
///     #[field(default)]
///     pub is_public: bool,
///     #[field(default, write = role(Admin))]
///     pub is_locked: bool,
///     #[field(actor, on_delete = cascade)]
///     pub owner: BelongsTo<User>,
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Note }
/// # fn main() {}
/// ```
pub use fasttrack_macros::can;

/// Says what nobody may do, whatever the rules come to say: `RULE: VERB, VERB.FIELD`. Nobody of whom the rule holds may use the
/// verb, or use it with the field.
///
/// What roles alone contradict does not compile. What depends on rows is solved when the application starts, which it does not
/// where somebody may: the message has an example. `anonymous` is who is not logged in.
///
/// ```
/// # use fasttrack::prelude::*;
/// #[resource]
/// #[can(create: authenticated)]
/// #[can(read, update, delete: owner | role(Admin))]
/// #[never(anonymous: create, read)]
/// #[never(role(User) & !owner: update, delete)]
/// pub struct Note {
///     pub id: Id<Note>,
///     #[field(actor, on_delete = cascade)]
///     pub owner: BelongsTo<User>,
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Note }
/// # fn main() {}
/// ```
///
/// ```compile_fail
/// # use fasttrack::prelude::*;
/// #[resource]
/// #[can(read: authenticated)]
/// #[never(role(User): read)]
/// pub struct Note {
///     pub id: Id<Note>,
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Note }
/// # fn main() {}
/// ```
pub use fasttrack_macros::never;

/// Says that rows do not overlap: none that have the same in the fields of `per`, or none at all. They lie from one field up
/// to another one, which is not part of it.
///
/// ```
/// # use fasttrack::prelude::*;
/// #[resource]
/// #[can(create, read: authenticated)]
/// #[exclusive(starts_at..ends_at, per = doctor)]
/// pub struct Booking {
///     pub id: Id<Booking>,
///     #[field(on_delete = cascade)]
///     pub doctor: BelongsTo<User>,
///     pub starts_at: Timestamp,
///     pub ends_at: Timestamp,
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Booking }
/// # fn main() {}
/// ```
pub use fasttrack_macros::exclusive;

/// Says who hears of a change, or what runs for it.
///
/// ```
/// # use fasttrack::prelude::*;
/// #[resource]
/// #[can(create, read, update: owner)]
/// #[on(created => note_made { title: title, by: owner.email } to owner)]
/// #[on(changed(title) => note_renamed { old: old.title, new: new.title } to owner except actor)]
/// #[on(deleted => run forget)]
/// pub struct Note {
///     pub id: Id<Note>,
///     #[field(len = 1..=80)]
///     pub title: String,
///     #[field(on_delete = cascade)]
///     pub owner: BelongsTo<User>,
/// }
///
/// async fn forget(change: Change<Note>, _: Context) -> JobResult {
///     let title = change.old.map(|note| note.title);
///     println!("forgets {title:?}");
///     Ok(())
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Note }
/// # fn main() {}
/// ```
pub use fasttrack_macros::on;

/// Declares a resource: one struct, who may do what with it, and who hears of it.
///
/// Options: `under = RELATION`, `plural = "people"`, `account`, `conceal`, `hooks`. The whole language is in
/// `docs/declarations.md`.
///
/// ```
/// use fasttrack::prelude::*;
/// use fasttrack::schema::Resource as _;
///
/// /// A shelf of somebody's.
/// #[resource(plural = "shelves")]
/// #[can(create: authenticated)]
/// #[can(list, read, update, delete: owner | role(Admin))]
/// pub struct Shelf {
///     pub id: Id<Shelf>,
///     #[field(len = 1..=80, sort, search)]
///     pub name: String,
///     #[field(actor, on_delete = cascade)]
///     pub owner: BelongsTo<User>,
///     pub created_at: CreatedAt,
/// }
///
/// fn main() {
///     assert_eq!((Shelf::SCHEMA.plural, Shelf::SCHEMA.grants.len()), ("shelves", 5));
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Shelf }
/// ```
pub use fasttrack_macros::resource;

/// Names a rule, for `#[can]` of this resource and for paths of others.
///
/// ```
/// # use fasttrack::prelude::*;
/// #[resource]
/// #[can(read, update: member)]
/// #[rule(member: owner | reader)]
/// pub struct Shelf {
///     pub id: Id<Shelf>,
///     #[field(on_delete = cascade)]
///     pub owner: BelongsTo<User>,
///     #[field(on_delete = set_null)]
///     pub reader: Option<BelongsTo<User>>,
/// }
///
/// #[resource(under = shelf)]
/// #[can(create, list, read: shelf.member)]
/// pub struct Book {
///     pub id: Id<Book>,
///     #[field(write_once, on_delete = cascade)]
///     pub shelf: BelongsTo<Shelf>,
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Shelf, Book }
/// # fn main() {}
/// ```
pub use fasttrack_macros::rule;

/// Says what has to hold of each row: comparisons of fields, or of a field with a constant, with `&`, `|`, `!` and
/// parentheses. What is null holds.
///
/// ```
/// # use fasttrack::prelude::*;
/// #[resource]
/// #[can(create, read: authenticated)]
/// #[check(starts_at < ends_at)]
/// #[check(seats >= 1 | is_online == true)]
/// pub struct Meeting {
///     pub id: Id<Meeting>,
///     pub starts_at: Timestamp,
///     pub ends_at: Timestamp,
///     #[field(default)]
///     pub seats: i64,
///     #[field(default)]
///     pub is_online: bool,
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Meeting }
/// # fn main() {}
/// ```
pub use fasttrack_macros::check;

/// Says how many rows there may be that refer to the same: all of them, or those of the last while.
///
/// ```
/// # use fasttrack::prelude::*;
/// #[resource]
/// #[can(create, read: authenticated)]
/// #[limit(100 per author)]
/// #[limit(5 per author in 1m)]
/// pub struct Letter {
///     pub id: Id<Letter>,
///     #[field(actor, on_delete = cascade)]
///     pub author: BelongsTo<User>,
///     pub created_at: CreatedAt,
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Letter }
/// # fn main() {}
/// ```
pub use fasttrack_macros::limit;

/// Says of which fields no two rows hold the same: two to eight of one resource. A row in which one is null is like no other.
///
/// ```
/// # use fasttrack::prelude::*;
/// #[resource]
/// #[can(create, read: authenticated)]
/// #[unique(shelf, place)]
/// pub struct Book {
///     pub id: Id<Book>,
///     pub shelf: i64,
///     pub place: i64,
/// }
/// # #[derive(Choice)] pub enum Role { User, Admin }
/// # #[resource(account)] #[can(read: self)]
/// # pub struct User {
/// #     pub id: Id<User>,
/// #     #[field(len = ..=255, unique)] pub email: Email,
/// #     #[field(hidden)] pub password: PasswordHash,
/// #     #[field(default = User, read_only)] pub role: Role,
/// #     #[field(default = true, read_only)] pub is_active: bool,
/// # }
/// # fasttrack::resources! { account: User, Book }
/// # fn main() {}
/// ```
pub use fasttrack_macros::unique;

pub use crate::hooks::{HookContext, Hooks, Refusal};
pub use crate::job::{Change, Context, JobError, JobResult};
pub use crate::{
    schema::{
        BelongsTo, Choice, CreatedAt, Date, Decimal, DeletedAt, Email, File, Id, Json, Many, PasswordHash, Timestamp,
        UpdatedAt,
    },
    types::{Rounding, Url, Uuid},
};
// What a field holds that is a length of time.
pub use std::time::Duration;
