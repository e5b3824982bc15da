//! Typed paths: what lets the compiler check a declaration across files.
//!
//! A path such as `project.owner` expands to a walk over zero-sized values: `Walk<Task>` has the fields of `Task`,
//! `.then(…project)` makes it a `Walk<Project>`, and so on. A name that is none, or no relation, or does not end at the
//! account is an ordinary type error at the token in the declaration. All of it is `const`: at run time only the
//! [`Path`](super::Path) is left.

use std::marker::PhantomData;

use super::{Choice, Comparison, FieldType, Literal, Path, Payload, RowVersion, Rule, Schema};

/// An entity declared with `#[resource]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no resource",
    note = "declare it with #[resource] in a file under resources/"
)]
pub trait Resource: Sized + 'static {
    /// Singular name in snake case.
    const NAME: &'static str;
    /// A struct with one field per field and named rule: what a path can continue with.
    type Fields: Copy;
    /// Its value.
    const FIELDS: Self::Fields;
    /// Everything the declaration says.
    const SCHEMA: Schema;
}

/// The one entity that can log in.
#[diagnostic::on_unimplemented(
    message = "the path ends at `{Self}`, which is not the account",
    label = "does not end at the account",
    note = "a rule or a recipient is a path of relations that ends at the entity declared with #[resource(account)]"
)]
pub trait Account: Resource {}

/// A field that holds a `T` and can be read.
pub struct Field<T>(&'static str, PhantomData<fn() -> T>);

/// A field that is never shown.
pub struct Hidden<T>(PhantomData<fn() -> T>);

/// A relation field that leads to a `T`.
pub struct Relation<T>(&'static str, PhantomData<fn() -> T>);

/// A named rule of a `T`.
pub struct NamedRule<T>(&'static str, PhantomData<fn() -> T>);

/// A path under way that has arrived at a `T`.
pub struct Walk<T> {
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

copy!(Field, Hidden, Relation, NamedRule, Walk);

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
    pub const fn then<U: Resource>(self, relation: Relation<U>) -> Walk<U> {
        Walk { path: self.path.then(relation.0), at: PhantomData }
    }

    /// The path so far.
    #[must_use]
    pub const fn path(self) -> Path {
        self.path
    }
}

impl<U> Relation<U> {
    /// A relation field of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name, PhantomData)
    }

    /// As a rule: the account at the end of the path.
    #[must_use]
    pub const fn rule<T: Resource>(self, walk: Walk<T>) -> Rule
    where
        U: Account,
    {
        Rule::Related(walk.path.then(self.0))
    }

    /// As a recipient: the account at the end of the path.
    #[must_use]
    pub const fn recipient<T: Resource>(self, walk: Walk<T>) -> Path
    where
        U: Account,
    {
        walk.path.then(self.0)
    }

    /// As a payload value: the id of the row referred to.
    #[must_use]
    pub const fn payload<T: Resource>(self, walk: Walk<T>, key: &'static str, row: RowVersion) -> Payload {
        Payload { key, row, path: walk.path, field: self.0 }
    }
}

impl<U> NamedRule<U> {
    /// A named rule of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name, PhantomData)
    }

    /// As a rule: what it says of the row at the end of the path.
    #[must_use]
    pub const fn rule<T: Resource>(self, walk: Walk<T>) -> Rule {
        Rule::Named { path: walk.path, rule: self.0 }
    }
}

impl<V> Hidden<V> {
    /// A hidden field.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<V> Field<V> {
    /// A field of this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name, PhantomData)
    }

    /// The name of the field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// As a payload value.
    #[must_use]
    pub const fn payload<T: Resource>(self, walk: Walk<T>, key: &'static str, row: RowVersion) -> Payload {
        Payload { key, row, path: walk.path, field: self.0 }
    }

    const fn compare<T: Resource>(self, walk: Walk<T>, op: Comparison, value: Literal) -> Rule {
        Rule::Compare { path: walk.path, field: self.0, op, value }
    }
}

impl<V: Choice> Field<V> {
    /// The words that the field may hold, by variant.
    #[must_use]
    pub const fn variants(self) -> V::Variants {
        V::VARIANTS
    }

    /// Compared with a word of the choice.
    #[must_use]
    pub const fn compare_choice<T: Resource>(self, walk: Walk<T>, op: Comparison, word: &'static str) -> Rule {
        self.compare(walk, op, Literal::Text(word))
    }
}

impl<V: FieldType> Field<V> {
    /// Compared with a constant of its own type.
    #[must_use]
    pub const fn compare_literal<T: Resource>(self, walk: Walk<T>, op: Comparison, value: Literal) -> Rule {
        self.compare(walk, op, value)
    }
}
