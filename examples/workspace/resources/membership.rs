//! Who belongs to which organisation.

use crate::{organisation::Organisation, user::User};
use fasttrack::prelude::*;

/// What a member may do.
#[derive(Debug, PartialEq, Choice)]
pub enum Level {
    /// Reads.
    Viewer,
    /// Writes, too.
    Editor,
    /// Says who belongs to it, too.
    Owner,
}

/// That somebody belongs to an organisation.
#[resource(under = organisation)]
#[unique(organisation, user)]
#[can(create, update: organisation.owner)]
#[can(delete: organisation.owner | user)]
#[can(list, read: organisation.member)]
#[on(created => member_joined { level: level } to organisation.members.user except actor)]
pub struct Membership {
    pub id: Id<Membership>,
    #[field(write_once, on_delete = cascade)]
    pub organisation: BelongsTo<Organisation>,
    #[field(write_once, on_delete = cascade)]
    pub user: BelongsTo<User>,
    #[field(default = Viewer, filter, sort)]
    pub level: Level,
}
