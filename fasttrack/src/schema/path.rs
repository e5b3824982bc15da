//! Typed paths: what lets the compiler check a declaration across files.
//!
//! A path such as `project.owner` expands to a walk over zero-sized values: `Walk<Task>` has the parts of `Task`,
//! `.then(…project)` makes it a `Walk<Project>`, and so on. A name that is none, or no relation, or does not end at the
//! account is an ordinary type error at the token in the declaration. All of it is `const`: at run time only the
//! [`Path`](super::Path) is left.

use std::marker::PhantomData;

use super::{Choice, Comparison, Entity, Literal, Path, Payload, RowVersion, Rule, Schema};

/// An entity declared with `#[resource]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no resource",
    label = "not a resource",
    note = "declare it with #[resource] in a file under resources/"
)]
pub trait Resource: Sized + 'static {
    /// Singular name in snake case.
    const NAME: &'static str;
    /// A struct with one [`Part`] per field and named rule: what a path can continue with.
    type Fields: Copy;
    /// Its value.
    const FIELDS: Self::Fields;
    /// Everything the declaration says.
    const SCHEMA: Schema;
}

impl<T: Resource> Entity for T {
    const ENTITY: &'static str = T::NAME;
}

/// The one entity that can log in.
#[diagnostic::on_unimplemented(
    message = "the path ends at `{Self}`, which is not the account",
    label = "does not end at the account",
    note = "a rule or a recipient is a path of relations that ends at the entity declared with #[resource(account)]"
)]
pub trait Account: Resource {
    /// The type of its `role`.
    type Role: Choice;
}

/// A field or a named rule of a resource, by name; `K` says what a path may do with it.
pub struct Part<K>(&'static str, PhantomData<fn() -> K>);

/// A field that holds a `T`.
pub struct Field<T>(PhantomData<fn() -> T>);

/// A relation field that leads to a `T`.
pub struct Relation<T>(PhantomData<fn() -> T>);

/// What is never shown: a hidden `K`.
pub struct Hidden<K>(PhantomData<fn() -> K>);

/// A rule that others may refer to.
pub struct NamedRule;

/// A path under way that has arrived at a `T`.
pub struct Walk<T> {
    path: Path,
    at: PhantomData<fn() -> T>,
}

/// What a path can go on from.
#[diagnostic::on_unimplemented(
    message = "this is no relation, so a path cannot go on from it",
    label = "not a relation"
)]
pub trait Leads {
    /// The resource that it leads to.
    type To: Resource;
}

impl<T: Resource> Leads for Relation<T> {
    type To = T;
}

#[diagnostic::do_not_recommend]
impl<K: Leads> Leads for Hidden<K> {
    type To = K::To;
}

/// What a rule may end with: a relation to the account, or a named rule.
#[diagnostic::on_unimplemented(
    message = "this does not say who may",
    label = "neither a relation to the account nor a named rule",
    note = "name a relation to the account or a named rule, or compare the field: `status == Active`"
)]
pub trait Decides {
    /// Whether it is a named rule.
    const IS_RULE: bool;
}

impl<T: Account> Decides for Relation<T> {
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
#[diagnostic::do_not_recommend]
impl<K: Reaches> Reaches for Hidden<K> {}

/// What an event may tell: a field that is shown.
#[diagnostic::on_unimplemented(
    message = "this cannot be told in an event: it is hidden, or no field",
    label = "not a field that is shown",
    note = "an event tells fields that are shown; of a relation, the id"
)]
pub trait Shown {}

impl<T> Shown for Field<T> {}
impl<T> Shown for Relation<T> {}

/// What can be compared with a constant of type `L`.
#[diagnostic::on_unimplemented(
    message = "this cannot be compared with a constant of type `{L}`",
    label = "not of type `{L}`",
    note = "a field is compared with a constant of its own type, a choice with one of its variants, a relation not at all"
)]
pub trait Comparable<L> {}

impl Comparable<Self> for bool {}
impl Comparable<Self> for i64 {}
impl Comparable<Self> for f64 {}
impl Comparable<&'static str> for String {}
impl Comparable<&'static str> for super::Email {}
#[diagnostic::do_not_recommend]
impl<T: Comparable<L>, L> Comparable<L> for Option<T> {}
#[diagnostic::do_not_recommend]
impl<T: Comparable<L>, L> Comparable<L> for Field<T> {}
#[diagnostic::do_not_recommend]
impl<K: Comparable<L>, L> Comparable<L> for Hidden<K> {}

/// What can be compared with `now`.
#[diagnostic::on_unimplemented(
    message = "this is no instant, so it is never before or after `now`",
    label = "neither an instant nor a date",
    note = "`now` is compared with a `Timestamp`, `CreatedAt`, `UpdatedAt` or `Date`"
)]
pub trait Timed {}

