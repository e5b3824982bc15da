//! `fasttrack new DIR`: a project of one's own, out of the files in `starter/`.
//!
//! Those are a project as they stand, but for the name and for where fasttrack comes from. Nothing is asked of a network
//! here, and nothing that is there is written over.

mod name;
mod remarks;
mod source;
mod starter;

use std::{
    env, fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use self::{
    name::NameError,
    source::{SourceError, Wanted},
};
use crate::program;

/// What is to be begun.
#[derive(Debug, clap::Args)]
pub(super) struct NewArguments {
    /// The folder to make; the project is called as it is
    pub(super) dir: PathBuf,
    /// Call the project otherwise than its folder
    #[arg(long)]
    name: Option<String>,
    /// Take fasttrack from this folder
    #[arg(long, value_name = "DIR", conflicts_with = "git")]
    path: Option<PathBuf>,
    /// Take fasttrack from this git repository
    #[arg(long, value_name = "URL")]
    git: Option<String>,
    /// Take what this tag of the repository names
    #[arg(long, value_name = "TAG", requires = "git", conflicts_with_all = ["branch", "rev"])]
    tag: Option<String>,
    /// Take the head of this branch of the repository
    #[arg(long, value_name = "BRANCH", requires = "git", conflicts_with = "rev")]
    branch: Option<String>,
    /// Take this commit of the repository
    #[arg(long, value_name = "REV", requires = "git")]
    rev: Option<String>,
}

impl NewArguments {
    /// Where the framework is to come from.
    fn wanted(&self) -> Wanted<'_> {
        let named = [("tag", &self.tag), ("branch", &self.branch), ("rev", &self.rev)];
        let at = named.into_iter().find_map(|(key, name)| Some((key, name.as_deref()?)));
        match (&self.path, &self.git) {
            (Some(path), _) => Wanted::Path(path),
            (None, Some(url)) => Wanted::Git { url, at },
            (None, None) => Wanted::Own,
        }
    }
}

/// Why no project was begun. What was there is as it was.
#[derive(Debug, thiserror::Error)]
pub(super) enum NewError {
    /// The project cannot be called so.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The framework cannot be had from there.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Something is there.
    #[error("there is something in {} already, and nothing is written over; name a folder that is not there, or is empty", .0.display())]
    NotEmpty(PathBuf),
    /// Something else than a folder is there.
    #[error("{} is no folder; name one that is not there, or is empty", .0.display())]
    NoFolder(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {}: {cause}; nothing was left there", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A folder cannot be made.
    #[error("cannot make the folder {}: {cause}; nothing was left there", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// The output is closed.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Begins a project, and says how to go on.
pub(super) fn run(arguments: &NewArguments) -> Result<(), NewError> {
    let dir = whole(&arguments.dir)?;
    let name = name::of(arguments.name.as_deref(), &dir)?;
    check_is_free(&dir)?;
    let source = source::of(arguments.wanted(), &dir)?;
    write_all(&dir, &name, &source.dependency())?;
    let mut out = io::stdout().lock();
    writeln!(out, "made {name} in {}; its README.md says what is where\n", arguments.dir.display())?;
    if !is_here(&dir) {
        writeln!(out, "  cd {}", program::typed(&arguments.dir.to_string_lossy()))?;
    }
    writeln!(out, "  cargo run     # serves http://127.0.0.1:8000, docs at /docs, rows at /admin")?;
    writeln!(out, "  cargo test    # runs all tests")?;
    for remark in remarks::of(&source, &dir) {
        writeln!(out, "\n{remark}")?;
    }
    Ok(())
}

/// Whether it is where the program was started.
fn is_here(dir: &Path) -> bool {
    env::current_dir().and_then(|here| here.canonicalize()).is_ok_and(|here| here == dir)
}

/// The folder without what stands for others: its last part is its name.
fn whole(dir: &Path) -> Result<PathBuf, NewError> {
    let absolute = dir.canonicalize().or_else(|_| std::path::absolute(dir));
    absolute.map_err(|cause| NewError::File { path: dir.to_owned(), cause })
}

/// An empty folder does, and one that git alone has been in.
fn check_is_free(dir: &Path) -> Result<(), NewError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::NotADirectory => {
            let file = dir.ancestors().find(|path| path.exists() && !path.is_dir());
            return Err(NewError::NoFolder(file.unwrap_or(dir).to_owned()));
        }
        Err(cause) => return Err(NewError::File { path: dir.to_owned(), cause }),
    };
    for entry in entries {
        if entry.is_ok_and(|entry| entry.file_name() != ".git") {
            return Err(NewError::NotEmpty(dir.to_owned()));
        }
    }
    Ok(())
}

