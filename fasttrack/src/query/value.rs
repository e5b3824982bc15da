//! One value in a query string, by the type of its column.

use crate::{db::Arg, schema::Column};

/// Reads a value as the column holds it; choices as their rank, e-mail addresses as they are compared.
///
/// # Errors
/// What it should have been.
pub fn parse_value(column: &Column, text: &str) -> Result<Arg, String> {
    match column.kind.facts().parse {
        Some(parse) => parse(column.kind, text),
        None => Err(format!("`{text}` is no value that can be asked for")),
    }
}

/// Reads `true` or `false`.
///
/// # Errors
/// That it is neither.
pub(super) fn parse_flag(text: &str) -> Result<bool, String> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(format!("`{other}` is neither `true` nor `false`")),
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
