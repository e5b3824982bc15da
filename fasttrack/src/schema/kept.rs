//! What has to hold of rows that are deleted and kept, checked when the application is compiled.

use super::{Schema, laws::fail};

/// Asserts that what goes with the rows of `target` can go as they do: a row whose own deletion could not be taken back
/// would be lost with one that can be restored, or be there without it.
///
/// # Panics
/// At compile time, with a sentence that says what is wrong and what to do.
#[track_caller]
pub const fn assert_goes_along(schema: &Schema, target: &Schema) {
    // What a mistake elsewhere has left without columns has a message of its own.
    if schema.columns.is_empty() || target.deleted().is_none() || schema.deleted().is_some() {
        return;
    }
    fail(&[
        "a `",
        target.name,
        "` that is deleted is kept, and no `",
        schema.name,
        "` could go with it and come back; add `pub deleted_at: DeletedAt` to `",
        schema.name,
        "`, or say `restrict`",
    ]);
}
