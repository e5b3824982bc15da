//! `DeletedAt` and what is said of deleted rows, and of the history of rows: there is something to say it of.

use crate::{
    errors::Errors,
    model::{Change, Declaration},
};

/// What deleted rows have to be for anything to be said of them.
const KEPT: &str = "deleted rows are not kept; add `pub deleted_at: DeletedAt`";

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    check_history(declaration, errors);
    if let Some(field) = declaration.deleted() {
        if declaration.account.is_some() {
            let message =
                "an account is disabled (`is_active`), and what it was is gone once it is deleted; take this away";
            errors.push(field.ident.span(), message);
        }
        return;
    }
    if let Some(keep) = &declaration.keep_deleted {
        errors.push(keep.at, format!("there is nothing to erase later: {KEPT}"));
    }
    for grant in declaration.grants.iter().filter(|grant| grant.verb == "restore") {
        errors.push(grant.verb.span(), format!("nothing can be restored: {KEPT}"));
    }
    for trigger in &declaration.triggers {
        if let Change::Restored(at) = trigger.change {
            errors.push(at, format!("nothing is ever restored: {KEPT}"));
        }
    }
}

/// A history is kept for somebody.
fn check_history(declaration: &Declaration, errors: &mut Errors) {
    let ruled = |verb: &str| declaration.grants.iter().find(|grant| grant.verb == verb);
    match (declaration.history, ruled("history")) {
        (None, Some(grant)) => {
            errors.push(grant.verb.span(), "there is no history to read; say `#[resource(history)]`");
        }
        (Some(at), None) if ruled("read").is_none() && declaration.reads_every_can() => {
            errors.push(at, "nobody may read it; say who: `#[can(history: RULE)]`, or who may `read` the row");
        }
        _ => {}
    }
}
