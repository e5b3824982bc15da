//! Who uses the applications that are declared here to be looked at from inside.
#![expect(dead_code, reason = "declared for what they become: rows are looked at as JSON")]

use fasttrack::prelude::*;

/// What a person may do.
#[derive(Choice)]
pub(super) enum Role {
    /// What everybody may.
    User,
    /// More than others.
    Admin,
}

/// Who is there.
#[resource(account)]
#[can(read: authenticated)]
#[can(delete: self)]
pub(super) struct Person {
    pub id: Id<Person>,
    #[field(unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(len = ..=100, default)]
    pub display_name: String,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
}
