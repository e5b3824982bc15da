//! `#[resource(…)]`: what the resource is as a whole.

use proc_macro2::{Ident, Span, TokenStream};
use syn::{
    LitStr, Token,
    ext::IdentExt as _,
    parse::{Parse, ParseStream, Parser as _},
};

use super::moment;
use crate::{
    errors::Errors,
    model::{KeepDeleted, Registers, Registration},
    names,
};

/// The options of a resource: how each is written.
pub(crate) const OPTIONS: [&str; 8] = [
    "under = project",
    "plural = \"people\"",
    "account",
    "conceal",
    "hooks",
    "keep_deleted = 30d",
    "history",
    "was = old_plural",
];

/// The options of a resource.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) under: Option<Ident>,
    pub(crate) plural: Option<LitStr>,
    pub(crate) account: Option<Span>,
    pub(crate) registration: Option<Registration>,
    pub(crate) conceal: bool,
    pub(crate) was: Option<Ident>,
    pub(crate) hooks: Option<Span>,
    pub(crate) keep_deleted: Option<KeepDeleted>,
    pub(crate) history: Option<Span>,
}

impl Options {
    /// Reads the options; mistakes are added.
    pub(crate) fn parse(arguments: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        let mut said: Vec<String> = Vec::new();
        let parsed = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                let nothing = |e: syn::Error| syn::Error::new(e.span(), "expected an option, such as `conceal`");
                let word = input.call(Ident::parse_any).map_err(nothing)?;
                if said.contains(&word.to_string()) {
                    errors.push(word.span(), format!("`{word}` is said twice"));
                }
                said.push(word.to_string());
                options.read(&word, input, errors)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        })
        .parse2(arguments);
        errors.take(parsed);
        options
    }

    fn read(&mut self, word: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        match word.to_string().as_str() {
            "under" => self.under = Some(value(word, input)?),
            "plural" => self.plural = Some(value(word, input)?),
            "was" => {
                input.parse::<Token![=]>()?;
                self.was = Some(input.call(Ident::parse_any)?);
            }
            "account" => {
                self.account = Some(word.span());
                if input.peek(syn::token::Paren) {
                    self.registration = registration(input, errors)?;
                }
            }
            "conceal" => self.conceal = true,
            "hooks" => self.hooks = Some(word.span()),
            "history" => self.history = Some(word.span()),
            "keep_deleted" => {
                assign(word, input)?;
                let for_us = moment::stretch(input, "keep_deleted = 30d", "take `DeletedAt` away to keep nothing")?;
                self.keep_deleted = Some(KeepDeleted { at: word.span(), for_us });
            }
            other => {
                let words = OPTIONS.map(|form| form.split(' ').next().unwrap_or(form));
                errors.push(
                    word.span(),
                    format!("`{other}` is no option of a resource; {}", names::advice(other, &words)),
                );
                super::skip_to_comma(input)?;
            }
        }
        Ok(())
    }
}

/// Who makes accounts, as it is said of `account`.
const REGISTERS: [&str; 2] = ["no_registration", "invite_only"];

/// `(no_registration)`, `(invite_only)`
fn registration(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Registration>> {
    const SAY: &str =
        "say who makes accounts, `account(no_registration)` or `account(invite_only)`, or `account` alone";
    let content;
    let paren = syn::parenthesized!(content in input);
    if content.is_empty() {
        errors.push(paren.span.join(), SAY);
        return Ok(None);
    }
    let word = content.call(Ident::parse_any).map_err(|e| syn::Error::new(e.span(), SAY))?;
    let registers = match word.to_string().as_str() {
        "no_registration" => Registers::Others,
        "invite_only" => Registers::Invited,
        other => {
            let message = format!("`{other}` is no option of an account; {}", names::advice(other, &REGISTERS));
            errors.push(word.span(), message);
            content.parse::<TokenStream>()?;
            return Ok(None);
        }
    };
    let rest = content.parse::<TokenStream>()?;
    if !rest.is_empty() {
        errors.push(paren.span.join(), SAY);
    }
    Ok(Some(Registration { at: word.span(), registers }))
}

/// `= VALUE`
fn value<T: Parse>(word: &Ident, input: ParseStream<'_>) -> syn::Result<T> {
    assign(word, input)?;
    input.parse().map_err(|_| written(word))
}

/// `=`
fn assign(word: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
    input.parse::<Token![=]>().map(drop).map_err(|_| written(word))
}

fn written(word: &Ident) -> syn::Error {
    let form = OPTIONS.iter().find(|form| form.split(' ').next() == Some(&word.to_string())).unwrap_or(&"");
    syn::Error::new(word.span(), format!("`{word}` is written `{form}`"))
}
