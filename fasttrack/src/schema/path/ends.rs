//! What a path may go on from, and what it may end with, each as a trait whose absence is the message.

use std::time::Duration;

use super::{Account, Field, Hidden, NamedRule, One, OneOfMany, Relation, Resource, Set, ToMany};
use crate::{
    schema::{Choice, CreatedAt, Date, Timestamp, UpdatedAt},
    types::{Decimal, Url, Uuid},
};

/// What a path can go on from.
#[diagnostic::on_unimplemented(
    message = "this is no relation, so a path cannot go on from it",
    label = "not a relation"
)]
pub trait Leads {
    /// The resource that it leads to.
    type To: Resource;
    /// Where one is then who came from `N`.
    type Arrived<N>;
}

impl<T: Resource> Leads for Relation<T> {
    type To = T;
    type Arrived<N> = N;
}

impl<T: Resource> Leads for ToMany<T> {
    type To = T;
    type Arrived<N> = OneOfMany;
}

impl<T: Resource> Leads for Set<T> {
    type To = T;
    type Arrived<N> = OneOfMany;
}

#[diagnostic::do_not_recommend]
impl<K: Leads> Leads for Hidden<K> {
    type To = K::To;
    type Arrived<N> = K::Arrived<N>;
}

/// What `any(…)` is asked of.
#[diagnostic::on_unimplemented(
    message = "this does not lead to many rows",
    label = "not many rows",
    note = "`any(…)` is asked of rows that a resource names with #[has(…)], or of a field of type `Many<T>`; of a relation \
            that leads to one row, write what holds of it: `project.owner`"
)]
pub trait LeadsToMany {
    /// Their resource.
    type To: Resource;
}

impl<T: Resource> LeadsToMany for ToMany<T> {
    type To = T;
}

impl<T: Resource> LeadsToMany for Set<T> {
    type To = T;
}

#[diagnostic::do_not_recommend]
impl<K: LeadsToMany> LeadsToMany for Hidden<K> {
    type To = K::To;
}

/// Where there is one row, and not one of many.
#[diagnostic::on_unimplemented(
    message = "the path goes through many rows, and this has a value for each",
    label = "of which of them?",
    note = "in a rule, ask one of them: `any(members: level == Owner)`; an event tells fields of one row"
)]
pub trait IsOne {}

impl IsOne for One {}

/// A relation by which rows refer to a `T`.
#[diagnostic::on_unimplemented(
    message = "this is no relation that leads to `{T}`",
    label = "does not lead to `{T}`",
    note = "#[has(NAME: Resource.relation)] names the rows whose relation leads to the resource that it stands on"
)]
pub trait RefersTo<T> {}

impl<T> RefersTo<T> for Relation<T> {}
#[diagnostic::do_not_recommend]
impl<K: RefersTo<T>, T> RefersTo<T> for Hidden<K> {}

/// What a rule may end with: a relation to the account, or a named rule.
#[diagnostic::on_unimplemented(
    message = "this does not say who may",
    label = "neither a relation to the account nor a named rule",
    note = "name a relation to the account or a named rule, compare the field: `status == Active`, or ask of one of many rows: \
            `any(members: user)`"
)]
pub trait Decides {
    /// Whether it is a named rule.
    const IS_RULE: bool;
}

impl<T: Account> Decides for Relation<T> {
    const IS_RULE: bool = false;
}

impl<T: Account> Decides for ToMany<T> {
    const IS_RULE: bool = false;
}

impl<T: Account> Decides for Set<T> {
    const IS_RULE: bool = false;
}

impl Decides for NamedRule {
    const IS_RULE: bool = true;
}

#[diagnostic::do_not_recommend]
impl<K: Decides> Decides for Hidden<K> {
    const IS_RULE: bool = K::IS_RULE;
}

/// What a recipient may end with: a relation to the account.
#[diagnostic::on_unimplemented(
    message = "this is nobody who could be told",
    label = "not a relation to the account",
    note = "a recipient is a path of relations that ends at the entity declared with #[resource(account)]"
)]
pub trait Reaches {}

impl<T: Account> Reaches for Relation<T> {}
impl<T: Account> Reaches for ToMany<T> {}
impl<T: Account> Reaches for Set<T> {}
#[diagnostic::do_not_recommend]
impl<K: Reaches> Reaches for Hidden<K> {}

/// What an event may tell: a field that is shown.
#[diagnostic::on_unimplemented(
    message = "this cannot be told in an event: it is hidden, shown to some alone, or no field",
    label = "not a field that is shown to whoever may read the row",
    note = "an event tells fields that are shown; of a relation, the id"
)]
pub trait Shown {}

impl<T> Shown for Field<T> {}
impl<T> Shown for Relation<T> {}
impl<T> Shown for Set<T> {}

/// What can be compared with a constant of type `L`.
#[diagnostic::on_unimplemented(
    message = "this cannot be compared with a constant of type `{L}`",
    label = "not of type `{L}`",
    note = "a field is compared with a constant of its own type, a choice with one of its variants, a relation not at all"
)]
pub trait Comparable<L> {
    /// The digits after the point, of a decimal.
    const SCALE: Option<u8> = None;
}

