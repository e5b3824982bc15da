//! What has to hold of an application as a whole, checked when it is compiled.
//!
//! `resources!()` asserts it over its table. What one declaration can tell alone is checked by the macro; what two of
//! them can tell of each other's fields, by the types of [`path`](super::path).
#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "runs at compile time only, where a panic is the error message; const code has neither iterators nor get"
)]

use super::{
    Column, Effect, Has, Kind, Payload, Rule, Schema, added::assert_additions_end, figure::assert_figures_end,
    file::assert_files_are_apart, names::assert_names_are_apart, pairs::assert_pairs_are_apart,
    shown::assert_is_shown_somewhere,
};

/// Deepest nesting of a rule, named rules followed; more is a circle.
const MAX_RULE_DEPTH: u32 = 64;

/// Asserts every law.
///
/// # Panics
/// At compile time, with a sentence that says what is wrong and what to do.
#[track_caller]
pub const fn assert_application(schemas: &[&Schema]) {
    assert_one_account(schemas);
    let mut i = 0;
    while i < schemas.len() {
        assert_path_is_free(schemas, i);
        assert_pairs_are_apart(schemas, schemas[i]);
        assert_relations_are_held(schemas, schemas[i]);
        assert_rules_end(schemas, schemas[i]);
        assert_is_shown_somewhere(schemas, schemas[i]);
        assert_additions_end(schemas, schemas[i]);
        assert_figures_end(schemas, schemas[i]);
        assert_files_are_apart(schemas, schemas[i]);
        let mut j = i + 1;
        while j < schemas.len() {
            assert_events_agree(schemas[i], schemas[j]);
            assert_names_are_apart(schemas[i], schemas[j]);
            assert_names_are_apart(schemas[j], schemas[i]);
            j += 1;
        }
        i += 1;
    }
}

#[track_caller]
const fn assert_one_account(schemas: &[&Schema]) {
    let mut accounts = 0;
    let mut i = 0;
    while i < schemas.len() {
        accounts += schemas[i].account as u32;
        i += 1;
    }
    assert!(accounts > 0, "nobody can log in: declare one resource with #[resource(account)]");
    assert!(accounts < 2, "more than one resource is declared with #[resource(account)]; one alone can log in");
}

#[track_caller]
const fn assert_path_is_free(schemas: &[&Schema], at: usize) {
    let Schema { name, plural, .. } = *schemas[at];
    let mut i = 0;
    while i < at {
        if equal(schemas[i].plural, plural) {
            fail(&["`", schemas[i].name, "` and `", name, "` both have the path /", plural, "; say `plural = \"…\"`"]);
        }
        if equal(schemas[i].name, name) {
            fail(&["two resources are called `", name, "`; rename one"]);
        }
        i += 1;
    }
}

#[track_caller]
const fn assert_relations_are_held(schemas: &[&Schema], schema: &Schema) {
    let mut i = 0;
    while i < schema.columns.len() {
        let Column { name, kind, .. } = schema.columns[i];
        if let Kind::Relation(target) | Kind::Many(target) = kind
            && find(schemas, target).is_none()
        {
            fail(&[
                "`",
                schema.name,
                ".",
                name,
                "` leads to `",
                target,
                "`, which this application does not hold; add it to resources!",
            ]);
        }
        i += 1;
    }
    i = 0;
    while i < schema.has.len() {
        let Has { name, resource, .. } = schema.has[i];
        if find(schemas, resource).is_none() {
            let rest = "`, which this application does not hold; add it to resources!";
            fail(&["`", schema.name, ".", name, "` are rows of `", resource, rest]);
        }
        i += 1;
    }
}

#[track_caller]
const fn assert_rules_end(schemas: &[&Schema], schema: &Schema) {
    let mut i = 0;
    while i < schema.named_rules.len() {
        let (name, rule) = schema.named_rules[i];
        assert_rule_ends(schemas, schema, name, &rule);
        i += 1;
    }
    i = 0;
    while i < schema.grants.len() {
        assert_rule_ends(schemas, schema, schema.grants[i].verb.name(), &schema.grants[i].rule);
        i += 1;
    }
}

#[track_caller]
const fn assert_rule_ends(schemas: &[&Schema], schema: &Schema, name: &str, rule: &Rule) {
    if !ends(schemas, schema, rule, MAX_RULE_DEPTH) {
        let rest = "` refers to itself, directly or through others; take one reference out";
        fail(&["the rule `", schema.name, ".", name, rest]);
    }
}

