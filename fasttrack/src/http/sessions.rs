//! The page parameters of the caller's sessions, and its cursor.
//!
//! A cursor is the id to continue after and an authenticator over it, the user and the direction, so that one made by
//! somebody else, or for another walk, is refused. Its 24 bytes fill 32 characters of base64 with no bit to spare.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    auth::{Keys, SessionPage},
    error::{Error, Fault},
    wire::{Param, Params},
};

/// Most sessions of a page.
const MAX_LIMIT: u16 = 100;

/// Sessions of a page when the client does not say.
const DEFAULT_LIMIT: u16 = 20;

/// Which page of sessions is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paging {
    /// Rows of the page, `1..=100`.
    pub(super) limit: u16,
    /// The id to continue after.
    pub(super) after: Option<i64>,
    /// Whether the newest come first.
    pub(super) descending: bool,
}

impl Paging {
    /// Reads the query string.
    ///
    /// # Errors
    /// 422 with every fault; 400 for a cursor that was not issued to this user for this direction.
    pub(super) fn parse(params: Params, keys: &Keys, user: i64) -> Result<Self, Error> {
        let mut paging = Self { limit: DEFAULT_LIMIT, after: None, descending: false };
        let mut faults = params.faults;
        let mut cursor = None;
        for param in params.items {
            match paging.take(&param) {
                Ok(()) => {}
                Err(None) => cursor = Some(param.value),
                Err(Some(fault)) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        if let Some(cursor) = cursor {
            paging.after = Some(open(&cursor, keys, user, paging.descending).ok_or_else(|| {
                Error::Malformed("the cursor was not issued for this list; start again without it".into())
            })?);
        }
        Ok(paging)
    }

    /// Takes one parameter; the cursor is left to the caller, since it can be judged only when all others are known.
    fn take(&mut self, param: &Param) -> Result<(), Option<Fault>> {
        let fault = |code, message: &str| Err(Some(Fault::new(label(param), code, message)));
        match (param.name.as_str(), param.operator.as_deref(), param.value.as_str()) {
            ("cursor", None, _) => Err(None),
            ("limit", None, value) => match parse_limit(value) {
                Some(limit) => {
                    self.limit = limit;
                    Ok(())
                }
                None => fault("out_of_range", "a whole number from 1 to 100"),
            },
            ("sort", None, "id") => Ok(()),
            ("sort", None, "-id") => {
                self.descending = true;
                Ok(())
            }
            ("sort", None, _) => fault("unknown_field", "sessions are sorted by id or -id"),
            _ => fault("unknown", "there is no such parameter; there are limit, cursor and sort"),
        }
    }

    /// The page as JSON.
    pub(super) fn render(self, page: &SessionPage, keys: &Keys, user: i64) -> Bytes {
        let mut json = BytesMut::from(&br#"{"items":["#[..]);
        for (at, item) in page.items.iter().enumerate() {
            if at > 0 {
                json.put_u8(b',');
            }
            json.extend_from_slice(item);
        }
        match page.next {
            Some(id) => {
                let cursor = seal(id, keys, user, self.descending);
                json.extend_from_slice(format!(r#"],"next_cursor":"{cursor}","has_more":true}}"#).as_bytes());
            }
            None => json.extend_from_slice(br#"],"next_cursor":null,"has_more":false}"#),
        }
        json.freeze()
    }
}

/// How a fault names a parameter.
pub(super) fn label(param: &Param) -> String {
    match &param.operator {
        None => param.name.clone(),
        Some(operator) => format!("{}[{operator}]", param.name),
    }
}

fn parse_limit(value: &str) -> Option<u16> {
    let limit = value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit))?;
    value.bytes().all(|byte| byte.is_ascii_digit()).then_some(limit)
}

fn seal(id: i64, keys: &Keys, user: i64, descending: bool) -> String {
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.extend(tag(id, keys, user, descending));
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn open(cursor: &str, keys: &Keys, user: i64, descending: bool) -> Option<i64> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (id, given) = bytes.split_first_chunk()?;
    let id = i64::from_be_bytes(*id);
    let given = given.try_into().ok()?;
    keys.is_cursor_tag(&parts(&id.to_be_bytes(), &user.to_be_bytes(), descending), given).then_some(id)
}

fn tag(id: i64, keys: &Keys, user: i64, descending: bool) -> [u8; 16] {
    keys.cursor_tag(&parts(&id.to_be_bytes(), &user.to_be_bytes(), descending))
}

const fn parts<'a>(id: &'a [u8], user: &'a [u8], descending: bool) -> [&'a [u8]; 4] {
    [b"sessions", user, if descending { b"-id" } else { b"id" }, id]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new(b"0123456789abcdef0123456789abcdef")
    }

    fn parse(query: &str, user: i64) -> Result<Paging, Error> {
        Paging::parse(Params::parse(Some(query)), &keys(), user)
    }

    #[test]
    fn parameters_are_read() {
        let paging = |limit, descending| Paging { limit, after: None, descending };
        assert_eq!(parse("", 1).unwrap(), paging(20, false));
        assert_eq!(parse("limit=100&sort=-id", 1).unwrap(), paging(100, true));
        assert_eq!(parse("sort=id&limit=1", 1).unwrap(), paging(1, false));
        for (query, fields) in [
            ("limit=0", vec!["limit"]),
            ("limit=101&sort=ip&x=1", vec!["limit", "sort", "x"]),
            ("limit=%2B1", vec!["limit"]),
            ("limit[gt]=1", vec!["limit[gt]"]),
            ("sort=id,id", vec!["sort"]),
            ("cursor=x&q=a", vec!["q"]),
        ] {
            let Err(Error::Invalid(faults)) = parse(query, 1) else { panic!("{query}") };
            assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), fields);
        }
    }

    #[test]
    fn a_cursor_serves_its_own_walk_alone() {
        let cursor = seal(7, &keys(), 1, false);
        assert_eq!(parse(&format!("cursor={cursor}&limit=3"), 1).unwrap().after, Some(7));
        for (query, user) in [
            (format!("cursor={cursor}"), 2),
            (format!("cursor={cursor}&sort=-id"), 1),
            (format!("cursor={cursor}="), 1),
            (format!("cursor={cursor}A"), 1),
            ("cursor=x".to_owned(), 1),
        ] {
            assert!(matches!(parse(&query, user), Err(Error::Malformed(_))), "{query}");
        }
    }

    #[test]
    fn any_change_to_a_cursor_is_noticed() {
        let cursor = seal(i64::MAX, &keys(), 1, false);
        for at in 0..cursor.len() {
            for other in "AaZz09-_".chars().filter(|&other| !cursor[at..].starts_with(other)) {
                let mut changed = cursor.clone();
                changed.replace_range(at..=at, &other.to_string());
                assert_eq!(open(&changed, &keys(), 1, false), None, "{changed}");
            }
        }
    }

    #[test]
    fn pages_are_json() {
        let page = |next| SessionPage { items: vec![b"{}".to_vec(), b"{}".to_vec()], next };
        let paging = Paging { limit: 2, after: None, descending: false };
        let last: serde_json::Value = serde_json::from_slice(&paging.render(&page(None), &keys(), 1)).unwrap();
        assert_eq!(last, serde_json::json!({"items": [{}, {}], "next_cursor": null, "has_more": false}));
        let more: serde_json::Value = serde_json::from_slice(&paging.render(&page(Some(9)), &keys(), 1)).unwrap();
        assert_eq!(more["has_more"], true);
        assert_eq!(open(more["next_cursor"].as_str().unwrap(), &keys(), 1, false), Some(9));
    }
}
