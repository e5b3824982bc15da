//! A field that holds a file: what files it says that it takes.

use syn::spanned::Spanned as _;

use crate::{
    errors::Errors,
    media::{ANY, MEDIA_TYPES, is_media_type},
    model::{Constant, ConstantValue, Field, MediaType, Value},
    names,
    shape::Shape,
};

/// The longest file that a field may take, in bytes: what stores of objects take in one piece.
const MOST_BYTES: i64 = 5_000_000_000;

/// Names of fields whose files would be where something else of the row is.
const TAKEN: [&str; 2] = ["history", "restore"];

pub(super) fn check(field: &Field, errors: &mut Errors) {
    if field.ty.shape != Shape::File {
        return;
    }
    if !field.ty.nullable {
        let message = "a row is there before its file, which is sent by a request of its own; write `Option<File>`";
        errors.push(field.ty.bare.span(), message);
    }
    if TAKEN.contains(&field.name.as_str()) {
        let message = format!("`{}` is the path of something else that rows have; rename the field", field.name);
        errors.push(field.ident.span(), message);
    }
    check_it_has_an_end(field, errors);
    check_types_are_known(field, errors);
}

fn check_it_has_an_end(field: &Field, errors: &mut Errors) {
    match field.option("max_bytes").map(|option| (option.span, &option.value)) {
        None => {
            let message =
                "a file has a bound, so that nobody can fill the disk; add `#[field(max_bytes = 10_000_000)]`";
            errors.push(field.ident.span(), message);
        }
        Some((_, Value::Constant(Constant { span, value }))) => {
            if !matches!(value, ConstantValue::Int(bytes) if (1..=MOST_BYTES).contains(bytes)) {
                let message =
                    format!("`max_bytes` is an integer from 1 to {MOST_BYTES}; write `max_bytes = 10_000_000`");
                errors.push(*span, message);
            }
        }
        Some(_) => {}
    }
}

fn check_types_are_known(field: &Field, errors: &mut Errors) {
    let types = match field.option("types").map(|option| &option.value) {
        None => {
            let message =
                "say which files it takes: `types(\"image/png\", \"image/jpeg\")`, or `types(\"*/*\")` for all";
            errors.push(field.ident.span(), message);
            return;
        }
        Some(Value::Types(types)) => types,
        Some(_) => return,
    };
    for (place, MediaType { span, name }) in types.iter().enumerate() {
        if types.iter().take(place).any(|before| before.name == *name) {
            errors.push(*span, format!("`{name}` is said twice"));
        } else if name == ANY {
            if types.len() > 1 {
                errors.push(*span, format!("`{ANY}` takes the others in; leave it alone, or take it out"));
            }
        } else if !MEDIA_TYPES.contains(&name.as_str()) {
            errors.push(*span, unknown(name));
        }
    }
}

fn unknown(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    if lower != name && MEDIA_TYPES.contains(&lower.as_str()) {
        return format!("a media type is written in lower case: \"{lower}\"");
    }
    let advice = names::nearest(&lower, MEDIA_TYPES).map_or_else(
        || format!("there are {}, or \"{ANY}\" for all", MEDIA_TYPES.join(", ")),
        |near| format!("did you mean \"{near}\"?"),
    );
    if is_media_type(name) {
        format!("`{name}` is no type of which the first bytes tell anything; {advice}")
    } else {
        format!("`{name}` is no media type, such as \"image/png\"; {advice}")
    }
}
