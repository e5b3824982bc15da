//! Failing at the line of the test: a panic in a closure would name a line of the kit.

/// Something that a test needs to go well.
pub(super) trait OrFail<T, E> {
    /// What came of it.
    ///
    /// # Panics
    /// In these words, when it has not gone well.
    #[track_caller]
    fn or_fail(self, words: impl FnOnce(E) -> String) -> T;
}

impl<T, E> OrFail<T, E> for Result<T, E> {
    #[track_caller]
    fn or_fail(self, words: impl FnOnce(E) -> String) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("{}", words(error)),
        }
    }
}
