//! Names and doc comments as English.

/// `task_item` as `task item`.
pub(crate) fn words(snake: &str) -> String {
    snake.replace('_', " ")
}

/// `tasks` as the key beside them that says whether there are more of them than are shown.
pub(crate) fn has_more(plural: &str) -> String {
    format!("{plural}_has_more")
}

const VOWELS: [char; 5] = ['a', 'e', 'i', 'o', 'u'];

/// `task` as `a task`.
pub(crate) fn with_article(noun: &str) -> String {
    // `a user`, `a unit`, `a euro`: spelled with a vowel, spoken with a consonant.
    let vowel = noun.starts_with(VOWELS) && !["us", "uni", "eu", "one"].iter().any(|start| noun.starts_with(start));
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// `task` as `tasks`, as far as English is regular.
pub(crate) fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(VOWELS) => format!("{stem}ies"),
        _ if noun.ends_with('s') || noun.ends_with('x') || noun.ends_with("ch") || noun.ends_with("sh") => {
            format!("{noun}es")
        }
        _ => format!("{noun}s"),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(words: &[&str]) -> String {
    match words {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        words => words.concat(),
    }
}

/// With a capital first letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A doc comment as Markdown: without the space after `///` and the empty lines around it.
pub(crate) fn markdown(doc: &str) -> String {
    let lines: Vec<_> = doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}

/// The text as a sentence, with a full stop.
pub(crate) fn sentence(text: &str) -> String {
    if text.is_empty() || text.ends_with(['.', '!', '?', ':', '`', '|']) { text.to_owned() } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_follow_the_sound() {
        for (noun, expected) in [("task", "a task"), ("user", "a user"), ("issue", "an issue"), ("unit", "a unit")] {
            assert_eq!(with_article(noun), expected);
        }
    }

    #[test]
    fn words_are_listed() {
        for (words, expected) in [(&["a"][..], "a"), (&["a", "b"], "a and b"), (&["a", "b", "c"], "a, b and c")] {
            assert_eq!(listed(words), expected);
        }
    }

    #[test]
    fn doc_comments_become_markdown() {
        assert_eq!(markdown(" One.\n\n   - two  \n"), "One.\n\n  - two");
        assert_eq!(sentence("done"), "done.");
        assert_eq!(sentence("done."), "done.");
    }
}
