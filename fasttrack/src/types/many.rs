//! Any number of rows of another resource: a set of ids, kept as pairs in a table of its own.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{json, value::RawValue};

use super::{
    Entity, FieldType, Id, Kind, Literal,
    facts::{Bounds, Facts, Order, Storage, Unfit},
    id::ID,
};
use crate::{db::Arg, wire::Node, words::plural};

/// A set of rows of `T`; JSON key is the field's name in the singular with `_ids`, its value their ids, ascending.
pub struct Many<T>(Vec<Id<T>>);

/// How a field without any is stored.
const NONE: &str = "[]";

impl<T> Many<T> {
    /// The ids, ascending.
    #[must_use]
    pub fn ids(&self) -> &[Id<T>] {
        &self.0
    }

    /// Whether the row of this id is one of them.
    #[must_use]
    pub fn contains(&self, id: i64) -> bool {
        self.0.iter().any(|other| other.get() == id)
    }
}

impl<T> From<Vec<Id<T>>> for Many<T> {
    /// These rows, each once.
    fn from(mut ids: Vec<Id<T>>) -> Self {
        ids.sort_unstable_by_key(|id| id.get());
        ids.dedup();
        Self(ids)
    }
}

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Clone for Many<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> PartialEq for Many<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Many<T> {}

impl<T> fmt::Debug for Many<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|id| id.get())).finish()
    }
}

impl<'de, T> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

impl<T> Serialize for Many<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<T: Entity> FieldType for Many<T> {
    const KIND: Kind = Kind::Many(T::ENTITY);
}

pub(super) const MANY: Facts = Facts {
    order: Order::Unspoken,
    holds_many: true,
    empty: Some(Literal::Text(NONE)),
    parse: ID.parse,
    noun: "a set of ids",
    words: |kind| format!("ids of any number of {}", plural(&kind.target().replace('_', " "))),
    json_schema: |_| {
        json!({
            "type": "array",
            "items": { "type": "integer", "format": "int64", "minimum": 1 },
            "uniqueItems": true
        })
    },
    described: |_, named| Some(format!("Ids of the {} of the {}, ascending and each once.", named.field, named.row)),
    input_note: Some("What is sent replaces all of them."),
    examples: &[("[ ]", "[]", "1")],
    refused: &[
        ("7", "type"),
        (r#"["1"]"#, "type"),
        ("[[1]]", "type"),
        ("[null]", "type"),
        ("[0]", "not_found"),
        ("[1.5]", "type"),
        ("[9223372036854775808]", "too_large"),
        ("null", "null"),
    ],
    ..Facts::new(Storage::Json, read)
};

/// Reads ids in whatever order, each of which counts once.
fn read(kind: Kind, bounds: &Bounds, node: &Node<'_>) -> Result<Arg, Unfit> {
    let Node::Array(text) = node else { return Unfit::new("type", "must be a list of ids") };
    let items: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(items) => items,
        Err(cause) => return Unfit::new("type", format!("must be a list of ids: {cause}")),
    };
    let mut ids = BTreeSet::new();
    for item in items {
        let node = Node::Number(item.get());
        let is_number = item.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
        match if is_number { (ID.read)(kind, &Bounds::default(), &node)? } else { Arg::Null } {
            Arg::Int(id) => _ = ids.insert(id),
            _ => return Unfit::new("type", "must be a list of ids, which are positive whole numbers"),
        }
    }
    match bounds.max {
        Some(max) if ids.len() > max as usize => Unfit::new("too_many", format!("must have at most {max} ids")),
        _ => Ok(set(&ids)),
    }
}

/// The ids as they are kept.
pub(crate) fn set(ids: &BTreeSet<i64>) -> Arg {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    Arg::Text(format!("[{}]", ids.join(",")))
}

/// The ids that a field newly leads to.
pub(crate) fn added(before: &Arg, now: &Arg) -> BTreeSet<i64> {
    ids(now).difference(&ids(before)).copied().collect()
}

/// The ids of such a value, or the one of a relation.
pub(crate) fn ids(value: &Arg) -> BTreeSet<i64> {
    match value {
        Arg::Int(id) => BTreeSet::from([*id]),
        Arg::Text(text) => serde_json::from_str(text).unwrap_or_default(),
        _ => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_read_in_any_order_up_to_its_bound() {
        #[track_caller]
        fn check(json: &str, expected: Result<&str, &str>) {
            let bounds = Bounds { max: Some(2), ..Bounds::default() };
            let found = read(Kind::Many("label"), &bounds, &Node::Array(json)).map_err(|unfit| unfit.code);
            assert_eq!(found, expected.map(|text| Arg::Text(text.to_owned())), "{json}");
        }
        check("[]", Ok("[]"));
        check("[ 7, 3, 7 ]", Ok("[3,7]"));
        check("[10,9,9,9]", Ok("[9,10]"));
        check("[1,2,3]", Err("too_many"));
        check("[1,-2]", Err("not_found"));
    }
}
