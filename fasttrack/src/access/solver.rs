//! Whether conditions can hold together, of one caller and one row.
//!
//! What a condition asks of one field is decided over what that can hold: the words of a choice, truth values, numbers and
//! instants between the constants that they are compared with, null, and that the row is not there. Who the caller is to a row is true or
//! false for each path by itself. Whatever else there is counts as if it could be either way, so that what
//! cannot be decided can hold: a way that is said to be impossible is impossible.

use std::collections::BTreeMap;

use crate::schema::{Asked, Catalog, Column, Comparison, Kind, Literal, Model, Rule, Step, Term, Way, ways_of_named};

/// How conditions hold together.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What fields hold then, in words, as far as that is a word.
    pub(super) values: Vec<String>,
    /// Conditions that were not looked into.
    pub(super) opaque: Vec<String>,
}

/// What is compared with a field.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    /// The row is not there.
    Absent,
    Null,
    Word(&'static str),
    /// Any other text.
    Other,
    Bool(bool),
    /// A number, as one that is in the same order.
    Number(i128),
}

/// One comparison.
#[derive(Debug)]
struct Compared {
    op: Comparison,
    with: Value,
    negated: bool,
}

/// What is compared of one field.
struct Field {
    column: &'static Column,
    may_be_absent: bool,
    name: String,
    compared: Vec<Compared>,
}

/// How all of these can hold, of rows of `model` and callers of this role; `None` where they cannot.
pub(super) fn solve(catalog: &Catalog, model: &Model, way: &Way, caller: Option<&str>) -> Option<Found> {
    if denies_itself(catalog, model, way, caller) {
        return None;
    }
    let mut found = Found::default();
    let mut facts: BTreeMap<String, bool> = BTreeMap::new();
    let mut fields: BTreeMap<String, Field> = BTreeMap::new();
    for Term { words, asked, .. } in way {
        let Some(asked) = asked else { continue };
        if let Some((key, field)) = compared(catalog, model, asked) {
            let known = fields.entry(key).or_insert_with(|| Field { compared: Vec::new(), ..field });
            known.compared.extend(said(asked, known.column));
            continue;
        }
        let is_account = matches!(asked.rule, Rule::Related(_) | Rule::Oneself);
        let key = if is_account { asked.trail().join(".") } else { key_of(asked) };
        if *facts.entry(key).or_insert(!asked.negated) == asked.negated {
            return None;
        }
        found.opaque.extend((!is_account).then(|| words.clone()));
    }
    for field in fields.values() {
        let value = field.candidates().into_iter().find(|value| field.compared.iter().all(|one| one.holds(*value)))?;
        let word = match value {
            Value::Word(word) if matches!(field.column.kind, Kind::Choice(_)) => word.to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Null => "null".to_owned(),
            _ => continue,
        };
        found.values.push(format!("{} is {word}", field.name));
    }
    Some(found)
}

/// Whether one of these denies a rule by its name of which others say that it holds.
fn denies_itself(catalog: &Catalog, model: &Model, way: &Way, caller: Option<&str>) -> bool {
    let denied = way.iter().filter_map(|term| term.asked.as_ref()).filter(|asked| asked.negated);
    denied.flat_map(|asked| ways_of_named(asked, model.schema, catalog, caller)).any(|lets| lets.is_subset(way))
}

/// What a condition is known by that is not looked into: the same, by whichever names one comes there.
fn key_of(asked: &Asked) -> String {
    let (path, rule) = match &asked.rule {
        Rule::AnyOf { path, rule } => (*path, format!("any {rule:?}")),
        Rule::Named { path, rule } => (*path, format!("named {rule}")),
        other => return format!("{:?} {other:?}", asked.at),
    };
    let steps = asked.at.iter().chain([&path]).flat_map(|path| path.steps().iter().copied());
    format!("{} {rule}", steps.collect::<Vec<_>>().join("."))
}

/// The field that is compared with a constant, where that is decided over what it can hold, and by what it is known.
fn compared(catalog: &Catalog, model: &Model, asked: &Asked) -> Option<(String, Field)> {
    let (asked, model, start) = match asked.rule {
        Rule::OfCaller(rule) => {
            let of_caller = Asked { at: Vec::new(), rule: *rule, negated: asked.negated };
            (of_caller, catalog.account()?, "caller.")
        }
        _ => (asked.clone(), model, ""),
    };
    if !matches!(asked.rule, Rule::Compare { .. } | Rule::Moment { .. }) {
        return None;
    }
    let trail = asked.trail();
    let (steps, column) = catalog.field(model, &trail)?;
    said(&asked, column)?;
    let is_moment = matches!(asked.rule, Rule::Moment { .. });
    let name = format!("{start}{}", trail.join("."));
    let key = format!("{name}{}", if is_moment { " to now" } else { "" });
    let may_be_absent = steps.iter().any(|step: &Step| step.nullable || step.deleted.is_some() || step.is_many());
    Some((key, Field { column, may_be_absent, name, compared: Vec::new() }))
}