impl Comparable<Self> for bool {}
impl Comparable<Self> for i64 {}
impl Comparable<Self> for f64 {}
impl<const S: u8> Comparable<i64> for Decimal<S> {
    const SCALE: Option<u8> = Some(S);
}
impl<const S: u8> Comparable<f64> for Decimal<S> {
    const SCALE: Option<u8> = Some(S);
}
impl Comparable<&'static str> for String {}
impl Comparable<&'static str> for crate::schema::Email {}
impl Comparable<i64> for Duration {}
#[diagnostic::do_not_recommend]
impl<T: Comparable<L>, L> Comparable<L> for Option<T> {
    const SCALE: Option<u8> = T::SCALE;
}
#[diagnostic::do_not_recommend]
impl<T: Comparable<L>, L> Comparable<L> for Field<T> {
    const SCALE: Option<u8> = T::SCALE;
}
#[diagnostic::do_not_recommend]
impl<K: Comparable<L>, L> Comparable<L> for Hidden<K> {
    const SCALE: Option<u8> = K::SCALE;
}

/// What can be compared with `now`.
#[diagnostic::on_unimplemented(
    message = "this is no instant, so it is never before or after `now`",
    label = "neither an instant nor a date",
    note = "`now` is compared with a `Timestamp`, `CreatedAt`, `UpdatedAt` or `Date`"
)]
pub trait Timed {}

impl Timed for Timestamp {}
impl Timed for CreatedAt {}
impl Timed for UpdatedAt {}
impl Timed for Date {}
#[diagnostic::do_not_recommend]
impl<T: Timed> Timed for Option<T> {}
#[diagnostic::do_not_recommend]
impl<T: Timed> Timed for Field<T> {}
#[diagnostic::do_not_recommend]
impl<K: Timed> Timed for Hidden<K> {}

/// What adds up to an `L`.
#[diagnostic::on_unimplemented(
    message = "what this field holds does not add up to what the figure holds",
    label = "not a number of the figure's type",
    note = "`sum(…)` adds up a field of the figure's own type, which may be null"
)]
pub trait Sums<L> {}

impl Sums<Self> for Field<i64> {}
impl Sums<Field<i64>> for Field<Option<i64>> {}
impl<const S: u8> Sums<Self> for Field<Decimal<S>> {}
impl<const S: u8> Sums<Field<Decimal<S>>> for Field<Option<Decimal<S>>> {}

/// What holds one of the words of a choice.
#[diagnostic::on_unimplemented(
    message = "this is no choice, so it has no variants to be compared with",
    label = "not an enum with #[derive(Choice)]"
)]
pub trait HoldsChoice {
    /// The choice.
    type Choice: Choice;
}

#[diagnostic::do_not_recommend]
impl<T: Choice> HoldsChoice for Field<T> {
    type Choice = T;
}

#[diagnostic::do_not_recommend]
impl<T: Choice> HoldsChoice for Field<Option<T>> {
    type Choice = T;
}

#[diagnostic::do_not_recommend]
impl<K: HoldsChoice> HoldsChoice for Hidden<K> {
    type Choice = K::Choice;
}

/// What `actor` may fill: a relation to the account.
#[diagnostic::on_unimplemented(
    message = "`actor` is the account that makes the change, and this field does not lead to one",
    label = "not a relation to the account"
)]
pub trait HoldsActor {}

impl<T: Account> HoldsActor for Relation<T> {}

/// What a field `L` of an added row may hold.
#[diagnostic::on_unimplemented(
    message = "this field holds something else than the one that it would fill, or is not shown to everybody",
    label = "of another type",
    note = "a field of an added row is filled with `actor`, with a constant, or with a field of its own type that is shown"
)]
pub trait Fills<L> {}

impl<T> Fills<Field<T>> for Field<T> {}
impl<T> Fills<Field<Option<T>>> for Field<T> {}
impl<T> Fills<Relation<T>> for Relation<T> {}

/// What is the same or not: databases compare its values.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not compared",
    label = "a field of this type",
    note = "lists and JSON are no more the same than they are smaller or larger; compare another field"
)]
pub trait Equated {}

impl Equated for bool {}
impl Equated for i64 {}
impl Equated for f64 {}
impl Equated for String {}
impl Equated for Duration {}
impl<const S: u8> Equated for Decimal<S> {}
impl Equated for Timestamp {}
impl Equated for CreatedAt {}
impl Equated for UpdatedAt {}
impl Equated for Date {}
impl Equated for Url {}
impl Equated for Uuid {}
impl Equated for crate::schema::Email {}
impl<T> Equated for crate::schema::Id<T> {}
#[diagnostic::do_not_recommend]
impl<T: Choice> Equated for T {}
#[diagnostic::do_not_recommend]
impl<T: Equated> Equated for Option<T> {}

/// What can be compared with a field of the caller that is an `L`.
#[diagnostic::on_unimplemented(
    message = "this does not hold what the field of the caller holds",
    label = "of another type",
    note = "a field is compared with one of its own type, a relation with one that leads to the same resource; \
            lists and JSON are not compared"
)]
pub trait Matches<L> {}

impl<T: Equated> Matches<Self> for Field<T> {}
impl<T: Equated> Matches<Field<Option<T>>> for Field<T> {}
impl<T: Equated> Matches<Field<T>> for Field<Option<T>> {}
impl<T> Matches<Self> for Relation<T> {}
#[diagnostic::do_not_recommend]
impl<K: Matches<L>, L> Matches<L> for Hidden<K> {}
