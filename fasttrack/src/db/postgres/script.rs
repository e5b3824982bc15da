//! Whether a text is several statements, which the server takes only without arguments, and answers in text alone.

/// Whether anything but blanks and comments stands behind a semicolon that ends a statement.
pub(super) fn is_script(sql: &str) -> bool {
    let mut ended = false;
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = token(rest).max(1);
        match first {
            ';' => ended = true,
            blank if blank.is_whitespace() => {}
            _ if is_comment(rest) => {}
            _ if ended => return true,
            _ => {}
        }
        rest = rest.get(length.max(first.len_utf8())..).unwrap_or_default();
    }
    false
}

fn is_comment(text: &str) -> bool {
    text.starts_with("--") || text.starts_with("/*")
}

/// How long what begins here is, if it is something in which a semicolon means nothing; else 0.
fn token(text: &str) -> usize {
    let end = |mark: &str, from: usize| {
        let found = text.get(from..).and_then(|rest| rest.find(mark));
        found.map_or(text.len(), |at| from + at + mark.len())
    };
    if text.starts_with('\'') {
        // A doubled quote ends a literal and begins the next one, which comes to the same.
        return end("'", 1);
    }
    if text.starts_with('"') {
        return end("\"", 1);
    }
    if text.starts_with("--") {
        return end("\n", 2);
    }
    if text.starts_with("/*") {
        return end("*/", 2);
    }
    match tag(text) {
        Some(tag) => end(tag, tag.len()),
        None => 0,
    }
}

/// The `$tag$` that begins here, if one does.
fn tag(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('$')?;
    let length = inner.find('$')?;
    let name = inner.get(..length)?;
    let is_name = name.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_name { text.get(..length + 2) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_statements_are_told_from_one() {
        for (text, expected) in [
            ("SELECT 1", false),
            ("SELECT 1;", false),
            ("SELECT 1 ; -- done; indeed\n /* ; */ ", false),
            ("SELECT ';' , \"a;b\", 'it''s; x'", false),
            ("SELECT 1; SELECT 2", true),
            ("SELECT 'é'; SELECT 2", true),
            ("-- one\nSELECT 1;\n-- two\nSELECT 2;", true),
            ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN x; END; $$", false),
            ("CREATE FUNCTION f() RETURNS trigger AS $a_1$ BEGIN $$;$$; END; $a_1$ LANGUAGE plpgsql; SELECT 1", true),
            ("DO $$ BEGIN; END $$;", false),
            ("SELECT $1 || ';' || $2", false),
            ("", false),
            (";;", false),
            ("'unended ; ", false),
        ] {
            assert_eq!(is_script(text), expected, "{text}");
        }
    }
}
