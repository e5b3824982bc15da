//! Many to many: the table of pairs in which a field that holds any number of rows is kept.

#![expect(clippy::indexing_slicing, reason = "runs at compile time only; const code has neither iterators nor get")]

use std::marker::PhantomData;

use super::{
    BelongsTo, Column, Entity, Id, Many, OnDelete, Schema, Unique,
    laws::{equal, fail},
    names::assert_names_are_apart,
};

/// Which rows of `T` belong to which of `F`.
struct Pairs<F, T>(PhantomData<fn() -> (F, T)>);

/// Column of a table of pairs that holds the row whose field it is.
pub(crate) const FROM: &str = "from_id";
/// Column of a table of pairs that holds a row which is in the field.
pub(crate) const TO: &str = "to_id";

/// A field type that holds any number of rows.
pub trait HoldsMany {
    /// Of what.
    type Of: Entity;
}

impl<T: Entity> HoldsMany for Many<T> {
    type Of = T;
}

/// The table of a field of `F` of the type `M`.
#[must_use]
#[track_caller]
pub const fn pairs<F: Entity, M: HoldsMany>(table: &'static str) -> Schema {
    Pairs::<F, M::Of>::schema(table)
}

impl<F: Entity, T: Entity> Pairs<F, T> {
    const COLUMNS: &'static [Column] = &[
        Column::new::<Id<Self>>("id", "id"),
        Column::new::<BelongsTo<F>>("from", FROM).on_delete(OnDelete::Cascade),
        Column::new::<BelongsTo<T>>("to", TO).on_delete(OnDelete::Cascade),
    ];

    /// Each pair is there once, and is found from both of its ends.
    const UNIQUES: &'static [Unique] =
        &[Unique::new("from_id_to_id_unique", &[FROM, TO]), Unique::new("to_id_from_id_unique", &[TO, FROM])];

    #[track_caller]
    const fn schema(table: &'static str) -> Schema {
        Schema::new(table, table).columns(Self::COLUMNS).uniques(Self::UNIQUES)
    }
}

/// Asserts that the tables in which a resource keeps fields of many rows are called as nothing else is.
#[track_caller]
pub(super) const fn assert_pairs_are_apart(schemas: &[&Schema], schema: &Schema) {
    let mut i = 0;
    while i < schema.columns.len() {
        if let Some(pairs) = schema.columns[i].pairs {
            let mut j = 0;
            while j < schemas.len() {
                let other = schemas[j];
                if equal(other.plural, pairs.plural) {
                    let rest = "`, which is the table of `";
                    fail(&[
                        "`",
                        schema.name,
                        ".",
                        schema.columns[i].name,
                        "` is kept in `",
                        pairs.plural,
                        rest,
                        other.name,
                        "`; rename one",
                    ]);
                }
                assert_names_are_apart(pairs, other);
                assert_names_are_apart(other, pairs);
                j += 1;
            }
        }
        i += 1;
    }
}
