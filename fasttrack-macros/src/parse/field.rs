//! A field and its `#[field(…)]` options.

use proc_macro2::Ident;
use syn::{Attribute, LitStr, Token, ext::IdentExt as _, parse::ParseStream, spanned::Spanned as _};

use super::{constant, in_parentheses, rule, skip_to_comma};
use crate::{
    errors::Errors,
    model::{Field, GivenOption, MediaType, StepRule, Transition, Value},
    names,
    options::{Argument, ON_DELETE, OptionSpec},
    shape::{FieldType, Shape},
};

/// Reads a field and takes its `#[field]` attributes away. A field of an impossible type is left out.
pub(crate) fn parse(source: &mut syn::Field, errors: &mut Errors) -> Option<Field> {
    let mut options = Vec::new();
    source.attrs.retain(|attribute| !take_attribute(attribute, &mut options, errors));
    let ident = source.ident.clone()?;
    let ty = errors.take(FieldType::of(&source.ty))?;
    let name = ident.unraw().to_string();
    let key = match ty.shape {
        Shape::Relation => format!("{name}_id"),
        Shape::Many => format!("{}_ids", names::singular(&name)),
        _ => name.clone(),
    };
    Some(Field { ident, name, key, doc: super::doc(&source.attrs), ty, options })
}

