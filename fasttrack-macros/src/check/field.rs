//! One field: whether its options fit its type and each other.

use quote::ToTokens as _;

use super::{
    constant::{self, Range},
    file,
};
use crate::{
    errors::Errors,
    model::{Constant, ConstantValue, Field, GivenOption, Transition, Value},
    names,
    shape::{Bounds, Empty, Shape},
};

/// Options that say the opposite of each other, and why.
const CONTRADICTIONS: [(&str, &str, &str); 9] = [
    ("hidden", "read", "is never shown"),
    ("read_only", "write_once", "is never taken from a client"),
    ("read_only", "write", "is never taken from a client"),
    ("flow", "write_once", "moves"),
    ("actor", "read_only", "is never taken from a client anyway"),
    ("actor", "write_once", "is never taken from a client"),
    ("actor", "write", "is never taken from a client"),
    ("actor", "default", "is always the caller"),
    ("actor", "unique", "would let every caller create one row alone"),
];

pub(super) fn check(field: &Field, errors: &mut Errors) {
    let all_fit = check_options_fit_the_type(field, errors);
    check_options_agree(field, errors);
    check_hidden_can_be_left_out(field, errors);
    check_password_is_hidden(field, errors);
    check_relation_says_what_deletion_does(field, errors);
    check_flow_begins_and_moves(field, errors);
    file::check(field, errors);
    if all_fit {
        check_many_are_bounded(field, errors);
        check_hidden_is_not_asked_for(field, errors);
        let range = check_bounds(field, errors);
        check_text_is_bounded(field, errors);
        check_default(field, range, errors);
        check_it_gets_a_value(field, errors);
    }
}

fn check_options_fit_the_type(field: &Field, errors: &mut Errors) -> bool {
    let misfits: Vec<&GivenOption> = field.options.iter().filter(|option| !option.spec.fits(field.ty.shape)).collect();
    for option in &misfits {
        errors.push(option.span, misfit(field, option));
    }
    misfits.is_empty()
}

fn misfit(field: &Field, option: &GivenOption) -> String {
    let (spec, written) = (option.spec, field.ty.shape.written());
    if field.ty.shape.is_automatic() && spec.fits(Shape::Text) {
        return format!("`{}` is without meaning on `{written}`, which the server alone sets; take it away", spec.name);
    }
    if field.ty.shape == Shape::Choice {
        let name = field.ty.bare.to_token_stream().to_string();
        let fitting = spec.fitting();
        let advice = names::nearest(&name, Shape::names())
            .map_or(format!("it is for {fitting}"), |near| format!("did you mean `{near}`?"));
        return format!("`{}` ({}) does not fit `{name}`, taken for a choice; {advice}", spec.name, spec.doc);
    }
    let why = match spec.name {
        "sort" => ", which has no order",
        "search" if field.ty.shape == Shape::Texts => ", which `filter` asks for one of its values: `?tags[has]=a`",
        "search" => ", which is no text",
        "on_delete" if field.ty.shape == Shape::Many => ", which loses a row that goes",
        "len" if field.ty.shape == Shape::Integers => ", whose values have a `range`",
        "range" if field.ty.shape == Shape::Texts => ", whose values have a `len`",
        "default" if field.ty.shape == Shape::File => ", which is there once somebody sends one",
        "hidden" | "read_only" | "write_once" if field.ty.shape == Shape::File => {
            ", which is sent to a path of its own and read there; `read` says by whom, and `write`"
        }
        "unique" if field.ty.shape.is_list() => ", of which each row has its own",
        _ => "",
    };
    format!("`{}` ({}) does not fit `{written}`{why}; it is for {}", spec.name, spec.doc, spec.fitting())
}

fn check_options_agree(field: &Field, errors: &mut Errors) {
    for (one, other, why) in CONTRADICTIONS {
        if let Some((_, second)) = field.option(one).zip(field.option(other)) {
            errors.push(second.span, format!("`{other}` contradicts `{one}`: the field {why}; take one away"));
        }
    }
}

fn check_hidden_is_not_asked_for(field: &Field, errors: &mut Errors) {
    if !field.has("hidden") {
        return;
    }
    for name in ["filter", "sort", "search"] {
        if let Some(option) = field.option(name) {
            errors.push(option.span, format!("`{name}` would tell what `hidden` hides; take one away"));
        }
    }
}

