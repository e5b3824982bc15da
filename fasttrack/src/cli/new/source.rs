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
    #[error("{0:?} is no URL that cargo takes; `--git` takes one such as https://…, ssh://git@… or file:///…")]
    NoUrl(String),
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
    /// A git repository.
    Git(String),
}

/// The source that was asked for, by a project in `dir`.
pub(super) fn of(path: Option<&Path>, git: Option<&str>, dir: &Path) -> Result<Source, SourceError> {
    match (path, git) {
        (Some(path), _) => {
            let framework = framework_in(path).ok_or_else(|| SourceError::NoFramework(path.to_owned()))?;
            // A folder that was named from here is named from there: the two may move together.
            let named = if path.is_absolute() { framework } else { relative(&nearest(dir), &framework) };
            Ok(Source::Path(written(&named)))
        }
        (None, Some(url)) if url.contains("://") && !url.contains(char::is_whitespace) => {
            Ok(Source::Git(url.to_owned()))
        }
        (None, Some(url)) => Err(SourceError::NoUrl(url.to_owned())),
        (None, None) => Ok(own(Path::new(env!("CARGO_MANIFEST_DIR")))),
    }
}

/// Where this program has the framework from, which was built in this folder.
fn own(folder: &Path) -> Source {
    // Cargo marks the copies that it makes itself: they are what the registry has.
    let is_copy = folder.ancestors().take(2).any(|folder| folder.join(".cargo-ok").exists());
    if is_framework(folder) && !is_copy { Source::Clone(written(folder)) } else { Source::Version }
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
            Self::Git(url) => format!("git = {}", quoted(url)),
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
            (Source::Git("ssh://git@example.com/x.git".into()), r#"git = "ssh://git@example.com/x.git""#),
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
            assert_eq!(of(Some(&named), None, &shop).unwrap(), Source::Path(path));
        }
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("Cargo.toml"), "[package]\nname = \"other\"\n[[bin]]\nname = \"fasttrack\"\n")
            .unwrap();
        for named in [home.path().to_owned(), home.path().join("nowhere")] {
            let refused = of(Some(&named), None, &shop).unwrap_err().to_string();
            assert!(refused.contains("`--path` takes the folder of its repository"), "{refused}");
        }
        fs::create_dir(home.path().join("fasttrack")).unwrap();
        fs::write(home.path().join("fasttrack/Cargo.toml"), "[package]\nname = \"fasttrack\"\n").unwrap();
        assert!(matches!(of(Some(home.path()), None, &shop), Ok(Source::Path(path)) if path.ends_with("/fasttrack")));
    }

    #[test]
    fn who_runs_the_program_out_of_a_clone_gets_what_is_in_it() {
        let home = tempfile::tempdir().unwrap();
        let [clone, copy, gone] = ["clone", "copy/fasttrack", "gone"].map(|name| home.path().join(name));
        for folder in [&clone, &copy] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("Cargo.toml"), "[package]\nname = \"fasttrack\"\n").unwrap();
        }
        fs::write(home.path().join("copy/.cargo-ok"), "").unwrap();
        for (folder, expected) in
            [(&clone, Source::Clone(written(&clone))), (&copy, Source::Version), (&gone, Source::Version)]
        {
            assert_eq!(own(folder), expected);
        }
    }

    #[test]
    fn a_repository_is_named_by_a_url() {
        let shop = Path::new("/home/shop");
        for good in ["https://example.com/x.git", "ssh://git@example.com/x", "file:///home/x"] {
            assert_eq!(of(None, Some(good), shop).unwrap(), Source::Git(good.into()));
        }
        for bad in ["", "git@example.com:x/y.git", "../x", "https://example.com/x y"] {
            assert!(matches!(of(None, Some(bad), shop), Err(SourceError::NoUrl(_))), "{bad:?}");
        }
    }
}