/// Reads an attribute of a field, and says whether it was one of the language.
fn take_attribute(attribute: &Attribute, options: &mut Vec<GivenOption>, errors: &mut Errors) -> bool {
    let Some(name) = attribute.path().get_ident().map(ToString::to_string) else { return false };
    if let Some(form) = super::form_without_arguments(attribute, &name).filter(|_| name == "field") {
        errors.push(attribute.path().span(), form);
        return true;
    }
    if name == "field" {
        let parsed = attribute.parse_args_with(|input: ParseStream<'_>| read_options(input, options, errors));
        errors.take(parsed);
        return true;
    }
    if super::ATTRIBUTES.contains(&name.as_str()) {
        let message = format!("`#[{name}]` stands on the struct; a field has `#[field(…)]` alone");
        errors.push(attribute.path().span(), message);
        return true;
    }
    if let Some((_, why)) = FOREIGN.iter().find(|(foreign, _)| name == *foreign) {
        errors.push(attribute.path().span(), format!("`#[{name}]` has no place on a field of a resource: {why}"));
        return true;
    }
    super::is_misspelt(attribute, &name, &["field"], errors)
}

/// Attributes of others that would make the struct differ from the table and the API.
const FOREIGN: [(&str, &str); 3] = [
    ("serde", "the struct shows the JSON; rename the field itself, or hide it with `#[field(hidden)]`"),
    ("cfg", "a table has its columns in every build; take it away"),
    ("cfg_attr", "a table has its columns in every build; take it away"),
];

fn read_options(input: ParseStream<'_>, options: &mut Vec<GivenOption>, errors: &mut Errors) -> syn::Result<()> {
    while !input.is_empty() {
        let word = input.call(Ident::parse_any)?;
        match OptionSpec::find(&word.to_string()) {
            Ok(spec) => {
                if options.iter().any(|option| option.spec.name == spec.name) {
                    errors.push(word.span(), format!("`{word}` is said twice"));
                }
                let value = errors.take(value(spec, &word, input)).unwrap_or(Value::Unread);
                options.push(GivenOption { spec, span: word.span(), value });
            }
            Err(message) => errors.push(word.span(), message),
        }
        // Whatever follows a mistake, up to the next comma, belongs to it.
        if !errors.is_empty() {
            skip_to_comma(input)?;
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(())
}

fn value(spec: &OptionSpec, word: &Ident, input: ParseStream<'_>) -> syn::Result<Value> {
    let bare = input.is_empty() || input.peek(Token![,]);
    match spec.argument {
        Argument::Nothing | Argument::Constant | Argument::Aliases if bare => return Ok(Value::Nothing),
        Argument::Aliases if input.peek(syn::token::Paren) => return in_parentheses(input, aliases),
        Argument::Count if input.peek(syn::token::Paren) => return in_parentheses(input, count),
        Argument::Sum if input.peek(syn::token::Paren) => return in_parentheses(input, sum),
        Argument::Flow if input.peek(syn::token::Paren) => return in_parentheses(input, flow),
        Argument::Types if input.peek(syn::token::Paren) => return in_parentheses(input, types),
        Argument::Nothing => return Err(super::wrong(input, format!("`{word}` stands alone"))),
        _ if !input.peek(Token![=]) || spec.argument.is_in_parentheses() => {
            return Err(syn::Error::new(word.span(), format!("`{word}` is written `{}`", spec.form)));
        }
        _ => input.parse::<Token![=]>()?,
    };
    match spec.argument {
        Argument::Bounds => constant::bounds(input),
        Argument::Constant if input.peek(syn::token::Bracket) => constant::list(input),
        Argument::Constant | Argument::Number => constant::constant(input).map(Value::Constant),
        Argument::Rule => guard(input),
        Argument::OnDelete => on_delete(input),
        Argument::Name => input.call(Ident::parse_any).map(Value::Name),
        Argument::Nothing | Argument::Aliases | Argument::Flow | Argument::Count | Argument::Sum | Argument::Types => {
            Err(syn::Error::new(word.span(), format!("`{word}` is written `{}`", spec.form)))
        }
    }
}

/// `("image/png", "image/jpeg")`
fn types(inside: ParseStream<'_>) -> syn::Result<Value> {
    let form = "a media type stands in quotes: `types(\"image/png\", \"image/jpeg\")`";
    let mut types = Vec::new();
    while !inside.is_empty() {
        let name: LitStr = inside.parse().map_err(|e| syn::Error::new(e.span(), form))?;
        types.push(MediaType { span: name.span(), name: name.value() });
        if !inside.is_empty() {
            inside.parse::<Token![,]>().map_err(|_| super::wrong(inside, "expected `,` and a further media type"))?;
        }
    }
    if types.is_empty() { Err(super::wrong(inside, form)) } else { Ok(Value::Types(types)) }
}

/// `(ROWS)`, `(ROWS: RULE)`
fn count(inside: ParseStream<'_>) -> syn::Result<Value> {
    let rows = rows(inside, "count(tasks: status != Done)")?;
    if inside.is_empty() {
        return Ok(Value::Count(rows, None));
    }
    inside
        .parse::<Token![:]>()
        .map_err(|e| syn::Error::new(e.span(), "say of which: `count(tasks: status != Done)`"))?;
    if inside.is_empty() {
        return Err(super::wrong(inside, "say of which: `count(tasks: status != Done)`"));
    }
    let rule = rule::rule(inside)?;
    if inside.is_empty() {
        Ok(Value::Count(rows, Some(rule)))
    } else {
        Err(super::wrong(inside, "expected `&`, `|` or `)`"))
    }
}

/// `(ROWS: FIELD)`
fn sum(inside: ParseStream<'_>) -> syn::Result<Value> {
    let form = |e: syn::Error| syn::Error::new(e.span(), "say which of their fields: `sum(lines: amount)`");
    let rows = rows(inside, "sum(lines: amount)")?;
    inside.parse::<Token![:]>().map_err(form)?;
    let field = inside.call(Ident::parse_any).map_err(form)?;
    if inside.is_empty() { Ok(Value::Sum(rows, field)) } else { Err(super::wrong(inside, "expected `)`")) }
}

fn rows(inside: ParseStream<'_>, form: &str) -> syn::Result<Ident> {
    inside.call(Ident::parse_any).map_err(|e| syn::Error::new(e.span(), format!("say of which rows: `{form}`")))
}

/// The rule of a field, which is asked of the row as it is.
fn guard(input: ParseStream<'_>) -> syn::Result<Value> {
    let rule = rule::rule(input)?;
    if input.peek(Token![->]) { Err(super::wrong(input, rule::ARROW)) } else { Ok(Value::Rule(rule)) }
}

/// `(also = NAME, also = NAME)`
fn aliases(inside: ParseStream<'_>) -> syn::Result<Value> {
    let mut aliases = Vec::new();
    while !inside.is_empty() {
        let word = inside.call(Ident::parse_any)?;
        if word != "also" {
            return Err(syn::Error::new(word.span(), "a filter is written `filter` or `filter(also = NAME)`"));
        }
        let form = |e: syn::Error| syn::Error::new(e.span(), "say by which name: `also = NAME`");
        inside.parse::<Token![=]>().map_err(form)?;
        aliases.push(inside.call(Ident::parse_any).map_err(form)?);
        if !inside.is_empty() {
            inside.parse::<Token![,]>()?;
        }
    }
    Ok(Value::Aliases(aliases))
}

/// `(FROM -> TO | TO, FROM -> TO: RULE)`
fn flow(inside: ParseStream<'_>) -> syn::Result<Value> {
    let variant = || inside.call(Ident::parse_any).map_err(|e| syn::Error::new(e.span(), "name a variant"));
    let mut flow = Vec::new();
    while !inside.is_empty() {
        let from = variant()?;
        inside.parse::<Token![->]>().map_err(|e| syn::Error::new(e.span(), "say what may follow: `Todo -> Done`"))?;
        let mut to = vec![variant()?];
        while inside.peek(Token![|]) {
            inside.parse::<Token![|]>()?;
            to.push(variant()?);
        }
        let rule = if inside.peek(Token![:]) { Some(step_rule(inside)?) } else { None };
        flow.push(Transition { from, to, rule });
        if inside.peek(Token![->]) {
            return Err(super::wrong(inside, "say one step after the other: `Todo -> Doing, Doing -> Done`"));
        }
        if !inside.is_empty() {
            inside.parse::<Token![,]>().map_err(|e| {
                syn::Error::new(e.span(), "expected `,` and a further step, or who may take it: `Todo -> Done: owner`")
            })?;
        }
    }
    if flow.is_empty() {
        Err(super::wrong(inside, "say what may follow what: `Todo -> Done`"))
    } else {
        Ok(Value::Flow(flow))
    }
}

/// `: RULE`
fn step_rule(inside: ParseStream<'_>) -> syn::Result<StepRule> {
    inside.parse::<Token![:]>()?;
    let at = inside.span();
    if inside.is_empty() || inside.peek(Token![,]) {
        return Err(super::wrong(inside, "say who may take the step: `Todo -> Done: owner`"));
    }
    Ok(StepRule { at, rule: rule::rule(inside)? })
}

fn on_delete(input: ParseStream<'_>) -> syn::Result<Value> {
    let which = |e: syn::Error| syn::Error::new(e.span(), "say which: `cascade`, `restrict` or `set_null`");
    let word = input.call(Ident::parse_any).map_err(which)?;
    let found = ON_DELETE.iter().find(|(known, _)| word == known);
    let Some((_, variant)) = found else {
        let words: Vec<&str> = ON_DELETE.iter().map(|(known, _)| *known).collect();
        let message = format!("`on_delete` cannot be `{word}`; {}", names::advice(&word.to_string(), &words));
        return Err(syn::Error::new(word.span(), message));
    };
    Ok(Value::OnDelete { word, variant })
}
