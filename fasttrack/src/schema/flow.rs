//! Which value of a choice may follow which.
#![expect(clippy::indexing_slicing, reason = "runs at compile time only; const code has neither iterators nor get")]

use super::{
    Fallback, Kind, Literal, Rule,
    laws::{equal, fail},
};

/// What may follow one value of a choice; what is not named is where a flow ends.
#[derive(Debug, Clone, Copy)]
pub struct Transition {
    /// The word that it starts from.
    pub from: &'static str,
    /// The words that may follow.
    pub to: &'static [&'static str],
    /// Who may make them follow, beyond the rule of `update`.
    pub rule: Option<Rule>,
}

/// What generated code builds it with.
#[doc(hidden)]
impl Transition {
    /// A step of a flow.
    #[must_use]
    pub const fn new(from: &'static str, to: &'static [&'static str]) -> Self {
        Self { from, to, rule: None }
    }

    /// The same for whom this rule lets alone.
    #[must_use]
    pub const fn by(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self
    }
}

/// Most words of a choice that has a flow.
const MAX_WORDS: usize = 128;

/// Asserts that a row can come to hold each word.
///
/// # Panics
/// At compile time, when it cannot.
#[track_caller]
pub(super) const fn assert_each_is_reached(kind: Kind, fallback: Fallback, flow: &[Transition]) {
    let (Kind::Choice(words), Fallback::Value(Literal::Text(beginning))) = (kind, fallback) else { return };
    assert!(words.len() <= MAX_WORDS, "a flow has at most 128 values");
    let mut reached = [false; MAX_WORDS];
    let mut round = 0;
    // Each round goes one step further.
    while round < words.len() {
        let mut i = 0;
        while i < words.len() {
            reached[i] = reached[i] || equal(words[i], beginning) || follows_reached(words, &reached, flow, words[i]);
            i += 1;
        }
        round += 1;
    }
    let mut i = 0;
    while i < words.len() {
        if !reached[i] {
            fail(&["no row can become `", words[i], "`, beginning with `", beginning, "`; name what it follows"]);
        }
        i += 1;
    }
}

/// Whether a word that is reached may be followed by this one.
const fn follows_reached(words: &[&str], reached: &[bool; MAX_WORDS], flow: &[Transition], word: &str) -> bool {
    let mut i = 0;
    while i < flow.len() {
        let mut from = 0;
        while from < words.len() {
            if reached[from] && equal(words[from], flow[i].from) && super::laws::contains(flow[i].to, word) {
                return true;
            }
            from += 1;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: Kind = Kind::Choice(&["todo", "doing", "done", "dropped"]);

    fn is_refused(flow: &'static [Transition]) -> bool {
        let fallback = Fallback::Value(Literal::Text("todo"));
        std::panic::catch_unwind(|| assert_each_is_reached(KIND, fallback, flow)).is_err()
    }

    #[test]
    fn each_word_is_reached_from_the_default() {
        const BACKWARDS: &[Transition] = &[
            Transition::new("done", &["dropped"]),
            Transition::new("doing", &["done", "todo"]),
            Transition::new("todo", &["doing"]),
        ];
        assert!(!is_refused(BACKWARDS), "the order does not matter");
        assert!(is_refused(BACKWARDS.split_first().unwrap().1), "dropped follows nothing");
        assert!(is_refused(BACKWARDS.split_last().unwrap().1), "nothing follows the beginning");
        assert!(is_refused(const { &[Transition::new("todo", &["doing", "done"])] }));
    }
}
