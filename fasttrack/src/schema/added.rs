//! What has to hold of rows that a trigger adds, checked when the application is compiled.
#![expect(clippy::indexing_slicing, reason = "runs at compile time only; const code has neither iterators nor get")]

use super::{
    Assigned, Assignment, Column, Effect, Fallback, Grant, Kind, Literal, Rule, Schema, Verb,
    laws::{contains, equal, fail, step},
};

/// Asserts that the trigger of `schema` at this place, which adds rows of `target`, gives them what they need.
///
/// # Panics
/// At compile time, with a sentence that says what is wrong and what to do.
#[track_caller]
pub const fn assert_adds(schema: &Schema, target: &Schema, place: usize) {
    // What a mistake elsewhere has left without triggers has a message of its own.
    if place >= schema.triggers.len() || target.columns.is_empty() {
        return;
    }
    let Effect::Add { to, values } = schema.triggers[place].effect else { return };
    let Some(has) = schema.many(to) else { return };
    if target.account {
        fail(&["`", target.name, "` can log in, and such rows come into being by registration alone"]);
    }
    if target.hooks.is_some() {
        fail(&["`", target.name, "` has hooks, which would not run; let code add it where they do"]);
    }
    let mut i = 0;
    while i < target.columns.len() {
        let column = &target.columns[i];
        if !equal(column.name, has.relation) {
            let value = assigned(values, column.name);
            assert_column(target, column, value);
            let by_actor = column.actor || matches!(value, Some(Assigned::Actor));
            if by_actor && !column.nullable && may_be_nobody(schema) {
                fail(&[
                    "`",
                    target.name,
                    ".",
                    column.name,
                    "` is always somebody, and who changes `",
                    schema.name,
                    "` need not be logged in; fill it with something else, or make it an `Option`",
                ]);
            }
        }
        i += 1;
    }
}

/// Whether a row may be created or changed by who is not logged in: accounts come into being so.
const fn may_be_nobody(schema: &Schema) -> bool {
    let mut i = 0;
    while i < schema.grants.len() {
        let Grant { verb, rule } = &schema.grants[i];
        if matches!(verb, Verb::Create | Verb::Update | Verb::Restore) && admits_anyone(rule) {
            return true;
        }
        i += 1;
    }
    schema.account
}

/// Whether `anyone` stands in the rule where it lets by itself.
const fn admits_anyone(rule: &Rule) -> bool {
    match rule {
        Rule::Anyone => true,
        Rule::Any(parts) => {
            let mut i = 0;
            while i < parts.len() {
                if admits_anyone(&parts[i]) {
                    return true;
                }
                i += 1;
            }
            false
        }
        _ => false,
    }
}

#[track_caller]
const fn assert_column(target: &Schema, column: &Column, value: Option<Assigned>) {
    let is_automatic =
        matches!(column.kind, Kind::Id | Kind::CreatedAt | Kind::UpdatedAt | Kind::DeletedAt) || column.actor;
    match value {
        // What is kept of a file belongs to one row.
        Some(_) if matches!(column.kind, Kind::File) => {
            fail(&["`", target.name, ".", column.name, "` is a file, which is sent to its row by PUT; take it out"]);
        }
        Some(_) if is_automatic => {
            fail(&["`", target.name, ".", column.name, "` is filled in by itself; take it out"]);
        }
        Some(Assigned::Constant(value)) => assert_fits(target, column, value),
        Some(Assigned::Actor | Assigned::Field { .. }) => {}
        None => {
            if !is_automatic && !column.nullable && matches!(column.fallback, Fallback::Required) {
                fail(&[
                    "a row of `",
                    target.name,
                    "` needs `",
                    column.name,
                    "`, which has no default; give it a value",
                ]);
            }
        }
    }
}

#[track_caller]
const fn assert_fits(target: &Schema, column: &Column, value: Literal) {
    let fits = match value {
        Literal::Int(value) => match column.int_range {
            Some((min, max)) => min <= value && value <= max,
            None => true,
        },
        Literal::Decimal(value) => match column.int_range {
            Some((min, max)) => min <= value.units && value.units <= max,
            None => true,
        },
        Literal::Float(value) => match column.float_range {
            Some((min, max)) => min <= value && value <= max,
            None => true,
        },
        Literal::Text(text) => match column.len {
            Some((min, max)) if !matches!(column.kind, Kind::Choice(_)) => {
                let chars = characters(text);
                min <= chars && chars <= max
            }
            _ => true,
        },
        // No constant fills a list.
        Literal::Null | Literal::Bool(_) | Literal::Texts(_) | Literal::Integers(_) => true,
    };
    if !fits {
        fail(&["what `", target.name, ".", column.name, "` would hold is outside its bounds"]);
    }
}

/// Unicode scalar values.
const fn characters(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut count = 0;
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] & 0xC0 != 0x80 {
            count += 1;
        }
        i += 1;
    }
    count
}

const fn assigned(values: &[Assignment], field: &str) -> Option<Assigned> {
    let mut i = 0;
    while i < values.len() {
        if equal(values[i].field, field) {
            return Some(values[i].value);
        }
        i += 1;
    }
    None
}

