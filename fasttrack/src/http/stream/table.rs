//! A list as CSV (RFC 4180), safe to be opened in a spreadsheet: text that it would run as a formula is made text again, by
//! an apostrophe before it, as OWASP advises ("CSV Injection"). Numbers are none.

use std::borrow::Cow;

use bytes::Bytes;
use csv_core::{Terminator, Writer, WriterBuilder};

use crate::{
    error::Error,
    pipeline::{Heading, Holds},
    wire::{Node, Object},
};

/// What a formula may begin with. The wide ones are those of Chinese, Japanese and Korean keyboards, which some programs
/// take for the others.
const BEGIN_FORMULAS: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}'];

/// The table of a list.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<Heading>,
}

impl Table {
    pub(super) const fn new(columns: Vec<Heading>) -> Self {
        Self { columns }
    }

    /// The line with the names of the columns.
    pub(super) fn head(&self) -> Vec<u8> {
        let mut written = Written::default();
        for column in &self.columns {
            written.add(&column.key);
        }
        written.end_line();
        written.bytes
    }

    /// A line for each row, which is an object of JSON.
    ///
    /// # Errors
    /// [`Error::Internal`] for what is none.
    pub(super) fn lines(&self, rows: &[Bytes]) -> Result<Vec<u8>, Error> {
        let mut written = Written::default();
        for row in rows {
            let object = Object::parse(row)?;
            // Both are in the same order, but a row may lack keys.
            let mut members = object.members.iter().peekable();
            for Heading { key, holds } in &self.columns {
                let member = members.next_if(|(name, _)| name == key);
                written.add(&member.map_or(Cow::Borrowed(""), |(_, node)| cell(node, *holds)));
            }
            if let Some((name, _)) = members.next() {
                return Err(Error::Internal(format!("a row of a list has `{name}`, which is no column of it")));
            }
            written.end_line();
        }
        Ok(written.bytes)
    }
}

/// A value as a cell shows it.
fn cell<'a>(node: &'a Node<'_>, holds: Holds) -> Cow<'a, str> {
    match (node, holds) {
        (Node::Null, _) => Cow::Borrowed(""),
        (Node::Bool(true), _) => Cow::Borrowed("true"),
        (Node::Bool(false), _) => Cow::Borrowed("false"),
        (Node::Number(json) | Node::Array(json) | Node::Object(json), _) => Cow::Borrowed(json),
        (Node::Text(text), Holds::Json) => Cow::Owned(serde_json::Value::from(text.as_ref()).to_string()),
        (Node::Text(text), Holds::Plain) if text.starts_with(BEGIN_FORMULAS) => Cow::Owned(format!("'{text}")),
        (Node::Text(text), Holds::Plain | Holds::Number) => Cow::Borrowed(text),
    }
}

/// Lines as far as they are written.
struct Written {
    bytes: Vec<u8>,
    writer: Writer,
    /// Whether the line has a cell already.
    is_amid: bool,
}

impl Default for Written {
    fn default() -> Self {
        let writer = WriterBuilder::new().terminator(Terminator::CRLF).build();
        Self { bytes: Vec::new(), writer, is_amid: false }
    }
}

impl Written {
    /// Adds a cell, between quotes where it has to be.
    fn add(&mut self, text: &str) {
        if self.is_amid {
            self.write(ENDS, |writer, room| writer.delimiter(room).1);
        }
        self.is_amid = true;
        // Each byte may be a quote, which is doubled.
        self.write(text.len() * 2 + ENDS, |writer, room| writer.field(text.as_bytes(), room).2);
    }

    fn end_line(&mut self) {
        self.write(ENDS, |writer, room| writer.terminator(room).1);
        self.is_amid = false;
    }

    /// Has something written that needs so much room at most; it says how much it took.
    fn write(&mut self, room: usize, write: impl FnOnce(&mut Writer, &mut [u8]) -> usize) {
        let end = self.bytes.len();
        self.bytes.resize(end + room, 0);
        let taken = write(&mut self.writer, self.bytes.get_mut(end..).unwrap_or_default());
        self.bytes.truncate(end + taken);
    }
}

/// What stands around cells and behind lines takes less.
const ENDS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &[(&str, Holds)]) -> Table {
        Table::new(columns.iter().map(|(key, holds)| Heading { key: (*key).to_owned(), holds: *holds }).collect())
    }

    #[track_caller]
    fn check(holds: Holds, json: &str, expected: &str) {
        let row = Bytes::from(format!("{{\"a\":{json},\"b\":1}}"));
        let lines = table(&[("a", holds), ("b", Holds::Plain)]).lines(&[row]).unwrap();
        assert_eq!(String::from_utf8(lines).unwrap(), format!("{expected},1\r\n"), "{json}");
    }

    #[test]
    fn values_are_cells() {
        check(Holds::Plain, "null", "");
        check(Holds::Plain, "true", "true");
        check(Holds::Plain, "-1.5e-7", "-1.5e-7");
        check(Holds::Plain, r#""""#, "");
        check(Holds::Plain, r#""plain é 😀""#, "plain é 😀");
        check(Holds::Plain, r#""a,b""#, "\"a,b\"");
        check(Holds::Plain, r#""say \"x\"""#, "\"say \"\"x\"\"\"");
        check(Holds::Plain, r#""two\r\nlines\n""#, "\"two\r\nlines\n\"");
        check(Holds::Number, r#""-12.30""#, "-12.30");
        check(Holds::Json, r#"[1,"a"]"#, "\"[1,\"\"a\"\"]\"");
        check(Holds::Json, r#"{"x":null}"#, "\"{\"\"x\"\":null}\"");
        check(Holds::Json, r#""=1""#, "\"\"\"=1\"\"\"");
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text_again() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠x", "="] {
            check(Holds::Plain, &format!("{text:?}"), &format!("'{text}"));
        }
        for (json, text) in [(r#""\t=1""#, "'\t=1"), (r#""\r=1""#, "\"'\r=1\""), (r#""\n=1""#, "\"'\n=1\"")] {
            check(Holds::Plain, json, text);
        }
        check(Holds::Plain, r#""=cmd|' /c calc'!A1,\"x""#, "\"'=cmd|' /c calc'!A1,\"\"x\"");
        for text in ["1-1", " =1", "'=1", "a=b"] {
            check(Holds::Plain, &format!("{text:?}"), text);
        }
    }

    #[test]
    fn a_row_may_lack_what_is_not_shown_in_it() {
        let table = table(&[("id", Holds::Plain), ("secret", Holds::Plain), ("list", Holds::Json)]);
        let rows = [r#"{"id":1,"secret":"a","list":[]}"#, r#"{"id":2,"list":[2]}"#, r#"{"id":3}"#].map(Bytes::from);
        let lines = [table.head(), table.lines(&rows).unwrap()].concat();
        assert_eq!(String::from_utf8(lines).unwrap(), "id,secret,list\r\n1,a,[]\r\n2,,[2]\r\n3,,\r\n");
        for unknown in [r#"{"id":1,"x":1}"#, r#"{"list":[],"id":1}"#] {
            assert!(matches!(table.lines(&[Bytes::from(unknown)]), Err(Error::Internal(_))), "{unknown}");
        }
    }

    #[test]
    fn a_line_of_one_empty_cell_is_a_line() {
        let table = table(&[("a", Holds::Plain)]);
        assert_eq!(table.lines(&[Bytes::from(r#"{"a":null}"#)]).unwrap(), b"\"\"\r\n");
    }
}