impl Timed for super::Timestamp {}
impl Timed for super::CreatedAt {}
impl Timed for super::UpdatedAt {}
impl Timed for super::Date {}
#[diagnostic::do_not_recommend]
impl<T: Timed> Timed for Option<T> {}
#[diagnostic::do_not_recommend]
impl<T: Timed> Timed for Field<T> {}
#[diagnostic::do_not_recommend]
impl<K: Timed> Timed for Hidden<K> {}

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

macro_rules! copy {
    ($($name:ident),*) => {$(
        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<T> Copy for $name<T> {}
    )*};
}

copy!(Part, Walk);

impl<K> Part<K> {
    /// A part of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name, PhantomData)
    }
}

impl<T: Resource> Walk<T> {
    /// Starts at a row of `T`.
    #[must_use]
    pub const fn here() -> Self {
        Self { path: Path::HERE, at: PhantomData }
    }

    /// What the path can continue with.
    #[must_use]
    pub const fn fields(self) -> T::Fields {
        T::FIELDS
    }

    /// Follows a relation.
    #[must_use]
    pub const fn then<K: Leads>(self, relation: Part<K>) -> Walk<K::To> {
        Walk { path: self.path.then(relation.0), at: PhantomData }
    }

    /// As a rule: the account at the end of the relation, or what the named rule says.
    #[must_use]
    pub const fn rule<K: Decides>(self, end: Part<K>) -> Rule {
        if K::IS_RULE { Rule::Named { path: self.path, rule: end.0 } } else { Rule::Related(self.path.then(end.0)) }
    }

    /// As a recipient: the account at the end of the relation.
    #[must_use]
    pub const fn recipient<K: Reaches>(self, end: Part<K>) -> Path {
        self.path.then(end.0)
    }

    /// As a payload value: what the field holds after the change; of a relation, the id.
    #[must_use]
    pub const fn tells<K: Shown>(self, end: Part<K>, key: &'static str) -> Payload {
        Payload { key, row: RowVersion::New, path: self.path, field: end.0 }
    }

    /// The same before the change.
    #[must_use]
    pub const fn tells_old<K: Shown>(self, end: Part<K>, key: &'static str) -> Payload {
        Payload { key, row: RowVersion::Old, path: self.path, field: end.0 }
    }

    /// Compares a field with a truth value.
    #[must_use]
    pub const fn compare_bool<K: Comparable<bool>>(self, end: Part<K>, op: Comparison, value: bool) -> Rule {
        self.compare(end, op, Literal::Bool(value))
    }

    /// Compares a field with an integer.
    #[must_use]
    pub const fn compare_int<K: Comparable<i64>>(self, end: Part<K>, op: Comparison, value: i64) -> Rule {
        self.compare(end, op, Literal::Int(value))
    }

    /// Compares a field with a number.
    #[must_use]
    pub const fn compare_float<K: Comparable<f64>>(self, end: Part<K>, op: Comparison, value: f64) -> Rule {
        self.compare(end, op, Literal::Float(value))
    }

    /// Compares a field with text.
    #[must_use]
    pub const fn compare_text<K: Comparable<&'static str>>(
        self,
        end: Part<K>,
        op: Comparison,
        value: &'static str,
    ) -> Rule {
        self.compare(end, op, Literal::Text(value))
    }

    /// The words that a field may hold, by variant.
    #[must_use]
    pub const fn variants<K: HoldsChoice>(self, _: Part<K>) -> <K::Choice as Choice>::Variants {
        <K::Choice as Choice>::VARIANTS
    }

    /// Compares a field with a word of its choice, which [`Self::variants`] has looked up.
    #[must_use]
    pub const fn compare_choice<K>(self, end: Part<K>, op: Comparison, word: &'static str) -> Rule {
        self.compare(end, op, Literal::Text(word))
    }

    /// Compares an instant or a day with the present, moved by so many microseconds.
    #[must_use]
    pub const fn compare_now<K: Timed>(self, end: Part<K>, op: Comparison, offset_us: i64) -> Rule {
        Rule::Moment { path: self.path, field: end.0, op, offset_us }
    }

    const fn compare<K>(self, end: Part<K>, op: Comparison, value: Literal) -> Rule {
        Rule::Compare { path: self.path, field: end.0, op, value }
    }
}

/// Holds for the account alone; what `actor` asks of a relation.
pub const fn assert_account<T: Account>() {}

/// What a check may compare with a `T`: choices of one type, or relations to one resource.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be compared with `{T}`",
    label = "not the same type",
    note = "a check compares choices of one type, and relations that lead to one resource"
)]
pub trait Alike<T> {}

impl<T> Alike<Self> for T {}

/// Holds for what a check may compare.
pub const fn assert_alike<A: Alike<B>, B>() {}

/// The words of the account's role, by variant.
#[must_use]
pub const fn roles<T: Account>() -> <T::Role as Choice>::Variants {
    <T::Role as Choice>::VARIANTS
}
