//! Those who work together.

use crate::membership::Membership;
use fasttrack::prelude::*;

/// Those who work together, and what they have.
#[resource]
#[has(members: Membership.organisation)]
#[rule(member: any(members: user))]
#[rule(editor: any(members: user & (level == Editor | level == Owner)))]
#[rule(owner: any(members: user & level == Owner))]
#[can(create: authenticated)]
#[can(list, read: member)]
#[can(update, delete: owner)]
#[on(created => add members { user: actor, level: Owner })]
#[on(changed(name) => organisation_renamed { old: old.name, new: name } to members.user except actor)]
pub struct Organisation {
    pub id: Id<Organisation>,
    #[field(len = 1..=100, filter, sort, search)]
    pub name: String,
    #[field(sort)]
    pub created_at: CreatedAt,
}