/// A struct is read from the JSON of a row, which leaves out what is hidden.
fn check_hidden_can_be_left_out(field: &Field, errors: &mut Errors) {
    let has_empty = field.ty.shape.spec().empty != Empty::Nothing;
    if let Some(hidden) = field.option("hidden").filter(|_| !has_empty && !field.ty.nullable) {
        let message = "rows are read without what is hidden, and this type has no empty value; make it an `Option`";
        errors.push(hidden.span, message);
    }
}

fn check_password_is_hidden(field: &Field, errors: &mut Errors) {
    if field.ty.shape == Shape::PasswordHash && !field.has("hidden") {
        errors.push(field.ident.span(), "a password is never shown; add `#[field(hidden)]`");
    }
}

fn check_relation_says_what_deletion_does(field: &Field, errors: &mut Errors) {
    match field.option("on_delete").map(|option| &option.value) {
        None if field.ty.shape == Shape::Relation => errors.push(
            field.ident.span(),
            "say what happens when the row referred to goes: `on_delete = cascade`, `restrict` or `set_null`",
        ),
        Some(Value::OnDelete { word, variant: "SetNull" }) if !field.ty.nullable => {
            errors.push(word.span(), "this cannot become null; make it an `Option`, or say `cascade` or `restrict`");
        }
        _ => {}
    }
}

fn check_bounds(field: &Field, errors: &mut Errors) -> Range {
    let Some(option) = field.option("len").or_else(|| field.option("range")) else { return Range::default() };
    let Value::Bounds { min, max } = &option.value else { return Range::default() };
    let is_len = option.spec.name == "len";
    for bound in [min, max].into_iter().flatten() {
        let fits = if is_len { constant::check_length(bound) } else { constant::check_number(field, bound) };
        if let Err(what) = fits {
            errors.push(bound.span, format!("{what}; write `{}`", option.spec.form));
            return Range::default();
        }
    }
    let range = Range::new(field, min.as_ref(), max.as_ref());
    if range.is_empty() {
        errors.push(option.span, "no value is within these bounds; the smaller one stands first");
    }
    range
}

fn check_text_is_bounded(field: &Field, errors: &mut Errors) {
    if !matches!(field.ty.shape.spec().bounds, Bounds::Length | Bounds::Texts) {
        return;
    }
    match field.option("len").map(|len| (len.span, &len.value)) {
        // An address that is not told has the bound of its standard.
        None if field.ty.shape.longest().is_some() => {}
        None => {
            let message = "text has a bound, so that nobody can fill the disk; add `#[field(len = ..=300)]`";
            errors.push(field.ident.span(), message);
        }
        Some((span, Value::Bounds { max: None, .. })) => {
            errors.push(span, "say the largest length too: `len = 1..=300`");
        }
        Some(_) => {}
    }
}

/// Most rows that a field may hold at all: they are shown and sent as one list.
const MAX_MANY: i64 = 1_000;

fn check_many_are_bounded(field: &Field, errors: &mut Errors) {
    if !field.ty.shape.spec().bounds.are_of_many() {
        return;
    }
    match field.option("max").map(|max| (max.span, &max.value)) {
        None => {
            let message = "how many it holds has a bound, so that nobody can fill the disk; add `#[field(max = 50)]`";
            errors.push(field.ident.span(), message);
        }
        Some((_, Value::Constant(max))) => {
            let fits = matches!(max.value, ConstantValue::Int(max) if (1..=MAX_MANY).contains(&max));
            if !fits {
                errors.push(max.span, format!("`max` is an integer from 1 to {MAX_MANY}; write `max = 50`"));
            }
        }
        Some(_) => {}
    }
}

