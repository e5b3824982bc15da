//! The types a field may have, and what each is to the runtime.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};

/// What a column holds, independent of Rust's types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The row's own positive 64-bit id, never used twice.
    Id,
    /// Unicode text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A signed 64-bit integer.
    Int,
    /// A finite IEEE 754 double.
    Float,
    /// An instant in UTC with microseconds (RFC 3339).
    Timestamp,
    /// A calendar date, `YYYY-MM-DD` (RFC 3339 `full-date`).
    Date,
    /// Any JSON value, kept as it was sent.
    Json,
    /// One of these words, in the order declared.
    Choice(&'static [&'static str]),
    /// The id of a row of the named resource.
    Relation(&'static str),
    /// An e-mail address, compared without regard to case.
    Email,
    /// A password: taken as text, kept as a bcrypt hash, never shown.
    PasswordHash,
    /// The instant of creation, set by the server.
    CreatedAt,
    /// The instant of the last change, set by the server.
    UpdatedAt,
}

/// What happens to a row when the row that it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDelete {
    /// It is deleted too.
    Cascade,
    /// The deletion is refused (409).
    Restrict,
    /// The reference becomes null.
    SetNull,
}

/// A Rust type that a field of a resource may have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type that a field of a resource can have",
    label = "not a field type",
    note = "use Id<T>, String, bool, i64, f64, Timestamp, Date, Json<T>, Email, PasswordHash, CreatedAt, UpdatedAt, BelongsTo<T>, an enum with #[derive(Choice)], or an Option of one"
)]
pub trait FieldType {
    /// What a column of this type holds.
    const KIND: Kind;
    /// Whether it may be null.
    const NULLABLE: bool = false;
    /// Whether JSON text is a value of it, where its kind does not say so.
    const READS: Option<ReadsJson> = None;
}

/// Says why JSON text is no value of a type.
pub type ReadsJson = fn(&str) -> Result<(), String>;

/// An instant in UTC, as RFC 3339 text with microseconds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Timestamp(pub String);

/// A calendar date, `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Date(pub String);

/// Any JSON value that reads as `T`.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Json<T>(pub T);

/// An e-mail address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
pub struct Email(pub String);

/// The hash of a password; empty wherever a row was read for anything but logging in.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
pub struct PasswordHash(String);

/// The instant of creation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct CreatedAt(pub String);

/// The instant of the last change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct UpdatedAt(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Whatever it is, nobody reads it again.
impl Serialize for PasswordHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        "".serialize(serializer)
    }
}

impl<T: DeserializeOwned> FieldType for Json<T> {
    const KIND: Kind = Kind::Json;
    const READS: Option<ReadsJson> =
        Some(|text| serde_json::from_str::<T>(text).map(drop).map_err(|cause| cause.to_string()));
}

impl<T: FieldType> FieldType for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    const READS: Option<ReadsJson> = T::READS;
}

macro_rules! plain {
    ($($type:ty => $kind:ident),* $(,)?) => {
        $(impl FieldType for $type { const KIND: Kind = Kind::$kind; })*
    };
}

plain! {
    String => Text, bool => Bool, i64 => Int, f64 => Float, Timestamp => Timestamp, Date => Date, Email => Email,
    PasswordHash => PasswordHash, CreatedAt => CreatedAt, UpdatedAt => UpdatedAt,
}
