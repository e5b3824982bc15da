//! Decimals on their way to other types, to more and to fewer digits, and back: to the digit, or refused.

use super::*;
use crate::{
    decimal::Fixed,
    migrate::{Difference, Weight},
};

/// A value of a type with so many digits after the point, as people write it.
type Value<'a> = (Holds, u8, &'a str);

/// What a column holds, what it becomes, and what is left then; of what stands against it, nothing.
const CONVERSIONS: &[(Value<'_>, Holds, u8, Option<&str>)] = &[
    ((Holds::Decimal, 2, "12.30"), Holds::Decimal, 4, Some("12.3000")),
    ((Holds::Decimal, 4, "-12.3000"), Holds::Decimal, 2, Some("-12.30")),
    ((Holds::Decimal, 4, "12.3001"), Holds::Decimal, 2, None),
    ((Holds::Decimal, 2, "92233720368547758.07"), Holds::Decimal, 3, None),
    ((Holds::Decimal, 2, "9223372036854775.80"), Holds::Decimal, 3, Some("9223372036854775.800")),
    ((Holds::Decimal, 2, "9223372036854775.81"), Holds::Decimal, 3, None),
    ((Holds::Decimal, 1, "-10.0"), Holds::Decimal, 18, None),
    ((Holds::Decimal, 2, "7.00"), Holds::Int, 0, Some("7")),
    ((Holds::Decimal, 2, "-7.01"), Holds::Int, 0, None),
    ((Holds::Int, 0, "7"), Holds::Decimal, 2, Some("7.00")),
    ((Holds::Int, 0, "92233720368547758"), Holds::Decimal, 2, Some("92233720368547758.00")),
    ((Holds::Int, 0, "92233720368547759"), Holds::Decimal, 2, None),
    ((Holds::Decimal, 2, "1.00"), Holds::Bool, 0, Some("true")),
    ((Holds::Decimal, 2, "0.01"), Holds::Bool, 0, None),
    ((Holds::Decimal, 2, "2.00"), Holds::Bool, 0, None),
    ((Holds::Bool, 0, "true"), Holds::Decimal, 18, Some("1.000000000000000000")),
    ((Holds::Decimal, 2, "0.10"), Holds::Float, 0, Some("0.1")),
    ((Holds::Decimal, 2, "90071992547409.91"), Holds::Float, 0, None),
    ((Holds::Float, 0, "0.1"), Holds::Decimal, 2, Some("0.10")),
    ((Holds::Float, 0, "-1234567890123.45"), Holds::Decimal, 2, Some("-1234567890123.45")),
    ((Holds::Float, 0, "0.125"), Holds::Decimal, 2, None),
    ((Holds::Float, 0, "0.30000000000000004"), Holds::Decimal, 2, None),
    ((Holds::Float, 0, "1e300"), Holds::Decimal, 2, None),
    ((Holds::Float, 0, "90071992547409.9"), Holds::Decimal, 2, None),
    ((Holds::Decimal, 2, "-0.05"), Holds::Text, 0, Some("-0.05")),
    ((Holds::Text, 0, "-0.05"), Holds::Decimal, 2, Some("-0.05")),
    ((Holds::Text, 0, "-92233720368547758.07"), Holds::Decimal, 2, Some("-92233720368547758.07")),
    ((Holds::Text, 0, "-92233720368547758.08"), Holds::Decimal, 2, None),
    ((Holds::Text, 0, "99999999999999999999.00"), Holds::Decimal, 2, None),
    ((Holds::Text, 0, "12.3"), Holds::Decimal, 2, None),
    ((Holds::Text, 0, "1230"), Holds::Decimal, 2, None),
    ((Holds::Text, 0, "-0.00"), Holds::Decimal, 2, None),
    ((Holds::Text, 0, "012.30"), Holds::Decimal, 2, None),
    ((Holds::Text, 0, "x"), Holds::Decimal, 2, None),
    ((Holds::Text, 0, ""), Holds::Decimal, 2, None),
    ((Holds::Decimal, 2, "12.30"), Holds::Json, 0, Some("\"12.30\"")),
    ((Holds::Json, 0, "\"12.30\""), Holds::Decimal, 2, Some("12.30")),
    ((Holds::Json, 0, "12"), Holds::Decimal, 2, Some("12.00")),
    ((Holds::Json, 0, "12.3"), Holds::Decimal, 2, None),
    ((Holds::Json, 0, "[12]"), Holds::Decimal, 2, None),
    ((Holds::Json, 0, "null"), Holds::Decimal, 2, None),
    ((Holds::Decimal, 2, "12.30"), Holds::Date, 0, None),
    ((Holds::Date, 0, "2026-01-02"), Holds::Decimal, 2, None),
];

/// A value as it is stored, in SQL.
fn stored(dialect: Dialect, (holds, scale, text): Value<'_>) -> String {
    match holds {
        Holds::Decimal if dialect == Dialect::Sqlite => Fixed::parse(text, scale).unwrap().units.to_string(),
        Holds::Bool => format!("'{}'", u8::from(text == "true")),
        Holds::Int | Holds::Float if dialect == Dialect::Sqlite => text.to_owned(),
        _ => format!("'{text}'"),
    }
}

/// The same as a test reads it.
fn shown(dialect: Dialect, value: Value<'_>) -> String {
    match (dialect, value.0) {
        (Dialect::Sqlite, Holds::Bool) => stored(dialect, value).replace('\'', ""),
        (Dialect::Sqlite, _) => stored(dialect, value),
        (Dialect::Postgres, _) => format!("'{}'", value.2),
    }
}

fn prices(holds: Holds, scale: u8) -> Snapshot {
    schema(&[table("prices", &[ColumnDefinition { scale, ..column("x", holds) }])])
}

async fn check(dialect: Dialect, value: Value<'_>, to: (Holds, u8), expected: Option<&str>) {
    let (old, new) = (prices(value.0, value.1), prices(to.0, to.1));
    let Some(bench) = Bench::on(dialect, &old).await else { return };
    bench.execute(&format!("INSERT INTO prices (x) VALUES ({})", stored(dialect, value))).await;
    let whole = bench.dump().await;
    let done = bench.go(&old, &new, &Renames::default(), Direction::Up).await;
    let Some(expected) = expected else {
        assert!(matches!(done, Err(MigrateError::Offends { count: 1, .. })), "{value:?} as {to:?}: {done:?}");
        return assert_eq!(bench.dump().await, whole, "{value:?} as {to:?}");
    };
    done.unwrap_or_else(|error| panic!("{value:?} as {to:?}: {error}"));
    let left = bench.values("prices", &["x".into()]).await;
    assert_eq!(left, [shown(dialect, (to.0, to.1, expected))], "{value:?} as {to:?}");
    bench.go(&new, &old, &Renames::default(), Direction::Down).await.unwrap();
    if value == (Holds::Json, 0, "12") {
        // It comes back as what JSON has for a decimal.
        return;
    }
    assert_eq!(bench.dump().await, whole, "{value:?} as {to:?} and back");
}

#[test]
fn a_decimal_becomes_another_value_to_the_digit_or_not_at_all() {
    run_async(async {
        for (value, to, scale, expected) in CONVERSIONS {
            check(Dialect::Sqlite, *value, (*to, *scale), *expected).await;
        }
    });
}

#[test]
fn so_does_one_of_a_server() {
    run_async(async {
        for (value, to, scale, expected) in CONVERSIONS {
            check(Dialect::Postgres, *value, (*to, *scale), *expected).await;
        }
    });
}

#[test]
fn other_digits_are_told_of() {
    let difference = |old, new| {
        Difference::between(
            Dialect::Sqlite,
            &prices(Holds::Decimal, old),
            &prices(Holds::Decimal, new),
            &Renames::default(),
            Direction::Up,
        )
    };
    let found = difference(2, 3);
    assert_eq!(found.at_least(Weight::Loss), ["prices: `x` has 3 digits after the point instead of 2"]);
}

#[test]
fn a_default_a_check_and_what_is_apart_are_known_again() {
    run_async(async {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let default = if dialect == Dialect::Sqlite { "-1230" } else { "('-12.30'::numeric)" };
            let bound = if dialect == Dialect::Sqlite { "-1230" } else { "('-12.30'::numeric)" };
            let mut prices = table("prices", &[with_default(decimal("x", 2), default), decimal("y", 2)]);
            prices.checks.push(CheckDefinition {
                name: "prices_ck".into(),
                condition: format!("\"x\" >= {bound}"),
                columns: vec!["x".into()],
            });
            prices.exclusions.push(ExclusionDefinition {
                name: "prices_excl".into(),
                start: "x".into(),
                end: "y".into(),
                per: Vec::new(),
                unless: None,
            });
            let schema = schema(&[prices]);
            let Some(bench) = Bench::on(dialect, &schema).await else { continue };
            let inspected = Inspected::read(&bench.db).await.unwrap();
            for table in &schema.tables {
                let objects = &inspected.objects;
                assert!(super::super::introspect::is_all_there(dialect, objects, table), "{objects:#?}");
            }
            bench.execute("INSERT INTO prices (y) VALUES (0)").await;
            assert!(bench.try_execute("INSERT INTO prices (y) VALUES (-1)").await.is_err(), "they overlap");
        }
    });
}
