//! Words: what `q` looks for, and what is found in a text.
//!
//! A word is a run of letters, digits and marks, without its case and, where it is Latin, its accents. The one who decides is the tokenizer of
//! `SQLite` (`unicode61`), since nothing else there can be run by a trigger: the tables beside this file say what it does to
//! each character, a test asks it of all of them, and `PostgreSQL` is told the same.

use std::{collections::HashMap, sync::LazyLock};

/// What words are made of, as it stands between the brackets of a regular expression.
const LETTERS: &str = include_str!("words/letters.sql");

/// Characters that are taken for another one, each with that.
const FOLDS: &str = include_str!("words/folds.sql");

/// Characters that are taken for nothing.
const DROPPED: &str = include_str!("words/dropped.sql");

/// The words of a text, folded, in their order; each as often as it is there.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let letters = text.chars().map(|c| if is_letter(c) { Some(c) } else { None });
    let mut words = vec![String::new()];
    for letter in letters {
        match (letter, words.last_mut()) {
            (Some(c), Some(word)) => word.extend(folded(c)),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The tables, read.
struct Characters {
    /// From which to which character, ascending.
    letters: Vec<(char, char)>,
    folds: HashMap<char, char>,
    dropped: Vec<(char, char)>,
}

static CHARACTERS: LazyLock<Characters> = LazyLock::new(|| {
    let folds: Vec<char> = literal(FOLDS).chars().collect();
    Characters {
        letters: ranges(&literal(LETTERS)),
        folds: folds.as_chunks::<2>().0.iter().map(|[from, to]| (*from, *to)).collect(),
        dropped: ranges(&literal(DROPPED)),
    }
});

fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { is_within(&CHARACTERS.letters, c) }
}

fn folded(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c.to_ascii_lowercase());
    }
    let kept = !is_within(&CHARACTERS.dropped, c);
    kept.then(|| CHARACTERS.folds.get(&c).copied().unwrap_or(c))
}

fn is_within(ranges: &[(char, char)], c: char) -> bool {
    let before = ranges.partition_point(|(first, _)| *first <= c);
    before.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|(_, last)| c <= *last)
}

/// A literal of SQL that goes on over several lines.
fn literal(sql: &str) -> String {
    sql.lines().map(|line| line.trim_matches('\'')).collect()
}

/// What stands between brackets: characters, some as `\u00AA`, and ranges of them.
fn ranges(brackets: &str) -> Vec<(char, char)> {
    let mut found: Vec<(char, char)> = Vec::new();
    let mut rest = brackets.chars();
    let mut goes_on = false;
    while let Some(c) = rest.next() {
        if c == '-' {
            goes_on = true;
            continue;
        }
        let digits = match (c, rest.clone().next()) {
            ('\\', Some('u')) => 4,
            ('\\', Some('U')) => 8,
            _ => 0,
        };
        let code: String = if digits == 0 { String::new() } else { rest.by_ref().skip(1).take(digits).collect() };
        let c = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32).unwrap_or(c);
        match found.last_mut().filter(|_| goes_on) {
            Some(range) => range.1 = c,
            None => found.push((c, c)),
        }
        goes_on = false;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(text), expected, "{text:?}");
    }

    #[test]
    fn words_are_folded() {
        check("Müller's MÜLLER mu\u{308}ller", &["muller", "s", "muller", "muller"]);
        check("snake_case, e-mail@example.com", &["snake", "case", "e", "mail", "example", "com"]);
        check("Straße ÉTÉ Ørsted İstanbul ΣΙΣΥΦΟΣ", &["straße", "ete", "ørsted", "istanbul", "σισυφοσ"]);
        check("東京 2026 कि ❤️ \u{301} x\u{301}", &["東京", "2026", "कि", "x"]);
        check("ấn Ẫ ǟ", &["an", "a", "a"]);
    }

    #[test]
    fn what_is_no_letter_is_no_word() {
        for text in ["", " ", "%", "\"*:&|!()^~-+<>'\\", "\0", "😀", "_", "\u{301}", "❤️", "…—“”"] {
            check(text, &[]);
        }
        check("OR NEAR(a b) \"c\"* d:e !f & g", &["or", "near", "a", "b", "c", "d", "e", "f", "g"]);
    }

    #[test]
    fn a_word_is_the_word_of_itself() {
        for c in ('\0'..=char::MAX).filter(|c| is_letter(*c)) {
            let word: String = folded(c).into_iter().collect();
            assert_eq!(words(&word).concat(), word, "{c:?}");
        }
    }
}
