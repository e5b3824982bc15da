//! What is asked of the account that is calling. Which fields it has, the types know.

use proc_macro2::Span;

use super::{super::path, check_elsewhere, compares_many};
use crate::{
    check::path::Start,
    errors::Errors,
    model::{Declaration, Operator, Path, Rule},
    shape::Compares,
};

pub(super) fn check(declaration: &Declaration, rule: &Rule, errors: &mut Errors) {
    match rule {
        Rule::OfCaller(at, asked) => {
            check_nothing_is_called_so(declaration, *at, errors);
            check_elsewhere(asked, errors);
        }
        Rule::LikeCaller { path, op, at, with } => {
            check_nothing_is_called_so(declaration, *at, errors);
            check_comparison(op, with, errors);
            match path::start(declaration, path, errors) {
                Some(Start::Rule) => errors.push(path.last.span(), "a named rule stands alone; it is not compared"),
                Some(Start::Many) => compares_many(&path.last, errors),
                Some(Start::Field(field)) if field.ty.shape.spec().compares == Compares::Nothing => {
                    let written = field.ty.shape.written();
                    errors.push(path.last.span(), format!("`{}` is a `{written}`, which is not compared", field.name));
                }
                Some(Start::Field(_) | Start::Elsewhere) | None => {}
            }
        }
        _ => {}
    }
}

pub(super) fn check_comparison(op: &Operator, with: &Path, errors: &mut Errors) {
    path::check_length(with, errors);
    if op.orders {
        errors.push(op.span, "a field of the caller is the same or not; compare with `==` or `!=`");
    }
}

fn check_nothing_is_called_so(declaration: &Declaration, at: Span, errors: &mut Errors) {
    if declaration.parts().iter().any(|part| part == "caller") {
        let message =
            "`caller.` is the account that is calling, and something here is called `caller` too; rename that";
        errors.push(at, message);
    }
}
