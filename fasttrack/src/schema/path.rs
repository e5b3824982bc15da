//! Typed paths: what lets the compiler check a declaration across files.
//!
//! A path such as `project.owner` expands to a walk over zero-sized values: `Walk<Task>` has the parts of `Task`,
//! `.then(…project)` makes it a `Walk<Project>`, and so on. A name that is none, or no relation, or does not end at the
//! account is an ordinary type error at the token in the declaration. All of it is `const`: at run time only the
//! [`Path`](super::Path) is left.

mod caller;
mod ends;

use std::marker::PhantomData;

pub use self::caller::CallersField;
pub use self::ends::{
    Comparable, Decides, Equated, Fills, HoldsActor, HoldsChoice, IsOne, Leads, LeadsToMany, Matches, Reaches,
    RefersTo, Shown, Sums, Timed,
};
use super::{
    Assigned, Assignment, Choice, Comparison, Entity, Literal, Number, Path, Payload, RowVersion, Rule, Schema,
};

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

/// Any number of `T` that refer to the row.
pub struct ToMany<T>(PhantomData<fn() -> T>);

/// A field that holds any number of `T`.
pub struct Set<T>(PhantomData<fn() -> T>);

/// What is not shown to everybody who may read the row: a hidden `K`, or one that has a rule of its own.
pub struct Hidden<K>(PhantomData<fn() -> K>);

/// A rule that others may refer to.
pub struct NamedRule;

/// A path under way that has arrived at a `T`: at [`One`], or at [`OneOfMany`].
pub struct Walk<T, N = One> {
    path: Path,
    at: PhantomData<fn() -> (T, N)>,
}

/// No relation on the way led to many rows.
pub struct One;

/// Some relation on the way led to many rows.
pub struct OneOfMany;

/// The rows at the end of a path, of one of which something has to hold.
pub struct Rows<T> {
    path: Path,
    at: PhantomData<fn() -> T>,
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

copy!(Part, Rows);

impl<T, N> Clone for Walk<T, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, N> Copy for Walk<T, N> {}

impl<K> Part<K> {
    /// A part of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name, PhantomData)
    }
}

/// What a field of an added row holds.
impl<K> Part<K> {
    const fn hold(self, value: Assigned) -> Assignment {
        Assignment { field: self.0, value }
    }

    /// Who makes the change.
    #[must_use]
    pub const fn hold_actor(self) -> Assignment
    where
        K: HoldsActor,
    {
        self.hold(Assigned::Actor)
    }

    /// A truth value.
    #[must_use]
    pub const fn hold_bool(self, value: bool) -> Assignment
    where
        K: Comparable<bool>,
    {
        self.hold(Assigned::Constant(Literal::Bool(value)))
    }

    /// An integer.
    #[must_use]
    #[track_caller]
    pub const fn hold_int(self, value: i64) -> Assignment
    where
        K: Comparable<i64>,
    {
        self.hold(Assigned::Constant(Literal::of_integer(value, K::SCALE)))
    }

    /// A number.
    #[must_use]
    #[track_caller]
    pub const fn hold_float(self, value: Number) -> Assignment
    where
        K: Comparable<f64>,
    {
        self.hold(Assigned::Constant(Literal::of_number(value, K::SCALE)))
    }

    /// Text.
    #[must_use]
    pub const fn hold_text(self, value: &'static str) -> Assignment
    where
        K: Comparable<&'static str>,
    {
        self.hold(Assigned::Constant(Literal::Text(value)))
    }

    /// The words that it may hold, by variant.
    #[must_use]
    pub const fn variants(self) -> <K::Choice as Choice>::Variants
    where
        K: HoldsChoice,
    {
        <K::Choice as Choice>::VARIANTS
    }

    /// A word of its choice, which [`Self::variants`] has looked up.
    #[must_use]
    pub const fn hold_choice(self, word: &'static str) -> Assignment {
        self.hold(Assigned::Constant(Literal::Text(word)))
    }
}

impl<T: Resource> Walk<T> {
    /// Starts at a row of `T`.
    #[must_use]
    pub const fn here() -> Self {
        Self { path: Path::HERE, at: PhantomData }
    }

    /// As a rule: the row is the account that is calling.
    #[must_use]
    pub const fn oneself(self) -> Rule
    where
        T: Account,
    {
        Rule::Oneself
    }
}

impl<T: Resource> Rows<T> {
    /// Where they are.
    #[must_use]
    pub const fn path(self) -> Path {
        self.path
    }

    /// One of them, at which the paths of a rule start.
    #[must_use]
    pub const fn one(self) -> Walk<T> {
        Walk::here()
    }
}

impl<T: Resource, N> Walk<T, N> {
    /// What the path can continue with.
    #[must_use]
    pub const fn fields(self) -> T::Fields {
        T::FIELDS
    }

