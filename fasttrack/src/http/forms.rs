//! Bodies of routes that no declaration describes: objects of strings, every fault told at once.

use std::borrow::Cow;

use super::paging;
use crate::{
    error::{Error, Fault},
    wire::{Node, Object, Params},
};

/// Most characters of an unknown key that are told back.
const SHOWN_CHARS: usize = 100;

/// The texts of so many members.
type Texts<'a, const N: usize> = [Cow<'a, str>; N];

/// Takes the members `names`, all of them required and strings, out of a body; there may be no others.
///
/// # Errors
/// [`Error::Invalid`] with every fault.
pub(super) fn texts<'a, const N: usize>(object: Object<'a>, names: [&str; N]) -> Result<Texts<'a, N>, Error> {
    checked_texts(object, names, |_, _| Ok(()))
}

/// The same, and a member that need not be there, a string or null.
///
/// # Errors
/// [`Error::Invalid`] with every fault.
pub(super) fn texts_and<'a, const N: usize>(
    mut object: Object<'a>,
    names: [&str; N],
    optional: &str,
) -> Result<(Texts<'a, N>, Option<Cow<'a, str>>), Error> {
    let place = object.members.iter().position(|(key, _)| *key == optional);
    let taken = match place.map(|place| object.members.remove(place).1) {
        None | Some(Node::Null) => None,
        Some(Node::Text(text)) => Some(text),
        Some(_) => {
            object.faults.push(Fault::new(optional, "type", "must be a string"));
            None
        }
    };
    Ok((read(object, names, &[optional], |_, _| Ok(()))?, taken))
}

/// As [`texts`], where `check` may find a code and a message of something wrong with a member's text.
///
/// # Errors
/// [`Error::Invalid`] with every fault.
pub(super) fn checked_texts<'a, const N: usize>(
    object: Object<'a>,
    names: [&str; N],
    check: impl Fn(&str, &str) -> Result<(), (&'static str, &'static str)>,
) -> Result<Texts<'a, N>, Error> {
    read(object, names, &[], check)
}

/// Reads the members `names`; there might have been `others`.
fn read<'a, const N: usize>(
    object: Object<'a>,
    names: [&str; N],
    others: &[&str],
    check: impl Fn(&str, &str) -> Result<(), (&'static str, &'static str)>,
) -> Result<Texts<'a, N>, Error> {
    let mut faults = object.faults;
    let mut values: [Option<Cow<'a, str>>; N] = [const { None }; N];
    for (key, node) in object.members {
        let slot = names.iter().zip(&mut values).find(|(name, _)| **name == key).map(|(_, slot)| slot);
        match (slot, node) {
            (None, _) => faults.push(unknown(&key, &[&names, others].concat())),
            (Some(slot), Node::Text(text)) => {
                if text.contains('\0') {
                    faults.push(Fault::new(key.as_ref(), "nul", "must not contain the character U+0000"));
                } else if let Err((code, message)) = check(&key, &text) {
                    faults.push(Fault::new(key.as_ref(), code, message));
                }
                *slot = Some(text);
            }
            (Some(slot), other) => {
                let code = if other == Node::Null { "null" } else { "type" };
                faults.push(Fault::new(key.as_ref(), code, "must be a string"));
                *slot = Some(Cow::Borrowed(""));
            }
        }
    }
    for (name, _) in names.iter().zip(&values).filter(|(_, value)| value.is_none()) {
        faults.push(Fault::new(*name, "required", "is missing"));
    }
    if faults.is_empty() { Ok(values.map(Option::unwrap_or_default)) } else { Err(Error::Invalid(faults)) }
}

/// Refuses whatever a body holds, for routes that take none.
///
/// # Errors
/// [`Error::Invalid`] with every fault.
pub(super) fn nothing(object: Object<'_>) -> Result<(), Error> {
    texts(object, []).map(|[]| ())
}

/// A key that there is not.
pub(super) fn unknown(key: &str, names: &[&str]) -> Fault {
    let message = if names.is_empty() {
        "there is no such field; this route takes none".to_owned()
    } else {
        format!("there is no such field; there are {}", names.join(", "))
    };
    Fault::new(key.chars().take(SHOWN_CHARS).collect::<String>(), "unknown", message)
}

/// What is wrong with parameters beside those that a route takes.
pub(super) fn unknown_parameters(params: Params, known: &str) -> Vec<Fault> {
    let why = format!("there is no such parameter; this route takes {known}");
    let unknown = |param| Fault::new(paging::label(&param), "unknown", why.clone());
    params.items.into_iter().map(unknown).chain(params.faults).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Result<[&str; 2], &[(&str, &str)]>) {
        let found = texts(Object::parse(body.as_bytes()).unwrap(), ["email", "password"]);
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected.map(Cow::Borrowed)),
            (Err(Error::Invalid(found)), Err(expected)) => {
                let found: Vec<_> = found.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
                assert_eq!(found, expected, "{body}");
            }
            (found, expected) => panic!("{body}: {found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn all_members_are_taken() {
        check(r#"{"password":"","email":"\u00e9"}"#, Ok(["é", ""]));
    }

    #[test]
    fn what_need_not_be_there_is_taken_where_it_is() {
        for (body, code) in
            [(r#"{"b":"1","c":"2"}"#, Some("2")), (r#"{"c":null,"b":"1"}"#, None), (r#"{"b":"1"}"#, None)]
        {
            let ([b], c) = texts_and(Object::parse(body.as_bytes()).unwrap(), ["b"], "c").unwrap();
            assert_eq!((b.as_ref(), c.as_deref()), ("1", code), "{body}");
        }
    }

    #[test]
    fn every_fault_is_told() {
        check("{}", Err(&[("email", "required"), ("password", "required")]));
        check(r#"{"email":1,"password":null}"#, Err(&[("email", "type"), ("password", "null")]));
        check(
            r#"{"x":[],"email":"a\u0000","x":1}"#,
            Err(&[("x", "duplicate"), ("x", "unknown"), ("email", "nul"), ("password", "required")]),
        );
        let and = texts_and(Object::parse(br#"{"a":1,"c":2}"#).unwrap(), ["b"], "c");
        let Err(Error::Invalid(faults)) = and else { panic!("{and:?}") };
        let told: Vec<_> = faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
        assert_eq!(told, [("c", "type"), ("a", "unknown"), ("b", "required")]);
        assert!(faults.iter().any(|fault| fault.message.ends_with("there are b, c")), "{faults:?}");
        let none = nothing(Object::parse(br#"{"a":1}"#).unwrap());
        assert!(matches!(none, Err(Error::Invalid(faults)) if faults.len() == 1));
    }
}
