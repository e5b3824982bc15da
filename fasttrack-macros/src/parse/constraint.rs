//! What holds of all rows together, or of several fields of a row: `#[unique(a, b)]`, `#[check(a < b)]`,
//! `#[exclusive(a..b, per = c)]`, `#[limit(100 per a)]`.

use proc_macro2::{Ident, Span};
use syn::{Lit, LitInt, Token, ext::IdentExt as _, parse::ParseStream, token::Paren};

use super::{constant, in_parentheses, moment, rule};
use crate::model::{Check, Condition, Exclusive, Limit, Operand, Unique};

/// The attributes: their words, and how each is written.
pub(crate) const FORMS: [(&str, &str); 4] = [
    ("unique", "#[unique(organisation, user)]"),
    ("check", "#[check(starts_at < ends_at)]"),
    ("exclusive", "#[exclusive(starts_at..ends_at, per = doctor)]"),
    ("limit", "#[limit(5 per user in 1m)]"),
];

/// `FIELD, FIELD, …` of an attribute that stands there.
pub(super) fn unique(input: ParseStream<'_>, at: Span) -> syn::Result<Unique> {
    let mut fields: Vec<Ident> = Vec::new();
    while !input.is_empty() {
        if !input.peek(syn::Ident::peek_any) {
            return Err(super::wrong(input, "expected the names of fields: `organisation, user`"));
        }
        fields.push(input.call(Ident::parse_any)?);
        if !input.is_empty() {
            input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), "expected `,` and another field"))?;
        }
    }
    Ok(Unique { at, fields })
}

/// `FROM..TO`, or `FROM..TO, per = FIELD`, of an attribute that stands there.
pub(super) fn exclusive(input: ParseStream<'_>, at: Span) -> syn::Result<Exclusive> {
    let start = name(input, RANGE)?;
    if input.peek(Token![..=]) {
        return Err(super::wrong(input, "the end is not part of it, so that one may follow on another; write `..`"));
    }
    input.parse::<Token![..]>().map_err(|e| syn::Error::new(e.span(), RANGE))?;
    let end = name(input, RANGE)?;
    let mut per = Vec::new();
    if !input.is_empty() {
        input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), PER))?;
    }
    if !input.is_empty() {
        let word = name(input, PER)?;
        if word != "per" {
            return Err(syn::Error::new(word.span(), PER));
        }
        input.parse::<Token![=]>().map_err(|e| syn::Error::new(e.span(), PER))?;
        per = if input.peek(Paren) { in_parentheses(input, names)? } else { vec![name(input, PER)?] };
        input.parse::<Option<Token![,]>>()?;
    }
    if input.is_empty() { Ok(Exclusive { at, start, end, per }) } else { Err(super::wrong(input, PER)) }
}

/// `COUNT per RELATION`, or `COUNT per RELATION in TIME`, of an attribute that stands there.
pub(super) fn limit(input: ParseStream<'_>, at: Span) -> syn::Result<Limit> {
    let form = |e: syn::Error| syn::Error::new(e.span(), LIMIT);
    let count: LitInt = input.parse().map_err(form)?;
    if !count.suffix().is_empty() {
        return Err(syn::Error::new(count.span(), LIMIT));
    }
    let word = name(input, LIMIT)?;
    if word != "per" {
        return Err(syn::Error::new(word.span(), LIMIT));
    }
    let per = name(input, LIMIT)?;
    if input.peek(Token![.]) {
        return Err(super::wrong(input, "rows are counted by a relation of their own; name that field alone"));
    }
    let within = if input.peek(Token![in]) {
        let word: Token![in] = input.parse()?;
        Some((word.span, moment::length(input)?))
    } else {
        None
    };
    if !input.is_empty() {
        return Err(super::wrong(input, "expected nothing more, or in which time: `5 per author in 1m`"));
    }
    Ok(Limit { at, count_at: count.span(), count: count.base10_parse().ok(), per, within })
}

