//! Who can log in.

use fasttrack::prelude::*;

/// What a user may do beyond what is their own.
#[derive(Debug, PartialEq, Choice)]
pub enum Role {
    /// Works with what is their own.
    User,
    /// Looks after everybody's.
    Admin,
}

/// Somebody who can log in.
#[resource(account)]
#[can(list, read, update: role(Admin))]
pub struct User {
    /// Number of the user, never used twice.
    pub id: Id<User>,
    /// Address to log in with, compared without regard to case.
    #[field(len = ..=254, unique, filter, sort, search)]
    pub email: Email,
    /// Whether the user has shown that they read mail sent there.
    #[field(default = false, read_only)]
    pub email_verified: bool,
    /// Password, 8 to 1,024 bytes; never shown.
    #[field(hidden)]
    pub password: PasswordHash,
    /// Name that others see.
    #[field(len = ..=100, default, search)]
    pub display_name: String,
    /// What the user may do.
    #[field(default = User, filter, write = role(Admin))]
    pub role: Role,
    /// Whether the user may log in.
    #[field(default = true, filter, write = role(Admin))]
    pub is_active: bool,
    /// When the user registered.
    #[field(sort)]
    pub created_at: CreatedAt,
    /// When the user last changed.
    pub updated_at: UpdatedAt,
}
