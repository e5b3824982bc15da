//! Who can log in.

use fasttrack::prelude::*;

/// What somebody may do whatever they belong to.
#[derive(Debug, PartialEq, Choice)]
pub enum Role {
    /// What the organisations let them that they belong to.
    User,
    /// Looks after the accounts.
    Admin,
}

/// Somebody who can log in.
#[resource(account)]
#[can(list, read, update: role(Admin))]
pub struct User {
    pub id: Id<User>,
    #[field(unique, filter, sort, search)]
    pub email: Email,
    #[field(default = false, read_only)]
    pub email_verified: bool,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(len = ..=100, default, search)]
    pub display_name: String,
    #[field(default = User, filter, write = role(Admin))]
    pub role: Role,
    #[field(default = true, filter, write = role(Admin))]
    pub is_active: bool,
    #[field(sort)]
    pub created_at: CreatedAt,
    pub updated_at: UpdatedAt,
}