    /// Follows a relation.
    #[must_use]
    pub const fn then<K: Leads>(self, relation: Part<K>) -> Walk<K::To, K::Arrived<N>> {
        Walk { path: self.path.then(relation.0), at: PhantomData }
    }

    /// Follows a relation to many rows, of one of which a rule is asked.
    #[must_use]
    pub const fn many<K: LeadsToMany>(self, relation: Part<K>) -> Rows<K::To> {
        Rows { path: self.path.then(relation.0), at: PhantomData }
    }

    /// As a rule: the account at the end of the relation, or what the named rule says.
    #[must_use]
    pub const fn rule<K: Decides>(self, end: Part<K>) -> Rule {
        if K::IS_RULE { Rule::Named { path: self.path, rule: end.0 } } else { Rule::Related(self.path.then(end.0)) }
    }

    /// As what a figure sums up: the name of the field, of which `total` can hold the sum.
    #[must_use]
    pub const fn summed<K: Sums<L>, L>(self, end: Part<K>, _total: Part<L>) -> &'static str {
        end.0
    }

    /// As a recipient: the account at the end of the relation.
    #[must_use]
    pub const fn recipient<K: Reaches>(self, end: Part<K>) -> Path {
        self.path.then(end.0)
    }

    /// As what a field of an added row holds: the same as the field at the end.
    #[must_use]
    pub const fn held_by<K: Fills<L>, L>(self, source: Part<K>, field: Part<L>) -> Assignment
    where
        N: IsOne,
    {
        field.hold(Assigned::Field { path: self.path, field: source.0 })
    }

    /// As a payload value: what the field holds after the change; of a relation, the id.
    #[must_use]
    pub const fn tells<K: Shown>(self, end: Part<K>, key: &'static str) -> Payload
    where
        N: IsOne,
    {
        Payload { key, row: RowVersion::New, path: self.path, field: end.0 }
    }

    /// The same before the change.
    #[must_use]
    pub const fn tells_old<K: Shown>(self, end: Part<K>, key: &'static str) -> Payload
    where
        N: IsOne,
    {
        Payload { key, row: RowVersion::Old, path: self.path, field: end.0 }
    }

    /// Compares a field with a truth value.
    #[must_use]
    pub const fn compare_bool<K: Comparable<bool>>(self, end: Part<K>, op: Comparison, value: bool) -> Rule
    where
        N: IsOne,
    {
        self.compare(end, op, Literal::Bool(value))
    }

    /// Compares a field with an integer.
    #[must_use]
    #[track_caller]
    pub const fn compare_int<K: Comparable<i64>>(self, end: Part<K>, op: Comparison, value: i64) -> Rule
    where
        N: IsOne,
    {
        self.compare(end, op, Literal::of_integer(value, K::SCALE))
    }

    /// Compares a field with a number.
    #[must_use]
    #[track_caller]
    pub const fn compare_float<K: Comparable<f64>>(self, end: Part<K>, op: Comparison, value: Number) -> Rule
    where
        N: IsOne,
    {
        self.compare(end, op, Literal::of_number(value, K::SCALE))
    }

    /// Compares a field with text.
    #[must_use]
    pub const fn compare_text<K: Comparable<&'static str>>(
        self,
        end: Part<K>,
        op: Comparison,
        value: &'static str,
    ) -> Rule
    where
        N: IsOne,
    {
        self.compare(end, op, Literal::Text(value))
    }

    /// The words that a field may hold, by variant.
    #[must_use]
    pub const fn variants<K: HoldsChoice>(self, _: Part<K>) -> <K::Choice as Choice>::Variants {
        <K::Choice as Choice>::VARIANTS
    }

    /// Compares a field with a word of its choice, which [`Self::variants`] has looked up.
    #[must_use]
    pub const fn compare_choice<K>(self, end: Part<K>, op: Comparison, word: &'static str) -> Rule
    where
        N: IsOne,
    {
        self.compare(end, op, Literal::Text(word))
    }

    /// Compares an instant or a day with the present, moved by so many microseconds.
    #[must_use]
    pub const fn compare_now<K: Timed>(self, end: Part<K>, op: Comparison, offset_us: i64) -> Rule
    where
        N: IsOne,
    {
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

/// Holds for a relation that leads to a `T`; what `has` asks of the relation that it names.
pub const fn assert_refers<T, K: RefersTo<T>>(_: Part<K>) {}

/// The words of the account's role, by variant.
#[must_use]
pub const fn roles<T: Account>() -> <T::Role as Choice>::Variants {
    <T::Role as Choice>::VARIANTS
}
