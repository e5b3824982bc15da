//! The declaration language of fasttrack: `#[resource]`, `#[derive(Choice)]` and `resources!()`.
//!
//! parse -> model -> check -> expand. What comes out is data for `fasttrack::schema`, never behaviour; nothing here
//! knows an operator of the query string, a status code or a statement of SQL. This file holds the entry points only;
//! what they do stands in functions over `proc_macro2` that return `(tokens, errors)`, so that tests need no compiler.

mod application;
mod assertion;
mod check;
mod choice;
mod decimal;
mod errors;
mod expand;
mod media;
mod migrations;
mod model;
mod names;
mod options;
mod parse;
mod resource;
mod shape;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Declares a resource: one struct, its rules and its triggers.
///
/// Options: `under = RELATION`, `plural = "people"`, `account`, `conceal`, `hooks`, `keep_deleted = 30d`. Below it stand
/// `#[can(VERBS: RULE)]`, `#[rule(NAME: RULE)]`, `#[never(RULE: VERBS)]`, `#[on(CHANGE => EFFECT)]`, `#[unique(FIELD, FIELD)]`, `#[check(CONDITION)]`,
/// `#[exclusive(FIELD..FIELD)]` and `#[limit(COUNT per RELATION)]`, beside the fields `#[field(…)]`.
#[proc_macro_attribute]
pub fn resource(arguments: TokenStream, item: TokenStream) -> TokenStream {
    answer(resource::expand(arguments.into(), item.into()))
}

/// Makes an enum without data a type that a field may have: its variants are words in snake case.
#[proc_macro_derive(Choice)]
pub fn choice(item: TokenStream) -> TokenStream {
    answer(choice::expand(item.into()))
}

/// Declares the modules of the folder `resources/` and the table of the resources in them, `RESOURCES`, and puts the
/// migrations of the folder `migrations/` into the program.
///
/// With a list (`resources! { account: user::User, project::Project }`) it makes the table alone, of these, without
/// migrations.
#[proc_macro]
pub fn resources(arguments: TokenStream) -> TokenStream {
    answer(application::expand(arguments.into()))
}

/// The migrations of the folder `migrations/` of the crate, for a table that a list made:
/// `Resources::new(RESOURCES.schemas(), migrations!())`. Without a list, `resources!()` has them already.
#[proc_macro]
pub fn migrations(_: TokenStream) -> TokenStream {
    answer_expression(migrations::expand())
}

/// Says who may do what: `#[can(create, list: owner | role(Admin))]`, `#[can(update: BEFORE -> AFTER)]`. Stands below
/// `#[resource]`, which reads it.
#[proc_macro_attribute]
pub fn can(_: TokenStream, item: TokenStream) -> TokenStream {
    answer(resource::misplaced("can", item.into()))
}

/// Names a rule: `#[rule(member: owner | assignee)]`. Stands below `#[resource]`, which reads it.
#[proc_macro_attribute]
pub fn rule(_: TokenStream, item: TokenStream) -> TokenStream {
    answer(resource::misplaced("rule", item.into()))
}

/// Says what nobody may do: `#[never(role(User): update.role)]`. Stands below `#[resource]`, which reads it.
#[proc_macro_attribute]
pub fn never(_: TokenStream, item: TokenStream) -> TokenStream {
    answer(resource::misplaced("never", item.into()))
}

/// Asserts in a test that nobody may do something: `assert_never!(application(), Task, role(User) & !project.owner: delete)`.
#[proc_macro]
pub fn assert_never(arguments: TokenStream) -> TokenStream {
    answer_expression(assertion::expand(arguments.into()))
}

/// Says who hears of a change: `#[on(created => opened { name } to owner)]`. Stands below `#[resource]`, which reads it.
#[proc_macro_attribute]
pub fn on(_: TokenStream, item: TokenStream) -> TokenStream {
    answer(resource::misplaced("on", item.into()))
}

/// Says of which fields no two rows hold the same: `#[unique(organisation, user)]`. Stands below `#[resource]`, which reads
/// it.
#[proc_macro_attribute]
pub fn unique(_: TokenStream, item: TokenStream) -> TokenStream {
    answer(resource::misplaced("unique", item.into()))
}

/// Says what has to hold of each row: `#[check(starts_at < ends_at)]`. Stands below `#[resource]`, which reads it.
#[proc_macro_attribute]
pub fn check(_: TokenStream, item: TokenStream) -> TokenStream {
    answer(resource::misplaced("check", item.into()))
}

/// Says that rows do not overlap: `#[exclusive(starts_at..ends_at, per = doctor)]`. Stands below `#[resource]`, which reads
/// it.
#[proc_macro_attribute]
pub fn exclusive(_: TokenStream, item: TokenStream) -> TokenStream {
    answer(resource::misplaced("exclusive", item.into()))
}

/// Says how many rows there may be: `#[limit(100 per project)]`, `#[limit(5 per author in 1m)]`. Stands below `#[resource]`,
/// which reads it.
#[proc_macro_attribute]
pub fn limit(_: TokenStream, item: TokenStream) -> TokenStream {
    answer(resource::misplaced("limit", item.into()))
}

fn answer_expression((tokens, errors): (proc_macro2::TokenStream, Vec<syn::Error>)) -> TokenStream {
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote::quote!({ #(#errors;)* #tokens }).into()
}

fn answer((mut tokens, errors): (proc_macro2::TokenStream, Vec<syn::Error>)) -> TokenStream {
    tokens.extend(errors.iter().map(syn::Error::to_compile_error));
    tokens.into()
}
