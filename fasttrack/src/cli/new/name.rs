//! What a project may be called: what cargo, a container's registry and every file system take alike.

use std::path::Path;

/// Why a project cannot be called so.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum NameError {
    /// Not written so.
    #[error(
        "{name:?} is no name for a project: it takes lower-case letters, digits, `-` and `_`, begins with a letter and ends \
         with a letter or digit; say {advice}"
    )]
    Written {
        /// The name.
        name: String,
        /// What to say.
        advice: String,
    },
    /// Means something else already.
    #[error(
        "a project cannot be called {0:?}, which means something else to cargo, Rust or the system; say `--name {0}-service`"
    )]
    Taken(String),
    /// The folder has none.
    #[error("the folder has no name that a project could have; say `--name my-service`")]
    None,
}

/// Longest name: a label of a host name.
const MOST_BYTES: usize = 63;

/// Names that cargo refuses for a program, or that would stand for something else beside it.
const TAKEN: &[&str] = &[
    // What it depends on, or is told to.
    "fasttrack",
    "salvo",
    "serde",
    "serde_json",
    "tokio",
    // What else stands in its target directory, or comes with the language.
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc-macro",
    "proc_macro",
    "resources",
    "std",
    "test",
];

/// Words of the language, those that it keeps for later among them.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Devices of Windows, which no file may be called.
const DEVICES: &[&str] = &["aux", "con", "nul", "prn"];

/// The name that was said, or that of the folder.
pub(super) fn of(said: Option<&str>, dir: &Path) -> Result<String, NameError> {
    let name = match said {
        Some(said) => said,
        None => dir.file_name().and_then(|name| name.to_str()).ok_or(NameError::None)?,
    };
    if !is_well_written(name) {
        let advice = match near(name) {
            near if is_well_written(&near) && !is_taken(&near) => format!("`--name {near}`"),
            _ => "`--name my-service`".to_owned(),
        };
        return Err(NameError::Written { name: name.to_owned(), advice });
    }
    if is_taken(name) { Err(NameError::Taken(name.to_owned())) } else { Ok(name.to_owned()) }
}

fn is_well_written(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    name.len() <= MOST_BYTES
        && name.bytes().all(is_part)
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
}

fn is_taken(name: &str) -> bool {
    let is_port = name.len() == 4 && (name.starts_with("com") || name.starts_with("lpt"));
    let numbered = is_port && name.ends_with(|last: char| last.is_ascii_digit());
    // To rustc both are one name.
    let of_crate = name.replace('-', "_");
    numbered || [TAKEN, KEYWORDS, DEVICES].iter().any(|names| names.contains(&name) || names.contains(&&*of_crate))
}

/// What was meant, as far as that can be told.
fn near(name: &str) -> String {
    let mut near = String::new();
    for c in name.chars().flat_map(plain) {
        if c.is_ascii_alphanumeric() || (c == '_' && !near.is_empty()) {
            near.push(c.to_ascii_lowercase());
        } else if !near.is_empty() && !near.ends_with('-') {
            near.push('-');
        }
    }
    near.truncate(MOST_BYTES);
    near.trim_end_matches(['-', '_']).to_owned()
}

/// A letter as it is written where there are none but those of English: spelt out, or without its accent. What is no such
/// letter stays.
fn plain(c: char) -> impl Iterator<Item = char> {
    let is_of = |letters: &str| letters.contains(c) || c.to_lowercase().any(|c| letters.contains(c));
    let spelt = SPELT.iter().find(|(letters, _)| is_of(letters));
    spelt.map_or("", |(_, text)| *text).chars().chain(spelt.is_none().then_some(c))
}

/// Letters of Latin alphabets, and what stands for them.
const SPELT: &[(&str, &str)] = &[
    ("ä", "ae"),
    ("ö", "oe"),
    ("ü", "ue"),
    ("ß", "ss"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("þ", "th"),
    ("àáâãåāăą", "a"),
    ("çćĉċč", "c"),
    ("ďđð", "d"),
    ("èéêëēĕėęě", "e"),
    ("ĝğġģ", "g"),
    ("ĥħ", "h"),
    ("ìíîïĩīĭįıİ", "i"),
    ("ĵ", "j"),
    ("ķ", "k"),
    ("ĺļľŀł", "l"),
    ("ñńņňŋ", "n"),
    ("òóôõøōŏő", "o"),
    ("ŕŗř", "r"),
    ("śŝşšș", "s"),
    ("ţťŧț", "t"),
    ("ùúûũūŭůűų", "u"),
    ("ŵ", "w"),
    ("ýÿŷ", "y"),
    ("źżž", "z"),
    // What a letter is followed by where its accent is a character of its own.
    ("\u{300}\u{301}\u{302}\u{303}\u{304}\u{306}\u{307}\u{308}\u{30a}\u{30b}\u{30c}\u{327}\u{328}", ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_everything_takes() {
        for good in ["shop", "my-shop", "my_shop", "shop2", "a", &"a".repeat(63)] {
            assert_eq!(of(None, Path::new("/home").join(good).as_path()).unwrap(), good);
            assert_eq!(of(Some(good), Path::new("/")).unwrap(), good);
        }
    }

    #[track_caller]
    fn check_refused(name: &str, advice: &str) {
        let refused = of(Some(name), Path::new("/home/shop")).unwrap_err().to_string();
        assert!(refused.contains(advice), "{advice:?} is not in: {refused}");
    }

    #[test]
    fn other_names_are_refused_with_one_that_does() {
        for (name, advice) in [
            ("My Shop", "`--name my-shop`"),
            ("shop-", "`--name shop`"),
            ("shop.example.com", "`--name shop-example-com`"),
            ("_shop", "`--name shop`"),
            ("Große Läden", "`--name grosse-laeden`"),
            ("bücher", "`--name buecher`"),
            ("ÜBER", "`--name ueber`"),
            ("Café", "`--name cafe`"),
            ("Cafe\u{301}", "`--name cafe`"),
            ("Łódź", "`--name lodz`"),
            ("2shop", "`--name my-service`"),
            ("店", "`--name my-service`"),
            ("", "`--name my-service`"),
            ("Test", "`--name my-service`"),
            (&"a".repeat(64), &format!("`--name {}`", "a".repeat(63))),
            ("test", "`--name test-service`"),
            ("fasttrack", "`--name fasttrack-service`"),
            ("serde", "`--name serde-service`"),
            ("serde-json", "`--name serde-json-service`"),
            ("serde_json", "`--name serde_json-service`"),
            ("tokio", "`--name tokio-service`"),
            ("salvo", "`--name salvo-service`"),
            ("resources", "`--name resources-service`"),
            ("match", "`--name match-service`"),
            ("nul", "`--name nul-service`"),
            ("com1", "`--name com1-service`"),
        ] {
            check_refused(name, advice);
        }
    }

    #[test]
    fn a_folder_without_a_name_is_told_to_name_one() {
        assert!(matches!(of(None, Path::new("/")), Err(NameError::None)));
    }
}
