//! The page parameters of lists that no resource has, the caller's sessions and notifications, and their cursor.
//!
//! A cursor is the id to continue after and an authenticator over it, the list, the user and the direction, so that one
//! made by somebody else, or for another walk, is refused. Its 24 bytes fill 32 characters of base64 with no bit to spare.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::{BufMut, Bytes, BytesMut};

use crate::{
    auth::Keys,
    error::{Error, Fault},
    query::{self, PageById},
    wire::{Param, Params},
};

/// Most rows of a page.
const MAX_LIMIT: u16 = 100;

/// Rows of a page when the client does not say.
const DEFAULT_LIMIT: u16 = 20;

/// Whose list it is, and which.
#[derive(Debug, Clone, Copy)]
pub(super) struct Walk<'a> {
    /// What seals the cursor.
    pub(super) keys: &'a Keys,
    /// The plural of what is listed.
    pub(super) list: &'a str,
    /// The account that asks.
    pub(super) user: i64,
    /// Whether rows have an id that can be asked for.
    pub(super) has_ids: bool,
}

/// Which page is asked for, of `1..=100` rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paging {
    pub(super) page: PageById,
}

impl Paging {
    /// Reads the query string.
    ///
    /// # Errors
    /// 422 with every fault; 400 for a cursor that was not issued to this user for this direction.
    pub(super) fn parse(params: Params, walk: Walk<'_>) -> Result<Self, Error> {
        let mut paging = Self { page: PageById { limit: DEFAULT_LIMIT, after: None, descending: false, ids: None } };
        let mut faults = params.faults;
        let mut cursor = None;
        for param in params.items {
            match paging.take(&param, walk) {
                Ok(()) => {}
                Err(None) => cursor = Some(param.value),
                Err(Some(fault)) => faults.push(fault),
            }
        }
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        if let Some(cursor) = cursor {
            paging.page.after = Some(walk.open(&cursor, &paging.page).ok_or_else(|| {
                Error::Malformed("the cursor was not issued for this list; start again without it".into())
            })?);
        }
        Ok(paging)
    }

    /// Takes one parameter; the cursor is left to the caller, since it can be judged only when all others are known.
    fn take(&mut self, param: &Param, walk: Walk<'_>) -> Result<(), Option<Fault>> {
        let Walk { list, has_ids, .. } = walk;
        let fault = |code, message: &str| Err(Some(Fault::new(label(param), code, message)));
        match (param.name.as_str(), param.operator.as_deref(), param.value.as_str()) {
            ("cursor", None, _) => Err(None),
            ("limit", None, value) => match parse_limit(value) {
                Some(limit) => {
                    self.page.limit = limit;
                    Ok(())
                }
                None => fault("out_of_range", "a whole number from 1 to 100"),
            },
            ("sort", None, "id") => Ok(()),
            ("sort", None, "-id") => {
                self.page.descending = true;
                Ok(())
            }
            ("sort", None, _) => fault("unknown_field", &format!("{list} are sorted by id or -id")),
            ("id", ..) if has_ids => {
                self.page.ids = Some(query::parse_ids(param).map_err(Some)?);
                Ok(())
            }
            _ if has_ids => fault("unknown", "there is no such parameter; there are limit, cursor, sort and id[in]"),
            _ => fault("unknown", "there is no such parameter; there are limit, cursor and sort"),
        }
    }

