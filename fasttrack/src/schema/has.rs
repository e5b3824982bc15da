//! To many: the rows of another resource that refer to one, by a name that rules and recipients go through.

use super::Inline;

/// `#[has(members: Membership.organisation)]`
#[derive(Debug, Clone, Copy)]
pub struct Has {
    /// What a declaration calls them.
    pub name: &'static str,
    /// Singular name of the resource whose rows refer here.
    pub resource: &'static str,
    /// The relation by which they do.
    pub relation: &'static str,
    /// How many of them a `POST` takes along, where it does and rows show them.
    pub inline: Option<Inline>,
}

/// What generated code builds it with.
#[doc(hidden)]
impl Has {
    /// The rows of `resource` whose `relation` leads here, called `name`.
    #[must_use]
    pub const fn new(name: &'static str, resource: &'static str, relation: &'static str) -> Self {
        Self { name, resource, relation, inline: None }
    }

    /// Has a `POST` take `min` to `max` of them along, and rows show them.
    #[must_use]
    pub const fn inline(mut self, min: u32, max: u32) -> Self {
        self.inline = Some(Inline { min, max });
        self
    }
}
