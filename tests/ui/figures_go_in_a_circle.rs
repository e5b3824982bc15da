//! A figure may be counted from another one, and comes to an end.

use fasttrack::prelude::*;

include!("parts/account.in");

#[resource]
#[has(leaves: Leaf.tree)]
#[can(read: authenticated)]
pub struct Tree {
    pub id: Id<Tree>,
    #[field(sum(leaves: weight))]
    pub weight: i64,
    #[field(on_delete = set_null)]
    pub leaf: Option<BelongsTo<Leaf>>,
}

#[resource]
#[has(trees: Tree.leaf)]
#[can(read: authenticated)]
pub struct Leaf {
    pub id: Id<Leaf>,
    #[field(sum(trees: weight))]
    pub weight: i64,
    #[field(count(trees: weight > 3))]
    pub heavy: i64,
    #[field(on_delete = cascade)]
    pub tree: BelongsTo<Tree>,
}

fasttrack::resources! { account: User, Leaf, Tree }

fn main() {}
