//! `#[on(CHANGE, … => EFFECT; …)]`: `changed(status -> Done) => task_done { by: assignee } to project.owner except actor`.

use proc_macro2::Ident;
use syn::{
    Token, braced,
    ext::IdentExt as _,
    parse::{ParseStream, discouraged::Speculative as _},
    token::Brace,
};

use super::{constant, in_parentheses, moment, rule};
use crate::{
    model::{Assigned, Assignment, Change, Effect, Payload, Recipient, Trigger},
    names,
};

/// What a trigger may wait for.
pub(crate) const CHANGES: [&str; 5] = ["created", "deleted", "restored", "changed", "at"];

/// `CHANGE, … => EFFECT; …`: a trigger for each change and each effect.
pub(crate) fn triggers(input: ParseStream<'_>) -> syn::Result<Vec<Trigger>> {
    let mut changes = vec![change(input)?];
    while input.parse::<Option<Token![,]>>()?.is_some() {
        changes.push(change(input)?);
    }
    input.parse::<Token![=>]>().map_err(|e| syn::Error::new(e.span(), "expected `=>` and what then happens"))?;
    let mut triggers = Vec::new();
    // Effects are read once for each change, from the same place.
    let start = input.fork();
    for change in changes {
        let effects = start.fork();
        triggers.push(Trigger { change: change.clone(), effect: effect(&effects)? });
        while effects.parse::<Option<Token![;]>>()?.is_some() {
            triggers.push(Trigger { change: change.clone(), effect: effect(&effects)? });
        }
        if !effects.is_empty() {
            return Err(super::wrong(&effects, "expected the end of the trigger, or `;` and a further effect"));
        }
        input.advance_to(&effects);
    }
    Ok(triggers)
}

fn change(input: ParseStream<'_>) -> syn::Result<Change> {
    let when = |e: syn::Error| {
        syn::Error::new(e.span(), "say when: `created`, `deleted`, `restored`, `changed(field)` or `at(field)`")
    };
    let word = input.call(Ident::parse_any).map_err(when)?;
    match word.to_string().as_str() {
        "created" => Ok(Change::Created),
        "deleted" => Ok(Change::Deleted),
        "restored" => Ok(Change::Restored(word.span())),
        "changed" => changed(&word, input),
        "at" => at(&word, input),
        other => {
            let message = format!("`{other}` is no change; {}", names::advice(other, &CHANGES));
            Err(syn::Error::new(word.span(), message))
        }
    }
}

/// `(FIELD)` or `(FIELD -> VALUE)`
fn changed(word: &Ident, input: ParseStream<'_>) -> syn::Result<Change> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(word.span(), "say of which field: `changed(status)`"));
    }
    in_parentheses(input, |inside| {
        let field = super::ident(inside, "say of which field: `changed(status)`")?;
        let arrow: Option<Token![->]> = inside.parse()?;
        let to = arrow.map(|_| constant::constant(inside)).transpose()?;
        Ok(Change::Changed { field, to })
    })
}

/// `(FIELD)` or `(FIELD - 24h)`
fn at(word: &Ident, input: ParseStream<'_>) -> syn::Result<Change> {
    const FORM: &str = "say when: `at(starts_at)`, `at(starts_at - 24h)`";
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(word.span(), FORM));
    }
    in_parentheses(input, |inside| {
        let field = super::ident(inside, FORM)?;
        if inside.peek(Token![.]) {
            return Err(super::wrong(inside, "the instant is one of the row itself, since no other row wakes it"));
        }
        let offset_us = moment::offset(inside, &field.unraw().to_string())?;
        Ok(Change::At { field, offset_us })
    })
}

