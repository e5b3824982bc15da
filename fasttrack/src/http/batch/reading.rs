//! The operations of a batch, and everything that is wrong with their shape.

use serde_json::value::RawValue;

use super::{MOST, Paths, paths::Meant};
use crate::{
    error::{Error, Fault},
    pipeline::{Named, Step},
    precondition::Preconditions,
    schema::{Catalog, Column, Kind, Schema, Verb},
    wire::{Form, Node, Object, Reference},
};

/// Reads a body.
///
/// # Errors
/// [`Error::Invalid`] with every fault, in the first operation that has one.
pub(in crate::http) fn read(catalog: &Catalog, paths: &Paths, body: &Object<'_>) -> Result<Vec<Step>, Error> {
    let mut faults: Vec<_> = body.faults.iter().filter(|fault| !is_told_inside(fault, "operations")).cloned().collect();
    for (key, _) in body.members.iter().filter(|(key, _)| key != "operations") {
        faults.push(unknown(key.chars().take(100).collect(), "operations"));
    }
    let mut shapes: Vec<Shape<'_>> = Vec::new();
    match operations(body) {
        Ok(operations) => {
            for (place, operation) in operations.iter().enumerate() {
                let mut shape = Shape { place, catalog, meant: None, faults: Vec::new() };
                shape.meant = shape.read(paths, operation, &shapes);
                shapes.push(shape);
            }
        }
        Err(fault) => faults.push(fault),
    }
    let first = shapes.iter().find(|shape| !shape.faults.is_empty()).map(|shape| shape.place);
    let first = first.filter(|_| faults.is_empty());
    faults.extend(shapes.iter_mut().flat_map(|shape| std::mem::take(&mut shape.faults)));
    let steps: Option<Vec<_>> = shapes.into_iter().map(|shape| shape.meant).collect();
    match steps {
        Some(steps) if faults.is_empty() => Ok(steps),
        _ => Err(in_operation(first, Error::Invalid(faults))),
    }
}

/// An error that is told with the first operation that it is about, where it is about operations alone.
fn in_operation(first: Option<usize>, error: Error) -> Error {
    match first {
        Some(operation) => Error::InOperation { operation, error: Box::new(error) },
        None => error,
    }
}

/// The items of the list.
fn operations<'a>(body: &'a Object<'_>) -> Result<Vec<&'a RawValue>, Fault> {
    let fault = |code, message: String| Fault::new("operations", code, message);
    let items: Vec<&RawValue> = match body.members.iter().find(|(key, _)| key == "operations").map(|(_, node)| node) {
        None => return Err(fault("required", "is missing".into())),
        Some(Node::Array(text)) => {
            serde_json::from_str(text).map_err(|cause| fault("type", format!("must be a list: {cause}")))?
        }
        Some(_) => return Err(fault("type", "must be a list of operations".into())),
    };
    match items.len() {
        0 => Err(fault("too_few", "must have at least one operation".into())),
        count if count > MOST => Err(fault("too_many", format!("must have at most {MOST} operations"))),
        _ => Ok(items),
    }
}

/// An operation as it is read.
struct Shape<'a> {
    place: usize,
    catalog: &'a Catalog,
    /// What it is; nothing, where something is wrong with it.
    meant: Option<Step>,
    faults: Vec<Fault>,
}

