//! Where the framework comes from that a new project depends on.

use std::{
    fmt::Write as _,
    fs,
    path::{Component, Path, PathBuf},
};

/// The version that this is.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why the framework cannot be had from there.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum SourceError {
    /// It does not lie there.
    #[error("fasttrack is not in {}: `--path` takes the folder of its repository, or `fasttrack` in that", .0.display())]
    NoFramework(PathBuf),
    /// Cargo could not read it.
    #[error(
        "{0:?} is no URL of a repository; `--git` takes one such as https://…, ssh://git@…, git@host:path or file:///…"
    )]
    NoUrl(String),
    /// This program is of no version that a registry need have.
    #[error(
        "this program was built from a git repository, whose version the registry may not have: say `--git URL` with the \
         same one, or `--path DIR`"
    )]
    FromGit,
}

/// Where it is to come from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// From where this program has it.
    Own,
    /// From a folder.
    Path(&'a Path),
    /// From a repository.
    Git {
        /// Where that is.
        url: &'a str,
        /// What of it: `tag`, `branch` or `rev`, and its name.
        at: Option<(&'static str, &'a str)>,
    },
}

/// Where it comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The registry, in the version that this is.
    Version,
    /// The same version, out of the folder that this program was built of: what is there may not be in the registry yet.
    Clone(String),
    /// A folder, as the manifest of the project says it.
    Path(String),
    /// A git repository, and what of it.
    Git(String, Option<(&'static str, String)>),
}

/// The source that was asked for, by a project in `dir`.
pub(super) fn of(wanted: Wanted<'_>, dir: &Path) -> Result<Source, SourceError> {
    match wanted {
        Wanted::Path(path) => {
            let framework = framework_in(path).ok_or_else(|| SourceError::NoFramework(path.to_owned()))?;
            // A folder that was named from here is named from there: the two may move together.
            let named = if path.is_absolute() { framework } else { relative(&nearest(dir), &framework) };
            Ok(Source::Path(written(&named)))
        }
        Wanted::Git { url, at } => {
            let url = whole_url(url).ok_or_else(|| SourceError::NoUrl(url.to_owned()))?;
            Ok(Source::Git(url, at.map(|(key, name)| (key, name.to_owned()))))
        }
        Wanted::Own => own(Path::new(env!("CARGO_MANIFEST_DIR"))),
    }
}

/// Where this program has the framework from, which was built in this folder.
fn own(folder: &Path) -> Result<Source, SourceError> {
    // Cargo marks the copies that it makes itself; those of a registry are no repositories.
    let mut copies = folder.ancestors().take(2).filter(|folder| folder.join(".cargo-ok").exists());
    match copies.next() {
        Some(copy) if copy.join(".git").exists() => Err(SourceError::FromGit),
        None if is_framework(folder) => Ok(Source::Clone(written(folder))),
        _ => Ok(Source::Version),
    }
}

/// A URL as cargo takes it: what git alone understands (`git@host:path`) is brought into that form.
fn whole_url(url: &str) -> Option<String> {
    if url.is_empty() || url.contains(char::is_whitespace) {
        return None;
    }
    if url.contains("://") {
        return Some(url.to_owned());
    }
    let (host, path) = url.split_once(':')?;
    // A folder, which may have a colon in its name, or a drive.
    let is_host = host.contains('@') && !host.contains('/') && !path.is_empty();
    is_host.then(|| format!("ssh://{host}/{}", path.trim_start_matches('/')))
}

/// A folder as manifests say it.
fn written(folder: &Path) -> String {
    folder.to_string_lossy().replace('\\', "/")
}

impl Source {
    /// What stands in the manifest: `path = "../fasttrack"`.
    pub(super) fn dependency(&self) -> String {
        match self {
            Self::Version => format!("version = {}", quoted(VERSION)),
            Self::Clone(path) => format!("version = {}, path = {}", quoted(VERSION), quoted(path)),
            Self::Path(path) => format!("path = {}", quoted(path)),
            Self::Git(url, None) => format!("git = {}", quoted(url)),
            Self::Git(url, Some((key, name))) => format!("git = {}, {key} = {}", quoted(url), quoted(name)),
        }
    }
}

/// The framework's own folder: the one named, or the one in it, since its repository is called as it is.
fn framework_in(path: &Path) -> Option<PathBuf> {
    let path = path.canonicalize().ok()?;
    [path.clone(), path.join(env!("CARGO_PKG_NAME"))].into_iter().find(|folder| is_framework(folder))
}

/// Whether the package there is this one.
fn is_framework(folder: &Path) -> bool {
    let Ok(manifest) = fs::read_to_string(folder.join("Cargo.toml")) else { return false };
    let own = concat!("name = \"", env!("CARGO_PKG_NAME"), "\"");
    let package = manifest.lines().map(str::trim).skip_while(|line| *line != "[package]").skip(1);
    package.take_while(|line| !line.starts_with('[')).any(|line| line == own)
}

/// A folder that is to be made, by the real names of what is there.
fn nearest(dir: &Path) -> PathBuf {
    let known = dir.ancestors().find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    known.map_or_else(
        || dir.to_owned(),
        |(folder, real)| dir.strip_prefix(folder).map_or(real.clone(), |rest| real.join(rest)),
    )
}

/// The way from one absolute folder to another; the other itself where there is none, as between drives.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    if shared == 0 {
        return to.to_owned();
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(to.components().skip(shared)).collect()
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                // Writing to a `String` cannot fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_written_as_toml() {
        for (source, expected) in [
            (Source::Version, concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"")),
            (Source::Clone("/x".into()), concat!("version = \"", env!("CARGO_PKG_VERSION"), "\", path = \"/x\"")),
            (Source::Path("../it's \"mine\"".into()), r#"path = "../it's \"mine\"""#),
            (Source::Git("ssh://git@example.com/x.git".into(), None), r#"git = "ssh://git@example.com/x.git""#),
            (Source::Git("file:///x".into(), Some(("tag", "v1".into()))), r#"git = "file:///x", tag = "v1""#),
            (Source::Path("a\tb".into()), r#"path = "a\u0009b""#),
        ] {
            assert_eq!(source.dependency(), expected);
        }
    }

    #[test]
    fn a_way_leads_from_folder_to_folder() {
        for (from, to, expected) in [
            ("/home/shop", "/home/fasttrack/fasttrack", "../fasttrack/fasttrack"),
            ("/home/a/b", "/home", "../.."),
            ("/home", "/home/a", "a"),
            ("/a", "/b", "../b"),
        ] {
            assert_eq!(relative(Path::new(from), Path::new(to)), Path::new(expected), "from {from} to {to}");
        }
    }

    #[test]
    fn the_framework_is_found_in_its_repository_and_in_its_folder() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shop = own.parent().unwrap().join("shop");
        for named in [own.to_owned(), own.join("src/..")] {
            let path = own.to_string_lossy().into_owned();
            assert_eq!(of(Wanted::Path(&named), &shop).unwrap(), Source::Path(path));
        }
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("Cargo.toml"), "[package]\nname = \"other\"\n[[bin]]\nname = \"fasttrack\"\n")
            .unwrap();
        for named in [home.path().to_owned(), home.path().join("nowhere")] {
            let refused = of(Wanted::Path(&named), &shop).unwrap_err().to_string();
            assert!(refused.contains("`--path` takes the folder of its repository"), "{refused}");
        }
        fs::create_dir(home.path().join("fasttrack")).unwrap();
        fs::write(home.path().join("fasttrack/Cargo.toml"), "[package]\nname = \"fasttrack\"\n").unwrap();
        assert!(matches!(of(Wanted::Path(home.path()), &shop), Ok(Source::Path(path)) if path.ends_with("/fasttrack")));
    }

    #[test]
    fn who_runs_the_program_out_of_a_clone_gets_what_is_in_it() {
        let home = tempfile::tempdir().unwrap();
        let names = ["clone", "copy/fasttrack", "checkout/fasttrack", "gone"];
        let [clone, copy, checkout, gone] = names.map(|name| home.path().join(name));
        for folder in [&clone, &copy, &checkout] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("Cargo.toml"), "[package]\nname = \"fasttrack\"\n").unwrap();
        }
        for mark in ["copy/.cargo-ok", "checkout/.cargo-ok", "checkout/.git"] {
            fs::write(home.path().join(mark), "").unwrap();
        }
        for (folder, expected) in
            [(&clone, Source::Clone(written(&clone))), (&copy, Source::Version), (&gone, Source::Version)]
        {
            assert_eq!(own(folder).unwrap(), expected);
        }
        let refused = own(&checkout).unwrap_err().to_string();
        assert!(refused.contains("say `--git URL`"), "{refused}");
    }

    #[test]
    fn a_repository_is_named_by_a_url() {
        let shop = Path::new("/home/shop");
        let named = |url| of(Wanted::Git { url, at: None }, shop);
        for (good, expected) in [
            ("https://example.com/x.git", "https://example.com/x.git"),
            ("ssh://git@example.com/x", "ssh://git@example.com/x"),
            ("file:///home/x", "file:///home/x"),
            ("git@example.com:x/y.git", "ssh://git@example.com/x/y.git"),
            ("git@example.com:/srv/x.git", "ssh://git@example.com/srv/x.git"),
        ] {
            assert_eq!(named(good).unwrap(), Source::Git(expected.into(), None));
        }
        for bad in ["", "git@example.com:", "example.com/x", "C:/x", "../a@b:x", "../x", "https://example.com/x y"] {
            assert!(matches!(named(bad), Err(SourceError::NoUrl(_))), "{bad:?}");
        }
    }
}
