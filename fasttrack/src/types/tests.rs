//! What has to hold of every type.

use super::*;
use crate::{db::Arg, wire::Object};

/// A kind of this type. Its words are those of the examples.
fn kind(holds: Holds) -> Kind {
    match holds {
        Holds::Id => Kind::Id,
        Holds::Text => Kind::Text,
        Holds::Bool => Kind::Bool,
        Holds::Int => Kind::Int,
        Holds::Float => Kind::Float,
        Holds::Decimal => Kind::Decimal(2),
        Holds::Timestamp => Kind::Timestamp,
        Holds::Date => Kind::Date,
        Holds::Duration => Kind::Duration,
        Holds::Uuid => Kind::Uuid,
        Holds::Url => Kind::Url,
        Holds::Texts => Kind::Texts,
        Holds::Integers => Kind::Integers,
        Holds::Json => Kind::Json,
        Holds::File => Kind::File,
        Holds::Choice => Kind::Choice(&["low", "high"]),
        Holds::Relation => Kind::Relation("task_item"),
        Holds::Many => Kind::Many("task_item"),
        Holds::Email => Kind::Email,
        Holds::PasswordHash => Kind::PasswordHash,
        Holds::CreatedAt => Kind::CreatedAt,
        Holds::UpdatedAt => Kind::UpdatedAt,
        Holds::DeletedAt => Kind::DeletedAt,
    }
}

fn read(kind: Kind, json: &str) -> Result<Arg, Unfit> {
    let body = format!("{{\"x\":{json}}}");
    let body = Object::parse(body.as_bytes()).unwrap();
    (kind.facts().read)(kind, &Bounds::default(), &body.members[0].1)
}

/// Whether a value is what a column holds that is stored so.
fn is_stored(storage: Storage, arg: &Arg) -> bool {
    match arg {
        Arg::Null => false,
        Arg::Int(_) => matches!(storage, Storage::Integer | Storage::Boolean),
        Arg::Float(_) => storage == Storage::Real,
        Arg::Decimal(_) => matches!(storage, Storage::Decimal(_)),
        Arg::Text(_) => {
            matches!(storage, Storage::Text | Storage::Timestamp | Storage::Date | Storage::Uuid | Storage::Json)
        }
    }
}

#[test]
fn every_type_says_what_it_is() {
    for holds in Holds::ALL {
        let (kind, facts) = (kind(*holds), holds.facts());
        assert_eq!(kind.holds(), *holds);
        let schema = (facts.json_schema)(kind);
        assert!(schema.is_object(), "{holds:?}: {schema}");
        assert!(!facts.noun.is_empty() && !(facts.words)(kind).is_empty(), "{holds:?}");
        // A file is sent as no value.
        assert!(!facts.examples.is_empty() || facts.is_apart, "{holds:?} has no example");
        assert!(facts.has_null || facts.refused.contains(&("null", "null")) || facts.is_automatic, "{holds:?}");
        assert!(facts.fill != Fill::FirstWord || !kind.words().is_empty(), "{holds:?}");
    }
}

#[test]
fn every_type_reads_its_examples_and_refuses_the_rest() {
    for holds in Holds::ALL {
        let (kind, facts) = (kind(*holds), holds.facts());
        for (json, _, asked) in facts.examples {
            let arg = read(kind, json).unwrap_or_else(|unfit| panic!("{holds:?} {json}: {unfit:?}"));
            assert!(is_stored(facts.storage, &arg), "{holds:?} {json}: {arg:?}");
            match facts.parse {
                Some(parse) => assert!(parse(kind, asked).is_ok(), "{holds:?} {asked}"),
                None => assert_eq!(*asked, "", "{holds:?}: nothing is compared with it"),
            }
        }
        for (json, code) in facts.refused.iter().filter(|(json, _)| *json != "null") {
            let refused = read(kind, json).map_err(|unfit| unfit.code);
            assert_eq!(refused, Err(*code), "{holds:?} {json}");
        }
    }
}

#[test]
fn an_empty_value_is_one_of_the_type() {
    for holds in Holds::ALL {
        let facts = holds.facts();
        let Some(empty) = kind(*holds).empty().filter(|_| facts.takes_empty) else { continue };
        let json = match empty {
            Literal::Null => "null".to_owned(),
            Literal::Bool(value) => value.to_string(),
            Literal::Int(value) => value.to_string(),
            Literal::Float(value) => value.to_string(),
            Literal::Text(text) if facts.storage == Storage::Json => text.to_owned(),
            Literal::Texts(_) | Literal::Integers(_) => empty.to_string(),
            Literal::Decimal(value) => format!("\"{value}\""),
            Literal::Text(text) => format!("{text:?}"),
        };
        assert!(read(kind(*holds), &json).is_ok(), "{holds:?} {json}");
    }
}
