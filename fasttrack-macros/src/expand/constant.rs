//! Constants -> `fasttrack::schema::Literal`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::{
    decimal,
    model::{Constant, ConstantValue, Field},
    shape::Shape,
};

/// A constant that this field is to hold.
pub(crate) fn literal(field: &Field, constant: &Constant) -> TokenStream {
    let scale = field.ty.scale;
    let value = match &constant.value {
        value if scale > 0 => {
            // What is none has its message.
            let units = decimal::units(value, scale).unwrap_or_default();
            quote!(Decimal(__ft::Fixed::new(#units, #scale)))
        }
        ConstantValue::Bool(value) => quote!(Bool(#value)),
        ConstantValue::Int(_) | ConstantValue::Float(_) if field.ty.shape == Shape::Float => {
            let value = number(constant);
            quote!(Float(#value))
        }
        ConstantValue::Int(value) => quote!(Int(#value)),
        ConstantValue::Float(number) => {
            let value = number.value;
            quote!(Float(#value))
        }
        ConstantValue::Text(value) => quote!(Text(#value)),
        ConstantValue::Variant(variant) => {
            let ty = &field.ty.bare;
            let word = quote_spanned!(variant.span()=> __ft::words::<#ty>().#variant);
            quote!(Text(#word))
        }
    };
    quote!(__ft::Literal::#value)
}

/// The values of a list.
pub(crate) fn list(field: &Field, items: &[Constant]) -> TokenStream {
    let items = items.iter().map(|item| match &item.value {
        ConstantValue::Text(text) => quote!(#text),
        ConstantValue::Int(number) => quote!(#number),
        // What is neither has its message.
        _ => TokenStream::new(),
    });
    if field.ty.shape == Shape::Integers {
        quote!(__ft::Literal::Integers(const { &[#(#items),*] }))
    } else {
        quote!(__ft::Literal::Texts(const { &[#(#items),*] }))
    }
}

/// A constant as a number; zero when it is none, which `check` rules out.
#[expect(clippy::cast_precision_loss, reason = "whoever writes an integer for an f64 means the nearest f64")]
pub(crate) const fn number(constant: &Constant) -> f64 {
    match constant.value {
        ConstantValue::Int(value) => value as f64,
        ConstantValue::Float(ref number) => number.value,
        _ => 0.0,
    }
}
