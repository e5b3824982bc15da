//! What the macro can see of a field's type: its name, not its meaning.
//!
//! A name that it does not know is taken for a choice, and the generated code lets the compiler verify that.

use proc_macro2::Ident;
use syn::{Expr, ExprLit, GenericArgument, Lit, PathArguments, PathSegment, Type};

use crate::decimal::MAX_SCALE;

/// The types a field may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Id,
    Text,
    Bool,
    Int,
    Float,
    Decimal,
    Timestamp,
    Date,
    Duration,
    Uuid,
    Url,
    Json,
    Choice,
    Relation,
    Many,
    Email,
    PasswordHash,
    CreatedAt,
    UpdatedAt,
    DeletedAt,
}

/// The type of a field, taken apart.
pub(crate) struct FieldType {
    pub(crate) shape: Shape,
    /// Whether it is an `Option`.
    pub(crate) nullable: bool,
    /// The type without the `Option`.
    pub(crate) bare: Type,
    /// The resource of an `Id` or a relation.
    pub(crate) target: Option<Type>,
    /// The digits after the point of a decimal; of others 0.
    pub(crate) scale: u8,
}

/// What the macro knows of a type: a new one is a row below, and a file in `fasttrack/src/types/`.
pub(crate) struct TypeSpec {
    pub(crate) shape: Shape,
    /// The last segment of its path; of a choice, which has any name, nothing.
    name: &'static str,
    /// How it is written.
    written: &'static str,
    /// Who sets it.
    pub(crate) set: SetBy,
    /// What a field says of its values beside the type.
    pub(crate) bounds: Bounds,
    /// Whether its values can be compared, and stand in an order in which equal ones are together.
    pub(crate) is_ordered: bool,
    /// How a check compares its values.
    pub(crate) compares: Compares,
    /// Whether `unique` makes sense.
    pub(crate) is_unique: bool,
    /// What a field holds that has a `default` and is not told which, in Rust.
    pub(crate) empty: Empty,
    /// What a constant of it is, for people; nothing where there are none.
    pub(crate) constant: &'static str,
}

/// How values are compared in a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compares {
    /// Not at all.
    Nothing,
    /// By `==` and `!=`.
    Equality,
    /// By whatever there is.
    Order,
}

/// Who sets a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetBy {
    /// Clients, or the server in their place.
    Clients,
    /// The server alone.
    Server,
}

/// What a field says of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    Nothing,
    /// `len`; it is text that `search` looks into.
    Length,
    /// `range`
    Range,
    /// `max`: it holds any number of values, which lists can be filtered by.
    Count,
}

/// What stands for no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Empty {
    /// There is nothing.
    Nothing,
    /// A value that no client may send.
    Inner,
    /// A value like any other.
    Value,
}

const fn plain(shape: Shape, name: &'static str, written: &'static str) -> TypeSpec {
    TypeSpec {
        shape,
        name,
        written,
        set: SetBy::Clients,
        bounds: Bounds::Nothing,
        is_ordered: true,
        compares: Compares::Order,
        is_unique: true,
        empty: Empty::Nothing,
        constant: "",
    }
}

/// One whose values are the same or not.
const fn unordered(shape: Shape, name: &'static str, written: &'static str) -> TypeSpec {
    TypeSpec { compares: Compares::Equality, ..plain(shape, name, written) }
}

const fn automatic(shape: Shape, name: &'static str, written: &'static str) -> TypeSpec {
    TypeSpec { set: SetBy::Server, is_unique: false, ..plain(shape, name, written) }
}

/// What has a name that the macro does not know.
const CHOICE: TypeSpec =
    TypeSpec { constant: "the variant of the choice, without quotes", ..unordered(Shape::Choice, "", "Choice") };

