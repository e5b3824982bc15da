//! The present and stretches of time: `now`, `now - 30d`, `24h`.

use proc_macro2::Span;
use syn::{Lit, Token, ext::IdentExt as _, parse::ParseStream};

use crate::{model::Now, names};

/// The units of time, with their length in seconds.
const UNITS: [(&str, i64); 4] = [("s", 1), ("m", 60), ("h", 60 * 60), ("d", 24 * 60 * 60)];

/// The longest stretch, in days: a hundred years.
const MAX_DAYS: i64 = 36_500;

/// Whether `now` comes next.
pub(crate) fn is_next(input: ParseStream<'_>) -> bool {
    input.fork().call(syn::Ident::parse_any).is_ok_and(|word| word == "now")
}

/// `now`, `now + 24h` or `now - 24h`
pub(crate) fn now(input: ParseStream<'_>) -> syn::Result<Now> {
    let word = input.call(syn::Ident::parse_any)?;
    Ok(Now { span: word.span(), offset_us: offset(input, "now")? })
}

/// `+ 24h`, `- 24h` or nothing, in microseconds; `what` is what is moved.
pub(crate) fn offset(input: ParseStream<'_>, what: &str) -> syn::Result<i64> {
    let sign = match (input.peek(Token![+]), input.peek(Token![-]) && !input.peek(Token![->])) {
        (true, _) => input.parse::<Token![+]>().map(|_| 1)?,
        (_, true) => input.parse::<Token![-]>().map(|_| -1)?,
        _ if input.peek(Token![*]) || input.peek(Token![/]) || input.peek(Token![%]) => {
            return Err(super::wrong(input, format!("`{what}` is moved by `+` or `-`: `{what} + 24h`")));
        }
        _ => return Ok(0),
    };
    let us = stretch(input, &format!("{what} + 24h"), &format!("write `{what}` alone"))?;
    if input.peek(Token![+]) || (input.peek(Token![-]) && !input.peek(Token![->])) {
        return Err(super::wrong(input, format!("`{what}` is moved once; add the two up: `{what} + 26h`")));
    }
    Ok(sign * us)
}

/// `24h` behind `in`, in microseconds.
pub(crate) fn length(input: ParseStream<'_>) -> syn::Result<i64> {
    stretch(input, "in 24h", "write nothing behind the relation")
}

/// `24h`, in microseconds; for messages, an example of where it stands, and what to do instead of saying none.
pub(crate) fn stretch(input: ParseStream<'_>, example: &str, instead: &str) -> syn::Result<i64> {
    let form = |at: Span| syn::Error::new(at, format!("say how long, in whole numbers: `{example}`"));
    // A literal may begin with a sign.
    if input.peek(Token![-]) {
        return Err(form(input.span()));
    }
    let literal: Lit = input.parse().map_err(|e: syn::Error| form(e.span()))?;
    let Lit::Int(number) = &literal else { return Err(form(literal.span())) };
    let units = UNITS.map(|(unit, _)| unit);
    let unit = number.suffix();
    if unit.is_empty() {
        let message = format!("say in which unit: `{number}h`; there is {}", names::list(&units));
        return Err(syn::Error::new(number.span(), message));
    }
    let Some((_, length_s)) = UNITS.iter().find(|(known, _)| *known == unit) else {
        let message = format!("`{unit}` is no unit of time; there is {}", names::list(&units));
        return Err(syn::Error::new(number.span(), message));
    };
    let seconds = number.base10_parse::<i64>().ok().and_then(|count| count.checked_mul(*length_s));
    match seconds {
        Some(0) => Err(syn::Error::new(number.span(), format!("that is no time; {instead}"))),
        Some(seconds) if seconds <= MAX_DAYS * 24 * 60 * 60 => Ok(seconds * 1_000_000),
        _ => {
            let message = format!("that is longer than a hundred years; at most `{MAX_DAYS}d`");
            Err(syn::Error::new(number.span(), message))
        }
    }
}
