//! Constants of decimal fields: as whole numbers of their last place, without a float on the way.

use crate::model::ConstantValue;

/// Most digits after the point.
pub(crate) const MAX_SCALE: u8 = 18;

/// How many of the last place a constant is.
///
/// # Errors
/// What is wrong and what to do.
pub(crate) fn units(constant: &ConstantValue, scale: u8) -> Result<i64, String> {
    let text = match constant {
        ConstantValue::Int(value) => value.to_string(),
        ConstantValue::Float(number) => number.digits.clone(),
        _ => return Err("write a number, such as 12.30".to_owned()),
    };
    if text.contains(['e', 'E']) {
        return Err("a decimal is written without an exponent: 1200.00".to_owned());
    }
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = part.trim_end_matches('0');
    let places = usize::from(scale);
    if part.len() > places {
        let digits = if scale == 1 { "digit" } else { "digits" };
        return Err(format!(
            "a `Decimal<{scale}>` has {scale} {digits} after the point; write no more, or declare more"
        ));
    }
    let units = format!("{whole}{part:0<places$}").parse().ok().filter(|units| *units != i64::MIN);
    units.ok_or_else(|| {
        "a decimal has at most 19 digits, those after the point included; write a smaller number".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Number;

    #[test]
    fn constants_are_read_to_the_digit() {
        let number = |digits: &str| ConstantValue::Float(Number { value: 0.0, digits: digits.to_owned() });
        for (constant, scale, expected) in [
            (number("12.30"), 2, Ok(1230)),
            (number("12.3"), 2, Ok(1230)),
            (number("-0.05"), 2, Ok(-5)),
            (number("-0.5"), 1, Ok(-5)),
            (ConstantValue::Int(-7), 3, Ok(-7000)),
            (number("92233720368547758.07"), 2, Ok(i64::MAX)),
            (number("92233720368547758.08"), 2, Err("smaller")),
            (number("-92233720368547758.08"), 2, Err("smaller")),
            (number("0.001"), 2, Err("2 digits after the point")),
            (number("1e3"), 2, Err("exponent")),
            (ConstantValue::Bool(true), 2, Err("write a number")),
        ] {
            match (units(&constant, scale), expected) {
                (Ok(units), Ok(expected)) => assert_eq!(units, expected),
                (Err(message), Err(part)) => assert!(message.contains(part), "{message}"),
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        }
    }
}