/// Writes every file, or none.
fn write_all(dir: &Path, name: &str, dependency: &str) -> Result<(), NewError> {
    let mut made = Made::default();
    for (file, text) in starter::files(name, dependency) {
        let path = dir.join(file);
        if let Err(error) = made.write(&path, &text) {
            made.undo();
            return Err(error);
        }
    }
    Ok(())
}

/// What was made so far, in its order.
#[derive(Default)]
struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    fn write(&mut self, path: &Path, text: &str) -> Result<(), NewError> {
        let missing = path.ancestors().skip(1).take_while(|folder| !folder.exists());
        for folder in missing.collect::<Vec<_>>().into_iter().rev() {
            fs::create_dir(folder).map_err(|cause| NewError::Folder { path: folder.to_owned(), cause })?;
            self.folders.push(folder.to_owned());
        }
        let refused = |cause| NewError::File { path: path.to_owned(), cause };
        let mut file = fs::File::create_new(path).map_err(refused)?;
        self.files.push(path.to_owned());
        file.write_all(text.as_bytes()).map_err(refused)
    }

    /// As well as it can be done: what cannot be removed was not ours alone.
    fn undo(&self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What lies in a folder and below it.
    fn listing(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            found.extend(if path.is_dir() { listing(&path) } else { Vec::new() });
            found.push(path.display().to_string());
        }
        found.sort();
        found
    }

    fn new(dir: &Path) -> Result<(), NewError> {
        let dir = dir.to_owned();
        run(&NewArguments { dir, name: None, path: None, git: None, tag: None, branch: None, rev: None })
    }

    #[test]
    fn a_project_is_begun_where_nothing_is() {
        let home = tempfile::tempdir().unwrap();
        for (place, there) in
            [("shop", &[][..]), ("a/b/shop", &[]), ("empty", &["empty"]), ("cloned", &["cloned/.git"])]
        {
            for folder in there {
                fs::create_dir_all(home.path().join(folder)).unwrap();
            }
            let dir = home.path().join(place);
            new(&dir).unwrap();
            let manifest = fs::read_to_string(dir.join("Cargo.toml")).unwrap();
            let name = dir.file_name().unwrap().to_str().unwrap();
            assert!(manifest.contains(&format!("name = \"{name}\"\nversion")), "{manifest}");
            let version = env!("CARGO_PKG_VERSION");
            assert!(manifest.contains(&format!("\nfasttrack = {{ version = \"{version}\", path = \"/")), "{manifest}");
        }
    }

    #[test]
    fn what_is_there_is_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        let (full, file) = (home.path().join("full"), home.path().join("file"));
        fs::create_dir(&full).unwrap();
        fs::write(full.join("README.md"), "mine").unwrap();
        fs::write(&file, "mine").unwrap();
        let before = listing(home.path());
        assert!(matches!(new(&full), Err(NewError::NotEmpty(_))));
        assert!(matches!(new(&file), Err(NewError::NoFolder(_))));
        assert!(matches!(new(&file.join("shop")), Err(NewError::NoFolder(_))));
        assert_eq!(listing(home.path()), before);
        assert_eq!(fs::read_to_string(full.join("README.md")).unwrap(), "mine");
    }

    #[test]
    fn what_was_begun_and_failed_is_taken_back() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("a/shop");
        let mut made = Made::default();
        made.write(&dir.join("one"), "1").unwrap();
        made.write(&dir.join("two/three"), "3").unwrap();
        let again = made.write(&dir.join("one"), "again").unwrap_err().to_string();
        assert!(again.contains("/a/shop/one: "), "nothing is written over: {again}");
        let below = made.write(&dir.join("one/below/file"), "1").unwrap_err().to_string();
        assert!(below.starts_with("cannot make the folder ") && below.contains("/a/shop/one/below: "), "{below}");
        assert_eq!(listing(home.path()).len(), 5);
        made.undo();
        assert_eq!(listing(home.path()), [""; 0]);
    }
}
