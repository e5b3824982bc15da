//! What a field of a resource can hold: the Rust types that declarations are written in, and what each is to the runtime.
//!
//! A type is one file here and a row in the table below: how it is read from JSON and from a query, as what it is stored,
//! how it sorts and matches, what documents say of it ([`Facts`]). Everything else asks these facts. Knows no schema, so
//! that whatever reads or writes rows may use it.

mod boolean;
mod choice;
mod date;
mod decimal;
mod display;
mod duration;
mod email;
mod facts;
mod file;
mod id;
mod instant;
mod json;
mod list;
mod literal;
pub(crate) mod many;
mod number;
mod password;
mod text;
mod url;
mod uuid;

use serde::{Deserialize, Serialize};

use crate::decimal::Fixed;

pub use self::{
    choice::Choice,
    date::Date,
    decimal::{Decimal, NoDecimal, Rounding},
    email::Email,
    facts::{Bounds, Facts, Fill, Named, Order, ParseValue, ReadValue, Storage, Unfit},
    file::{File, StoredFile},
    id::{BelongsTo, Entity, Id, OnDelete, RowId},
    instant::{CreatedAt, DeletedAt, Timestamp, UpdatedAt},
    json::{Json, ReadsJson},
    literal::{Literal, Number},
    many::Many,
    password::PasswordHash,
    url::Url,
    uuid::{NoUuid, Uuid},
};

pub(crate) use self::decimal::EXACT_UNITS;
// What only generated code needs.
#[doc(hidden)]
pub use self::choice::{deserialize_choice, serialize_choice, words};

macro_rules! types {
    ($($(#[doc = $doc:literal])* $name:ident $(($parameter:ty))? => $facts:path),* $(,)?) => {
        /// What a column holds, independent of Rust's types.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Kind {
            $($(#[doc = $doc])* $name $(($parameter))?,)*
        }

        /// A [`Kind`] without what belongs to it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Holds {
            $($(#[doc = $doc])* $name,)*
        }

        impl Kind {
            /// Which type it is.
            #[must_use]
            pub const fn holds(self) -> Holds {
                match self {
                    $(Self::$name { .. } => Holds::$name,)*
                }
            }
        }

        impl Holds {
            /// All types.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What there is to know of it.
            #[must_use]
            pub const fn facts(self) -> &'static Facts {
                match self {
                    $(Self::$name => &$facts,)*
                }
            }
        }
    };
}

types! {
    /// The row's own positive 64-bit id, never used twice.
    Id => id::ID,
    /// Unicode text.
    Text => text::TEXT,
    /// `true` or `false`.
    Bool => boolean::BOOL,
    /// A signed 64-bit integer.
    Int => number::INT,
    /// A finite IEEE 754 double.
    Float => number::FLOAT,
    /// A number with so many digits after the point, exactly.
    Decimal(u8) => decimal::DECIMAL,
    /// An instant in UTC with microseconds (RFC 3339).
    Timestamp => instant::TIMESTAMP,
    /// A calendar date, `YYYY-MM-DD` (RFC 3339 `full-date`).
    Date => date::DATE,
    /// A length of time, in whole seconds.
    Duration => duration::DURATION,
    /// A UUID (RFC 9562).
    Uuid => uuid::UUID,
    /// An absolute URL of `http` or `https`.
    Url => url::URL,
    /// Texts, one after the other.
    Texts => list::TEXTS,
    /// Signed 64-bit integers, one after the other.
    Integers => list::INTEGERS,
    /// Any JSON value, kept as it was sent.
    Json => json::JSON,
    /// What is known of a file, whose bytes lie elsewhere.
    File => file::FILE,
    /// One of these words, in the order declared.
    Choice(&'static [&'static str]) => choice::CHOICE,
    /// The id of a row of the named resource.
    Relation(&'static str) => id::RELATION,
    /// The ids of any number of rows of the named resource, in a table of pairs.
    Many(&'static str) => many::MANY,
    /// An e-mail address, compared without regard to case.
    Email => email::EMAIL,
    /// A password: taken as text, kept as a bcrypt hash, never shown.
    PasswordHash => password::PASSWORD_HASH,
    /// The instant of creation, set by the server.
    CreatedAt => instant::CREATED_AT,
    /// The instant of the last change, set by the server.
    UpdatedAt => instant::UPDATED_AT,
    /// The instant of deletion, of a row that is kept; null for one that is there.
    DeletedAt => instant::DELETED_AT,
}

impl Kind {
    /// What there is to know of its type.
    #[must_use]
    pub const fn facts(self) -> &'static Facts {
        self.holds().facts()
    }

    /// As what it is stored.
    #[must_use]
    pub const fn storage(self) -> Storage {
        self.facts().storage.of_scale(self.scale())
    }

    /// What a field holds that has a `default` and is not told which.
    #[must_use]
    pub const fn empty(self) -> Option<Literal> {
        match self.facts().empty {
            Some(Literal::Decimal(_)) => Some(Literal::Decimal(Fixed::new(0, self.scale()))),
            other => other,
        }
    }

    /// The digits after the point, of a decimal.
    #[must_use]
    pub const fn scale(self) -> u8 {
        match self {
            Self::Decimal(scale) => scale,
            _ => 0,
        }
    }

    /// The words of a choice.
    #[must_use]
    pub const fn words(self) -> &'static [&'static str] {
        match self {
            Self::Choice(words) => words,
            _ => &[],
        }
    }

    /// The resource that a relation leads to, or any number of them.
    #[must_use]
    pub const fn target(self) -> &'static str {
        match self {
            Self::Relation(target) | Self::Many(target) => target,
            _ => "",
        }
    }
}

/// A Rust type that a field of a resource may have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type that a field of a resource can have",
    label = "not a field type",
    note = "use Id<T>, String, bool, i64, f64, Decimal<S>, Timestamp, Date, Duration, Uuid, Url, Vec<String>, Vec<i64>, Json<T>, Option<File>, Email, PasswordHash, CreatedAt, UpdatedAt, DeletedAt, BelongsTo<T>, Many<T>, an enum with #[derive(Choice)], or an Option of one"
)]
pub trait FieldType {
    /// What a column of this type holds.
    const KIND: Kind;
    /// Whether it may be null.
    const NULLABLE: bool = false;
    /// Whether JSON text is a value of it, where its kind does not say so.
    const READS: Option<ReadsJson> = None;
}

impl<T: FieldType> FieldType for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;
    const READS: Option<ReadsJson> = T::READS;
}

#[cfg(test)]
mod tests;
