//! Triggers: what they wait for, and what then happens.

use proc_macro2::{Ident, Span};

use super::{Constant, Path};

/// `#[on(change => effect)]`
pub(crate) struct Trigger {
    pub(crate) change: Change,
    pub(crate) effect: Effect,
}

/// When.
#[derive(Clone)]
pub(crate) enum Change {
    Created,
    Deleted,
    Restored(Span),
    Changed {
        field: Ident,
        to: Option<Constant>,
    },
    /// `at(field + offset)`
    At {
        field: Ident,
        offset_us: i64,
    },
}

/// What then.
pub(crate) enum Effect {
    Event { name: Ident, payload: Vec<Payload>, to: Vec<Recipient>, except_actor: Option<Span> },
    Run(syn::Path),
    Add { to: Ident, values: Vec<Assignment> },
}

/// `level: Owner`: what a field of an added row holds.
pub(crate) struct Assignment {
    pub(crate) field: Ident,
    pub(crate) value: Assigned,
}

/// What stands behind the colon.
pub(crate) enum Assigned {
    Actor(Span),
    Constant(Constant),
    Path(Path),
}

/// Who hears of it.
pub(crate) enum Recipient {
    Oneself(Span),
    Path(Path),
}

/// One key of an event's data.
pub(crate) struct Payload {
    pub(crate) key: Ident,
    /// `old` or `new`, when said.
    pub(crate) version: Option<Ident>,
    pub(crate) path: Path,
}