/// All types.
const TYPES: &[TypeSpec] = &[
    TypeSpec { compares: Compares::Equality, ..automatic(Shape::Id, "Id", "Id<T>") },
    TypeSpec {
        bounds: Bounds::Length,
        empty: Empty::Value,
        constant: "text in quotes",
        ..unordered(Shape::Text, "String", "String")
    },
    TypeSpec {
        is_unique: false,
        empty: Empty::Value,
        constant: "`true` or `false`",
        ..unordered(Shape::Bool, "bool", "bool")
    },
    TypeSpec { bounds: Bounds::Range, empty: Empty::Value, constant: "an integer", ..plain(Shape::Int, "i64", "i64") },
    TypeSpec {
        bounds: Bounds::Range,
        is_unique: false,
        empty: Empty::Value,
        constant: "a number",
        ..plain(Shape::Float, "f64", "f64")
    },
    TypeSpec {
        bounds: Bounds::Range,
        empty: Empty::Value,
        constant: "a number, such as 12.30",
        ..plain(Shape::Decimal, "Decimal", "Decimal<S>")
    },
    plain(Shape::Timestamp, "Timestamp", "Timestamp"),
    plain(Shape::Date, "Date", "Date"),
    TypeSpec {
        bounds: Bounds::Range,
        empty: Empty::Value,
        constant: "a whole number of seconds",
        ..plain(Shape::Duration, "Duration", "Duration")
    },
    unordered(Shape::Uuid, "Uuid", "Uuid"),
    TypeSpec { bounds: Bounds::Length, empty: Empty::Inner, ..unordered(Shape::Url, "Url", "Url") },
    TypeSpec {
        is_ordered: false,
        compares: Compares::Nothing,
        is_unique: false,
        ..plain(Shape::Json, "Json", "Json<T>")
    },
    CHOICE,
    unordered(Shape::Relation, "BelongsTo", "BelongsTo<T>"),
    TypeSpec {
        bounds: Bounds::Count,
        is_ordered: false,
        compares: Compares::Nothing,
        is_unique: false,
        empty: Empty::Value,
        ..plain(Shape::Many, "Many", "Many<T>")
    },
    TypeSpec { bounds: Bounds::Length, empty: Empty::Inner, ..unordered(Shape::Email, "Email", "Email") },
    TypeSpec {
        is_ordered: false,
        compares: Compares::Nothing,
        is_unique: false,
        empty: Empty::Inner,
        ..plain(Shape::PasswordHash, "PasswordHash", "PasswordHash")
    },
    automatic(Shape::CreatedAt, "CreatedAt", "CreatedAt"),
    // Every change moves it, whatever it is about.
    TypeSpec { compares: Compares::Nothing, ..automatic(Shape::UpdatedAt, "UpdatedAt", "UpdatedAt") },
    // Null for every row that anybody sees.
    TypeSpec {
        is_ordered: false,
        compares: Compares::Nothing,
        ..automatic(Shape::DeletedAt, "DeletedAt", "DeletedAt")
    },
];

/// Types that people try, and what to take instead.
const INSTEAD: &[(&str, &str)] = &[
    ("i8", "i64"),
    ("i16", "i64"),
    ("i32", "i64"),
    ("i128", "i64"),
    ("isize", "i64"),
    ("u8", "i64"),
    ("u16", "i64"),
    ("u32", "i64"),
    ("u64", "i64"),
    ("u128", "i64"),
    ("usize", "i64"),
    ("f32", "f64"),
    ("BigDecimal", "Decimal<2>"),
    ("Money", "Decimal<2>"),
    ("char", "String"),
    ("str", "String"),
    ("Vec", "Json<Vec<T>>"),
    ("HashMap", "Json<T>"),
    ("BTreeMap", "Json<T>"),
    ("Value", "Json<T>"),
    ("SystemTime", "Timestamp"),
    ("TimeDelta", "Duration"),
    ("Uri", "Url"),
    ("DateTime", "Timestamp"),
    ("OffsetDateTime", "Timestamp"),
    ("NaiveDate", "Date"),
];

impl TypeSpec {
    /// All types.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        TYPES.iter()
    }

    /// How it is written.
    pub(crate) const fn written(&self) -> &'static str {
        self.written
    }

    /// The types that the macro knows by name.
    fn known() -> impl Iterator<Item = &'static Self> {
        TYPES.iter().filter(|spec| !spec.name.is_empty())
    }
}

