//! One value in a query string, by the type of its column.

use crate::{
    clock,
    db::Arg,
    email,
    schema::{Column, Kind},
};

/// Reads a value as the column holds it; choices as their rank, e-mail addresses as they are compared.
///
/// # Errors
/// What it should have been.
pub fn parse_value(column: &Column, text: &str) -> Result<Arg, String> {
    let no = |what: &str| Err(format!("`{text}` is {what}"));
    match column.kind {
        Kind::Text => Ok(Arg::Text(text.to_owned())),
        Kind::Email => Ok(Arg::Text(email::comparison_key(text))),
        Kind::Bool => match text {
            "true" => Ok(Arg::Int(1)),
            "false" => Ok(Arg::Int(0)),
            _ => no("neither `true` nor `false`"),
        },
        Kind::Int => text.parse().map(Arg::Int).or_else(|_| no("no 64-bit integer")),
        Kind::Id | Kind::Relation(_) => match text.parse::<i64>() {
            Ok(id) if id > 0 && text.starts_with(|first: char| first.is_ascii_digit()) => Ok(Arg::Int(id)),
            _ => no("no id: a positive 64-bit integer is"),
        },
        Kind::Float => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Arg::Float(number)),
            _ => no("no finite number"),
        },
        Kind::Timestamp | Kind::CreatedAt | Kind::UpdatedAt => match clock::parse_timestamp(text) {
            Some(instant) => Ok(Arg::Text(instant)),
            None => no("no RFC 3339 timestamp such as 2026-11-22T16:10:00Z (write a `+` as %2B)"),
        },
        Kind::Date => match clock::parse_date(text) {
            Some(date) => Ok(Arg::Text(date)),
            None => no("no date such as 2026-11-22"),
        },
        Kind::Choice(words) => match words.iter().position(|word| *word == text) {
            Some(rank) => Ok(Arg::Int(i64::try_from(rank).unwrap_or_default())),
            None => Err(format!("`{text}` is none of {}", words.join(", "))),
        },
        Kind::Json | Kind::PasswordHash => no("no value that can be asked for"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{BelongsTo, Date, Email, FieldType, Id, Resource, Schema, Timestamp};

    struct Row;
    impl Resource for Row {
        const NAME: &'static str = "row";
        type Fields = ();
        const FIELDS: () = ();
        const SCHEMA: Schema = Schema::new("row", "rows");
    }

    #[track_caller]
    fn check<T: FieldType>(text: &str, expected: impl Into<Option<Arg>>) {
        assert_eq!(parse_value(&Column::new::<T>("a", "a"), text).ok(), expected.into(), "{text}");
    }

    #[test]
    fn values_are_read_by_type() {
        check::<String>(" a ", Some(Arg::Text(" a ".into())));
        check::<Email>("A@B.c", Some(Arg::Text("a@b.c".into())));
        check::<bool>("true", Some(Arg::Int(1)));
        check::<bool>("1", None);
        check::<i64>("-9223372036854775808", Some(Arg::Int(i64::MIN)));
        check::<i64>("9223372036854775808", None);
        check::<i64>("1.0", None);
        check::<f64>("1e3", Some(Arg::Float(1000.0)));
        check::<f64>("inf", None);
        check::<f64>("NaN", None);
        check::<BelongsTo<Row>>("7", Some(Arg::Int(7)));
        check::<Id<Row>>("0", None);
        check::<Id<Row>>("+7", None);
        check::<Timestamp>("2026-11-22T16:10:00+01:00", Some(Arg::Text("2026-11-22T15:10:00.000000Z".into())));
        check::<Timestamp>("2026-11-22", None);
        check::<Date>("2026-11-22", Some(Arg::Text("2026-11-22".into())));
        check::<Date>("2026-02-30", None);
    }
}