/// Whether a rule comes to an end within `fuel` steps.
const fn ends(schemas: &[&Schema], schema: &Schema, rule: &Rule, fuel: u32) -> bool {
    if fuel == 0 {
        return false;
    }
    match rule {
        Rule::Any(parts) | Rule::All(parts) => {
            let mut i = 0;
            while i < parts.len() {
                if !ends(schemas, schema, &parts[i], fuel - 1) {
                    return false;
                }
                i += 1;
            }
            true
        }
        Rule::Not(part) => ends(schemas, schema, part, fuel - 1),
        Rule::OfCaller(rule) => match account(schemas) {
            Some(account) => ends(schemas, account, rule, fuel - 1),
            None => true,
        },
        Rule::AnyOf { path, rule } => {
            let Some(rows) = arrive(schemas, schema, path.steps()) else { return true };
            ends(schemas, rows, rule, fuel - 1)
        }
        Rule::Named { path, rule } => {
            let Some(owner) = arrive(schemas, schema, path.steps()) else { return true };
            let Some(rule) = owner.named_rule(rule) else { return true };
            ends(schemas, owner, rule, fuel - 1)
        }
        _ => true,
    }
}

/// The one that can log in.
const fn account<'a>(schemas: &[&'a Schema]) -> Option<&'a Schema> {
    let mut i = 0;
    while i < schemas.len() {
        if schemas[i].account {
            return Some(schemas[i]);
        }
        i += 1;
    }
    None
}

/// The schema at the end of these relations.
const fn arrive<'a>(schemas: &[&'a Schema], from: &'a Schema, steps: &[&str]) -> Option<&'a Schema> {
    let mut at = from;
    let mut i = 0;
    while i < steps.len() {
        let Some(found) = step(schemas, at, steps[i]) else { return None };
        at = found;
        i += 1;
    }
    Some(at)
}

/// The schema that `name` leads to.
pub(super) const fn step<'a>(schemas: &[&'a Schema], at: &Schema, name: &str) -> Option<&'a Schema> {
    if let Some(Column { kind: Kind::Relation(target) | Kind::Many(target), .. }) = at.column(name) {
        return find(schemas, target);
    }
    match at.many(name) {
        Some(has) => find(schemas, has.resource),
        None => None,
    }
}

/// A client tells an event by its name alone, so that one name has one set of keys.
#[track_caller]
const fn assert_events_agree(one: &Schema, other: &Schema) {
    let mut i = 0;
    while i < one.triggers.len() {
        let mut j = 0;
        while j < other.triggers.len() {
            if let Effect::Event { name, payload: mine, .. } = one.triggers[i].effect
                && let Effect::Event { name: same, payload: theirs, .. } = other.triggers[j].effect
                && equal(name, same)
                && !(tells_all(one, mine, other, theirs) && tells_all(other, theirs, one, mine))
            {
                fail(&[
                    "the event `",
                    name,
                    "` has other data in `",
                    one.name,
                    "` than in `",
                    other.name,
                    "`; give both the same keys",
                ]);
            }
            j += 1;
        }
        i += 1;
    }
}

/// Whether every key of `mine`, the row's own id included, is one of `theirs`.
const fn tells_all(one: &Schema, mine: &[Payload], other: &Schema, theirs: &[Payload]) -> bool {
    let mut i = 0;
    while i < mine.len() {
        if !is_id_of(mine[i].key, other.name) && !has_key(theirs, mine[i].key) {
            return false;
        }
        i += 1;
    }
    i = 0;
    while i < theirs.len() {
        if is_id_of(theirs[i].key, one.name) {
            return true;
        }
        i += 1;
    }
    equal(one.name, other.name)
}

const fn has_key(payload: &[Payload], key: &str) -> bool {
    let mut i = 0;
    while i < payload.len() {
        if equal(payload[i].key, key) {
            return true;
        }
        i += 1;
    }
    false
}

pub(super) const fn find<'a>(schemas: &[&'a Schema], name: &str) -> Option<&'a Schema> {
    let mut i = 0;
    while i < schemas.len() {
        if equal(schemas[i].name, name) {
            return Some(schemas[i]);
        }
        i += 1;
    }
    None
}

