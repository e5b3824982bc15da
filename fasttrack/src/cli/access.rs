//! `fasttrack access`: writes down who may do what, or says what has become of that.

use std::{collections::BTreeSet, fs, io, path::Path};

use crate::{
    access, program,
    schema::{Catalog, LinkError},
};

/// The file, in the working directory.
const FILE: &str = "access.lock";

/// Differences that are shown; more are counted.
const SHOWN: usize = 200;

/// Why there is nothing to show for it, or something that should be looked at.
#[derive(Debug, thiserror::Error)]
pub(super) enum AccessError {
    /// The file cannot be written or read.
    #[error("{FILE} cannot be {0}: {1}")]
    File(&'static str, io::Error),
    /// There is nothing to compare with.
    #[error("there is no {FILE} here; `{name} access` writes it", name = program::name())]
    Missing,
    /// Somebody may do more, or less.
    #[error(
        "the declarations let somebody do {0} than {FILE} says; if that is meant, write it anew with `access`:\n{1}"
    )]
    Differs(&'static str, String),
    /// The declarations do not fit together.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Writes the file, or compares what it says, if nobody may do what the declarations forbid: what to print then.
pub(super) fn run(catalog: &Catalog, check: bool) -> Result<String, AccessError> {
    access::check_nevers(catalog)?;
    run_in(Path::new(""), &access::lines(catalog)?, check)
}

/// What the declarations have made wider or narrower than the file says, in words; nothing where there is none.
pub(super) fn changes(catalog: &Catalog) -> Result<Vec<String>, AccessError> {
    match fs::read_to_string(FILE) {
        Ok(known) => Ok(access::changes(catalog, &known)?),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(cause) => Err(AccessError::File("read", cause)),
    }
}

fn run_in(folder: &Path, lines: &[String], check: bool) -> Result<String, AccessError> {
    let file = folder.join(FILE);
    let known = match fs::read_to_string(&file) {
        Ok(text) => Some(text),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
        Err(cause) => return Err(AccessError::File("read", cause)),
    };
    if check {
        let known = known.ok_or(AccessError::Missing)?;
        return compare(&known, lines).map(|()| format!("{FILE} says what the declarations say\n"));
    }
    let text = whole(lines);
    if known.as_deref() == Some(&text) {
        return Ok(format!("{FILE} says this already\n"));
    }
    let written = tempfile::NamedTempFile::new_in(if folder.as_os_str().is_empty() { Path::new(".") } else { folder })
        .and_then(|mut made| {
            io::Write::write_all(&mut made, text.as_bytes())?;
            Ok(made.persist(&file)?)
        });
    written.map_err(|cause| AccessError::File("written", cause))?;
    Ok(format!("{FILE}: {} lines\n", lines.len()))
}

/// The text of the file.
fn whole(lines: &[String]) -> String {
    let mut text = format!(
        "# Who may do what: role, relation to the row, resource, verb, fields. Written by `{0} access`;\n\
         # `{0} access --check` says what has become of it.\n",
        program::name()
    );
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn compare(known: &str, lines: &[String]) -> Result<(), AccessError> {
    let is_said = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let before: BTreeSet<&str> = known.lines().filter(is_said).collect();
    let now: BTreeSet<&str> = lines.iter().map(String::as_str).collect();
    let more = now.difference(&before).map(|line| (*line, '+'));
    let less = before.difference(&now).map(|line| (*line, '-'));
    let mut found: Vec<_> = more.chain(less).collect();
    if found.is_empty() {
        return Ok(());
    }
    found.sort_unstable();
    let has = |sign: char| found.iter().any(|(_, found)| *found == sign);
    let what = match (has('+'), has('-')) {
        (true, true) => "something else",
        (true, false) => "more",
        _ => "less",
    };
    let mut shown: Vec<_> = found.iter().take(SHOWN).map(|(line, sign)| format!("  {sign} {line}")).collect();
    if found.len() > SHOWN {
        shown.push(format!("  and {} lines more", found.len() - SHOWN));
    }
    Err(AccessError::Differs(what, shown.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_written_is_compared() {
        let folder = tempfile::tempdir().unwrap();
        let run =
            |texts: &[&str], check| run_in(folder.path(), &lines(texts), check).map_err(|error| error.to_string());
        assert!(run(&["a"], true).unwrap_err().contains("there is no access.lock here"));
        assert_eq!(run(&["a", "b"], false), Ok("access.lock: 2 lines\n".to_owned()));
        assert_eq!(run(&["a", "b"], false), Ok("access.lock says this already\n".to_owned()));
        assert!(run(&["a", "b"], true).is_ok());
        for (now, what, shown) in [
            (&["a", "b", "c"][..], "do more than", "\n  + c"),
            (&["b"], "do less than", "\n  - a"),
            (&["a", "b2"], "do something else than", "\n  - b\n  + b2"),
        ] {
            let refused = run(now, true).unwrap_err();
            assert!(refused.contains(what) && refused.ends_with(shown), "{refused}");
        }
        assert!(run(&["b"], false).is_ok());
        assert!(run(&["b"], true).is_ok());
        fs::write(folder.path().join(FILE), "# another head\n\nb\r\n").unwrap();
        assert!(run(&["b"], true).is_ok(), "neither its head nor the ends of lines count");
    }

    #[test]
    fn very_many_differences_are_counted() {
        let many: Vec<_> = (0..SHOWN + 3).map(|number| format!("line {number:04}")).collect();
        let refused = compare("", &many).unwrap_err().to_string();
        assert!(refused.ends_with("line 0199\n  and 3 lines more"), "{refused}");
    }
}
