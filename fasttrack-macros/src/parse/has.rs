//! `#[has(NAME: Resource.relation, …)]`: names for the rows that refer here.

use syn::{Token, parse::ParseStream};

use crate::model::Has;

const FORM: &str = "expected a name and whose relation leads here: `members: Membership.organisation`";

/// What stands in the parentheses.
pub(crate) fn has(input: ParseStream<'_>) -> syn::Result<Vec<Has>> {
    let mut all = vec![one(input)?];
    while !input.is_empty() {
        input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), "expected `,` and a further name"))?;
        if !input.is_empty() {
            all.push(one(input)?);
        }
    }
    Ok(all)
}

fn one(input: ParseStream<'_>) -> syn::Result<Has> {
    let name = super::ident(input, FORM)?;
    input.parse::<Token![:]>().map_err(|e| syn::Error::new(e.span(), FORM))?;
    let target = input.call(syn::Path::parse_mod_style).map_err(|e| syn::Error::new(e.span(), FORM))?;
    let relation = "say by which of its relations: `members: Membership.organisation`";
    input.parse::<Token![.]>().map_err(|e| syn::Error::new(e.span(), relation))?;
    Ok(Has { name, target, relation: super::ident(input, relation)? })
}
