//! How things are called: snake case, plurals, and what somebody probably meant.

/// `InProgress` -> `in_progress`, `HTTPServer` -> `http_server`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (place, &letter) in letters.iter().enumerate() {
        let after_small = place.checked_sub(1).and_then(|p| letters.get(p)).is_some_and(|c| !c.is_uppercase());
        let before_small = letters.get(place + 1).is_some_and(|c| c.is_lowercase());
        if letter.is_uppercase() && place > 0 && (after_small || before_small) && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The regular English plural of a word in snake case.
pub(crate) fn plural(name: &str) -> String {
    let consonant_y = name.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    match consonant_y {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "x", "z", "ch", "sh"].iter().any(|end| name.ends_with(end)) => format!("{name}es"),
        None => format!("{name}s"),
    }
}

/// What the regular English plural of a word in snake case is made of; the word itself where it is none.
pub(crate) fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies").filter(|stem| !stem.is_empty()) {
        return format!("{stem}y");
    }
    let hissing =
        name.strip_suffix("es").filter(|stem| ["s", "x", "z", "ch", "sh"].iter().any(|end| stem.ends_with(end)));
    let plain = name.strip_suffix('s').filter(|stem| !stem.is_empty() && !stem.ends_with('s'));
    hissing.or(plain).unwrap_or(name).to_owned()
}

/// Whether it can be a path segment and a table: `[a-z][a-z0-9_]*`.
pub(crate) fn is_snake_case(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The candidate that differs least, when it differs little.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = word.chars().count().div_ceil(3).min(3);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What to do about an unknown word: the near name, or else all there are.
pub(crate) fn advice(word: &str, candidates: &[&str]) -> String {
    match nearest(word, candidates.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if candidates.is_empty() => "there is none".to_owned(),
        None => format!("there is {}", list(candidates)),
    }
}

/// `a`, `b` and `c`, in backquotes.
pub(crate) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let replaced = cell(&above, j) + usize::from(a != b);
            let mut least = replaced.min(cell(&above, j + 1) + 1).min(cell(&row, j) + 1);
            if i > 0 && j > 0 && one.get(i - 1) == Some(b) && other.get(j - 1) == Some(a) {
                least = least.min(cell(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    cell(&above, other.len())
}

/// Longest name of a table, column, index or constraint, in bytes: NAMEDATALEN of Postgres, less its end.
pub(crate) const MAX_BYTES: usize = 63;

/// What follows a table's name in that of something which is made of several words: all of them, or as much as fits and a
/// digest of them.
pub(crate) fn after_table(table: &str, words: &[&str], ending: &str) -> String {
    let whole = format!("{}_{ending}", words.join("_"));
    let room = MAX_BYTES.saturating_sub(table.len() + 1);
    if whole.len() <= room {
        return whole;
    }
    let end = format!("{:08x}_{ending}", digest(&whole));
    let kept = whole.floor_char_boundary(room.saturating_sub(end.len() + 1));
    match whole.get(..kept).unwrap_or_default().trim_end_matches('_') {
        "" => end,
        begin => format!("{begin}_{end}"),
    }
}

/// FNV-1a of 32 bits: the same on every machine and in every version.
pub(crate) fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn cell(row: &[usize], place: usize) -> usize {
    row.get(place).copied().unwrap_or(usize::MAX / 2)
}

/// `create` -> `Create`
pub(crate) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
