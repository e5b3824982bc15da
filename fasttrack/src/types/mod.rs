//! What a field of a resource can hold: the Rust types that declarations are written in, and what each is to the runtime.
//!
//! Knows no schema: whatever reads or writes rows may use it.

mod choice;
mod id;
mod kind;
mod text;

pub use self::{
    choice::Choice,
    id::{BelongsTo, Entity, Id, RowId},
    kind::{CreatedAt, Date, Email, FieldType, Json, Kind, OnDelete, PasswordHash, ReadsJson, Timestamp, UpdatedAt},
};

// What only generated code needs.
#[doc(hidden)]
pub use self::choice::{deserialize_choice, serialize_choice, words};