impl Shape {
    /// What the macro knows of it.
    pub(crate) fn spec(self) -> &'static TypeSpec {
        TYPES.iter().find(|spec| spec.shape == self).unwrap_or(&CHOICE)
    }

    /// Whether its values lie before or after `now`.
    pub(crate) const fn is_timed(self) -> bool {
        matches!(self, Self::Timestamp | Self::Date | Self::CreatedAt | Self::UpdatedAt)
    }

    /// How the type is written.
    pub(crate) fn written(self) -> &'static str {
        self.spec().written()
    }

    /// The names that the macro knows.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        TypeSpec::known().map(|spec| spec.name)
    }

    /// The shapes that the macro knows by name.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TypeSpec::known().map(|spec| spec.shape)
    }

    /// The longest text, where a declaration says nothing; `None` where it has to.
    pub(crate) const fn longest(self) -> Option<u32> {
        match self {
            // What a path holds without its angle brackets (RFC 5321, section 4.5.3.1.3).
            Self::Email => Some(254),
            // What servers and browsers take, by and large.
            Self::Url => Some(2_048),
            _ => None,
        }
    }

    /// Whether the server alone sets it.
    pub(crate) fn is_automatic(self) -> bool {
        self.spec().set == SetBy::Server
    }
}

impl FieldType {
    /// Takes a type apart.
    pub(crate) fn of(ty: &Type) -> syn::Result<Self> {
        let Some((name, argument)) = head(ty) else {
            return Err(syn::Error::new_spanned(ty, format!("a field cannot have this type; there is {}", written())));
        };
        if name == "Option" {
            let Some(inner) = argument else {
                return Err(syn::Error::new_spanned(ty, "say of what: `Option<String>`"));
            };
            let inner = Self::of(inner)?;
            if inner.shape == Shape::Many {
                return Err(syn::Error::new_spanned(
                    ty,
                    "a field of none is empty and never null; take the `Option` away",
                ));
            }
            if inner.nullable || inner.shape.is_automatic() || inner.shape == Shape::PasswordHash {
                return Err(syn::Error::new_spanned(ty, "this cannot be null; take the `Option` away"));
            }
            return Ok(Self { nullable: true, ..inner });
        }
        if let Some((_, instead)) = INSTEAD.iter().find(|(wrong, _)| name == wrong) {
            return Err(syn::Error::new_spanned(ty, format!("a field cannot be a `{name}`; use `{instead}`")));
        }
        let shape = TypeSpec::known().find(|spec| name == spec.name).map_or(Shape::Choice, |spec| spec.shape);
        let leads = matches!(shape, Shape::Id | Shape::Relation | Shape::Many);
        let target = leads.then(|| argument.cloned()).flatten();
        if leads && target.is_none() {
            return Err(syn::Error::new_spanned(ty, format!("say of which resource: `{name}<Project>`")));
        }
        let scale = if shape == Shape::Decimal { scale(ty)? } else { 0 };
        Ok(Self { shape, nullable: false, bare: ty.clone(), target, scale })
    }

    /// How the type is written, without the `Option`.
    pub(crate) fn written(&self) -> String {
        match self.scale {
            0 => self.shape.written().to_owned(),
            scale => format!("Decimal<{scale}>"),
        }
    }
}

/// The digits after the point, which have to stand there as a number: what is compared with it is read by them.
fn scale(ty: &Type) -> syn::Result<u8> {
    const ADVICE: &str = "say how many digits stand after the point, from 1 to 18: `Decimal<2>`";
    let argument = last(ty).and_then(|segment| match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.first(),
        _ => None,
    });
    let Some(argument) = argument else { return Err(syn::Error::new_spanned(ty, ADVICE)) };
    let scale = match argument {
        GenericArgument::Const(Expr::Lit(ExprLit { lit: Lit::Int(scale), .. })) => scale.base10_parse().ok(),
        _ => None,
    };
    match scale {
        Some(0) => Err(syn::Error::new_spanned(argument, "without digits after the point it is an `i64`")),
        Some(scale) if scale <= MAX_SCALE => Ok(scale),
        _ => Err(syn::Error::new_spanned(argument, ADVICE)),
    }
}

/// The last segment of a type's path.
fn last(ty: &Type) -> Option<&PathSegment> {
    if let Type::Path(path) = ty { path.path.segments.last() } else { None }
}

/// The last segment of a type's path, and its first type argument.
fn head(ty: &Type) -> Option<(&Ident, Option<&Type>)> {
    let last = last(ty)?;
    let argument = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        }),
        _ => None,
    };
    Some((&last.ident, argument))
}

fn written() -> String {
    let names: Vec<&str> = TypeSpec::known().map(|spec| spec.written).collect();
    format!("{}, an enum with #[derive(Choice)], and `Option` of one", names.join(", "))
}
