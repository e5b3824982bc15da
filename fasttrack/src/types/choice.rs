//! Choices: enums without data as words.

use std::mem::discriminant;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;

use super::{
    FieldType,
    facts::{Facts, Fill, Order, Storage, Unfit},
    text::text_of,
};
use crate::db::Arg;

/// An enum without data whose variants are the words a column may hold; made by `#[derive(Choice)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no type that a field of a resource can have",
    label = "neither a field type nor a choice",
    note = "an enum without data becomes one with #[derive(Choice)]",
    note = "else use Id<T>, String, bool, i64, f64, Decimal<S>, Timestamp, Date, Duration, Uuid, Url, Vec<String>, Vec<i64>, Json<T>, Email, PasswordHash, CreatedAt, UpdatedAt, DeletedAt, BelongsTo<T> or an Option of one, under its own name"
)]
pub trait Choice: FieldType + Sized + 'static {
    /// A struct with one field per variant, of type `&'static str`: the variant's word.
    type Variants: Copy;
    /// The words by variant.
    const VARIANTS: Self::Variants;
    /// The words in the order declared.
    const WORDS: &'static [&'static str];
    /// The variant at this place of the order declared.
    fn at(place: usize) -> Option<Self>;
}

/// Reads a choice from one of its words; what `#[derive(Choice)]` implements [`Deserialize`] with.
///
/// # Errors
/// When what is read is no text, or none of the words.
pub fn deserialize_choice<'de, T: Choice, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let word = String::deserialize(deserializer)?;
    let place = T::WORDS.iter().position(|known| *known == word);
    place.and_then(T::at).ok_or_else(|| serde::de::Error::unknown_variant(&word, T::WORDS))
}

/// Writes a choice as its word; what `#[derive(Choice)]` implements [`Serialize`] with.
///
/// # Errors
/// Those of the serializer.
pub fn serialize_choice<T: Choice, S: Serializer>(choice: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let is_it = |place: &usize| T::at(*place).is_some_and(|other| discriminant(&other) == discriminant(choice));
    let word = (0..T::WORDS.len()).find(is_it).and_then(|place| T::WORDS.get(place));
    word.serialize(serializer)
}

/// The words of a choice, by variant.
#[must_use]
pub const fn words<T: Choice>() -> T::Variants {
    T::VARIANTS
}

pub(super) const CHOICE: Facts = Facts {
    order: Order::Declared,
    fill: Fill::FirstWord,
    parse: Some(|kind, text| match kind.words().iter().position(|word| *word == text) {
        Some(rank) => Ok(Arg::Int(i64::try_from(rank).unwrap_or_default())),
        None => Err(format!("`{text}` is none of {}", kind.words().join(", "))),
    }),
    noun: "a choice",
    words: |kind| kind.words().join(" | "),
    json_schema: |kind| json!({ "type": "string", "enum": kind.words() }),
    examples: &[(r#""high""#, r#""high""#, "high"), (r#""low""#, r#""low""#, "low")],
    refused: &[(r#""High""#, "not_a_choice"), (r#""""#, "not_a_choice"), ("7", "type"), ("null", "null")],
    ..Facts::new(Storage::Text, |kind, _, node| match text_of(node)? {
        word if kind.words().contains(&word) => Ok(Arg::Text(word.to_owned())),
        _ => Unfit::new("not_a_choice", format!("must be one of {}", kind.words().join(", "))),
    })
};
