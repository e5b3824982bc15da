//! Rows that are created along with the one that they refer to, and shown in it: what has to hold of them, checked when the
//! application is compiled.

use super::{
    Has, Schema, Verb,
    laws::{equal, fail},
};

/// `inline = 1..=100`: how many rows a `POST` takes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inline {
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

impl Schema {
    /// The rows that a `POST` takes along and that rows show, by the names that are their keys in JSON, with how many.
    pub fn taken_along(&self) -> impl Iterator<Item = (&'static Has, Inline)> + use<> {
        self.has.iter().filter_map(|has| Some((has, has.inline?)))
    }
}

/// Asserts that the rows of `target` that `schema` calls `name` can be created along with one of it, and shown in it.
///
/// # Panics
/// At compile time, with a sentence that says what is wrong and what to do.
#[track_caller]
pub const fn assert_takes_along(schema: &Schema, target: &Schema, name: &str) {
    // What a mistake elsewhere has left without columns has a message of its own.
    if schema.columns.is_empty() || target.columns.is_empty() {
        return;
    }
    let Some(has) = schema.many(name) else { return };
    if target.account {
        fail(&[
            "`",
            target.name,
            "` can log in, and such rows come into being by registration alone; take `inline` away",
        ]);
    }
    if !has_rule(target, Verb::Create) {
        let rest = "`, so nobody could send them along; say who may: #[can(create: …)]";
        fail(&["nobody may create `", target.name, rest]);
    }
    if !has_rule(target, Verb::Read) {
        let rest = "`, so nobody would be shown them; say who may: #[can(read: …)]";
        fail(&["nobody may read `", target.name, rest]);
    }
    if let Some(under) = target.under
        && !equal(under, has.relation)
    {
        fail(&[
            "a `",
            target.name,
            "` is created under its `",
            under,
            "`, which only a path says; take `inline` away, or lay it under its `",
            has.relation,
            "`",
        ]);
    }
    if takes_along(target) {
        fail(&[
            "`",
            target.name,
            "` takes rows along itself, and one level of them is what there is; take `inline` away from one",
        ]);
    }
}

const fn has_rule(schema: &Schema, verb: Verb) -> bool {
    let mut rest = schema.grants;
    while let [grant, others @ ..] = rest {
        if grant.verb as u8 == verb as u8 {
            return true;
        }
        rest = others;
    }
    false
}

const fn takes_along(schema: &Schema) -> bool {
    let mut rest = schema.has;
    while let [has, others @ ..] = rest {
        if has.inline.is_some() {
            return true;
        }
        rest = others;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Grant, Id, Rule};

    const ID: Column = Column::new::<Id<()>>("id", "id");
    const EVERYBODY: &[Grant] = &[Grant::new(Verb::Create, Rule::Anyone), Grant::new(Verb::Read, Rule::Anyone)];
    const ORDER: Schema =
        Schema::new("order", "orders").columns(&[ID]).has(&[Has::new("lines", "line", "order").inline(1, 9)]);
    const LINE: Schema = Schema::new("line", "lines").columns(&[ID]).grants(EVERYBODY);
    const READ: &[Grant] = &[Grant::new(Verb::Read, Rule::Anyone)];
    const CREATE: &[Grant] = &[Grant::new(Verb::Create, Rule::Anyone)];
    const PARTS: &[Has] = &[Has::new("parts", "part", "line").inline(0, 1)];

    #[track_caller]
    fn check(target: &Schema, expected: Option<&str>) {
        let caught = std::panic::catch_unwind(|| assert_takes_along(&ORDER, target, "lines")).err();
        let message = caught.map(|cause| cause.downcast::<String>().map_or_else(|_| String::new(), |text| *text));
        match (&message, expected) {
            (Some(message), Some(words)) => assert!(message.contains(words), "{message:?} does not say {words:?}"),
            _ => assert_eq!(message.as_deref(), expected),
        }
    }

    #[test]
    fn what_comes_along_can_be_created_and_shown() {
        check(&LINE, None);
        check(&LINE.under("order"), None);
        check(&LINE.account(), Some("`line` can log in"));
        check(&LINE.grants(READ), Some("nobody may create `line`"));
        check(&LINE.grants(CREATE), Some("nobody may read `line`"));
        check(&LINE.under("shelf"), Some("a `line` is created under its `shelf`"));
        check(&LINE.has(PARTS), Some("one level of them"));
        // What a mistake elsewhere has left empty is no mistake of its own.
        check(&Schema::new("line", "lines"), None);
    }
}
