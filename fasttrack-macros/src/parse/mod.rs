//! Tokens -> model. Judges the form alone; what the words mean together is for `check`.

pub(crate) mod attribute;
mod constant;
pub(crate) mod constraint;
mod field;
mod has;
mod item;
pub(crate) mod moment;
pub(crate) mod never;
pub(crate) mod rule;
pub(crate) mod trigger;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Attribute, Expr, ExprLit, Fields, ItemStruct, Lit, LitStr, Meta, Token, ext::IdentExt as _, parenthesized,
    parse::ParseStream, spanned::Spanned as _,
};

use self::attribute::Options;
pub(crate) use self::item::item;
use crate::{errors::Errors, model::Declaration, names};

/// Attributes of the language on the struct, besides `resource` itself.
pub(crate) const ATTRIBUTES: [&str; 9] = ["can", "rule", "never", "on", "has", "unique", "check", "exclusive", "limit"];

/// Reads a declaration; mistakes are added, and what could be understood is returned.
pub(crate) fn declaration(arguments: TokenStream, mut item: ItemStruct, errors: &mut Errors) -> Declaration {
    let options = Options::parse(arguments, errors);
    let mut fields = Vec::new();
    match &mut item.fields {
        Fields::Named(named) => {
            fields.extend(named.named.iter_mut().filter_map(|source| field::parse(source, errors)));
        }
        _ => errors.push(item.ident.span(), "a resource is a struct with named fields"),
    }
    if !item.generics.params.is_empty() {
        errors.push(item.generics.span(), "a resource has no parameters; declare one struct per entity");
    }
    let name = names::snake_case(&item.ident.unraw().to_string());
    let mut declaration = Declaration {
        plural_at: options.plural.as_ref().map_or_else(|| item.ident.span(), LitStr::span),
        plural: options.plural.map_or_else(|| names::plural(&name), |plural| plural.value()),
        name,
        doc: doc(&item.attrs),
        account: options.account,
        registration: options.registration,
        under: options.under,
        conceal: options.conceal,
        was: options.was,
        hooks: options.hooks,
        keep_deleted: options.keep_deleted,
        history: options.history,
        fields,
        has: Vec::new(),
        rules: Vec::new(),
        grants: Vec::new(),
        can_count: 0,
        nevers: Vec::new(),
        triggers: Vec::new(),
        uniques: Vec::new(),
        checks: Vec::new(),
        exclusives: Vec::new(),
        limits: Vec::new(),
        item,
    };
    let attributes = std::mem::take(&mut declaration.item.attrs);
    for attribute in attributes {
        if !take_attribute(&mut declaration, &attribute, errors) {
            declaration.item.attrs.push(attribute);
        }
    }
    declaration
}

/// Reads an attribute of the struct, and says whether it was one of the language.
fn take_attribute(declaration: &mut Declaration, attribute: &Attribute, errors: &mut Errors) -> bool {
    let Some(name) = attribute.path().get_ident().map(ToString::to_string) else { return false };
    if let Some(form) = form_without_arguments(attribute, &name) {
        errors.push(attribute.path().span(), form);
        declaration.can_count += usize::from(name == "can");
        return true;
    }
    let at = attribute.path().span();
    match name.as_str() {
        "can" => {
            let grants = attribute.parse_args_with(|input: ParseStream<'_>| rule::grants(input, declaration.can_count));
            declaration.grants.extend(errors.take(grants).into_iter().flatten());
            declaration.can_count += 1;
        }
        "rule" => {
            let named = attribute.parse_args_with(|input: ParseStream<'_>| rule::named(input, errors));
            declaration.rules.extend(errors.take(named));
        }
        "never" => {
            let never = errors.take(attribute.parse_args_with(never::never));
            declaration.nevers.extend(never);
        }
        "on" => {
            let triggers = errors.take(attribute.parse_args_with(trigger::triggers));
            declaration.triggers.extend(triggers.into_iter().flatten());
        }
        "has" => {
            let has = attribute.parse_args_with(|input: ParseStream<'_>| has::has(input, errors));
            declaration.has.extend(errors.take(has).into_iter().flatten());
        }
        "unique" => {
            let unique = attribute.parse_args_with(|input: ParseStream<'_>| constraint::unique(input, at));
            declaration.uniques.extend(errors.take(unique));
        }
        "check" => {
            let check = attribute.parse_args_with(|input: ParseStream<'_>| constraint::check(input, at));
            declaration.checks.extend(errors.take(check));
        }
        "exclusive" => {
            let exclusive = attribute.parse_args_with(|input: ParseStream<'_>| constraint::exclusive(input, at));
            declaration.exclusives.extend(errors.take(exclusive));
        }
        "limit" => {
            let limit = attribute.parse_args_with(|input: ParseStream<'_>| constraint::limit(input, at));
            declaration.limits.extend(errors.take(limit));
        }
        "resource" => errors.push(at, "`#[resource]` is said already; say it once"),
        _ => return is_misspelt(attribute, &name, &ATTRIBUTES, errors),
    }
    true
}

/// How an attribute of the language is written that has no parentheses.
fn form_without_arguments(attribute: &Attribute, name: &str) -> Option<String> {
    const FORMS: [(&str, &str); 6] = [
        ("can", "#[can(read, update: owner)]"),
        ("rule", "#[rule(member: owner | role(Admin))]"),
        ("never", "#[never(role(User): update.role)]"),
        ("on", "#[on(created => opened { title: title } to owner)]"),
        ("has", "#[has(members: Membership.organisation)]"),
        ("field", "#[field(default, filter)]"),
    ];
    let (_, form) = FORMS.iter().chain(&constraint::FORMS).find(|(known, _)| *known == name)?;
    attribute.meta.require_list().is_err().then(|| format!("this is written `{form}`"))
}

/// A mistake at the next token, which may be the end.
fn wrong(input: ParseStream<'_>, message: impl std::fmt::Display) -> syn::Error {
    syn::Error::new(input.span(), message)
}

/// A name, or what is expected instead of one.
fn ident(input: ParseStream<'_>, expected: &str) -> syn::Result<Ident> {
    input.parse().map_err(|error: syn::Error| syn::Error::new(error.span(), expected))
}

/// Whether an attribute nobody else has is nearly one of the language; it is a mistake then.
fn is_misspelt(attribute: &Attribute, name: &str, known: &[&'static str], errors: &mut Errors) -> bool {
    const FOREIGN: [&str; 14] = [
        "doc",
        "derive",
        "cfg",
        "cfg_attr",
        "allow",
        "expect",
        "warn",
        "deny",
        "forbid",
        "serde",
        "must_use",
        "repr",
        "deprecated",
        "non_exhaustive",
    ];
    if FOREIGN.contains(&name) {
        return false;
    }
    let Some(near) = names::nearest(name, known.iter().copied()) else { return false };
    errors.push(attribute.path().span(), format!("`{name}` is no attribute; did you mean `{near}`?"));
    true
}

/// What stands in parentheses. After a mistake the rest of it is left out, so that it is no mistake of its own.
fn in_parentheses<T>(input: ParseStream<'_>, parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>) -> syn::Result<T> {
    let inside;
    parenthesized!(inside in input);
    let parsed = parse(&inside)
        .and_then(|parsed| if inside.is_empty() { Ok(parsed) } else { Err(wrong(&inside, "expected `)`")) });
    skip_to_end(&inside)?;
    parsed
}

/// Leaves out what follows a mistake, up to the next comma.
fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// Leaves out what follows a mistake.
fn skip_to_end(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

/// The doc comment, its lines joined.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    let text: Vec<String> = lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
    text.join("\n").trim().to_owned()
}
