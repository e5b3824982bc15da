//! What things are called in the document: component schemas, and resources in sentences.

use std::collections::HashSet;

use crate::schema::{Catalog, Model};

/// Component schemas that every application has; a resource never takes one of these names.
pub(super) const RESERVED: &[&str] = &[
    "Problem",
    "ValidationProblem",
    "Fault",
    "Credentials",
    "RefreshRequest",
    "PasswordChange",
    "TokenPair",
    "Session",
    "SessionPage",
    "Health",
];

/// The names of one resource's component schemas.
#[derive(Debug)]
pub(super) struct Names {
    /// A row.
    pub(super) row: String,
    /// A page of rows.
    pub(super) page: String,
    /// The body that creates one; of the account, the body that registers.
    pub(super) create: String,
    /// The body that changes one.
    pub(super) update: String,
    /// The body with which accounts change themselves.
    pub(super) update_own: String,
    /// The body that registers an account.
    pub(super) registration: String,
}

impl Names {
    /// The names of each resource, in the order of the catalog. A resource whose names are taken gets `Row` appended.
    pub(super) fn of(catalog: &Catalog) -> Vec<Self> {
        let mut taken: HashSet<String> = RESERVED.iter().map(|&name| name.to_owned()).collect();
        catalog.models().iter().map(|model| Self::of_model(model, &mut taken)).collect()
    }

    fn of_model(model: &Model, taken: &mut HashSet<String>) -> Self {
        let mut stem = pascal(model.schema.name);
        loop {
            let names = Self::from_stem(&stem);
            if names.all().iter().all(|name| !taken.contains(*name)) {
                taken.extend(names.all().iter().map(|&name| name.to_owned()));
                return names;
            }
            stem.push_str("Row");
        }
    }

    fn from_stem(stem: &str) -> Self {
        Self {
            row: stem.to_owned(),
            page: format!("{stem}Page"),
            create: format!("{stem}Create"),
            update: format!("{stem}Update"),
            update_own: format!("{stem}SelfUpdate"),
            registration: format!("{stem}Registration"),
        }
    }

    fn all(&self) -> [&str; 6] {
        [&self.row, &self.page, &self.create, &self.update, &self.update_own, &self.registration]
    }
}

/// `task_item` as `TaskItem`.
fn pascal(snake: &str) -> String {
    snake.split('_').map(capitalised).collect()
}

/// `task_item` as `task item`.
pub(super) fn words(snake: &str) -> String {
    snake.replace('_', " ")
}

/// `task` as `a task`.
pub(super) fn with_article(noun: &str) -> String {
    // `a user`, `a unit`, `a euro`: spelled with a vowel, spoken with a consonant.
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u'])
        && !["us", "uni", "eu", "one"].iter().any(|start| noun.starts_with(start));
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

/// With a capital first letter.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A doc comment as Markdown: without the space after `///` and the empty lines around it.
pub(super) fn markdown(doc: &str) -> String {
    let lines: Vec<_> = doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}

/// The text as a sentence, with a full stop.
pub(super) fn sentence(text: &str) -> String {
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
    fn doc_comments_become_markdown() {
        assert_eq!(markdown(" One.\n\n   - two  \n"), "One.\n\n  - two");
        assert_eq!(pascal("task_item"), "TaskItem");
        assert_eq!(sentence("done"), "done.");
        assert_eq!(sentence("done."), "done.");
    }
}
