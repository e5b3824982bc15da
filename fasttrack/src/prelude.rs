//! What a declaration needs: `use fasttrack::prelude::*;`

pub use fasttrack_macros::{Choice, can, on, resource, rule};

pub use crate::hooks::{HookContext, Hooks, Refusal};
pub use crate::job::{Change, Context, JobError, JobResult};
pub use crate::schema::{BelongsTo, Choice, CreatedAt, Date, Email, Id, Json, PasswordHash, Timestamp, UpdatedAt};
