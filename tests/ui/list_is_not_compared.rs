//! A list is compared with nothing, wherever it stands, and no one value fills it.

use fasttrack::prelude::*;

#[derive(Choice)]
pub enum Role {
    User,
    Admin,
}

#[resource(account)]
#[can(read: self)]
pub struct User {
    pub id: Id<User>,
    #[field(unique)]
    pub email: Email,
    #[field(hidden)]
    pub password: PasswordHash,
    #[field(default = User, read_only)]
    pub role: Role,
    #[field(default = true, read_only)]
    pub is_active: bool,
    #[field(max = 5, len = 1..=20, default)]
    pub skills: Vec<String>,
}

#[resource]
#[has(copies: Copy.of)]
#[can(read: owner)]
#[can(create: authenticated)]
#[on(created => add copies { tags: "new", sizes: tags })]
pub struct Note {
    pub id: Id<Note>,
    #[field(max = 5, len = 1..=20)]
    pub tags: Vec<String>,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<User>,
}

#[resource]
#[can(read: of.tags == caller.skills | of.tags == "a" | of.tags)]
#[can(list: any(of.tags: self))]
pub struct Copy {
    pub id: Id<Copy>,
    #[field(on_delete = cascade)]
    pub of: BelongsTo<Note>,
    #[field(max = 5, len = 1..=20)]
    pub tags: Vec<String>,
    #[field(max = 4)]
    pub sizes: Vec<i64>,
}

fasttrack::resources! { account: User, Note, Copy }

fn main() {}
