//! Constants: whether they fit a field and lie within its bounds.

use crate::{
    model::{Constant, ConstantValue, Field},
    shape::Shape,
};

/// The bounds of a field: of a number its value, of text its length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    min: f64,
    max: f64,
}

impl Default for Range {
    fn default() -> Self {
        Self { min: f64::NEG_INFINITY, max: f64::INFINITY }
    }
}

impl Range {
    /// From bounds either of which may be missing.
    pub(super) fn new(min: Option<&Constant>, max: Option<&Constant>) -> Self {
        let unbounded = Self::default();
        Self {
            min: min.and_then(measure).unwrap_or(unbounded.min),
            max: max.and_then(measure).unwrap_or(unbounded.max),
        }
    }

    /// Whether nothing lies within.
    pub(super) fn is_empty(self) -> bool {
        self.min > self.max
    }

    /// Whether a constant lies within; what has no measure does.
    pub(super) fn holds(self, constant: &Constant) -> bool {
        measure(constant).is_none_or(|measure| self.min <= measure && measure <= self.max)
    }

    /// Whether `""` or `0` lies within.
    pub(super) fn holds_empty(self) -> bool {
        self.min <= 0.0 && 0.0 <= self.max
    }
}

/// Whether it can be a length.
pub(super) fn is_length(constant: &Constant) -> bool {
    matches!(constant.value, ConstantValue::Int(length) if u32::try_from(length).is_ok())
}

/// Whether it is a number of the field's type.
pub(super) const fn is_number_for(field: &Field, constant: &Constant) -> bool {
    match constant.value {
        ConstantValue::Int(_) => true,
        ConstantValue::Float(_) => matches!(field.ty.shape, Shape::Float),
        _ => false,
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
        _ if spec.constant.is_empty() => Err(format!("there are no constants of type `{}`", spec.written())),
        _ => Err(format!("`{}` is `{}`; write {}", field.name, spec.written(), spec.constant)),
    }
}

/// What bounds are about: the value of a number, the length of text.
#[expect(clippy::cast_precision_loss, reason = "a bound beyond 2^53 may be off by one unit in its last place")]
fn measure(constant: &Constant) -> Option<f64> {
    match &constant.value {
        ConstantValue::Int(value) => Some(*value as f64),
        ConstantValue::Float(value) => Some(*value),
        ConstantValue::Text(text) => Some(text.chars().count() as f64),
        ConstantValue::Bool(_) | ConstantValue::Variant(_) => None,
    }
}
