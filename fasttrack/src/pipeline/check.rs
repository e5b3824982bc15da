//! What a declaration asks of several fields of a row together. The database asks the same of whatever is written; here it
//! is found out before, so that everything that is wrong is told at once, and of each field what it should be.

use std::cmp::Ordering;

use super::value;
use crate::{
    db::Arg,
    email,
    error::Fault,
    schema::{Check, Column, Comparison, Condition, Kind, Operand, Schema},
};

/// What is wrong with a row that holds these values; of what depends on a field that is unclear, nothing is said.
pub(super) fn faults(schema: &Schema, value: &dyn Fn(&Column) -> Arg, is_unclear: &dyn Fn(&str) -> bool) -> Vec<Fault> {
    let of = |key: &str| schema.column_of_key(key).map_or(Arg::Null, |column| comparable(column, value(column)));
    let is_broken = |check: &&Check| {
        !check.condition.keys().iter().any(|key| is_unclear(key)) && holds(&check.condition, &of) == Some(false)
    };
    schema.checks.iter().filter(is_broken).flat_map(|check| of_check(schema, check)).collect()
}

/// What is told of a check that a row does not hold: of each field that it speaks of, what it should be. The id is nobody's
/// to set.
pub(super) fn of_check(schema: &Schema, check: &Check) -> Vec<Fault> {
    let is_set = |key: &&str| schema.column_of_key(key).is_some_and(|column| column.kind != Kind::Id);
    let keys = check.condition.keys();
    keys.iter().filter(|key| is_set(key)).map(|key| Fault::new(*key, CODE, check.condition.asked_of(key))).collect()
}

/// What programs know it by.
pub(super) const CODE: &str = "check";

/// Whether a condition holds; `None` where that is not known, as of null.
fn holds(condition: &Condition, value: &dyn Fn(&str) -> Arg) -> Option<bool> {
    match condition {
        Condition::Any(parts) => decide(parts, true, value),
        Condition::All(parts) => decide(parts, false, value),
        Condition::Not(part) => holds(part, value).map(|holds| !holds),
        Condition::Compare { key, op, with } => {
            let other = match with {
                Operand::Key(other) => value(other),
                Operand::Value(constant) => value::literal(*constant),
            };
            let order = compare(&value(key), &other)?;
            Some(match op {
                Comparison::Eq => order.is_eq(),
                Comparison::Ne => order.is_ne(),
                Comparison::Lt => order.is_lt(),
                Comparison::Le => order.is_le(),
                Comparison::Gt => order.is_gt(),
                Comparison::Ge => order.is_ge(),
            })
        }
    }
}

/// What one part decides for all, if any does; else nothing is known where one part is not.
fn decide(parts: &[Condition], decisive: bool, value: &dyn Fn(&str) -> Arg) -> Option<bool> {
    let verdicts: Vec<_> = parts.iter().map(|part| holds(part, value)).collect();
    if verdicts.contains(&Some(decisive)) {
        return Some(decisive);
    }
    (!verdicts.contains(&None)).then_some(!decisive)
}

/// A value as the database compares it.
fn comparable(column: &Column, arg: Arg) -> Arg {
    match arg {
        Arg::Text(text) if column.kind.facts().ignores_case => Arg::Text(email::comparison_key(&text)),
        arg => arg,
    }
}

/// The order of two values of one type; `None` where one is null.
fn compare(one: &Arg, other: &Arg) -> Option<Ordering> {
    match (one, other) {
        (Arg::Int(one), Arg::Int(other)) => Some(one.cmp(other)),
        (Arg::Float(one), Arg::Float(other)) => one.partial_cmp(other),
        // What is compared has as many digits after the point: the declaration would not compile otherwise.
        (Arg::Decimal(one), Arg::Decimal(other)) => Some(one.units.cmp(&other.units)),
        // By code points, as both databases do; an instant and a date in order of time.
        (Arg::Text(one), Arg::Text(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decimal::Fixed, schema::Literal};

    const fn is(key: &'static str, op: Comparison, with: i64) -> Condition {
        Condition::compare(key, op, Operand::Value(Literal::Int(with)))
    }

    #[test]
    fn null_is_neither_true_nor_false() {
        const TRUE: Condition = is("one", Comparison::Eq, 1);
        const FALSE: Condition = is("one", Comparison::Ne, 1);
        const NULL: Condition = is("nothing", Comparison::Eq, 1);
        let value = |key: &str| if key == "one" { Arg::Int(1) } else { Arg::Null };
        for (condition, expected) in [
            (TRUE, Some(true)),
            (FALSE, Some(false)),
            (NULL, None),
            (Condition::Not(&TRUE), Some(false)),
            (Condition::Not(&NULL), None),
            (Condition::Any(&[FALSE, NULL]), None),
            (Condition::Any(&[NULL, TRUE]), Some(true)),
            (Condition::Any(&[FALSE, FALSE]), Some(false)),
            (Condition::All(&[TRUE, NULL]), None),
            (Condition::All(&[NULL, FALSE]), Some(false)),
            (Condition::All(&[TRUE, TRUE]), Some(true)),
        ] {
            assert_eq!(holds(&condition, &value), expected, "{condition:?}");
        }
    }

    #[test]
    fn values_are_compared_by_what_they_are() {
        let text = |text: &str| Arg::Text(text.to_owned());
        let decimal = |units| Arg::Decimal(Fixed::new(units, 2));
        for (one, other, expected) in [
            (Arg::Int(i64::MAX), Arg::Int(i64::MIN), Some(Ordering::Greater)),
            (Arg::Float(0.1), Arg::Float(0.2), Some(Ordering::Less)),
            (decimal(-5), decimal(4), Some(Ordering::Less)),
            (decimal(i64::MAX), decimal(i64::MAX - 1), Some(Ordering::Greater)),
            (Arg::Float(-0.0), Arg::Float(0.0), Some(Ordering::Equal)),
            (text("2026-01-01T00:00:00.000000Z"), text("2026-01-01T00:00:00.000001Z"), Some(Ordering::Less)),
            (Arg::Null, Arg::Null, None),
            (Arg::Int(1), Arg::Null, None),
        ] {
            assert_eq!(compare(&one, &other), expected, "{one:?} {other:?}");
        }
    }
}
