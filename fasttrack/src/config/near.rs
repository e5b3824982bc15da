//! Names that are probably a setting's, misspelt.

use super::VARIABLES;

/// The setting that a name was probably meant to be; `None` for a setting's own name, and for one that is like none of
/// them: other programs read the same file.
pub(super) fn meant_by(name: &str) -> Option<&'static str> {
    let written = name.to_ascii_uppercase();
    let names = VARIABLES.iter().map(|variable| variable.name);
    if names.clone().any(|known| known == name) {
        return None;
    }
    let near = names.map(|known| (distance(written.as_bytes(), known.as_bytes()), known));
    near.filter(|(distance, known)| *distance <= tolerance(known)).min().map(|(_, known)| known)
}

/// How many slips a name may have; a short one is soon another word.
const fn tolerance(known: &str) -> usize {
    match known.len() {
        ..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
fn distance(one: &[u8], other: &[u8]) -> usize {
    let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let replaced = at(&above, j) + usize::from(a != b);
            let mut least = replaced.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            if i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a) {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    at(&above, other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_told_from_another_name() {
        for (name, expected) in [
            ("PROT", Some("PORT")),
            ("DATABSE_URL", Some("DATABASE_URL")),
            ("DATABASE_URI", Some("DATABASE_URL")),
            ("SECRETKEY", Some("SECRET_KEY")),
            ("CORS_ORIGIN", Some("CORS_ORIGINS")),
            ("LOGFORMAT", Some("LOG_FORMAT")),
            ("port", Some("PORT")),
            ("log", Some("LOG")),
            ("PORT", None),
            ("DATABASE_URL", None),
            ("LOGS", None),
            ("DATABASE_NAME", None),
            ("RUST_LOG", None),
            ("SQLITE_TMPDIR", None),
            ("SMTP_HOST", None),
            ("API_KEY", None),
            ("A", None),
            ("", None),
        ] {
            assert_eq!(meant_by(name), expected, "{name}");
        }
    }
}
