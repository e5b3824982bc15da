//! Search: what would be two things in one query.

use crate::{errors::Errors, model::Declaration};

/// The order that there is beside `q`, as `fasttrack::query` has it.
const RELEVANCE: &str = "relevance";

/// A list that can be searched has an order of that name.
pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    if !declaration.fields.iter().any(|field| field.has("search")) {
        return;
    }
    for field in declaration.fields.iter().filter(|field| field.key == RELEVANCE) {
        if let Some(option) = field.option("sort") {
            let message = "`sort=-relevance` puts what `q` finds in order, which other fields of this resource are declared for \
                           with `search`; call the field otherwise, or take `sort` away";
            errors.push(option.span, message);
        }
    }
}
