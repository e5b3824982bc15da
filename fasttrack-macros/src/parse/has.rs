//! `#[has(NAME: Resource.relation, …)]`: names for the rows that refer here.

use proc_macro2::Ident;
use syn::{Token, ext::IdentExt as _, parse::ParseStream};

use super::constant;
use crate::{
    errors::Errors,
    model::{Has, Inline, Value},
};

const FORM: &str = "expected a name and whose relation leads here: `members: Membership.organisation`";

/// How rows are taken along.
const INLINE: &str = "rows are taken along by `inline = 1..=100`, behind those that it is said of";

/// What stands in the parentheses.
pub(crate) fn has(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Has>> {
    let mut all = vec![one(input)?];
    while !input.is_empty() {
        input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), "expected `,` and a further name"))?;
        match all.last_mut() {
            _ if input.is_empty() => {}
            Some(last) if is_inline(input) => inline(input, last, errors)?,
            _ => all.push(one(input)?),
        }
    }
    Ok(all)
}

fn one(input: ParseStream<'_>) -> syn::Result<Has> {
    let name = super::ident(input, FORM)?;
    let form = if name == "inline" && !input.peek(Token![:]) { INLINE } else { FORM };
    input
        .parse::<Token![:]>()
        .map_err(|e| syn::Error::new(if form == INLINE { name.span() } else { e.span() }, form))?;
    let target = input.call(syn::Path::parse_mod_style).map_err(|e| syn::Error::new(e.span(), FORM))?;
    let relation = "say by which of its relations: `members: Membership.organisation`";
    input.parse::<Token![.]>().map_err(|e| syn::Error::new(e.span(), relation))?;
    Ok(Has { name, target, relation: super::ident(input, relation)?, inline: None })
}

/// Whether `inline = …` follows, and no rows that are called so.
fn is_inline(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.call(Ident::parse_any).is_ok_and(|word| word == "inline") && !ahead.peek(Token![:])
}

fn inline(input: ParseStream<'_>, last: &mut Has, errors: &mut Errors) -> syn::Result<()> {
    let word = input.call(Ident::parse_any)?;
    let bounds = match input.parse::<Token![=]>() {
        Ok(_) => constant::bounds(input),
        Err(_) => Err(syn::Error::new(word.span(), INLINE)),
    };
    if last.inline.is_some() {
        errors.push(word.span(), format!("how many `{}` are taken along is said already", last.name));
        return bounds.map(drop);
    }
    let bounds = if let Some(Value::Bounds { min, max }) = errors.take(bounds) {
        Some((min, max))
    } else {
        super::skip_to_comma(input)?;
        None
    };
    last.inline = Some(Inline { at: word.span(), bounds });
    Ok(())
}
