//! `.env`, read literally: what stands behind `=` is the value, character by character.
//!
//! Nothing is expanded, and there are no escapes: half of all programs that read such a file would make another value of
//! `a$b` or `a\b` than the other half, and a key that is silently another one is worse than a start that is refused. So
//! what is doubtful is a fault that names its line and its variable, and never what stands there, which may be secret.

use std::fmt;

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DotEnv {
    pub(super) entries: Vec<Entry>,
    pub(super) faults: Vec<Fault>,
}

/// `NAME=VALUE`
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) value: String,
}

/// What is wrong with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    line: usize,
    /// The variable, where there is one.
    name: Option<String>,
    what: What,
}

/// Ends the sentence that begins with the line and the variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Mark,
    NotUtf8,
    NoEquals,
    NoName,
    Export,
    Twice { first: usize },
    Backslash,
    Comment,
    Spaces,
    Control,
    Open,
    Behind,
}

/// The variable, where there is one, and what is wrong with it.
type Wrong = (Option<String>, What);

impl DotEnv {
    /// Reads a whole file.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut read = Self::default();
        let text = bytes.strip_prefix("\u{feff}".as_bytes());
        if text.is_some() {
            read.faults.push(Fault { line: 1, name: None, what: What::Mark });
        }
        for (number, line) in text.unwrap_or(bytes).split(|&byte| byte == b'\n').enumerate() {
            match entry(line.trim_ascii()) {
                Ok(None) => {}
                Ok(Some((name, value))) => read.add(number + 1, name, value),
                Err((name, what)) => read.faults.push(Fault { line: number + 1, name, what }),
            }
        }
        read
    }

    fn add(&mut self, line: usize, name: &str, value: &str) {
        if let Some(first) = self.entries.iter().find(|entry| entry.name == name).map(|entry| entry.line) {
            self.faults.push(Fault { line, name: Some(name.to_owned()), what: What::Twice { first } });
        } else {
            self.entries.push(Entry { line, name: name.to_owned(), value: value.to_owned() });
        }
    }
}

/// The name and the value of a line; `None` when it is empty or a comment.
fn entry(line: &[u8]) -> Result<Option<(&str, &str)>, Wrong> {
    if line.is_empty() || line.starts_with(b"#") {
        return Ok(None);
    }
    let (before, behind) = match line.iter().position(|&byte| byte == b'=') {
        Some(at) => line.split_at(at),
        None => (line, &[][..]),
    };
    let before = std::str::from_utf8(before.trim_ascii_end()).map_err(|_| (None, What::NotUtf8))?;
    let name = name(before, !behind.is_empty())?;
    let fault = |what| (Some(name.to_owned()), what);
    let behind = std::str::from_utf8(behind).map_err(|_| fault(What::NotUtf8))?;
    Ok(Some((name, value(behind.strip_prefix('=').unwrap_or(behind)).map_err(fault)?)))
}

/// The name before `=`. What is no name stays out of the fault: it may be part of a value that spread over lines.
fn name(before: &str, has_equals: bool) -> Result<&str, Wrong> {
    let is_name = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let (first, rest) = before.split_once(|gap: char| gap.is_ascii_whitespace()).unwrap_or((before, ""));
    if first == "export" && is_name(rest.trim_ascii_start()) {
        return Err((Some(rest.trim_ascii_start().to_owned()), What::Export));
    }
    match (is_name(before), has_equals) {
        (true, true) => Ok(before),
        (_, false) => Err((known(first), What::NoEquals)),
        (false, true) => Err((known(first), What::NoName)),
    }
}

/// The word, if it is the name of a variable of ours, and so no part of a secret.
fn known(word: &str) -> Option<String> {
    let word = word.trim_end_matches(':');
    super::VARIABLES.iter().find(|variable| variable.name == word).map(|variable| variable.name.to_owned())
}

fn value(behind: &str) -> Result<&str, What> {
    let text = behind.trim_ascii();
    for quote in ['\'', '"'] {
        if let Some(inside) = text.strip_prefix(quote) {
            let (value, rest) = inside.split_once(quote).ok_or(What::Open)?;
            return match rest {
                "" => checked(value, quote != '\''),
                _ => Err(What::Behind),
            };
        }
    }
    // A list is told by its brackets, and may have spaces between its items.
    if !(text.starts_with('[') && text.ends_with(']')) {
        if behind.rsplit('#').skip(1).any(|before| before.ends_with(char::is_whitespace)) {
            return Err(What::Comment);
        }
        if text.contains(char::is_whitespace) {
            return Err(What::Spaces);
        }
    }
    checked(text, true)
}

