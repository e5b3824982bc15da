//! Constants: whether they fit a field and lie within its bounds.

use crate::{
    decimal,
    model::{Constant, ConstantValue, Field},
    shape::Shape,
};

/// The bounds of a field: of a number its value, of text its length.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Range {
    min: Option<Measure>,
    max: Option<Measure>,
}

/// What bounds are about. Those of one field are of one kind.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Measure {
    /// A whole number; of a decimal, of its last place.
    Whole(i64),
    /// A number with a fraction.
    Real(f64),
}

impl Range {
    /// From bounds either of which may be missing.
    pub(super) fn new(field: &Field, min: Option<&Constant>, max: Option<&Constant>) -> Self {
        let measure = |bound: Option<&Constant>| bound.and_then(|bound| measure(field, bound));
        Self { min: measure(min), max: measure(max) }
    }

    /// Whether nothing lies within.
    pub(super) fn is_empty(self) -> bool {
        self.min.zip(self.max).is_some_and(|(min, max)| min > max)
    }

    /// Whether a constant lies within; what has no measure does.
    pub(super) fn holds(self, field: &Field, constant: &Constant) -> bool {
        measure(field, constant).is_none_or(|measure| self.is_within(measure, measure))
    }

    /// Whether `""` or `0` lies within.
    pub(super) fn holds_empty(self) -> bool {
        let zero = |bound: Option<Measure>| match bound {
            Some(Measure::Real(_)) => Measure::Real(0.0),
            _ => Measure::Whole(0),
        };
        self.is_within(zero(self.min), zero(self.max))
    }

    fn is_within(self, above: Measure, below: Measure) -> bool {
        self.min.is_none_or(|min| min <= above) && self.max.is_none_or(|max| below <= max)
    }
}

/// What is wrong with a length of time before zero.
const NEGATIVE: &str = "a length of time is not negative";

/// Whether it can be a length.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_length(constant: &Constant) -> Result<(), String> {
    match constant.value {
        ConstantValue::Int(length) if u32::try_from(length).is_ok() => Ok(()),
        _ => Err("a length is an integer of at least 0 and less than 2^32".to_owned()),
    }
}

/// Whether it is a number of the field's type.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_number(field: &Field, constant: &Constant) -> Result<(), String> {
    match (&constant.value, field.ty.shape) {
        (value, Shape::Decimal) => decimal::units(value, field.ty.scale).map(drop),
        (ConstantValue::Int(value), Shape::Duration) if *value < 0 => Err(NEGATIVE.to_owned()),
        (ConstantValue::Int(_), _) | (ConstantValue::Float(_), Shape::Float) => Ok(()),
        _ => Err("not of the type".to_owned()),
    }
}

/// Whether a field can hold a constant.
///
/// # Errors
/// What is wrong and what to do.
pub(super) fn fits(field: &Field, constant: &Constant) -> Result<(), String> {
    use ConstantValue::{Bool, Float, Int, Text, Variant};
    let spec = field.ty.shape.spec();
    match (field.ty.shape, &constant.value) {
        (Shape::Text, Text(_))
        | (Shape::Bool, Bool(_))
        | (Shape::Int, Int(_))
        | (Shape::Float, Float(_) | Int(_))
        | (Shape::Choice, Variant(_)) => Ok(()),
        (Shape::Duration, Int(value)) => {
            if *value < 0 {
                Err(NEGATIVE.to_owned())
            } else {
                Ok(())
            }
        }
        (Shape::Decimal, value @ (Float(_) | Int(_))) => decimal::units(value, field.ty.scale).map(drop),
        _ if field.ty.shape.is_list() => {
            Err(format!("`{}` is a `{}`, which is not compared", field.name, spec.written()))
        }
        _ if spec.constant.is_empty() => Err(format!("there are no constants of type `{}`", spec.written())),
        _ => Err(format!("`{}` is `{}`; write {}", field.name, field.ty.written(), spec.constant)),
    }
}

/// The value of a number, the length of text.
fn measure(field: &Field, constant: &Constant) -> Option<Measure> {
    match (&constant.value, field.ty.shape) {
        (value, Shape::Decimal) => decimal::units(value, field.ty.scale).ok().map(Measure::Whole),
        #[expect(clippy::cast_precision_loss, reason = "whoever writes an integer for an f64 means the nearest f64")]
        (ConstantValue::Int(value), Shape::Float) => Some(Measure::Real(*value as f64)),
        (ConstantValue::Int(value), _) => Some(Measure::Whole(*value)),
        (ConstantValue::Float(number), _) => Some(Measure::Real(number.value)),
        (ConstantValue::Text(text), _) => i64::try_from(text.chars().count()).ok().map(Measure::Whole),
        (ConstantValue::Bool(_) | ConstantValue::Variant(_), _) => None,
    }
}
