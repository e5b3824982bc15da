//! One value in a query string, by the type of its column.

use crate::{
    clock::{self, TimestampFault},
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
    // In a query string a `+` is a space, which no number has in it.
    let no_number =
        |what: &str| no(&if text.contains(' ') { format!("{what} ({ENCODE_PLUS})") } else { what.to_owned() });
    match column.kind {
        Kind::Text => Ok(Arg::Text(text.to_owned())),
        Kind::Email => check_email(text).map(|()| Arg::Text(email::comparison_key(text))),
        Kind::Bool => match text {
            "true" => Ok(Arg::Int(1)),
            "false" => Ok(Arg::Int(0)),
            _ => no("neither `true` nor `false`"),
        },
        Kind::Int => text.parse().map(Arg::Int).or_else(|_| no_number("no 64-bit integer")),
        Kind::Id | Kind::Relation(_) => match text.parse::<i64>() {
            Ok(id) if id > 0 && text.starts_with(|first: char| first.is_ascii_digit()) => Ok(Arg::Int(id)),
            _ => no("no id: a positive 64-bit integer is"),
        },
        Kind::Float => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Arg::Float(number)),
            _ => no_number("no finite number"),
        },
        Kind::Timestamp | Kind::CreatedAt | Kind::UpdatedAt => {
            clock::parse_timestamp(text).map(Arg::Text).ok_or_else(|| {
                let advice = TimestampFault::of(text).map(|fault| match fault {
                    TimestampFault::NoSign => format!(" ({ENCODE_PLUS})"),
                    other => format!(" ({})", other.advice()),
                });
                format!("`{text}` is no RFC 3339 timestamp such as 2026-11-22T16:10:00Z{}", advice.unwrap_or_default())
            })
        }
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

const ENCODE_PLUS: &str = "write a `+` as %2B";

/// Refuses what can stand in no e-mail address, whole or in part: nothing would ever be found, and nobody told why.
///
/// # Errors
/// What it is.
pub(super) fn check_email(text: &str) -> Result<(), String> {
    match text.chars().find(|char| char.is_whitespace() || char.is_control() || !char.is_ascii()) {
        None => Ok(()),
        Some(' ') => Err(format!("`{text}` has a space in it, which no e-mail address has ({ENCODE_PLUS})")),
        Some(char) => Err(format!("`{text}` has `{}` in it, which no e-mail address has", char.escape_default())),
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
        check::<Email>("a+tag@b.c", Some(Arg::Text("a+tag@b.c".into())));
        check::<Email>("a tag@b.c", None);
        check::<Email>("ä@b.c", None);
        check::<Email>("a\t@b.c", None);
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
        check::<Timestamp>("2026-11-22T16:10:00.123456789Z", Some(Arg::Text("2026-11-22T16:10:00.123456Z".into())));
        check::<Date>("2026-02-30", None);
    }

    #[test]
    fn a_refusal_says_what_to_write() {
        #[track_caller]
        fn check<T: FieldType>(text: &str, says: &str, is_encoding: bool) {
            let told = parse_value(&Column::new::<T>("a", "a"), text).unwrap_err();
            assert!(told.contains(says) && told.contains("%2B") == is_encoding, "{text}: {told}");
        }
        check::<Email>("bob tag@example.com", "a space", true);
        check::<Email>("bob\u{a0}@example.com", "\\u{a0}", false);
        check::<Timestamp>("2026-11-22T16:10:00 02:00", "timestamp", true);
        check::<Timestamp>("2026-11-22T16:10:00+0000", "colon", false);
        check::<Timestamp>("2026-11-22 16:10:00Z", "`T`", false);
        check::<Timestamp>("yesterday", "such as 2026", false);
        check::<i64>(" 7", "integer", true);
        check::<i64>("x", "integer", false);
        check::<f64>("1e 3", "number", true);
    }
}
