//! Rows by their ids: what names one, where an application asks for it.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;

use super::{
    FieldType, Kind,
    facts::{Facts, Fill, Order, Storage, Unfit},
    number::integer,
};
use crate::{
    db::Arg,
    wire::Node,
    words::{capitalised, with_article},
};

/// A type whose values are the rows of one table: whatever is declared with `#[resource]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no resource",
    label = "not a resource",
    note = "declare it with #[resource] in a file under resources/"
)]
pub trait Entity: Sized + 'static {
    /// Singular name in snake case (`task`).
    const ENTITY: &'static str;
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

/// The id of a row of `T`.
pub struct Id<T>(i64, PhantomData<fn() -> T>);

/// A reference to a row of `T`; JSON key and column are the field's name with `_id`.
pub struct BelongsTo<T>(Id<T>);

/// What names a row of `T`: its id, a relation to it, or the plain number.
pub trait RowId<T>: Copy + Send {
    /// The number.
    fn number(&self) -> i64;
}

impl<T> RowId<T> for i64 {
    fn number(&self) -> i64 {
        *self
    }
}

impl<T> RowId<T> for Id<T> {
    fn number(&self) -> i64 {
        self.get()
    }
}

impl<T> RowId<T> for BelongsTo<T> {
    fn number(&self) -> i64 {
        self.id().get()
    }
}

impl<T> From<Id<T>> for i64 {
    fn from(id: Id<T>) -> Self {
        id.get()
    }
}

impl<T> From<BelongsTo<T>> for i64 {
    fn from(relation: BelongsTo<T>) -> Self {
        relation.id().get()
    }
}

impl<T> Id<T> {
    /// The number.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<T> BelongsTo<T> {
    /// A reference to the row of this id; whether there is one is checked where it is stored.
    #[must_use]
    pub const fn to(id: i64) -> Self {
        Self(Id(id, PhantomData))
    }

    /// The id of the row referred to.
    #[must_use]
    pub const fn id(self) -> Id<T> {
        self.0
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> Clone for BelongsTo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for BelongsTo<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", self.0)
    }
}

impl<T> fmt::Debug for BelongsTo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BelongsTo({})", self.0.0)
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(|id| Self(id, PhantomData))
    }
}

impl<'de, T> Deserialize<'de> for BelongsTo<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Id::deserialize(deserializer).map(Self)
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T> Serialize for BelongsTo<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T> From<Id<T>> for BelongsTo<T> {
    fn from(id: Id<T>) -> Self {
        Self(id)
    }
}

impl<T> FieldType for Id<T> {
    const KIND: Kind = Kind::Id;
}

impl<T: Entity> FieldType for BelongsTo<T> {
    const KIND: Kind = Kind::Relation(T::ENTITY);
}

pub(super) const ID: Facts = Facts {
    fill: Fill::Nothing,
    is_automatic: true,
    parse: Some(|_, text| match text.parse::<i64>() {
        Ok(id) if id > 0 && text.starts_with(|first: char| first.is_ascii_digit()) => Ok(Arg::Int(id)),
        _ => Err(format!("`{text}` is no id: a positive 64-bit integer is")),
    }),
    noun: "an id",
    words: |_| "its own id".to_owned(),
    json_schema: |_| json!({ "type": "integer", "format": "int64", "minimum": 1 }),
    described: |_, named| Some(format!("Id of the {}; never used twice.", named.row)),
    examples: &[("9223372036854775807", "9223372036854775807", "9223372036854775807")],
    refused: &[("0", "not_found"), ("-1", "not_found"), (r#""1""#, "type"), ("null", "null")],
    ..Facts::new(Storage::Integer, |_, bounds, node| match node {
        Node::Number(text) => match integer(bounds, text)? {
            Arg::Int(id) if id > 0 => Ok(Arg::Int(id)),
            _ => Unfit::new("not_found", "is no id: ids are positive"),
        },
        _ => Unfit::new("type", "must be an id, a positive whole number"),
    })
};

pub(super) const RELATION: Facts = Facts {
    order: Order::Unspoken,
    is_automatic: false,
    noun: "a relation",
    words: |kind| format!("id of {}", with_article(&kind.target().replace('_', " "))),
    described: |kind, named| {
        let target = kind.target().replace('_', " ");
        Some(if target == named.field {
            format!("Id of the {target}.")
        } else {
            format!("{} of the {}: id of {}.", capitalised(named.field), named.row, with_article(&target))
        })
    },
    ..ID
};
