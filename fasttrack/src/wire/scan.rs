//! One linear pass over text that is known to be JSON: members, nesting, surrogates, duplicate keys.
//!
//! Does not check the grammar; that has been done before. Iterative, so that nesting costs no stack.

use std::{borrow::Cow, collections::HashSet};

use super::object::{malformed, unescape};
use crate::error::Error;

/// Whether JSON text has more than so many levels, the outermost value counted.
#[must_use]
pub fn is_deeper_than(json: &str, levels: usize) -> bool {
    Scan::of(json, levels).is_err()
}

/// What the pass found.
pub(super) struct Scan<'a> {
    /// The members of the outermost object; none when it is no object.
    pub(super) members: Vec<Member<'a>>,
}

/// A member of the outermost object, as text.
pub(super) struct Member<'a> {
    /// The string literal of the key.
    pub(super) key: &'a str,
    /// The text of the value.
    pub(super) value: &'a str,
    /// Whether an object inside the value has a key twice.
    pub(super) has_duplicate: bool,
}

/// A value that has been opened and not yet closed.
enum Level<'a> {
    Array,
    Object { keys: Keys<'a>, key_is_next: bool },
}

/// Keys that were seen: few are compared with each, many are found by their hashes.
#[derive(Default)]
pub(super) struct Keys<'a> {
    few: Vec<Cow<'a, str>>,
    many: HashSet<Cow<'a, str>>,
}

impl<'a> Keys<'a> {
    /// Most keys that are compared with each.
    const FEW: usize = 16;

    /// Adds a key; says whether it is a new one.
    pub(super) fn insert(&mut self, key: Cow<'a, str>) -> bool {
        if self.few.contains(&key) {
            return false;
        }
        if self.few.len() == Self::FEW {
            return self.many.insert(key);
        }
        self.few.push(key);
        true
    }
}

struct Pass<'a> {
    text: &'a str,
    max_depth: usize,
    levels: Vec<Level<'a>>,
    members: Vec<Member<'a>>,
    /// Key of the outermost object whose value is being read, and where that starts.
    open: Option<(&'a str, usize)>,
    has_duplicate: bool,
}

impl<'a> Scan<'a> {
    /// Goes over `text`, which has to be one JSON value without white space around it.
    pub(super) fn of(text: &'a str, max_depth: usize) -> Result<Self, Error> {
        let mut pass =
            Pass { text, max_depth, levels: Vec::new(), members: Vec::new(), open: None, has_duplicate: false };
        let mut at = 0;
        while let Some(&byte) = text.as_bytes().get(at) {
            at = pass.step(byte, at)?;
        }
        Ok(Self { members: pass.members })
    }
}

impl<'a> Pass<'a> {
    /// Handles the token that starts at `at` and says where the next one may start.
    fn step(&mut self, byte: u8, at: usize) -> Result<usize, Error> {
        match byte {
            b'"' => return self.string(at),
            b'[' => self.push(Level::Array)?,
            b'{' => self.push(Level::Object { keys: Keys::default(), key_is_next: true })?,
            b']' | b'}' => self.close(at),
            b':' => self.colon(at),
            b',' => self.comma(at),
            _ => {}
        }
        Ok(at + 1)
    }

    fn push(&mut self, level: Level<'a>) -> Result<(), Error> {
        if self.levels.len() == self.max_depth {
            return Err(malformed("the body is nested more than 128 levels deep"));
        }
        self.levels.push(level);
        Ok(())
    }

    fn close(&mut self, at: usize) {
        self.end_member(at);
        self.levels.pop();
    }

    fn colon(&mut self, at: usize) {
        if let Some(Level::Object { key_is_next, .. }) = self.levels.last_mut() {
            *key_is_next = false;
        }
        if self.levels.len() == 1
            && let Some((_, start)) = &mut self.open
        {
            *start = at + 1;
        }
    }

    fn comma(&mut self, at: usize) {
        self.end_member(at);
        if let Some(Level::Object { key_is_next, .. }) = self.levels.last_mut() {
            *key_is_next = true;
        }
    }

    /// A member of the outermost object ends before `at`.
    fn end_member(&mut self, at: usize) {
        if self.levels.len() == 1
            && let Some((key, start)) = self.open.take()
        {
            let value = self.text.get(start..at).unwrap_or_default().trim_ascii();
            self.members.push(Member { key, value, has_duplicate: std::mem::take(&mut self.has_duplicate) });
        }
    }

    fn string(&mut self, at: usize) -> Result<usize, Error> {
        let end = end_of_string(self.text.as_bytes(), at)?;
        let literal = self.text.get(at..end).unwrap_or_default();
        let is_outermost = self.levels.len() == 1;
        if let Some(Level::Object { keys, key_is_next: true }) = self.levels.last_mut() {
            if is_outermost {
                self.open = Some((literal, end));
            } else if !keys.insert(unescape(literal)?) {
                self.has_duplicate = true;
            }
        }
        Ok(end)
    }
}

/// Where the string literal that starts at `start` ends; refuses surrogates that make no pair.
fn end_of_string(bytes: &[u8], start: usize) -> Result<usize, Error> {
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            None => return Ok(at),
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at += escape_length(bytes, at)?,
            Some(_) => at += 1,
        }
    }
}

fn escape_length(bytes: &[u8], at: usize) -> Result<usize, Error> {
    match code_unit(bytes, at) {
        None => Ok(2),
        Some(0xD800..=0xDBFF) if matches!(code_unit(bytes, at + 6), Some(0xDC00..=0xDFFF)) => Ok(12),
        Some(0xD800..=0xDFFF) => Err(malformed("the body holds a lone surrogate, which is no Unicode text")),
        Some(_) => Ok(6),
    }
}

/// The UTF-16 code unit that a `\uXXXX` at `at` stands for.
fn code_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(br"\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