const LIMIT: &str = "say how many, and per what: `100 per project`, `5 per author in 1m`";

const RANGE: &str = "say from which field to which: `starts_at..ends_at`";

const PER: &str = "expected nothing more, or of which rows: `per = doctor`, `per = (doctor, room)`";

fn name(input: ParseStream<'_>, expected: &str) -> syn::Result<Ident> {
    if !input.peek(syn::Ident::peek_any) {
        return Err(super::wrong(input, expected));
    }
    input.call(Ident::parse_any)
}

fn names(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let mut names = vec![name(input, PER)?];
    while !input.is_empty() {
        input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), "expected `,` and another field"))?;
        if !input.is_empty() {
            names.push(name(input, PER)?);
        }
    }
    Ok(names)
}

/// A condition of an attribute that stands there, up to the end.
pub(super) fn check(input: ParseStream<'_>, at: Span) -> syn::Result<Check> {
    if input.is_empty() {
        return Err(super::wrong(input, "say what has to hold of each row: `starts_at < ends_at`"));
    }
    Ok(Check { at, condition: whole(input)? })
}

fn whole(input: ParseStream<'_>) -> syn::Result<Condition> {
    let condition = any(input)?;
    if input.is_empty() { Ok(condition) } else { Err(super::wrong(input, "expected `|`, `&` or the end of the check")) }
}

fn any(input: ParseStream<'_>) -> syn::Result<Condition> {
    let mut parts = vec![all(input)?];
    while input.peek(Token![|]) {
        if input.peek(Token![||]) {
            return Err(super::wrong(input, "a check says `|` once"));
        }
        input.parse::<Token![|]>()?;
        parts.push(all(input)?);
    }
    Ok(single(parts, Condition::Any))
}

fn all(input: ParseStream<'_>) -> syn::Result<Condition> {
    let mut parts = vec![not(input)?];
    while input.peek(Token![&]) {
        if input.peek(Token![&&]) {
            return Err(super::wrong(input, "a check says `&` once"));
        }
        input.parse::<Token![&]>()?;
        parts.push(not(input)?);
    }
    Ok(single(parts, Condition::All))
}

fn single(mut parts: Vec<Condition>, of: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            of(parts)
        }
    }
}

fn not(input: ParseStream<'_>) -> syn::Result<Condition> {
    if input.peek(Token![!]) {
        input.parse::<Token![!]>()?;
        return not(input).map(|condition| Condition::Not(Box::new(condition)));
    }
    if input.peek(Paren) {
        return in_parentheses(input, whole);
    }
    let left = operand(input)?;
    let Some(op) = rule::operator(input)? else {
        return Err(syn::Error::new(
            left.span(),
            "a check compares: `starts_at < ends_at`, `size >= 1`, `is_open == true`",
        ));
    };
    Ok(Condition::Compare { left, op, right: operand(input)? })
}

fn operand(input: ParseStream<'_>) -> syn::Result<Operand> {
    if input.peek(Token![-]) || input.peek(Lit) {
        return constant::constant(input).map(Operand::Constant);
    }
    if !input.peek(syn::Ident::peek_any) {
        return Err(super::wrong(input, "expected a field, a literal or the variant of a choice"));
    }
    let name = input.call(Ident::parse_any)?;
    if name == "now" && (input.peek(Token![+]) || input.peek(Token![-])) {
        return Err(syn::Error::new(
            name.span(),
            "a check holds at any time, so it does not ask for `now`; ask it in a rule",
        ));
    }
    if input.peek(Token![.]) {
        let message = "a check speaks of the row alone, and a path leads to another one; leave it to a hook";
        return Err(syn::Error::new(name.span(), message));
    }
    if input.peek(Token![::]) {
        return Err(syn::Error::new(name.span(), "name the variant alone: the type is known"));
    }
    Ok(Operand::Name(name))
}
