//! What is asked of several fields of a row, as the operations that write rows tell it.

use super::fields::Input;
use crate::{
    schema::{Exclusive, Schema, Unique},
    words::{listed, with_article, words},
};

/// What a body may run into, in sentences. Of a new row that is everything; of a change, what concerns a field that may be
/// sent.
pub(super) fn that_concern(schema: &Schema, input: Input) -> Vec<String> {
    let uniques = schema.uniques.iter().filter(|unique| is_concerned(schema, input, unique.keys));
    let checks = schema.checks.iter().filter(|check| is_concerned(schema, input, &check.condition.keys()));
    let checks = checks.map(|check| format!("422 unless {}.", check.condition.in_words(|key| format!("`{key}`"))));
    let exclusives = schema.exclusives.iter().filter(|exclusive| is_concerned(schema, input, &exclusive.keys()));
    let exclusives = exclusives.map(|exclusive| overlapped(schema, exclusive));
    let limits = schema.limits.iter().filter(|limit| is_concerned(schema, input, &[limit.per]));
    let limits = limits.map(|limit| {
        let status = if limit.within_us.is_some() { "429 with `Retry-After`" } else { "409" };
        format!("{status} where there would be more: {}.", limit.in_words(|key| format!("`{key}`")))
    });
    uniques.map(|unique| taken(schema, unique)).chain(exclusives).chain(limits).chain(checks).collect()
}

/// Whether what a body says may be taken.
pub(super) fn may_be_taken(schema: &Schema, input: Input) -> bool {
    schema.uniques.iter().any(|unique| is_concerned(schema, input, unique.keys))
        || schema.exclusives.iter().any(|exclusive| is_concerned(schema, input, &exclusive.keys()))
        || schema.limits.iter().any(|limit| limit.within_us.is_none() && is_concerned(schema, input, &[limit.per]))
}

fn is_concerned(schema: &Schema, input: Input, keys: &[&str]) -> bool {
    let takes = |key: &&str| schema.column_of_key(key).is_some_and(|column| input.takes(schema, column));
    input.creates() || keys.iter().any(takes)
}

fn taken(schema: &Schema, unique: &Unique) -> String {
    format!("409 where there is {} with the same {}.", with_article(&words(schema.name)), quoted(unique.keys))
}

fn overlapped(schema: &Schema, exclusive: &Exclusive) -> String {
    let Exclusive { start, end, per, .. } = exclusive;
    let per = if per.is_empty() { String::new() } else { format!(" with the same {}", quoted(per)) };
    format!(
        "409 where another {}{per} overlaps it from `{start}` to `{end}`, the end not included.",
        words(schema.name)
    )
}

fn quoted(keys: &[&str]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
    listed(&keys.iter().map(String::as_str).collect::<Vec<_>>())
}