fn check_default(field: &Field, range: Range, errors: &mut Errors) {
    let Some(option) = field.option("default") else { return };
    match &option.value {
        Value::List(items) => check_list(field, option, items, range, errors),
        Value::Constant(value) if field.ty.shape.is_list() => {
            errors.push(value.span, format!("`{}` is a list; write `default = {}`", field.name, list_form(field)));
        }
        Value::Constant(value) => {
            if let Err(message) = constant::fits(field, value) {
                errors.push(value.span, message);
            } else if !range.holds(field, value) {
                errors.push(value.span, "the default is outside the bounds of the field");
            }
        }
        Value::Unread => {}
        _ if field.ty.nullable => {}
        _ if field.ty.shape.spec().empty != Empty::Value => {
            let written = field.ty.shape.written();
            let advice =
                if field.ty.shape == Shape::Choice { "say which: `default = Todo`" } else { "make it an `Option`" };
            errors.push(option.span, format!("`{written}` has no empty value; {advice}"));
        }
        // The bounds are those of each value.
        _ if field.ty.shape.spec().bounds.are_of_many() => {}
        _ if !range.holds_empty() => {
            errors.push(option.span, "the empty value is outside the bounds of the field; say `default = …`");
        }
        _ => {}
    }
}

/// How a default is written.
const fn list_form(field: &Field) -> &'static str {
    if matches!(field.ty.shape, Shape::Integers) { "[1, 2]" } else { "[\"a\", \"b\"]" }
}

/// A default of several values, each of which is one that a client could send, and no more of them than that.
fn check_list(field: &Field, option: &GivenOption, items: &[Constant], range: Range, errors: &mut Errors) {
    if !field.ty.shape.is_list() {
        let written = field.ty.written();
        errors.push(option.span, format!("`{}` is a `{written}` and no list; give it one value", field.name));
        return;
    }
    for item in items {
        let fits = matches!(
            (field.ty.shape, &item.value),
            (Shape::Texts, ConstantValue::Text(_)) | (Shape::Integers, ConstantValue::Int(_))
        );
        if !fits {
            let form = list_form(field);
            errors.push(item.span, format!("`{}` is a `{}`; write `{form}`", field.name, field.ty.written()));
        } else if !range.holds(field, item) {
            errors.push(item.span, "this value of the default is outside the bounds of the field");
        } else if matches!(&item.value, ConstantValue::Text(text) if text.contains('\0')) {
            errors.push(item.span, "no text holds the character U+0000; take it out");
        }
    }
    if let Some(Value::Constant(Constant { value: ConstantValue::Int(max), .. })) =
        field.option("max").map(|max| &max.value)
        && let Some(more) = usize::try_from(*max).ok().and_then(|max| items.get(max))
    {
        errors.push(more.span, format!("the default has more values than `max = {max}` allows"));
    }
}

fn check_it_gets_a_value(field: &Field, errors: &mut Errors) {
    if let Some(option) = field.option("read_only").filter(|_| !field.ty.nullable && !field.has("default")) {
        let message = "nobody gives this a value: clients may not, and there is no default; add `default = …`, or make \
                       it an `Option`";
        errors.push(option.span, message);
    }
}

/// Which variants there are is the compiler's to say, and whether each of them is reached, `schema::Column::flow`'s.
fn check_flow_begins_and_moves(field: &Field, errors: &mut Errors) {
    let Some(option) = field.option("flow").filter(|_| field.ty.shape == Shape::Choice) else { return };
    if field.ty.nullable {
        errors.push(option.span, format!("null has no place in a flow; take the `Option` of `{}` away", field.name));
    } else if !field.has("default") {
        errors.push(option.span, "a flow begins somewhere; add `default = …`");
    }
    let Value::Flow(flow) = &option.value else { return };
    for (place, Transition { from, to, rule }) in flow.iter().enumerate() {
        let before: Vec<_> = flow.iter().take(place).filter(|other| other.from == *from).collect();
        if before.iter().any(|other| other.rule.is_none() && rule.is_none()) {
            errors.push(from.span(), format!("what follows `{from}` is said already; join the two with `|`"));
        }
        for (place, next) in to.iter().enumerate() {
            if next == from {
                errors.push(next.span(), format!("from `{from}` to `{next}` is no change; take it out"));
            } else if before.iter().any(|other| other.to.contains(next)) && rule.is_some() {
                let message =
                    format!("who may go from `{from}` to `{next}` is said already; join the two rules with `|`");
                errors.push(next.span(), message);
            } else if to.iter().take(place).any(|other| other == next) {
                errors.push(next.span(), format!("`{next}` is said twice"));
            }
        }
    }
}
