//! Hooks that nobody calls are a mistake.

use fasttrack::prelude::*;

include!("parts/tracker.in");

impl Hooks for Project {
    async fn before_delete(_: &Self, _: &mut HookContext<'_>) -> Result<(), Refusal> {
        Err(Refusal::conflict("projects stay"))
    }
}

fasttrack::resources! { account: User, Project }

fn main() {}
