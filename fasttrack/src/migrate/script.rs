//! A migration as text: statements with the reasons above them, written so that people can read and edit them.

use std::fmt::Write as _;

use super::change::Block;
use crate::{db::Dialect, sql::Lexis};

/// Why a text is no script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// A quote or a comment does not end.
    #[error("a {0} does not end")]
    Open(&'static str),
    /// A statement that would end the transaction, or needs to stand outside of one.
    #[error("`{0}` cannot stand in a migration, which is one transaction already")]
    Forbidden(String),
}

/// Longest line of a comment.
const WIDTH: usize = 110;

/// The text of a script.
#[must_use]
pub fn write(head: &str, blocks: &[Block]) -> String {
    let mut text = comment(head);
    for Block { why, sql } in blocks {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\n{}{sql};\n", comment(why));
    }
    text
}

/// What the head of a script says of rights begins with one of these.
const RIGHTS: [&str; 2] = ["Wider: ", "Narrower: "];

/// Most rights that a head tells of.
const MAX_RIGHTS: usize = 40;

/// Adds to the head of a script what who may do has become.
pub(super) fn add_rights(head: &mut String, rights: &[String]) {
    for line in rights.iter().take(MAX_RIGHTS) {
        head.push('\n');
        head.push_str(line);
    }
    if rights.len() > MAX_RIGHTS {
        // Writing to a `String` cannot fail.
        let _ = write!(head, "\nAnd {} more: `access --check` shows them.", rights.len() - MAX_RIGHTS);
    }
}

/// A script without what its head says of rights.
pub(super) fn without_rights(text: &str) -> String {
    let (head, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let is_other = |line: &&str| !RIGHTS.iter().any(|word| line.trim_start_matches("-- ").starts_with(word));
    let head: Vec<_> = head.lines().take_while(is_other).collect();
    format!("{}\n\n{rest}", head.join("\n"))
}

fn comment(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let indent = if line.starts_with(' ') { "  " } else { "" };
        let mut written = String::new();
        for word in line.split_whitespace() {
            if !written.is_empty() && written.len() + word.len() >= WIDTH {
                let _ = writeln!(out, "-- {indent}{written}");
                written.clear();
            }
            let _ = write!(written, "{}{word}", if written.is_empty() { "" } else { " " });
        }
        let _ = writeln!(out, "{}", format!("-- {indent}{written}").trim_end());
    }
    out
}

/// The statements of a script, without their comments; the comment that stands right above one is its reason.
///
/// # Errors
/// [`ScriptError`]
pub fn read(dialect: Dialect, text: &str) -> Result<Vec<Block>, ScriptError> {
    let lexis = dialect.schema().lexis();
    let mut reader = Reader::new(lexis);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = token(lexis, rest, first)?;
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        reader.take(piece)?;
        rest = after;
    }
    reader.end()?;
    Ok(reader.blocks)
}

/// How many bytes the token has that begins here.
fn token(lexis: &Lexis, rest: &str, first: char) -> Result<usize, ScriptError> {
    let closed_by = |close: &str, what: &'static str| {
        let skip = first.len_utf8();
        let found = rest.get(skip..).and_then(|inner| inner.find(close));
        found.map(|at| skip + at + close.len()).ok_or(ScriptError::Open(what))
    };
    if let Some((_, close, what)) = lexis.quotes.iter().find(|(open, ..)| *open == first) {
        return closed_by(close, what);
    }
    if lexis.has_dollar_quotes
        && let Some(tag) = dollar_tag(rest)
    {
        let end = rest.get(tag.len()..).and_then(|inner| inner.find(tag));
        return end.map(|at| at + 2 * tag.len()).ok_or(ScriptError::Open("text"));
    }
    match first {
        '-' if rest.starts_with("--") => Ok(rest.find('\n').unwrap_or(rest.len())),
        '/' if rest.starts_with("/*") => closed_by("*/", "comment"),
        _ if first.is_whitespace() => Ok(rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())),
        _ if is_word(first) => Ok(rest.find(|c: char| !is_word(c)).unwrap_or(rest.len())),
        _ => Ok(first.len_utf8()),
    }
}

