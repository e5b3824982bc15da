//! Cursors: where a page ended, sealed.
//!
//! A cursor is base64url of a version, an authenticator (HMAC-SHA-256, 16 bytes) and the sort keys of the last row. The
//! authenticator covers who asked which list, in which order, with which filters: a cursor that is changed or taken
//! elsewhere is none. It stays within [`CursorKey::MAX_CHARS`] whatever it sorts by: long text is packed, and what does
//! not fit even so is cut, with the row's id and a digest of its keys beside it: as long as the row is as it was its keys can be
//! had from it, and after that what is left of them still tells where to go on.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::pack;
use crate::{db::Arg, mac};

/// What every cursor begins with.
const VERSION: &[u8] = b"{\"v\":1}";

/// Length of the authenticator in bytes.
const TAG: usize = 16;

/// Seals and opens cursors.
#[derive(Clone)]
pub struct CursorKey {
    sealing: [u8; 32],
    /// What opens cursors besides, while an older secret is being replaced.
    previous: Option<[u8; 32]>,
}

/// What a cursor is bound to.
#[derive(Debug, Clone, Copy)]
pub struct CursorScope<'a> {
    /// Who asks; 0 for nobody.
    pub caller: i64,
    /// The list.
    pub list: &'a str,
    /// The parent that it is nested under; 0 for none.
    pub parent: i64,
    /// Filters, search and order.
    pub query: &'a str,
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Position {
    /// At the row with these sort keys, whether it is still there or not.
    Keys(Vec<Arg>),
    /// At this row, whose sort keys were too long.
    Row {
        /// Its id.
        id: i64,
        /// [Digest](CursorKey::is_digest) of its sort keys.
        digest: [u8; TAG],
        /// As many of them as fit; of the last one, which is text, only the beginning.
        start: Vec<Arg>,
    },
}

impl CursorKey {
    /// Longest cursor, in characters.
    pub const MAX_CHARS: usize = 1024;

    /// Longest body in bytes, so that all of it is [`Self::MAX_CHARS`] in base64.
    const MAX_BODY: usize = Self::MAX_CHARS / 4 * 3 - VERSION.len() - TAG;

    /// Derives a key of its own from the server's secret.
    #[must_use]
    pub fn derive(secret: &[u8]) -> Self {
        Self { sealing: derived(secret), previous: None }
    }

    /// The same key, that also opens what was sealed with one derived from an older `secret`.
    #[must_use]
    pub fn with_previous(self, secret: &[u8]) -> Self {
        Self { previous: Some(derived(secret)), ..self }
    }

    /// Whether `digest` is the one of these sort keys.
    #[must_use]
    pub fn is_digest(&self, keys: &[Arg], digest: &[u8; TAG]) -> bool {
        self.known().any(|key| digest_of(key, keys) == *digest)
    }

    fn known(&self) -> impl Iterator<Item = &[u8; 32]> {
        std::iter::once(&self.sealing).chain(&self.previous)
    }

    /// Seals the sort keys of the row `id`.
    #[must_use]
    pub fn seal(&self, scope: CursorScope<'_>, keys: &[Arg], id: i64) -> String {
        let mut body = vec![0];
        pack::write(keys, &mut body);
        if body.len() > Self::MAX_BODY {
            body = vec![1];
            body.extend(id.to_be_bytes());
            body.extend(digest_of(&self.sealing, keys));
            let room = Self::MAX_BODY - body.len();
            pack::write(&pack::cut(keys, room), &mut body);
        }
        let mut bytes = VERSION.to_vec();
        bytes.extend(tag(&self.sealing, scope, &body));
        bytes.extend(body);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Opens a cursor; `None` when it was not sealed by this server for this scope, to the last bit.
    #[must_use]
    pub fn open(&self, scope: CursorScope<'_>, cursor: &str) -> Option<Position> {
        if cursor.len() > Self::MAX_CHARS {
            return None;
        }
        // The engine refuses padding and spare bits that are not zero.
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let rest = bytes.strip_prefix(VERSION)?;
        let (sealed, body) = rest.split_at_checked(TAG)?;
        if !self.known().any(|key| mac::equal(sealed, &tag(key, scope, body))) {
            return None;
        }
        match body.split_first()? {
            (0, keys) => pack::read(keys).map(Position::Keys),
            (1, row) => {
                let (id, rest) = row.split_first_chunk::<8>()?;
                let (digest, start) = rest.split_first_chunk::<TAG>()?;
                Some(Position::Row { id: i64::from_be_bytes(*id), digest: *digest, start: pack::read(start)? })
            }
            _ => None,
        }
    }
}

fn derived(secret: &[u8]) -> [u8; 32] {
    mac::code(secret, b"fasttrack cursor")
}

fn digest_of(key: &[u8; 32], keys: &[Arg]) -> [u8; TAG] {
    truncate(mac::code(key, format!("keys {keys:?}").as_bytes()))
}

fn tag(key: &[u8; 32], scope: CursorScope<'_>, body: &[u8]) -> [u8; TAG] {
    let mut message = Vec::with_capacity(64 + scope.query.len() + body.len());
    message.extend(scope.caller.to_be_bytes());
    message.extend(scope.parent.to_be_bytes());
    for part in [scope.list.as_bytes(), scope.query.as_bytes(), body] {
        message.extend((part.len() as u64).to_be_bytes());
        message.extend(part);
    }
    truncate(mac::code(key, &message))
}

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey(…)")
    }
}

