//! The struct and its fields together: who sees it, the id, the times, and what the resource lies under.

use quote::ToTokens as _;
use syn::{Fields, Type, Visibility, ext::IdentExt as _, spanned::Spanned as _};

use crate::{
    errors::Errors,
    model::{Declaration, Field, Value},
    names,
    shape::Shape,
};

/// Query parameters that every list has.
const PARAMETERS: [&str; 7] = ["count", "cursor", "expand", "fields", "limit", "q", "sort"];

/// Most fields of a resource.
const MAX_FIELDS: usize = 300;

pub(super) fn check(declaration: &Declaration, errors: &mut Errors) {
    if !matches!(declaration.item.fields, Fields::Named(_)) {
        return;
    }
    check_it_is_seen(declaration, errors);
    check_fields_are_few(declaration, errors);
    check_there_is_an_id(declaration, errors);
    check_times_stand_once(declaration, errors);
    check_filter_names_are_unique(declaration, errors);
    check_under_is_a_fixed_relation(declaration, errors);
    check_former_names_are_gone(declaration, errors);
    check_the_first_row_can_be(declaration, errors);
}

/// The table of resources refers to the struct from the root of the crate, and so do other declarations.
fn check_it_is_seen(declaration: &Declaration, errors: &mut Errors) {
    let is_private = match &declaration.item.vis {
        Visibility::Inherited => true,
        Visibility::Restricted(restricted) => restricted.path.is_ident("self"),
        Visibility::Public(_) => false,
    };
    if is_private {
        let ident = &declaration.item.ident;
        let message =
            format!("the application cannot see `{ident}`, which is private here; write `pub struct {ident}`");
        errors.push(ident.span(), message);
    }
}

fn check_fields_are_few(declaration: &Declaration, errors: &mut Errors) {
    if let Some(field) = declaration.fields.get(MAX_FIELDS) {
        let message = format!(
            "a resource has at most {MAX_FIELDS} fields, which is as many as the database shows at once; move some to a \
             resource of their own"
        );
        errors.push(field.ident.span(), message);
    }
}

fn check_there_is_an_id(declaration: &Declaration, errors: &mut Errors) {
    let own = &declaration.item.ident;
    let mut ids = declaration.fields.iter().filter(|field| field.ty.shape == Shape::Id);
    let Some(id) = ids.next() else {
        // A field called `id` of an impossible type has its own message.
        if !declaration.item.fields.iter().any(|field| field.ident.as_ref().is_some_and(|ident| ident == "id")) {
            errors.push(own.span(), format!("a resource has an id; add `pub id: Id<{own}>`"));
        } else if declaration.fields.iter().any(|field| field.name == "id") {
            errors.push(own.span(), format!("the id of a resource is written `pub id: Id<{own}>`"));
        }
        return;
    };
    if id.name != "id" {
        errors.push(id.ident.span(), "the id is called `id`; to refer to another resource, use `BelongsTo`");
    }
    if let Some(target) = id.ty.target.as_ref().filter(|target| !is_named(target, &own.to_string())) {
        errors
            .push(target.span(), format!("this is the id of another resource; write `Id<{own}>`, or use `BelongsTo`"));
    }
    for second in ids {
        errors.push(second.ident.span(), "a resource has one id; to refer to another resource, use `BelongsTo`");
    }
}

fn is_named(ty: &Type, name: &str) -> bool {
    let text = ty.to_token_stream().to_string();
    text == name || text == "Self" || text.ends_with(&format!(":: {name}"))
}

fn check_times_stand_once(declaration: &Declaration, errors: &mut Errors) {
    for shape in [Shape::CreatedAt, Shape::UpdatedAt, Shape::DeletedAt] {
        for second in declaration.fields.iter().filter(|field| field.ty.shape == shape).skip(1) {
            let message = format!("there is a `{}` already; use `Timestamp`", shape.written());
            errors.push(second.ident.span(), message);
        }
    }
}

/// A row that has to refer to another one of its kind cannot be the first.
fn check_the_first_row_can_be(declaration: &Declaration, errors: &mut Errors) {
    let own = declaration.item.ident.to_string();
    let refers = |field: &&Field| {
        field.ty.shape == Shape::Relation && field.ty.target.as_ref().is_some_and(|target| is_named(target, &own))
    };
    for field in declaration.fields.iter().filter(refers) {
        // On the account, an actor has its own message; so has what a resource lies under.
        if !field.ty.nullable && !field.has("actor") && declaration.under.as_ref() != Some(&field.ident) {
            let message = format!(
                "no row could be the first: each has to refer to another one; write `Option<BelongsTo<{own}>>`"
            );
            errors.push(field.ident.span(), message);
        }
    }
}

/// A rename says which column became which; a name that is still there, or became two, says nothing.
fn check_former_names_are_gone(declaration: &Declaration, errors: &mut Errors) {
    if let Some(was) = declaration.was.as_ref().filter(|was| was.unraw() == declaration.plural) {
        errors.push(was.span(), "this is its plural now; `was` names the one before");
    }
    let mut seen: Vec<String> = declaration.fields.iter().map(|field| field.key.clone()).collect();
    for was in declaration.fields.iter().filter_map(|field| field.option("was")) {
        let Value::Name(name) = &was.value else { continue };
        let former = name.unraw().to_string();
        if seen.contains(&former) {
            errors.push(
                name.span(),
                format!("there is a `{former}` still; `was` names a key that is gone, and of which one field came"),
            );
        }
        seen.push(former);
    }
}

fn check_filter_names_are_unique(declaration: &Declaration, errors: &mut Errors) {
    let mut seen: Vec<String> = declaration.fields.iter().map(|field| field.key.clone()).collect();
    for field in &declaration.fields {
        let Some(filter) = field.option("filter") else { continue };
        if PARAMETERS.contains(&field.key.as_str()) {
            errors.push(filter.span, format!("every list has a parameter `{}` already; rename the field", field.key));
        }
        let Value::Aliases(aliases) = &filter.value else { continue };
        for alias in aliases {
            let name = alias.unraw().to_string();
            if seen.contains(&name) || PARAMETERS.contains(&name.as_str()) {
                errors.push(alias.span(), format!("there is a `{name}` already; take another name"));
            }
            seen.push(name);
        }
    }
}

fn check_under_is_a_fixed_relation(declaration: &Declaration, errors: &mut Errors) {
    let Some(under) = &declaration.under else { return };
    let Some(field) = declaration.field(under) else {
        let relations = declaration.fields.iter().filter(|field| field.ty.shape == Shape::Relation);
        let relations: Vec<&str> = relations.map(|field| field.name.as_str()).collect();
        let name = under.unraw().to_string();
        let advice = if relations.is_empty() {
            "it names a relation: add a `BelongsTo`".to_owned()
        } else {
            names::advice(&name, &relations)
        };
        return errors.push(under.span(), format!("`{name}` is no field; {advice}"));
    };
    if field.ty.shape != Shape::Relation {
        errors.push(under.span(), format!("`{}` is no relation; a resource lies under a `BelongsTo`", field.name));
    } else if field.ty.nullable {
        errors.push(
            under.span(),
            format!("`{}` may be null, so a row may lie nowhere; take the `Option` away", field.name),
        );
    } else if !field.has("write_once") {
        let message = format!("`{}` may change, which would move the row; add `write_once` to it", field.name);
        errors.push(under.span(), message);
    }
}
