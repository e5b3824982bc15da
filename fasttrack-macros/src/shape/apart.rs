//! What the macro can see of a field's type: its name, not its meaning.
//!
//! A name that it does not know is taken for a choice, and the generated code lets the compiler verify that.

use proc_macro2::Ident;
use syn::{Expr, ExprLit, GenericArgument, Lit, PathArguments, PathSegment, Type};

use super::{Shape, TypeSpec};
use crate::decimal::MAX_SCALE;

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
        let known = TypeSpec::known().find(|spec| name == spec.name).map_or(Shape::Choice, |spec| spec.shape);
        let shape = if name == "Vec" { list_of(ty, argument)? } else { known };
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

/// The list of such values.
fn list_of(ty: &Type, argument: Option<&Type>) -> syn::Result<Shape> {
    match argument.and_then(last) {
        Some(item) if item.ident == "String" => Ok(Shape::Texts),
        Some(item) if item.ident == "i64" => Ok(Shape::Integers),
        item => {
            let near = INSTEAD.iter().find(|(wrong, _)| item.is_some_and(|item| item.ident == wrong));
            let message = match near {
                Some((_, instead @ ("i64" | "String"))) => format!("a list holds no such values; use `Vec<{instead}>`"),
                _ => {
                    "a list holds texts or integers, `Vec<String>` or `Vec<i64>`; for rows use `Many<T>`, for anything \
                      else `Json<Vec<T>>`"
                        .to_owned()
                }
            };
            Err(argument
                .map_or_else(|| syn::Error::new_spanned(ty, &message), |of| syn::Error::new_spanned(of, &message)))
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
