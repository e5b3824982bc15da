//! The rule language: `owner | role(Admin) & !(status == Archived)`. `!` binds tighter than `&`, `&` than `|`.

use proc_macro2::{Ident, Span};
use syn::{Token, ext::IdentExt as _, parse::ParseStream, token::Paren};

use super::{constant, in_parentheses, moment, skip_to_end};
use crate::{
    errors::Errors,
    model::{Afterwards, Grant, NamedRule, Operator, Path, Rule},
};

/// `VERB, VERB: RULE` or `VERB: RULE -> RULE`, which is the given one of the `#[can]` attributes.
pub(crate) fn grants(input: ParseStream<'_>, attribute: usize) -> syn::Result<Vec<Grant>> {
    let mut verbs: Vec<Ident> = Vec::new();
    while !input.peek(Token![:]) {
        if !input.peek(syn::Ident::peek_any) {
            return Err(super::wrong(input, "expected verbs and a rule: `create, list: authenticated`"));
        }
        verbs.push(input.call(Ident::parse_any)?);
        if !input.peek(Token![:]) {
            input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), "expected `:` and a rule"))?;
        }
    }
    if verbs.is_empty() {
        return Err(super::wrong(input, "say which verbs: `create, list: authenticated`"));
    }
    input.parse::<Token![:]>()?;
    if input.peek(Token![->]) {
        return Err(super::wrong(
            input,
            "say who may before the change too: `update: owner -> owner & status == Open`",
        ));
    }
    let rule = rule(input)?;
    let afterwards = if input.peek(Token![->]) { Some(afterwards(input)?) } else { None };
    end(input)?;
    let grant = |verb| Grant { verb, rule: rule.clone(), afterwards: afterwards.clone(), attribute };
    Ok(verbs.into_iter().map(grant).collect())
}

/// `-> RULE`
fn afterwards(input: ParseStream<'_>) -> syn::Result<Afterwards> {
    let arrow = input.span();
    input.parse::<Token![->]>()?;
    if input.is_empty() {
        return Err(super::wrong(
            input,
            "say what has to hold of the row as it would be: `update: owner -> status == Open`",
        ));
    }
    let rule = rule(input)?;
    if input.peek(Token![->]) {
        return Err(super::wrong(input, "`->` is said once: `update: BEFORE -> AFTER`"));
    }
    Ok(Afterwards { arrow, rule })
}

/// `NAME: RULE`
pub(crate) fn named(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<NamedRule> {
    const FORM: &str = "expected a name and a rule: `member: owner | role(Admin)`";
    let name = super::ident(input, FORM)?;
    input.parse::<Token![:]>().map_err(|e| syn::Error::new(e.span(), FORM))?;
    let parsed = whole(input);
    skip_to_end(input)?;
    Ok(NamedRule { name, rule: errors.take(parsed) })
}

/// A rule that goes to the end.
fn whole(input: ParseStream<'_>) -> syn::Result<Rule> {
    let rule = rule(input)?;
    end(input).map(|()| rule)
}

fn end(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() {
        Ok(())
    } else if input.peek(Token![=>]) {
        Err(super::wrong(input, "the arrow of a rule is written `->`"))
    } else if input.peek(Token![->]) {
        Err(super::wrong(input, ARROW))
    } else {
        Err(super::wrong(input, "expected `|`, `&` or the end of the rule"))
    }
}

/// Where `now` belongs in a comparison.
pub(crate) const NOW_LEADS: &str = "`now` stands on the right: `starts_at > now + 24h`";

/// Where an arrow belongs.
pub(super) const ARROW: &str = "two whole rules alone have a `->` between them: `#[can(update: BEFORE -> AFTER)]`";

/// A rule, up to where it cannot go on.
pub(crate) fn rule(input: ParseStream<'_>) -> syn::Result<Rule> {
    let mut parts = vec![all(input)?];
    while input.peek(Token![|]) {
        if input.peek(Token![||]) {
            return Err(super::wrong(input, "a rule says `|` once"));
        }
        input.parse::<Token![|]>()?;
        parts.push(all(input)?);
    }
    Ok(single(parts, Rule::Any))
}

fn all(input: ParseStream<'_>) -> syn::Result<Rule> {
    let mut parts = vec![not(input)?];
    while input.peek(Token![&]) {
        if input.peek(Token![&&]) {
            return Err(super::wrong(input, "a rule says `&` once"));
        }
        input.parse::<Token![&]>()?;
        parts.push(not(input)?);
    }
    Ok(single(parts, Rule::All))
}

fn single(mut parts: Vec<Rule>, of: fn(Vec<Rule>) -> Rule) -> Rule {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            of(parts)
        }
    }
}

fn not(input: ParseStream<'_>) -> syn::Result<Rule> {
    if input.peek(Token![!]) {
        input.parse::<Token![!]>()?;
        return not(input).map(|rule| Rule::Not(Box::new(rule)));
    }
    if input.peek(Paren) {
        return in_parentheses(input, whole);
    }
    atom(input)
}