/// Asserts that rows which triggers add do not have rows added in a circle, and that what may be null fills nothing that
/// may not.
#[track_caller]
pub(super) const fn assert_additions_end(schemas: &[&Schema], schema: &Schema) {
    let mut i = 0;
    while i < schema.triggers.len() {
        if let Effect::Add { to, values } = schema.triggers[i].effect
            && let Some(target) = step(schemas, schema, to)
        {
            if !ends(schemas, target, schemas.len()) {
                fail(&[
                    "what `",
                    schema.name,
                    "` adds has `",
                    target.name,
                    "` added to it in a circle; take one `add` out",
                ]);
            }
            let mut j = 0;
            while j < values.len() {
                assert_not_null(schemas, schema, target, &values[j]);
                j += 1;
            }
        }
        i += 1;
    }
}

/// Whether what a new row of `schema` adds comes to an end.
const fn ends(schemas: &[&Schema], schema: &Schema, fuel: usize) -> bool {
    if fuel == 0 {
        return false;
    }
    let mut i = 0;
    while i < schema.triggers.len() {
        if let Effect::Add { to, .. } = schema.triggers[i].effect
            && let Some(target) = step(schemas, schema, to)
            && !ends(schemas, target, fuel - 1)
        {
            return false;
        }
        i += 1;
    }
    true
}

#[track_caller]
const fn assert_not_null(schemas: &[&Schema], schema: &Schema, target: &Schema, assignment: &Assignment) {
    let Assigned::Field { path, field } = assignment.value else { return };
    let Some(filled) = target.column(assignment.field) else { return };
    let mut at = schema;
    let mut may_be_null = false;
    let mut i = 0;
    while i < path.steps().len() {
        if let Some(relation) = at.column(path.steps()[i]) {
            may_be_null |= relation.nullable;
        }
        let Some(next) = step(schemas, at, path.steps()[i]) else { return };
        at = next;
        i += 1;
    }
    let Some(source) = at.column(field) else { return };
    if (may_be_null || source.nullable) && !filled.nullable {
        fail(&[
            "`",
            target.name,
            ".",
            assignment.field,
            "` is always there, and what `",
            schema.name,
            "` would fill it with may be null",
        ]);
    }
    if let (Kind::Choice(words), Kind::Choice(others)) = (source.kind, filled.kind) {
        let mut i = 0;
        while i < words.len() {
            if !contains(others, words[i]) {
                fail(&["`", target.name, ".", assignment.field, "` has no `", words[i], "`"]);
            }
            i += 1;
        }
    }
    if !is_within(source, filled) {
        fail(&[
            "`",
            target.name,
            ".",
            assignment.field,
            "` has narrower bounds than what `",
            schema.name,
            "` would fill it with",
        ]);
    }
}

/// Whether everything that `source` may hold is within the bounds of `filled`.
const fn is_within(source: &Column, filled: &Column) -> bool {
    let within_len = match (source.len, filled.len) {
        (Some((least, most)), Some((min, max))) => min <= least && most <= max,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    let within_ints = match (source.int_range, filled.int_range) {
        (Some((least, most)), Some((min, max))) => min <= least && most <= max,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    let within_floats = match (source.float_range, filled.float_range) {
        (Some((least, most)), Some((min, max))) => min <= least && most <= max,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    let within_max = match (source.max, filled.max) {
        (Some(most), Some(max)) => most <= max,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    within_len && within_ints && within_floats && within_max
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Change, Has, Trigger};

    const BY: Column = Column { kind: Kind::Relation("user"), ..Column::new::<i64>("by", "by_id") };
    const OF: Column = Column { kind: Kind::Relation("task"), ..Column::new::<i64>("of", "of_id") };

    #[test]
    fn a_list_that_fills_another_one_has_no_more_values() {
        let list = |max: Option<u32>, len: u32| Column { max, ..Column::new::<Vec<String>>("x", "x").len(0, len) };
        let check = |source: Column, filled: Column, expected: bool| {
            assert_eq!(is_within(&source, &filled), expected, "{:?} {:?}", source.max, filled.max);
        };
        check(list(Some(3), 9), list(Some(3), 9), true);
        check(list(Some(3), 9), list(Some(4), 10), true);
        check(list(Some(4), 9), list(Some(3), 9), false);
        check(list(None, 9), list(Some(3), 9), false);
        check(list(Some(3), 9), list(Some(3), 8), false);
    }

    #[test]
    fn whoever_may_be_nobody_fills_nothing_that_is_always_somebody() {
        const ADDS: &[Trigger] =
            &[Trigger::add(Change::Created, "notes", const { &[Assignment { field: "by", value: Assigned::Actor }] })];
        const TASK: Schema =
            Schema::new("task", "tasks").has(const { &[Has::new("notes", "note", "of")] }).triggers(ADDS);
        let check = |schema: Schema, by: Column, is_right: bool| {
            let columns = Vec::leak(vec![by, OF]);
            let note = Schema::new("note", "notes").columns(columns);
            let told = std::panic::catch_unwind(|| assert_adds(&schema, &note, 0)).err();
            let told = told.and_then(|cause| cause.downcast::<String>().ok());
            assert_eq!(told.is_none(), is_right, "{told:?}");
        };
        let optional = Column { nullable: true, ..BY };
        let let_create = |rule| TASK.grants(Vec::leak(vec![Grant::new(Verb::Create, rule)]));
        check(let_create(Rule::Authenticated), BY, true);
        check(let_create(Rule::Anyone), BY, false);
        check(let_create(Rule::Anyone), optional, true);
        check(let_create(Rule::Any(&[Rule::Role("admin"), Rule::Anyone])), BY, false);
        check(let_create(Rule::All(&[Rule::Authenticated, Rule::Anyone])), BY, true);
        check(TASK.account(), BY, false);
        check(TASK.account(), optional, true);
    }
}
