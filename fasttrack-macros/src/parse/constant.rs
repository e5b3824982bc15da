//! Constants and bounds: `Todo`, `-5`, `["a", "b"]`, `1..=300`.

use proc_macro2::{Ident, Span};
use syn::{Lit, Token, ext::IdentExt as _, parse::ParseStream};

use crate::model::{Constant, ConstantValue, Number, Value};

/// Where `now` does not belong.
const NO_NOW: &str = "`now` stands in rules alone, where each request has its own: `#[can(read: published_at <= now)]`; \
                      what the server stamps is a `CreatedAt` or an `UpdatedAt`";

/// A literal, or the variant of a choice.
pub(crate) fn constant(input: ParseStream<'_>) -> syn::Result<Constant> {
    if input.peek(Token![-]) || input.peek(Lit) {
        return literal(input);
    }
    if !input.peek(syn::Ident::peek_any) {
        return Err(super::wrong(input, "expected a literal or the variant of a choice, such as `Todo`"));
    }
    let variant = input.call(Ident::parse_any)?;
    if variant == "now" {
        return Err(syn::Error::new(variant.span(), NO_NOW));
    }
    if input.peek(Token![::]) {
        return Err(syn::Error::new(variant.span(), "name the variant alone: the type is known"));
    }
    Ok(Constant { span: variant.span(), value: ConstantValue::Variant(variant) })
}

/// `[CONSTANT, …]`. After a mistake the rest is left out, so that it is no mistake of its own.
pub(crate) fn list(input: ParseStream<'_>) -> syn::Result<Value> {
    let inside;
    syn::bracketed!(inside in input);
    let listed = items(&inside);
    super::skip_to_end(&inside)?;
    listed.map(Value::List)
}

fn items(inside: ParseStream<'_>) -> syn::Result<Vec<Constant>> {
    let mut items = Vec::new();
    while !inside.is_empty() {
        items.push(constant(inside)?);
        if !inside.is_empty() {
            inside.parse::<Token![,]>().map_err(|_| super::wrong(inside, "expected `,` and a further value"))?;
        }
    }
    Ok(items)
}

/// `min..=max`, either of which may be missing.
pub(crate) fn bounds(input: ParseStream<'_>) -> syn::Result<Value> {
    let min = if input.peek(Token![..]) { None } else { Some(literal(input)?) };
    if input.peek(Token![..=]) {
        input.parse::<Token![..=]>()?;
        return Ok(Value::Bounds { min, max: Some(literal(input)?) });
    }
    if !input.peek(Token![..]) {
        let at = min.map_or_else(|| input.span(), |min| min.span);
        return Err(syn::Error::new(at, "say from where to where: `1..=300`"));
    }
    let dots: Token![..] = input.parse()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(Value::Bounds { min, max: None });
    }
    Err(syn::Error::new(dots.spans[0], "bounds include their end; write `..=`"))
}

fn literal(input: ParseStream<'_>) -> syn::Result<Constant> {
    let minus: Option<Token![-]> = input.parse()?;
    let literal: Lit = input.parse().map_err(|e: syn::Error| unfit(e.span()))?;
    let span = minus.and_then(|minus| minus.spans[0].join(literal.span())).unwrap_or_else(|| literal.span());
    let sign = if minus.is_some() { "-" } else { "" };
    let value = match &literal {
        Lit::Int(int) if suffix_is(int.suffix(), "i64") => {
            let digits = format!("{sign}{}", int.base10_digits());
            digits.parse().map(ConstantValue::Int).map_err(|_| syn::Error::new(span, "does not fit into an i64"))?
        }
        Lit::Float(float) if suffix_is(float.suffix(), "f64") => {
            let digits = format!("{sign}{}", float.base10_digits());
            let value: f64 = digits.parse().map_err(|_| unfit(span))?;
            if !value.is_finite() {
                return Err(syn::Error::new(span, "does not fit into an f64"));
            }
            ConstantValue::Float(Number { value, digits })
        }
        Lit::Str(text) if minus.is_none() => ConstantValue::Text(text.value()),
        Lit::Bool(truth) if minus.is_none() => ConstantValue::Bool(truth.value),
        _ => return Err(unfit(span)),
    };
    Ok(Constant { span, value })
}

fn suffix_is(suffix: &str, allowed: &str) -> bool {
    suffix.is_empty() || suffix == allowed
}

fn unfit(span: Span) -> syn::Error {
    syn::Error::new(span, "expected an integer, a number, text, `true` or `false`")
}
