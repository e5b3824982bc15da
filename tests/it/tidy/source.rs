//! Rust files, read just closely enough: code without comments and literals, and where functions begin and end.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A source file of ours.
pub(super) struct Source {
    /// From the root of the workspace.
    pub(super) path: String,
    pub(super) text: String,
    /// The same lines with comments and the content of literals blanked.
    pub(super) code: String,
}

/// Every Rust file of the workspace but those that must not compile.
pub(super) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![root.join("build.rs")];
    for folder in ["fasttrack", "fasttrack-macros", "fasttrack-sqlite", "resources", "examples", "tests"] {
        collect(&root.join(folder), &mut paths);
    }
    paths.sort();
    let name = |path: &PathBuf| path.strip_prefix(root).expect("below the root").display().to_string();
    paths.iter().map(|path| Source::parse(&name(path), &fs::read_to_string(path).expect("a text file"))).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            let skipped = ["target", "ui"].iter().any(|name| path.ends_with(name));
            if !skipped {
                collect(&path, paths);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Whether `word` stands in `line` with no letter, digit or underscore beside it.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(start, _)| !line[..start].ends_with(is_part) && !line[start + word.len()..].starts_with(is_part))
}

impl Source {
    pub(super) fn parse(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into(), code: blank(text) }
    }

    /// Name, first line and length of every function, by rustfmt's indentation.
    pub(super) fn functions(&self) -> Vec<(String, usize, usize)> {
        let lines: Vec<_> = self.code.lines().collect();
        let mut found = Vec::new();
        for (start, line) in lines.iter().enumerate() {
            let Some(name) = function_name(line) else { continue };
            let indent = &line[..line.len() - line.trim_start().len()];
            let end = if line.trim_end().ends_with(['}', ';']) {
                Some(start)
            } else {
                let closes =
                    |line: &&str| line.strip_prefix(indent).is_some_and(|rest| rest.starts_with('}') || rest == ");");
                let ends = |line: &&str| closes(line) || line.starts_with(&format!("{indent})")) && line.ends_with(';');
                lines[start + 1..].iter().position(ends).map(|offset| start + 1 + offset)
            };
            if let Some(end) = end {
                found.push((name.to_owned(), start + 1, end - start + 1));
            }
        }
        found
    }

    /// The lines that name the module `name` of this crate.
    pub(super) fn names_module(&self, name: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let mut inside_group = false;
        for (number, line) in self.code.lines().enumerate() {
            inside_group |= line.contains("use crate::{");
            let direct = line.match_indices("crate::").any(|(start, found)| {
                let rest = &line[start + found.len()..];
                rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
            });
            let grouped = inside_group
                && line
                    .split(['{', ',', '}'])
                    .map(str::trim)
                    .any(|item| item == name || item.strip_prefix(name).is_some_and(|rest| rest.starts_with("::")));
            if direct || grouped {
                found.push(number + 1);
            }
            inside_group &= !line.contains("};");
        }
        found
    }
}

/// The name of the function that this line begins.
fn function_name(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let qualifier = |word: &str| ["const", "async", "extern", "default"].contains(&word) || word.starts_with("pub");
    let keyword = words.find(|word| !qualifier(word) && !["crate)", "super)"].contains(word))?;
    let name = (keyword == "fn").then(|| words.next()).flatten()?;
    name.split(['(', '<']).next()
}

/// Blanks comments and the content of literals, line by line in place.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_end(&chars, at).unwrap_or(at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that begins here ends; `None` when none does.
fn literal_end(chars: &[char], at: usize) -> Option<usize> {
    let rest = &chars[at..];
    let word_before = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match rest {
        ['/', '/', ..] => Some(at + rest.iter().position(|&c| c == '\n').unwrap_or(rest.len())),
        ['/', '*', ..] => Some(at + comment_length(rest)),
        ['"', ..] => Some(at + quoted_length(rest)),
        ['r', '"' | '#', ..] | ['b', 'r', ..] if !word_before => raw_length(rest).map(|length| at + length),
        ['\'', '\\', ..] => Some(at + 3 + rest[3..].iter().position(|&c| c == '\'').map_or(0, |offset| offset + 1)),
        ['\'', _, '\'', ..] => Some(at + 3),
        _ => None,
    }
}

fn comment_length(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at + 1 < rest.len() {
        match (rest[at], rest[at + 1]) {
            ('/', '*') => (depth, at) = (depth + 1, at + 2),
            ('*', '/') => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted_length(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw_length(rest: &[char]) -> Option<usize> {
    let open = rest.iter().position(|&c| c == 'r')? + 1;
    let hashes = rest[open..].iter().take_while(|&&c| c == '#').count();
    if rest.get(open + hashes) != Some(&'"') {
        return None;
    }
    let body = open + hashes + 1;
    let closes =
        |at: &usize| rest[*at] == '"' && rest[at + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    (body..rest.len()).find(closes).map(|at| at + 1 + hashes)
}
