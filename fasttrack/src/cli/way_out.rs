//! What a failure adds for a developer: that a database which nobody needs may go. It removes nothing itself, and a program
//! that was built to be deployed does not speak of it.

use std::path::Path;

use super::{Failure, migrate::MigrateFailure};
use crate::{app::StartError, migrate::MigrateError};

/// The way out that is open where nothing in the database counts, as in a project that was just begun.
pub(super) fn of(failure: &Failure, file: &Path) -> Option<String> {
    let (Failure::Start(StartError::Migrate(error))
    | Failure::Migrate(MigrateFailure::Migrate(error) | MigrateFailure::Start(StartError::Migrate(error)))) = failure
    else {
        return None;
    };
    (cfg!(debug_assertions) && is_of_its_past(error)).then(|| {
        let file = file.display();
        format!("or, if nothing in {file} is worth keeping, remove it, with {file}-wal and {file}-shm where they are")
    })
}

/// Whether the database stands in the way by what was done to it: an empty one would not.
const fn is_of_its_past(error: &MigrateError) -> bool {
    matches!(
        error,
        MigrateError::Newer { .. }
            | MigrateError::Behind(_)
            | MigrateError::Edited { .. }
            | MigrateError::Other { .. }
            | MigrateError::Elsewhere { .. }
            | MigrateError::Altered { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(failure: impl Into<Failure>, expected: bool) {
        let failure = failure.into();
        let advice = of(&failure, Path::new("shop.db"));
        let is_given = advice.is_some_and(|advice| advice.contains("if nothing in shop.db is worth keeping"));
        assert_eq!(is_given, expected, "{failure}");
    }

    #[test]
    fn what_an_empty_database_would_not_have_is_told_of() {
        let behind = || MigrateError::Behind("0001_initial".to_owned());
        check(StartError::from(behind()), true);
        check(MigrateFailure::from(behind()), true);
        check(MigrateFailure::from(StartError::from(behind())), true);
        check(MigrateFailure::from(MigrateError::Edited { title: "0001_initial".to_owned() }), true);
        check(MigrateFailure::from(MigrateError::Destructive { what: "drop".to_owned() }), false);
        check(StartError::from(MigrateError::Foreign), false);
        check(StartError::Missing("shop.db".into()), false);
    }
}
