//! What one declaration can tell alone: every check is a sentence, and all of them run.
//!
//! What needs other files is left to the types that the generated code uses, and to `fasttrack::schema::laws`.

mod account;
mod condition;
mod constant;
mod constraint;
mod deletion;
mod exclusive;
mod field;
mod figure;
mod file;
mod has;
mod inline;
mod limit;
mod names;
mod never;
mod path;
mod reading;
pub(crate) mod rule;
mod search;
mod step;
mod structure;
mod trigger;

use crate::{errors::Errors, model::Declaration};

/// A declaration that passed every check; there is no other way to get one.
pub(crate) struct Checked<'a>(&'a Declaration);

impl<'a> Checked<'a> {
    /// What was checked.
    pub(crate) const fn declaration(&self) -> &'a Declaration {
        self.0
    }
}

/// Runs every check, after the mistakes found already.
pub(crate) fn check(declaration: &Declaration, mut errors: Errors) -> Result<Checked<'_>, Vec<syn::Error>> {
    structure::check(declaration, &mut errors);
    names::check(declaration, &mut errors);
    for field in &declaration.fields {
        field::check(field, &mut errors);
    }
    account::check(declaration, &mut errors);
    deletion::check(declaration, &mut errors);
    has::check(declaration, &mut errors);
    inline::check(declaration, &mut errors);
    figure::check(declaration, &mut errors);
    rule::check(declaration, &mut errors);
    never::check(declaration, &mut errors);
    step::check(declaration, &mut errors);
    reading::check(declaration, &mut errors);
    search::check(declaration, &mut errors);
    trigger::check(declaration, &mut errors);
    constraint::check(declaration, &mut errors);
    condition::check(declaration, &mut errors);
    exclusive::check(declaration, &mut errors);
    limit::check(declaration, &mut errors);
    if errors.is_empty() { Ok(Checked(declaration)) } else { Err(errors.into_vec()) }
}
