//! What this program is called: what people type to run it, so that advice names a command that is there.

use std::{borrow::Cow, env, path::Path, sync::OnceLock};

static NAME: OnceLock<String> = OnceLock::new();

/// The name of the framework, which stands where no command line of ours was begun.
const FRAMEWORK: &str = "fasttrack";

/// The name that advice begins commands with.
pub(crate) fn name() -> &'static str {
    NAME.get().map_or(FRAMEWORK, String::as_str)
}

/// What can be typed where this program was started: the path that it was called by, or its name.
pub(crate) fn called() -> String {
    let called = env::args_os().next().filter(|_| NAME.get().is_some()).and_then(|called| called.into_string().ok());
    called.map_or_else(|| name().to_owned(), |called| typed(&called).into_owned())
}

/// A word as it is typed to a shell: in quotes where it has to be.
pub(crate) fn typed(word: &str) -> Cow<'_, str> {
    if is_word(word) { word.into() } else { format!("'{}'", word.replace('\'', "'\\''")).into() }
}

/// Whether a shell takes it as it is.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "/\\:._-+".contains(c))
}

/// Takes the name from how the program was called. A service that holds an application has other commands, if any, and
/// does not do this.
pub(crate) fn take_name() {
    let _ = NAME.set(env::args_os().next().and_then(|called| name_in(Path::new(&called))).unwrap_or(FRAMEWORK.into()));
}

/// `tracker` of `/usr/local/bin/tracker` and `target\debug\tracker.exe`.
fn name_in(called: &Path) -> Option<String> {
    let stem = if called.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("exe")) {
        called.file_stem()
    } else {
        called.file_name()
    };
    stem?.to_str().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_typed_where_a_shell_takes_it() {
        for (path, expected) in [("target/debug/shop", true), ("C:\\shop.exe", true), ("my shop", false), ("", false)] {
            assert_eq!(is_word(path), expected, "{path}");
        }
        for (word, expected) in [("../shop", "../shop"), ("my shop", "'my shop'"), ("it's", "'it'\\''s'"), ("", "''")] {
            assert_eq!(typed(word), expected);
        }
    }

    #[test]
    fn a_program_is_called_by_the_name_of_its_file() {
        for (called, expected) in [
            ("fasttrack", Some("fasttrack")),
            ("/usr/local/bin/my-shop", Some("my-shop")),
            ("target/debug/shop.exe", Some("shop")),
            ("shop.v2", Some("shop.v2")),
            ("", None),
            ("..", None),
        ] {
            assert_eq!(name_in(Path::new(called)).as_deref(), expected, "{called}");
        }
    }
}
