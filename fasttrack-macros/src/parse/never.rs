//! What nobody may do: `RULE: VERB, VERB.FIELD`, in `#[never]` and in `assert_never!`.

use proc_macro2::{Ident, Span};
use syn::{
    Expr, Token,
    ext::IdentExt as _,
    parse::{ParseStream, discouraged::Speculative as _},
};

use super::rule;
use crate::model::{Forbidden, Never, Path, Rule};

const FORM: &str = "say who, and what he may never do: `role(User): update.role, delete`";

/// Who is not logged in.
pub(crate) const ANONYMOUS: &str = "anonymous";

/// A sentence, to the end.
pub(crate) fn never(input: ParseStream<'_>) -> syn::Result<Never> {
    if input.is_empty() {
        return Err(super::wrong(input, FORM));
    }
    let rule = rule::rule(input)?.map(&named);
    input.parse::<Token![:]>().map_err(|e| syn::Error::new(e.span(), FORM))?;
    let mut acts = Vec::new();
    loop {
        if !input.peek(syn::Ident::peek_any) {
            return Err(super::wrong(input, FORM));
        }
        let verb = input.call(Ident::parse_any)?;
        let field = if input.parse::<Option<Token![.]>>()?.is_some() {
            Some(super::ident(input, "say which field: `update.role`")?)
        } else {
            None
        };
        acts.push(Forbidden { verb, field });
        if input.is_empty() {
            return Ok(Never { rule, acts });
        }
        input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), "expected `,` and a further verb"))?;
    }
}

/// `anonymous`, which is a word here alone: elsewhere a rule says whom it lets.
fn named(rule: Rule) -> Rule {
    match rule {
        Rule::Path(Path { head, last }) if head.is_empty() && last == ANONYMOUS => {
            Rule::Not(Box::new(Rule::Authenticated))
        }
        other => other,
    }
}

/// `APPLICATION, RULE: …` or `APPLICATION, RESOURCE, RULE: …`
pub(crate) struct Assertion {
    pub(crate) application: Expr,
    /// The resource; without one it is said of every one.
    pub(crate) resource: Option<syn::Path>,
    pub(crate) never: Never,
}

/// What stands in `assert_never!(…)`. Which account there is, is not known: a role is the word that it is stored as.
pub(crate) fn assertion(input: ParseStream<'_>) -> syn::Result<Assertion> {
    const WHOLE: &str = "say of which application, and what: `assert_never!(application(), Task, owner: delete)`";
    let application = input.parse().map_err(|e: syn::Error| syn::Error::new(e.span(), WHOLE))?;
    input.parse::<Token![,]>().map_err(|e| syn::Error::new(e.span(), WHOLE))?;
    let ahead = input.fork();
    let resource = match ahead.call(syn::Path::parse_mod_style) {
        Ok(path) if ahead.peek(Token![,]) => {
            input.advance_to(&ahead);
            input.parse::<Token![,]>()?;
            Some(path)
        }
        _ => None,
    };
    let Never { rule, acts } = never(input)?;
    let rule = rule.map(&|rule| if let Rule::Role(role) = rule { Rule::RoleWord(role) } else { rule });
    match resource.is_none().then(|| path_of(&rule)).flatten() {
        Some(at) => Err(syn::Error::new(at, "a path begins at a row; say of which resource: `application(), Task, …`")),
        None => Ok(Assertion { application, resource, never: Never { rule, acts } }),
    }
}

/// Where something of a row is asked.
fn path_of(rule: &Rule) -> Option<Span> {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => parts.iter().find_map(path_of),
        Rule::Not(part) => path_of(part),
        Rule::Path(path)
        | Rule::Compare { path, .. }
        | Rule::Moment { path, .. }
        | Rule::LikeCaller { path, .. }
        | Rule::AnyOf { path, .. } => Some(path.first().span()),
        Rule::Oneself(span) => Some(*span),
        Rule::Anyone | Rule::Authenticated | Rule::Role(_) | Rule::RoleWord(_) | Rule::OfCaller(..) => None,
    }
}