/// What is compared, if it is something of which the order or the sameness is known here.
fn said(asked: &Asked, column: &Column) -> Option<Compared> {
    let rule = if let Rule::OfCaller(rule) = asked.rule { rule } else { &asked.rule };
    let (op, with) = match (rule, column.kind) {
        (Rule::Moment { op, offset_us, .. }, Kind::Timestamp | Kind::CreatedAt | Kind::UpdatedAt) => {
            (*op, Value::Number((*offset_us).into()))
        }
        (Rule::Compare { op, value: Literal::Null, .. }, _) => (*op, Value::Null),
        (Rule::Compare { op, value: Literal::Bool(value), .. }, Kind::Bool) => (*op, Value::Bool(*value)),
        (Rule::Compare { op, value: Literal::Text(word), .. }, Kind::Choice(_) | Kind::Text) => {
            (*op, Value::Word(word))
        }
        (Rule::Compare { op, value, .. }, Kind::Int | Kind::Float | Kind::Decimal(_)) => (*op, number(*value)?),
        _ => return None,
    };
    Some(Compared { op, with, negated: asked.negated })
}

/// A number as one that lies to the others of its field as it does.
fn number(value: Literal) -> Option<Value> {
    let place = match value {
        Literal::Int(value) => value.into(),
        Literal::Decimal(value) => value.units.into(),
        Literal::Float(value) => {
            // Negative zero is the same as zero; what is below has its bits in the opposite order.
            let bits = i128::from((value + 0.0).to_bits().cast_signed());
            if bits < 0 { i128::from(i64::MIN) - bits } else { bits }
        }
        _ => return None,
    };
    Some(Value::Number(place))
}

impl Field {
    /// Whatever it may hold, as far as the comparisons tell it apart.
    fn candidates(&self) -> Vec<Value> {
        let mut values = match self.column.kind {
            Kind::Choice(words) => words.iter().map(|word| Value::Word(word)).collect(),
            Kind::Bool => vec![Value::Bool(false), Value::Bool(true)],
            Kind::Text => {
                let words = self.compared.iter().map(|one| one.with).filter(|with| matches!(with, Value::Word(_)));
                words.chain([Value::Other]).collect()
            }
            _ => {
                let numbers = self.compared.iter().filter_map(|one| match one.with {
                    Value::Number(number) => Some(number),
                    _ => None,
                });
                let around = |number| [number, number - 1, number + 1];
                numbers.flat_map(around).map(Value::Number).chain([Value::Other]).collect::<Vec<_>>()
            }
        };
        values.extend(self.column.nullable.then_some(Value::Null));
        values.extend(self.may_be_absent.then_some(Value::Absent));
        values
    }
}

impl Compared {
    /// Whether it holds of a field that holds this.
    fn holds(&self, value: Value) -> bool {
        self.is_so(value) != self.negated
    }

    fn is_so(&self, value: Value) -> bool {
        match (self.op, value, self.with) {
            (_, Value::Absent, _) => false,
            (Comparison::Eq, value, with) => value == with,
            (Comparison::Ne, value, with) => value != with,
            (op, Value::Number(value), Value::Number(with)) => match op {
                Comparison::Lt => value < with,
                Comparison::Le => value <= with,
                Comparison::Gt => value > with,
                _ => value >= with,
            },
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Path;

    /// What is asked of many is the same by whichever names one comes to them.
    #[test]
    fn a_condition_is_known_by_where_it_leads() {
        const TEAM: Path = Path::HERE.then("team");
        const MEMBERS: Path = Path::HERE.then("members");
        let key = |at: &[Path], rule| key_of(&Asked { at: at.to_vec(), rule, negated: false });
        let any = |path, rule| Rule::AnyOf { path, rule };
        let here = key(&[], any(TEAM.then("members"), &Rule::Oneself));
        assert_eq!(key(&[TEAM], any(MEMBERS, &Rule::Oneself)), here);
        assert_ne!(key(&[TEAM], any(MEMBERS, &Rule::Anyone)), here);
        assert_ne!(key(&[], any(MEMBERS, &Rule::Oneself)), here);
        let named = |path| Rule::Named { path, rule: "boss" };
        assert_eq!(key(&[TEAM], named(MEMBERS)), key(&[], named(TEAM.then("members"))));
        assert_ne!(key(&[], named(TEAM)), key(&[], named(MEMBERS)));
    }
}
