//! Who uses the tracker.

use fasttrack::prelude::*;

/// What a user may do beyond what is his own.
#[derive(Debug, PartialEq, Choice)]
pub enum Role {
    /// Works on projects of his own and on tasks assigned to him.
    User,
    /// Sees and changes everything.
    Admin,
}

/// Somebody who can log in.
#[resource(account)]
#[can(list, read, update: role(Admin))]
#[can(show: authenticated)]
#[never(anonymous | role(User): create.role, update.role, update.is_active)]
pub struct User {
    /// Number of the user, never used twice.
    pub id: Id<User>,
    /// Address to log in with, compared without regard to case.
    #[field(len = ..=255, unique, filter, sort, search, read = self | role(Admin))]
    pub email: Email,
    /// Whether the user has shown that he reads mail sent there.
    #[field(default = false, read_only, read = self | role(Admin))]
    pub email_verified: bool,
    /// Password, 8 to 1,024 bytes; never shown.
    #[field(hidden)]
    pub password: PasswordHash,
    /// Name that others see.
    #[field(len = ..=100, default, search)]
    pub display_name: String,
    /// What the user may do.
    #[field(default = User, filter, write = role(Admin), read = self | role(Admin))]
    pub role: Role,
    /// Whether the user may log in.
    #[field(default = true, filter, write = role(Admin), read = self | role(Admin))]
    pub is_active: bool,
    /// When the user registered.
    #[field(sort, read = self | role(Admin))]
    pub created_at: CreatedAt,
    /// When the user last changed.
    #[field(read = self | role(Admin))]
    pub updated_at: UpdatedAt,
}