    /// The page as JSON: the JSON of each row, and the id to continue after when there are more.
    pub(super) fn render(&self, items: &[impl AsRef<[u8]>], next: Option<i64>, walk: Walk<'_>) -> Bytes {
        let mut json = BytesMut::from(&br#"{"items":["#[..]);
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                json.put_u8(b',');
            }
            json.extend_from_slice(item.as_ref());
        }
        match next {
            Some(id) => {
                let cursor = walk.seal(id, &self.page);
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

impl Walk<'_> {
    fn seal(self, id: i64, page: &PageById) -> String {
        let mut bytes = id.to_be_bytes().to_vec();
        bytes.extend(self.keys.cursor_tag(&self.bound(id, page).each_ref().map(Vec::as_slice)));
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    fn open(self, cursor: &str, page: &PageById) -> Option<i64> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (id, given) = bytes.split_first_chunk()?;
        let given = given.try_into().ok()?;
        let id = i64::from_be_bytes(*id);
        let bound = self.bound(id, page);
        self.keys.is_cursor_tag(&bound.each_ref().map(Vec::as_slice), given).then_some(id)
    }

    /// What a cursor is bound to.
    fn bound(self, id: i64, page: &PageById) -> [Vec<u8>; 5] {
        let order = if page.descending { "-id" } else { "id" };
        let ids = page.ids.as_ref().map(|ids| format!("{ids:?}")).unwrap_or_default();
        let (user, id) = (self.user.to_be_bytes().to_vec(), id.to_be_bytes().to_vec());
        [self.list.into(), user, order.into(), id, ids.into()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new(b"0123456789abcdef0123456789abcdef")
    }

    fn parse_of(list: &'static str, query: &str, user: i64) -> Result<Paging, Error> {
        Paging::parse(Params::parse(Some(query)), Walk { keys: &keys(), list, user, has_ids: list != "changes" })
    }

    fn parse(query: &str, user: i64) -> Result<Paging, Error> {
        parse_of("sessions", query, user)
    }

    const FIRST: PageById = PageById { limit: 20, after: None, descending: false, ids: None };

    fn seal(id: i64) -> String {
        Walk { keys: &keys(), list: "sessions", user: 1, has_ids: true }.seal(id, &FIRST)
    }

    fn open(cursor: &str) -> Option<i64> {
        Walk { keys: &keys(), list: "sessions", user: 1, has_ids: true }.open(cursor, &FIRST)
    }

    #[test]
    fn parameters_are_read() {
        let paging = |limit, descending| Paging { page: PageById { limit, descending, ..FIRST } };
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
            ("id=1&count=true", vec!["id", "count"]),
            ("id[in]=0", vec!["id[in]"]),
            ("id[gt]=1", vec!["id[gt]"]),
        ] {
            let Err(Error::Invalid(faults)) = parse(query, 1) else { panic!("{query}") };
            assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), fields);
        }
    }

    #[test]
    fn ids_are_read_where_rows_have_any() {
        assert_eq!(parse("id[in]=3,1,3", 1).unwrap().page.ids, Some([1, 3].into()));
        let Err(Error::Invalid(faults)) = parse_of("changes", "id[in]=1", 1) else { panic!("it has none") };
        assert!(faults[0].message.ends_with("there are limit, cursor and sort"), "{faults:?}");
        let walk = Walk { keys: &keys(), list: "sessions", user: 1, has_ids: true };
        let some = PageById { ids: Some([1, 3].into()), ..FIRST };
        let cursor = walk.seal(1, &some);
        assert_eq!((walk.open(&cursor, &some), walk.open(&cursor, &FIRST)), (Some(1), None));
        assert_eq!(walk.open(&cursor, &PageById { ids: Some([1, 3, 4].into()), ..FIRST }), None);
    }

    #[test]
    fn a_cursor_serves_its_own_walk_alone() {
        let cursor = seal(7);
        assert_eq!(parse(&format!("cursor={cursor}&limit=3"), 1).unwrap().page.after, Some(7));
        assert!(matches!(parse_of("notifications", &format!("cursor={cursor}"), 1), Err(Error::Malformed(_))));
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
        let cursor = seal(i64::MAX);
        for at in 0..cursor.len() {
            for other in "AaZz09-_".chars().filter(|&other| !cursor[at..].starts_with(other)) {
                let mut changed = cursor.clone();
                changed.replace_range(at..=at, &other.to_string());
                assert_eq!(open(&changed), None, "{changed}");
            }
        }
    }

    #[test]
    fn pages_are_json() {
        let paging = Paging { page: PageById { limit: 2, ..FIRST } };
        let render = |next| {
            let keys = keys();
            let walk = Walk { keys: &keys, list: "sessions", user: 1, has_ids: true };
            serde_json::from_slice::<serde_json::Value>(&paging.render(&["{}", "{}"], next, walk)).unwrap()
        };
        let last = render(None);
        assert_eq!(last, serde_json::json!({"items": [{}, {}], "next_cursor": null, "has_more": false}));
        let more = render(Some(9));
        assert_eq!(more["has_more"], true);
        assert_eq!(open(more["next_cursor"].as_str().unwrap()), Some(9));
    }
}