fn effect(input: ParseStream<'_>) -> syn::Result<Effect> {
    let name: Ident = input.parse().map_err(|e| syn::Error::new(e.span(), "expected an event or `run`"))?;
    if name == "run" && !input.peek(Brace) && !next_is(input, "to") {
        let which = |e: syn::Error| syn::Error::new(e.span(), "say which function: `run crate::mail::tell`");
        let path: syn::Path = input.parse().map_err(which)?;
        return Ok(Effect::Run(path));
    }
    if name == "add" && !input.peek(Brace) && !next_is(input, "to") {
        return add(input);
    }
    let payload = if input.peek(Brace) { payload(input)? } else { Vec::new() };
    if !next_is(input, "to") {
        return Err(syn::Error::new(name.span(), format!("say who hears of it: `{name} {{ … }} to project.owner`")));
    }
    input.parse::<Ident>()?;
    let mut to = vec![recipient(input)?];
    while input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
        to.push(recipient(input)?);
    }
    let except_actor = next_is(input, "except").then(|| input.span());
    if except_actor.is_some() {
        input.parse::<Ident>()?;
        let actor: Ident = input.parse().map_err(|e| syn::Error::new(e.span(), "expected `except actor`"))?;
        if actor != "actor" {
            return Err(syn::Error::new(actor.span(), "only who did it can be left out: `except actor`"));
        }
    }
    Ok(Effect::Event { name, payload, to, except_actor })
}

/// `NAME { field: actor, field: Variant, field: path }`
fn add(input: ParseStream<'_>) -> syn::Result<Effect> {
    const FORM: &str = "say to which rows, and what it holds: `add members { user: actor, level: Owner }`";
    let to = super::ident(input, FORM)?;
    if !input.peek(Brace) {
        return Err(super::wrong(input, FORM));
    }
    let inside;
    braced!(inside in input);
    let mut values = Vec::new();
    while !inside.is_empty() {
        let field = super::ident(&inside, FORM)?;
        inside.parse::<Token![:]>().map_err(|e| syn::Error::new(e.span(), "expected `field: value`"))?;
        values.push(Assignment { field, value: assigned(&inside)? });
        if !inside.is_empty() {
            inside.parse::<Token![,]>()?;
        }
    }
    Ok(Effect::Add { to, values })
}

/// `actor`, a constant, or a path to a field; a name in lower case is one.
fn assigned(input: ParseStream<'_>) -> syn::Result<Assigned> {
    let name = input.fork().parse::<Ident>().ok().map(|ident| ident.unraw().to_string());
    match name {
        Some(name) if name == "actor" => input.parse().map(|ident: Ident| Assigned::Actor(ident.span())),
        Some(name) if name.starts_with(|first: char| first.is_lowercase() || first == '_') => {
            rule::path(input).map(Assigned::Path)
        }
        _ => constant::constant(input).map(Assigned::Constant),
    }
}

/// `{ key: path, key: old.path }`
fn payload(input: ParseStream<'_>) -> syn::Result<Vec<Payload>> {
    let inside;
    braced!(inside in input);
    let mut payload = Vec::new();
    while !inside.is_empty() {
        let key = inside.call(Ident::parse_any)?;
        inside.parse::<Token![:]>().map_err(|e| syn::Error::new(e.span(), "expected `key: path`"))?;
        let mut path = rule::path(&inside)?;
        let versioned = path.head.first().is_some_and(|first| first == "old" || first == "new");
        let version = versioned.then(|| path.head.remove(0));
        payload.push(Payload { key, version, path });
        if !inside.is_empty() {
            inside.parse::<Token![,]>()?;
        }
    }
    Ok(payload)
}

fn recipient(input: ParseStream<'_>) -> syn::Result<Recipient> {
    if input.peek(Token![self]) {
        return Ok(Recipient::Oneself(input.parse::<Token![self]>()?.span));
    }
    rule::path(input).map(Recipient::Path)
}

/// Whether this word comes next.
fn next_is(input: ParseStream<'_>, word: &str) -> bool {
    input.fork().parse::<Ident>().is_ok_and(|ident| ident == word)
}