fn atom(input: ParseStream<'_>) -> syn::Result<Rule> {
    if input.peek(Token![self]) {
        let word: Token![self] = input.parse()?;
        if input.peek(Token![.]) {
            return Err(syn::Error::new(word.span, "a path starts at the row by itself; leave `self.` out"));
        }
        return Ok(Rule::Oneself(word.span));
    }
    if !input.peek(syn::Ident) {
        return Err(super::wrong(
            input,
            "expected a rule: a relation to the account, `role(…)`, `any(…)`, `authenticated`, `anyone`, `self`, a named \
             rule or a comparison",
        ));
    }
    let path = path(input)?;
    if path.head.is_empty() {
        if input.peek(Paren) {
            return call(&path.last, input);
        }
        match path.last.to_string().as_str() {
            "anyone" => return Ok(Rule::Anyone),
            "authenticated" => return Ok(Rule::Authenticated),
            _ => {}
        }
    }
    if is_of_caller(&path) {
        return of_caller(path, input);
    }
    if path.text() == "now" && (input.peek(Token![+]) || (input.peek(Token![-]) && !input.peek(Token![->]))) {
        return Err(syn::Error::new(path.last.span(), NOW_LEADS));
    }
    let Some(op) = operator(input)? else { return Ok(Rule::Path(path)) };
    if moment::is_next(input) {
        return Ok(Rule::Moment { path, op, now: moment::now(input)? });
    }
    if let Some((at, with)) = caller_ahead(input)? {
        return Ok(Rule::LikeCaller { path, op, at, with });
    }
    Ok(Rule::Compare { path, op, value: constant::constant(input)? })
}

/// Whether a path begins at the account that is calling.
fn is_of_caller(path: &Path) -> bool {
    path.first() == "caller" && path.len() > 1
}

/// The same path from the account on.
fn from_caller(mut path: Path) -> (Span, Path) {
    let at = path.head.remove(0).span();
    (at, path)
}

/// `caller.PATH` on the right of a comparison.
fn caller_ahead(input: ParseStream<'_>) -> syn::Result<Option<(Span, Path)>> {
    if !input.fork().parse::<Ident>().is_ok_and(|word| word == "caller") {
        return Ok(None);
    }
    let path = path(input)?;
    if is_of_caller(&path) {
        return Ok(Some(from_caller(path)));
    }
    Err(syn::Error::new(path.last.span(), "say which of its fields: `team == caller.team`"))
}

/// What is asked of the account that is calling.
fn of_caller(path: Path, input: ParseStream<'_>) -> syn::Result<Rule> {
    let (at, path) = from_caller(path);
    let Some(op) = operator(input)? else { return Ok(Rule::OfCaller(at, Box::new(Rule::Path(path)))) };
    let asked = if moment::is_next(input) {
        Rule::Moment { path, op, now: moment::now(input)? }
    } else {
        let name = input.fork().parse::<Ident>().map(|word| word.to_string()).unwrap_or_default();
        if name != "true" && name != "false" && name.starts_with(|first: char| first.is_lowercase()) {
            return Err(syn::Error::new(at, "a field of the caller stands on the right: `team == caller.team`"));
        }
        Rule::Compare { path, op, value: constant::constant(input)? }
    };
    Ok(Rule::OfCaller(at, Box::new(asked)))
}

fn call(name: &Ident, input: ParseStream<'_>) -> syn::Result<Rule> {
    if name == "any" {
        return in_parentheses(input, any);
    }
    if name != "role" {
        let message = format!("`{name}(…)` is no rule; did you mean `role(…)` or `any(…)`?");
        return Err(syn::Error::new(name.span(), message));
    }
    in_parentheses(input, |inside| {
        let missing = || syn::Error::new(inside.span(), "say which role: `role(Admin)`");
        let role = inside.call(Ident::parse_any).map_err(|_| missing())?;
        if inside.is_empty() {
            return Ok(Rule::Role(role));
        }
        Err(super::wrong(inside, "one role each: `role(Admin) | role(Editor)`"))
    })
}

/// `PATH: RULE`
fn any(input: ParseStream<'_>) -> syn::Result<Rule> {
    const FORM: &str = "say of which rows, and what has to hold of one: `any(members: user)`";
    let path = path(input).map_err(|e| syn::Error::new(e.span(), FORM))?;
    input.parse::<Token![:]>().map_err(|e| syn::Error::new(e.span(), FORM))?;
    if input.is_empty() {
        return Err(super::wrong(input, FORM));
    }
    let rule = Box::new(rule(input)?);
    if is_of_caller(&path) {
        let (at, path) = from_caller(path);
        return Ok(Rule::OfCaller(at, Box::new(Rule::AnyOf { path, rule })));
    }
    Ok(Rule::AnyOf { path, rule })
}

/// `a.b.c`
pub(crate) fn path(input: ParseStream<'_>) -> syn::Result<Path> {
    let mut head = Vec::new();
    let mut last = super::ident(input, "expected a path, such as `project.owner`")?;
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?;
        head.push(std::mem::replace(&mut last, super::ident(input, "a path goes on after its dot; name a field")?));
    }
    Ok(Path { head, last })
}

/// `==`, `<` and the like; `None` where something else stands there.
pub(super) fn operator(input: ParseStream<'_>) -> syn::Result<Option<Operator>> {
    let span = input.span();
    let found = |variant, orders| Ok(Some(Operator { span, variant, orders }));
    if input.parse::<Option<Token![==]>>()?.is_some() {
        found("Eq", false)
    } else if input.parse::<Option<Token![!=]>>()?.is_some() {
        found("Ne", false)
    } else if input.parse::<Option<Token![<=]>>()?.is_some() {
        found("Le", true)
    } else if input.parse::<Option<Token![>=]>>()?.is_some() {
        found("Ge", true)
    } else if input.parse::<Option<Token![<]>>()?.is_some() {
        found("Lt", true)
    } else if input.parse::<Option<Token![>]>>()?.is_some() {
        found("Gt", true)
    } else if input.peek(Token![=]) && !input.peek(Token![=>]) {
        Err(super::wrong(input, "a comparison is written `==`"))
    } else {
        Ok(None)
    }
}