/// What opens text in dollar quotes, and closes it: `$$`, or `$TAG$`.
fn dollar_tag(rest: &str) -> Option<&str> {
    let length = rest.strip_prefix('$')?.find(|c| !is_word(c))? + 2;
    rest.get(..length)
        .filter(|tag| tag.ends_with('$') && !tag.trim_start_matches('$').starts_with(|c: char| c.is_ascii_digit()))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Gathers tokens into statements.
struct Reader {
    lexis: &'static Lexis,
    blocks: Vec<Block>,
    why: Vec<String>,
    sql: String,
    /// The words of the statement, in upper case: the first few, and the last.
    words: Vec<String>,
    last: String,
}

impl Reader {
    const fn new(lexis: &'static Lexis) -> Self {
        Self { lexis, blocks: Vec::new(), why: Vec::new(), sql: String::new(), words: Vec::new(), last: String::new() }
    }

    fn take(&mut self, piece: &str) -> Result<(), ScriptError> {
        let between = self.sql.is_empty();
        if let Some(line) = piece.strip_prefix("--") {
            if between {
                self.why.push(line.trim().to_owned());
            }
        } else if piece.starts_with("/*") {
            self.sql.push_str(if between { "" } else { " " });
        } else if piece.trim().is_empty() {
            if between && piece.matches('\n').count() > 1 {
                self.why.clear();
            }
            self.sql.push_str(if between { "" } else { piece });
        } else if piece == ";" && self.is_complete() {
            self.end()?;
        } else {
            self.last = piece.to_ascii_uppercase();
            if self.words.len() < 4 {
                self.words.push(self.last.clone());
            }
            self.sql.push_str(piece);
        }
        Ok(())
    }

    fn is_complete(&self) -> bool {
        let is_trigger = self.lexis.has_trigger_bodies
            && self.words.first().is_some_and(|word| word == "CREATE")
            && self.words.iter().skip(1).take(2).any(|word| word == "TRIGGER");
        !is_trigger || self.last == "END"
    }

    fn end(&mut self) -> Result<(), ScriptError> {
        let sql = std::mem::take(&mut self.sql).trim().to_owned();
        let words = std::mem::take(&mut self.words);
        if let Some(first) = words.first() {
            if self.lexis.forbidden.contains(&first.as_str()) {
                return Err(ScriptError::Forbidden(first.clone()));
            }
            self.blocks.push(Block { why: std::mem::take(&mut self.why).join(" ").trim().to_owned(), sql });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let blocks = read(Dialect::Sqlite, text).unwrap();
        let found: Vec<_> = blocks.iter().map(|block| (block.why.as_str(), block.sql.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn statements_end_where_they_end() {
        check("", &[]);
        check("-- a\n-- b\n", &[]);
        check("-- head\n\n-- why\n--   so\nA 'x;--''y' \"b;\" ; B", &[("why so", "A 'x;--''y' \"b;\""), ("", "B")]);
        check("A -- not ; here\n, /* nor ; here */ b;\n;;", &[("", "A \n,   b")]);
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  SELECT 1; DELETE FROM b; END";
        check(&format!("{trigger};\nX;"), &[("", trigger), ("", "X")]);
    }

    #[test]
    fn a_script_of_postgres_has_quotes_of_its_own() {
        let body = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$BEGIN RETURN $$;$$; END$f$";
        let texts = |text: &str| {
            let blocks = read(Dialect::Postgres, text).unwrap();
            blocks.into_iter().map(|block| block.sql).collect::<Vec<_>>()
        };
        assert_eq!(
            texts(&format!("{body};\nSELECT a[1] FROM b; CREATE TRIGGER t EXECUTE FUNCTION f(); X")),
            [body, "SELECT a[1] FROM b", "CREATE TRIGGER t EXECUTE FUNCTION f()", "X"]
        );
        assert!(matches!(read(Dialect::Postgres, "SELECT $$;"), Err(ScriptError::Open("text"))));
        assert!(matches!(read(Dialect::Postgres, "START TRANSACTION"), Err(ScriptError::Forbidden(_))));
        assert_eq!(texts("PRAGMA x; SELECT $1; Y"), ["PRAGMA x", "SELECT $1", "Y"]);
    }

    #[test]
    fn what_would_leave_the_transaction_is_refused() {
        for text in ["commit;", "A; ROLLBACK", "pragma foreign_keys = ON"] {
            assert!(matches!(read(Dialect::Sqlite, text), Err(ScriptError::Forbidden(_))), "{text}");
        }
        for text in ["SELECT 'x", "SELECT \"x", "/* x"] {
            assert!(matches!(read(Dialect::Sqlite, text), Err(ScriptError::Open(_))), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let long = "word ".repeat(60);
        let blocks = [("why", "A;B"), ("", "C"), (long.trim(), "D\n(e)")]
            .map(|(why, sql)| Block { why: why.into(), sql: sql.replace(';', "';'") });
        assert_eq!(read(Dialect::Sqlite, &write("head", &blocks)).unwrap(), blocks);
    }
}
