//! Problem documents (RFC 9457), and what a test expects of them.

use std::fmt;

use serde::Deserialize;

/// Why a request was refused.
///
/// ```no_run
/// # use fasttrack::{schema::Resource, testing::{Client, json}};
/// # fn test<Task: Resource>(ada: Client<'_>) {
/// let problem = ada.create::<Task>(&json!({ "title": "", "colour": "red" })).refused(422);
/// problem.fault("title", "too_short").fault("colour", "unknown");
/// ada.read::<Task>(7).refused(404).says("task 7 does not exist");
/// # }
/// ```
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// `about:blank`, or a URI that names the kind of problem.
    pub r#type: String,
    /// What the status means.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What a person can act on.
    pub detail: String,
    /// What the log has it under.
    pub request_id: String,
    /// What is wrong with the input; on 422 alone.
    #[serde(default)]
    pub errors: Vec<Fault>,
    /// Method, target and caller of the request, for messages.
    #[serde(skip)]
    pub(super) request: String,
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Fault {
    /// The field of the body or the parameter; empty for the body as a whole.
    pub field: String,
    /// A word for programs (`too_long`).
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Problem {
    /// Expects that this is wrong, among other things perhaps.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn fault(&self, field: &str, code: &str) -> &Self {
        let found = self.errors.iter().any(|fault| fault.field == field && fault.code == code);
        assert!(found, "{}: expected the fault {field}: {code}, got {self}", self.request);
        self
    }

    /// Expects that this is wrong and nothing else: fields with their codes, in any order.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn faults(&self, expected: &[(&str, &str)]) -> &Self {
        let mut found: Vec<_> = self.errors.iter().map(|fault| (fault.field.as_str(), fault.code.as_str())).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert!(found == expected, "{}: expected the faults {expected:?}, got {self}", self.request);
        self
    }

    /// Expects these words in the detail.
    ///
    /// # Panics
    /// When they are not there.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(self.detail.contains(words), "{}: expected {words:?}, got {:?}", self.request, self.detail);
        self
    }
}

/// The faults where there are some, else the detail.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errors.is_empty() {
            return f.write_str(&self.detail);
        }
        let faults: Vec<_> = self.errors.iter().map(ToString::to_string).collect();
        f.write_str(&faults.join("; "))
    }
}

/// `title: too_long (at most 300 characters)`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = if self.field.is_empty() { "the body" } else { &self.field };
        write!(f, "{field}: {} ({})", self.code, self.message)
    }
}
