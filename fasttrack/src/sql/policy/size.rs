//! How large a predicate may be, since no statement holds a larger one.

use crate::{
    schema::{LinkError, Model},
    sql::{Leaf, Predicate, Sql},
};

/// Most levels of a predicate. `SQLite` takes expressions of 1,000; the filters of a list come on top.
const MAX_LEVELS: usize = 400;

/// Most relations that a condition follows, named rules counted in. `SQLite` joins 64 tables.
const MAX_STEPS: usize = 50;

/// Refuses what no statement could hold.
pub(super) fn bounded(model: &Model, predicate: Predicate) -> Result<Predicate, LinkError> {
    let size = Size::of(&predicate);
    let refuse = |most: usize, of: &str| Err(LinkError::too_large(model.schema.name, &format!("{most} {of}")));
    match size {
        Size { levels, .. } if levels > MAX_LEVELS => refuse(MAX_LEVELS, "levels"),
        Size { steps, .. } if steps > MAX_STEPS => refuse(MAX_STEPS, "relations in a row"),
        _ => Ok(predicate),
    }
}

/// How large a predicate is as an expression, or a little more.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    levels: usize,
    /// Relations that one condition follows.
    steps: usize,
}

impl Size {
    fn of(predicate: &Predicate) -> Self {
        match predicate {
            Predicate::Always | Predicate::Never | Predicate::Leaf(Leaf::Oneself) => Self { levels: 3, steps: 0 },
            Predicate::Leaf(
                Leaf::Account(steps) | Leaf::Present(steps) | Leaf::Compare { steps, .. } | Leaf::Moment { steps, .. },
            ) => Self { levels: 8 + steps.len(), steps: steps.len() },
            Predicate::Leaf(Leaf::LikeCaller { steps, of, .. }) => {
                Self { levels: 12 + steps.len() + of.len(), steps: steps.len() + of.len() + 1 }
            }
            Predicate::Leaf(Leaf::OfCaller { inner, .. }) => {
                let inner = Self::of(inner);
                Self { levels: 8 + inner.levels, steps: 1 + inner.steps }
            }
            Predicate::Leaf(Leaf::Exists { steps, inner }) => {
                let inner = Self::of(inner);
                Self { levels: 8 + steps.len() + inner.levels, steps: steps.len() + inner.steps }
            }
            Predicate::Not(inner) => Self::of(inner).under(1),
            Predicate::All(parts) | Predicate::Any(parts) => {
                parts.iter().map(Self::of).fold(Self::default(), Self::max).under(Sql::levels_of(parts.len()))
            }
        }
    }

    fn under(self, levels: usize) -> Self {
        Self { levels: self.levels + levels, ..self }
    }

    fn max(self, other: Self) -> Self {
        Self { levels: self.levels.max(other.levels), steps: self.steps.max(other.steps) }
    }
}