impl Shape<'_> {
    fn fault(&mut self, field: &str, code: &'static str, message: impl Into<String>) {
        let dot = if field.is_empty() { "" } else { "." };
        self.faults.push(Fault::new(format!("operations[{}]{dot}{field}", self.place), code, message));
    }

    fn read(&mut self, paths: &Paths, operation: &RawValue, before: &[Shape<'_>]) -> Option<Step> {
        if !operation.get().starts_with('{') {
            self.fault(
                "",
                "type",
                "must be an object: `method`, `path`, and where it takes them `body` and `if_match`",
            );
            return None;
        }
        let object = Object::of_json(operation.get()).ok()?;
        for fault in object.faults.iter().filter(|fault| !is_told_inside(fault, "body")) {
            self.fault(&fault.field, fault.code, fault.message.clone());
        }
        for (key, _) in object.members.iter().filter(|(key, _)| !MEMBERS.contains(&key.as_ref())) {
            let key: String = key.chars().take(100).collect();
            self.fault(&key, "unknown", format!("there is no such field; there are {}", MEMBERS.join(", ")));
        }
        let member = |name: &str| object.members.iter().find(|(key, _)| key == name).map(|(_, node)| node);
        let (method, path) = (self.text("method", member("method")), self.text("path", member("path")));
        let meant = self.meant(paths, method, path);
        let body = self.body(meant.as_ref(), member("body"));
        let preconditions = self.preconditions(meant.as_ref(), member("if_match"));
        let meant = meant?;
        self.check_references(&meant, &body, before);
        let Meant { resource, verb, row } = meant;
        Some(Step { resource, verb, row, body, preconditions })
    }

    fn text<'n>(&mut self, name: &str, node: Option<&'n Node<'_>>) -> Option<&'n str> {
        match node {
            Some(Node::Text(text)) => return Some(text),
            Some(_) => self.fault(name, "type", "must be a string"),
            None => self.fault(name, "required", "is missing"),
        }
        None
    }

    fn meant(&mut self, paths: &Paths, method: Option<&str>, path: Option<&str>) -> Option<Meant> {
        let known = method.filter(|method| METHODS.contains(method));
        if method.is_some() && known.is_none() {
            self.fault("method", "unknown", format!("must be one of {}", METHODS.join(", ")));
        }
        // Whatever is wrong with the path is told all the same.
        let found = known.map_or_else(|| paths.check(path?).err().map(Err), |method| Some(paths.find(method, path?)));
        match found? {
            Ok(meant) => Some(meant),
            Err((code, why)) => {
                self.fault("path", code, why);
                None
            }
        }
    }

    fn body(&mut self, meant: Option<&Meant>, node: Option<&Node<'_>>) -> Form {
        let takes_one = meant.map(|meant| matches!(meant.verb, Verb::Create | Verb::Update));
        match (node, takes_one) {
            (Some(Node::Object(text)), Some(true) | None) => return Form::read(text),
            (Some(Node::Object(_)), Some(false)) => self.fault("body", "unknown", "is not taken by this operation"),
            (Some(_), _) => self.fault("body", "type", "must be an object"),
            (None, Some(true)) => self.fault("body", "required", "is missing"),
            (None, _) => {}
        }
        Form::read("{}")
    }

    fn preconditions(&mut self, meant: Option<&Meant>, node: Option<&Node<'_>>) -> Preconditions {
        let mut asked = Preconditions::default();
        let Some(node) = node else { return asked };
        let Some(text) = self.text("if_match", Some(node)) else { return asked };
        if meant.is_some_and(|meant| matches!(meant.verb, Verb::Create | Verb::Restore)) {
            self.fault(
                "if_match",
                "unknown",
                "is not taken by this operation: there is no row yet whose version it could be",
            );
        } else if let Err(fault) = asked.if_match([text.as_bytes()]) {
            self.fault("if_match", fault.code, fault.message);
        }
        asked
    }

    /// Whether what is said of earlier answers can be meant.
    fn check_references(&mut self, meant: &Meant, body: &Form, before: &[Shape<'_>]) {
        let schema = self.catalog.get(meant.resource).map(|model| model.schema);
        let is_secret = |key: &str| {
            let column = schema.and_then(|schema| schema.column_of_key(key));
            column.is_some_and(|column| column.kind == Kind::PasswordHash)
        };
        for (path, reference) in body.references() {
            let field = format!("body.{path}");
            if is_secret(path) {
                self.fault(&field, "not_taken", "is a password, which is not taken from an answer");
            } else {
                self.check_reference(&field, reference, before, |_| true);
            }
        }
        if schema.is_some_and(|schema| self.brings_passwords(schema, body)) {
            self.fault("body", "not_taken", "brings rows with passwords along, which is not taken in a batch");
        }
        if let Some(Named::Answered(reference)) = &meant.row {
            let is_id = |column: &Column| matches!(column.kind, Kind::Id | Kind::Relation(_));
            self.check_reference("path", reference, before, is_id);
        }
    }

    fn check_reference(
        &mut self,
        field: &str,
        reference: &Reference,
        before: &[Shape<'_>],
        fits: impl Fn(&Column) -> bool,
    ) {
        let Reference { operation, key, text } = reference;
        // A path has no such string.
        let literal =
            if field == "path" { String::new() } else { format!("; the string itself is written `$${text}`") };
        let Some(earlier) = before.get(*operation) else {
            let number = text.split('.').next().unwrap_or_default();
            let why = format!("refers to operation {number}, which is none before this one{literal}");
            return self.fault(field, "reference", why);
        };
        // Something else is wrong with that one, and is told there.
        let Some(step) = &earlier.meant else { return };
        let schema = self.catalog.get(step.resource).map(|model| model.schema).filter(|_| step.verb != Verb::Delete);
        let Some(schema) = schema else {
            let why = format!("refers to operation {operation}, which answers no row{literal}");
            return self.fault(field, "reference", why);
        };
        let column = schema.column_of_key(key).filter(|column| !column.hidden);
        let is_shown = column.is_some() || schema.taken_along().any(|(has, _)| has.name == key);
        if !is_shown {
            let why = format!("refers to `{key}` of operation {operation}, which answers no such field{literal}");
            self.fault(field, "reference", why);
        } else if !column.is_none_or(fits) {
            self.fault(
                field,
                "reference",
                format!("refers to `{key}` of operation {operation}, which is no id of a row"),
            );
        }
    }

    /// Whether rows come along that have passwords.
    fn brings_passwords(&self, schema: &'static Schema, body: &Form) -> bool {
        let secret = schema.taken_along().filter(|(has, _)| {
            let rows = self.catalog.find(has.resource).map(|model| model.schema.columns).unwrap_or_default();
            rows.iter().any(|column| column.kind == Kind::PasswordHash)
        });
        let names: Vec<_> = secret.map(|(has, _)| has.name).collect();
        if names.is_empty() {
            return false;
        }
        Object::of_json(&body.without_answers())
            .is_ok_and(|body| body.members.iter().any(|(key, _)| names.contains(&key.as_ref())))
    }
}

/// What an operation has.
const MEMBERS: [&str; 4] = ["method", "path", "body", "if_match"];

/// The methods that rows have.
const METHODS: [&str; 4] = ["GET", "POST", "PATCH", "DELETE"];

/// Whether a fault is about what is inside a member that is looked into by itself.
fn is_told_inside(fault: &Fault, member: &str) -> bool {
    fault.field == member && fault.message == Object::DUPLICATE_INSIDE
}

fn unknown(key: String, known: &str) -> Fault {
    Fault::new(key, "unknown", format!("there is no such field; there is {known}"))
}