fn truncate(code: [u8; 32]) -> [u8; TAG] {
    let mut tag = [0; TAG];
    tag.iter_mut().zip(code).for_each(|(to, from)| *to = from);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Fixed;

    const SCOPE: CursorScope<'_> = CursorScope { caller: 1, list: "tasks", parent: 2, query: "q" };

    #[track_caller]
    fn open(keys: &[Arg]) -> Option<Position> {
        let key = CursorKey::derive(b"secret");
        let cursor = key.seal(SCOPE, keys, 7);
        assert!(cursor.len() <= CursorKey::MAX_CHARS, "{}", cursor.len());
        key.open(SCOPE, &cursor)
    }

    fn text(text: &str) -> Arg {
        Arg::Text(text.into())
    }

    #[test]
    fn keys_come_back_as_they_were() {
        let long: String = (0..300_u32).filter_map(|n| char::from_u32(0x1_F300 + n * 7 % 700)).collect();
        for keys in [
            vec![Arg::Int(7)],
            vec![Arg::Null, Arg::Int(i64::MAX)],
            vec![Arg::Float(-0.1), Arg::Int(i64::MIN)],
            vec![Arg::Decimal(Fixed::new(-i64::MAX, 18)), Arg::Decimal(Fixed::new(5, 1)), Arg::Int(1)],
            vec![text(""), text("{}"), Arg::Int(1)],
            vec![text(&"😀".repeat(300)), Arg::Int(7)],
            vec![text(&long), Arg::Int(7)],
            vec![text(&"a".repeat(700)), Arg::Int(7)],
        ] {
            assert_eq!(open(&keys), Some(Position::Keys(keys)));
        }
    }

    #[test]
    fn keys_that_do_not_fit_are_cut() {
        let wild: String = (0..300_u32).filter_map(|n| char::from_u32(0x1_0000 + n * 48_271 % 0xF_0000)).collect();
        for long in [wild, "x".repeat(10_000)] {
            let keys = [Arg::Int(1), text(&long), Arg::Int(7)];
            let Some(Position::Row { id: 7, digest, start }) = open(&keys) else { panic!("{long}") };
            assert!(CursorKey::derive(b"secret").is_digest(&keys, &digest));
            let [Arg::Int(1), Arg::Text(start)] = start.as_slice() else { panic!("{start:?}") };
            assert!(long.starts_with(start) && start.chars().count() > 200);
        }
    }

    #[test]
    fn a_cursor_of_another_scope_is_none() {
        let key = CursorKey::derive(b"secret");
        let cursor = key.seal(SCOPE, &[Arg::Int(7)], 7);
        for scope in [
            CursorScope { caller: 9, ..SCOPE },
            CursorScope { list: "notes", ..SCOPE },
            CursorScope { parent: 9, ..SCOPE },
            CursorScope { query: "r", ..SCOPE },
        ] {
            assert_eq!(key.open(scope, &cursor), None, "{scope:?}");
        }
        assert_eq!(CursorKey::derive(b"other").open(SCOPE, &cursor), None);
    }

    #[test]
    fn what_the_secret_before_has_sealed_opens() {
        let key = CursorKey::derive(b"other").with_previous(b"secret");
        let cursor = CursorKey::derive(b"secret").seal(SCOPE, &[Arg::Int(7)], 7);
        assert_eq!(key.open(SCOPE, &cursor), Some(Position::Keys(vec![Arg::Int(7)])));
        assert_eq!(key.seal(SCOPE, &[Arg::Int(7)], 7), CursorKey::derive(b"other").seal(SCOPE, &[Arg::Int(7)], 7));
    }

    #[test]
    fn any_changed_character_makes_it_none() {
        let key = CursorKey::derive(b"secret");
        for id in [7, 77, 777] {
            let cursor = key.seal(SCOPE, &[text(&"y".repeat(usize::try_from(id % 5).unwrap())), Arg::Int(id)], id);
            for position in 0..cursor.len() {
                for other in "ABCDwxyz0189-_=+/ ".chars().filter(|other| !cursor[position..].starts_with(*other)) {
                    let mut changed: Vec<char> = cursor.chars().collect();
                    changed[position] = other;
                    let changed: String = changed.into_iter().collect();
                    assert_eq!(key.open(SCOPE, &changed), None, "{changed}");
                }
            }
            for changed in [format!("{cursor}="), format!("{cursor}A"), cursor[1..].to_owned(), String::new()] {
                assert_eq!(key.open(SCOPE, &changed), None);
            }
        }
    }
}