pub(super) const fn contains(words: &[&str], word: &str) -> bool {
    let mut i = 0;
    while i < words.len() {
        if equal(words[i], word) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether `key` is `name` followed by `_id`.
const fn is_id_of(key: &str, name: &str) -> bool {
    match key.as_bytes().split_last_chunk::<3>() {
        Some((stem, b"_id")) => equal_bytes(stem, name.as_bytes()),
        _ => false,
    }
}

pub(super) const fn equal(one: &str, other: &str) -> bool {
    equal_bytes(one.as_bytes(), other.as_bytes())
}

const fn equal_bytes(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut i = 0;
    while i < one.len() {
        if one[i] != other[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Stops the compilation with these words; a const panic takes one `&str` and no format.
#[track_caller]
pub(super) const fn fail(words: &[&str]) -> ! {
    let mut text = [b' '; 512];
    let mut len = 0;
    let mut i = 0;
    while i < words.len() {
        let word = words[i].as_bytes();
        let mut j = 0;
        while j < word.len() && len < text.len() {
            text[len] = word[j];
            len += 1;
            j += 1;
        }
        i += 1;
    }
    match std::str::from_utf8(text.split_at(len).0) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("the application does not hold together"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{BelongsTo, Change, Grant, Path, Resource, RowVersion, Trigger, Verb};

    struct User;

    impl Resource for User {
        const NAME: &'static str = "user";
        type Fields = ();
        const FIELDS: () = ();
        const SCHEMA: Schema = Schema::new("user", "users").account();
    }

    const USER: Schema = User::SCHEMA;
    const TASK: Schema =
        Schema::new("task", "tasks").columns(const { &[Column::new::<BelongsTo<User>>("owner", "owner_id")] });
    const LOOP: Schema = Schema::new("loop", "loops")
        .named_rules(const { &[("a", Rule::Not(&Rule::Named { path: Path::HERE, rule: "a" }))] });
    const VERBS: Schema = Schema::new("verb", "verbs").grants(
        const {
            &[
                Grant::new(Verb::List, Rule::Named { path: Path::HERE, rule: "read" }),
                Grant::new(Verb::Read, Rule::Not(&Rule::Named { path: Path::HERE, rule: "list" })),
            ]
        },
    );

    const fn event(key: &'static str) -> Payload {
        Payload { key, row: RowVersion::New, path: Path::HERE, field: "id" }
    }

    const fn tells(name: &'static str, payload: &'static [Payload]) -> Trigger {
        let effect = Effect::Event { name, payload, to: &[], except_actor: false };
        Trigger { change: Change::Created, effect }
    }

    const BARE: Schema = Schema::new("one", "ones").triggers(const { &[tells("said", &[])] });
    const FULL: Schema = Schema::new("two", "twos").triggers(const { &[tells("said", const { &[event("one_id")] })] });
    const SAME: Schema = Schema::new("one", "ones").triggers(const { &[tells("said", const { &[event("two_id")] })] });

    #[track_caller]
    fn check(schemas: &[&Schema], expected: Option<&str>) {
        let caught = std::panic::catch_unwind(|| assert_application(schemas)).err();
        let message = caught.map(|cause| match cause.downcast::<String>() {
            Ok(text) => *text,
            Err(cause) => cause.downcast::<&str>().map_or_else(|_| String::new(), |text| (*text).to_owned()),
        });
        match (&message, expected) {
            (Some(message), Some(words)) => assert!(message.contains(words), "{message:?} does not say {words:?}"),
            _ => assert_eq!(message.as_deref(), expected),
        }
    }

    #[test]
    fn an_application_holds_together() {
        check(&[&USER, &TASK], None);
        check(&[&USER, &SAME, &FULL], None);
    }

    #[test]
    fn what_does_not_hold_together_is_told() {
        check(&[&TASK], Some("nobody can log in"));
        check(&[&USER, &USER], Some("more than one resource"));
        check(&[&USER, &TASK, &TASK], Some("`task` and `task` both have the path /tasks"));
        check(
            &[&USER, &TASK, &Schema::new("owned", "tasks_owner_id")],
            Some("an index of `task` is called as the table of `owned`: tasks_owner_id; say another"),
        );
        check(&[&Schema::new("person", "people").account(), &TASK], Some("`task.owner` leads to `user`"));
        check(&[&USER, &LOOP], Some("the rule `loop.a` refers to itself"));
        check(&[&USER, &VERBS], Some("the rule `verb.list` refers to itself"));
        check(&[&USER, &BARE, &FULL], Some("`said` has other data in `one` than in `two`"));
    }
}
