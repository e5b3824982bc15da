//! What the macro can see of a field's type: its name, not its meaning.
//!
//! A name that it does not know is taken for a choice, and the generated code lets the compiler verify that.

use proc_macro2::Ident;
use syn::{GenericArgument, PathArguments, Type};

/// The types a field may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Id,
    Text,
    Bool,
    Int,
    Float,
    Timestamp,
    Date,
    Json,
    Choice,
    Relation,
    Email,
    PasswordHash,
    CreatedAt,
    UpdatedAt,
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
}

/// Names that the macro knows, with how they are written.
const KNOWN: &[(&str, Shape, &str)] = &[
    ("Id", Shape::Id, "Id<T>"),
    ("String", Shape::Text, "String"),
    ("bool", Shape::Bool, "bool"),
    ("i64", Shape::Int, "i64"),
    ("f64", Shape::Float, "f64"),
    ("Timestamp", Shape::Timestamp, "Timestamp"),
    ("Date", Shape::Date, "Date"),
    ("Json", Shape::Json, "Json<T>"),
    ("BelongsTo", Shape::Relation, "BelongsTo<T>"),
    ("Email", Shape::Email, "Email"),
    ("PasswordHash", Shape::PasswordHash, "PasswordHash"),
    ("CreatedAt", Shape::CreatedAt, "CreatedAt"),
    ("UpdatedAt", Shape::UpdatedAt, "UpdatedAt"),
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
    ("char", "String"),
    ("str", "String"),
    ("Vec", "Json<Vec<T>>"),
    ("HashMap", "Json<T>"),
    ("BTreeMap", "Json<T>"),
    ("Value", "Json<T>"),
    ("SystemTime", "Timestamp"),
    ("DateTime", "Timestamp"),
    ("OffsetDateTime", "Timestamp"),
    ("NaiveDate", "Date"),
];

impl Shape {
    /// How the type is written.
    pub(crate) fn written(self) -> &'static str {
        KNOWN.iter().find(|(_, shape, _)| *shape == self).map_or("Choice", |(_, _, written)| written)
    }

    /// The names that the macro knows.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        KNOWN.iter().map(|(name, ..)| *name)
    }

    /// The shapes that the macro knows by name.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|(_, shape, _)| *shape)
    }

    /// Whether the server alone sets it.
    pub(crate) const fn is_automatic(self) -> bool {
        matches!(self, Self::Id | Self::CreatedAt | Self::UpdatedAt)
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
            if inner.nullable || inner.shape.is_automatic() || inner.shape == Shape::PasswordHash {
                return Err(syn::Error::new_spanned(ty, "this cannot be null; take the `Option` away"));
            }
            return Ok(Self { nullable: true, ..inner });
        }
        if let Some((_, instead)) = INSTEAD.iter().find(|(wrong, _)| name == wrong) {
            return Err(syn::Error::new_spanned(ty, format!("a field cannot be a `{name}`; use `{instead}`")));
        }
        let shape = KNOWN.iter().find(|(known, ..)| name == known).map_or(Shape::Choice, |(_, shape, _)| *shape);
        let target = matches!(shape, Shape::Id | Shape::Relation).then(|| argument.cloned()).flatten();
        if matches!(shape, Shape::Id | Shape::Relation) && target.is_none() {
            return Err(syn::Error::new_spanned(ty, format!("say of which resource: `{name}<Project>`")));
        }
        Ok(Self { shape, nullable: false, bare: ty.clone(), target })
    }
}

/// The last segment of a type's path, and its first type argument.
fn head(ty: &Type) -> Option<(&Ident, Option<&Type>)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
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
    let names: Vec<&str> = KNOWN.iter().map(|(_, _, written)| *written).collect();
    format!("{}, an enum with #[derive(Choice)], and `Option` of one", names.join(", "))
}
