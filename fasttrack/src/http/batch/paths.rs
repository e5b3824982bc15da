//! Which route an operation of a batch names.

use crate::{
    http::{
        ids,
        routes::{API_PREFIX, Action, Route},
    },
    pipeline::{Named, Target},
    schema::Verb,
    wire::Said,
};

/// The routes below `/api/v1`, by the segments of their paths.
#[derive(Debug)]
pub(in crate::http) struct Paths(Vec<Known>);

#[derive(Debug)]
struct Known {
    method: &'static str,
    segments: Vec<String>,
    action: Action,
}

/// What a method and a path name.
pub(super) struct Meant {
    /// The place of the resource.
    pub(super) resource: usize,
    /// What is done.
    pub(super) verb: Verb,
    /// The row that the path names.
    pub(super) row: Option<Named>,
}

/// Why a method and a path name nothing that can be done in a batch: a code for programs and a sentence for people.
pub(super) type Unmeant = (&'static str, &'static str);

impl Paths {
    /// Those of an application.
    pub(in crate::http) fn of(routes: &[Route]) -> Self {
        let known = |route: &Route| {
            let path = route.path.strip_prefix(API_PREFIX)?;
            let segments = path.split('/').skip(1).map(str::to_owned).collect();
            Some(Known { method: route.method, segments, action: route.action })
        };
        Self(routes.iter().filter_map(known).collect())
    }

    /// What a method and a path name.
    ///
    /// # Errors
    /// Why that is nothing here.
    pub(super) fn find(&self, method: &str, path: &str) -> Result<Meant, Unmeant> {
        let segments = segments(path)?;
        let Some((known, Fit { row })) = self.fitting(&segments).find(|(known, _)| known.method == method) else {
            let is_path = self.fitting(&segments).next().is_some();
            return Err(if is_path { ("unknown", "is a path that does not take this method") } else { NO_PATH });
        };
        let (resource, verb, row) = match known.action {
            Action::Resource { model, verb, .. } => (model, verb, row),
            Action::Oneself { model, verb } => (model, verb, Some(Named::Row(Target::Oneself))),
            _ => return Err(NOT_TAKEN),
        };
        match verb {
            Verb::Create | Verb::Read | Verb::Update | Verb::Delete | Verb::Restore => {
                Ok(Meant { resource, verb, row })
            }
            Verb::List | Verb::History | Verb::Show => Err(NOT_TAKEN),
        }
    }

    /// Whether there is such a path, whichever methods it takes.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn check(&self, path: &str) -> Result<(), Unmeant> {
        self.fitting(&segments(path)?).next().map(drop).ok_or(NO_PATH)
    }

    fn fitting(&self, segments: &[&str]) -> impl Iterator<Item = (&Known, Fit)> {
        self.0.iter().filter_map(move |known| Some((known, known.fit(segments)?)))
    }
}

/// The segments of a path below `/api/v1`, with which it may begin.
///
/// # Errors
/// Why it is none.
fn segments(path: &str) -> Result<Vec<&str>, Unmeant> {
    if path.contains(['?', '#']) {
        return Err(("query", "has a query string, which no operation of a batch takes"));
    }
    let inner = path.strip_prefix(API_PREFIX).filter(|rest| rest.starts_with('/')).unwrap_or(path);
    let inner = inner.strip_prefix('/').ok_or(("unknown", "has to begin with a slash"))?;
    Ok(inner.split('/').collect())
}

const NO_PATH: Unmeant = ("unknown", "is no path that there is");

const NOT_TAKEN: Unmeant = (
    "not_taken",
    "is not taken in a batch, which creates, reads, changes, deletes and restores single rows; ask for it by itself",
);

/// A path that fits.
struct Fit {
    /// The row that it names, if it does.
    row: Option<Named>,
}

impl Known {
    /// Whether a path is this one.
    fn fit(&self, segments: &[&str]) -> Option<Fit> {
        if self.segments.len() != segments.len() {
            return None;
        }
        let mut row = None;
        for (known, segment) in self.segments.iter().zip(segments) {
            if known == "{id}" {
                row = Some(named(segment)?);
            } else if known != segment {
                return None;
            }
        }
        Some(Fit { row })
    }
}

fn named(segment: &str) -> Option<Named> {
    match Said::read(segment) {
        Some(Said::Reference(reference)) => Some(Named::Answered(reference)),
        _ => ids::parse_id(segment).map(|id| Named::Row(Target::Id(id))),
    }
}