fn checked(value: &str, may_be_escaped: bool) -> Result<&str, What> {
    if value.contains(|character: char| character.is_control() && character != '\t') {
        Err(What::Control)
    } else if may_be_escaped && value.contains('\\') {
        Err(What::Backslash)
    } else {
        Ok(value)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.as_deref();
        let stands = name.unwrap_or("NAME");
        write!(f, "line {}: ", self.line)?;
        if let Some(name) = name {
            write!(f, "{name}: ")?;
        }
        f.write_str(match self.what {
            What::Mark => "a byte-order mark stands before it; save the file as UTF-8 without one",
            What::NotUtf8 => "it is not UTF-8; save the file as UTF-8",
            What::NoEquals => return write!(f, "there is no `=`; write {stands}=VALUE, on one line"),
            What::NoName => return write!(f, "before `=` stands no name; write {stands}=VALUE, on one line"),
            What::Export => return write!(f, "`export` is for shells; write {stands}=VALUE"),
            What::Twice { first } => return write!(f, "line {first} says it already; leave one of the two"),
            What::Backslash => {
                "a backslash might mean an escape; put the value in single quotes, where it means itself"
            }
            What::Comment => "a comment needs a line of its own; where `#` belongs to the value, put it in quotes",
            What::Spaces => "a value with spaces needs quotes around it",
            What::Control => "a control character stands in the value; take it out",
            What::Open => "the quote is not closed on its line; a value cannot go on on the next",
            What::Behind => "something stands behind the closing quote; take it away, or use the other kind of quotes",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and values, or the faults.
    fn read(bytes: &[u8]) -> Result<Vec<(String, String)>, String> {
        let DotEnv { entries, faults } = DotEnv::parse(bytes);
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        if faults.is_empty() {
            Ok(entries.into_iter().map(|entry| (entry.name, entry.value)).collect())
        } else {
            Err(faults.join("; "))
        }
    }

    #[test]
    fn a_value_is_what_stands_there() {
        for (line, value) in [
            ("A=abcd$efgh${HOME}`id`", "abcd$efgh${HOME}`id`"),
            ("A=\"abcd$efgh #1\"", "abcd$efgh #1"),
            ("A='a\\nb\"c'", "a\\nb\"c"),
            ("A=\"it's\"", "it's"),
            ("A=it's", "it's"),
            ("A=a\"b\"c", "a\"b\"c"),
            ("A=a#b", "a#b"),
            ("A=a=b==", "a=b=="),
            ("A=", ""),
            ("A=''", ""),
            ("A=' a '", " a "),
            (" A = a \t\r", "a"),
            ("A=[\"http://a\", \"http://b\"]", "[\"http://a\", \"http://b\"]"),
            ("A=gr\u{fc}n", "gr\u{fc}n"),
        ] {
            assert_eq!(read(line.as_bytes()), Ok(vec![("A".into(), value.into())]), "{line:?}");
        }
        let text = "# settings\r\n\r\n  # more\r\nA=1\r\nB_2='2'\n\n_c=3";
        let expected = [("A", "1"), ("B_2", "2"), ("_c", "3")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(read(text.as_bytes()), Ok(expected.to_vec()));
        assert_eq!(read(b""), Ok(Vec::new()));
    }

    #[test]
    fn a_fault_names_line_and_variable_and_no_value() {
        for (text, fault) in [
            (&b"\xef\xbb\xbfA=hunter2"[..], "line 1: a byte-order mark"),
            (b"\n\nA=hunter2\\n", "line 3: A: a backslash"),
            (b"A=\"hunter2\\n\"", "line 1: A: a backslash"),
            (b"A=hunter2 <a@b>", "line 1: A: a value with spaces"),
            (b"A=hunter2\xc2\xa0x", "line 1: A: a value with spaces"),
            (b"A=hunter2 # the key", "line 1: A: a comment"),
            (b"A= #hunter2", "line 1: A: a comment"),
            (b"A='hunter2' # the key", "line 1: A: something stands behind"),
            (b"A=\"a\"hunter2\"", "line 1: A: something stands behind"),
            (b"A=\"hunter2\nB=1\"", "line 1: A: the quote is not closed"),
            (b"A=1\nB=2\nA=hunter2", "line 3: A: line 1 says it already"),
            (b"A=1\nA=1", "line 2: A: line 1 says it already"),
            (b"export A=hunter2", "line 1: A: `export` is for shells; write A=VALUE"),
            (b"hunter2", "line 1: there is no `=`; write NAME=VALUE"),
            (b"PORT 8000", "line 1: PORT: there is no `=`; write PORT=VALUE"),
            (b"PORT: 8000", "line 1: PORT: there is no `=`"),
            (b"=hunter2", "line 1: before `=` stands no name"),
            (b"hunter2+/==", "line 1: before `=` stands no name"),
            (b"2A=hunter2", "line 1: before `=` stands no name"),
            (b"A=hunter2\xff", "line 1: A: it is not UTF-8"),
            (b"\xff\xfeA\0=\0h\0", "line 1: it is not UTF-8"),
            (b"A=hunter2\0", "line 1: A: a control character"),
            (b"A='hunter2\x1b'", "line 1: A: a control character"),
        ] {
            let line = String::from_utf8_lossy(text);
            let told = read(text).unwrap_err();
            assert!(told.starts_with(fault) && !told.contains("hunter2"), "{line:?}: {told}");
        }
    }

    #[test]
    fn every_fault_is_told_and_what_is_clear_is_read() {
        let read = DotEnv::parse(b"A=1 2\nLOG_FORMAT=json\nB=\\");
        assert_eq!(read.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(read.entries, [Entry { line: 2, name: "LOG_FORMAT".into(), value: "json".into() }]);
    }
}
