//! `fasttrack client typescript [FILE]`: a typed client of the application, in one file.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    process,
};

use clap::Subcommand;

use crate::{
    http::{CustomRoute, openapi, route_table},
    schema::Catalog,
};

/// `fasttrack client`
#[derive(Debug, Subcommand)]
pub(super) enum ClientCommand {
    /// In TypeScript: one file without dependencies
    Typescript {
        /// The file to write, or to write anew; without it, the client is printed
        file: Option<PathBuf>,
    },
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// A route of the application's own is wrong.
    #[error("a route cannot be served: {0}")]
    Route(String),
    /// The file cannot be written.
    #[error("{} cannot be written: {cause}; name a file in a folder that is there and writable", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// It cannot be printed.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

/// Writes the client.
pub(super) fn run(command: &ClientCommand, catalog: &Catalog, custom: &[CustomRoute]) -> Result<(), ClientError> {
    route_table::table(catalog, custom).map_err(ClientError::Route)?;
    let ClientCommand::Typescript { file } = command;
    let text = openapi::typescript(catalog, custom);
    match file {
        Some(path) => replace(path, &text).map_err(|cause| ClientError::Write { path: path.clone(), cause }),
        None => Ok(io::stdout().lock().write_all(text.as_bytes())?),
    }
}

/// Has the file hold this text, or what it held before, whatever happens meanwhile. One that holds it already stays as it is,
/// so that nothing that watches it begins to work.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    if fs::read(path).is_ok_and(|held| held == text.as_bytes()) {
        return Ok(());
    }
    let name =
        path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "that is no name of a file"))?;
    let beside = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), process::id()));
    let written = fs::File::create_new(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_the_whole_or_what_it_held_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("client.ts");
        let names = || fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
        for text in ["first", "second", "second"] {
            replace(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(names(), ["client.ts"]);
        }
        let kept = fs::metadata(&path).unwrap().modified().unwrap();
        replace(&path, "second").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), kept);
        assert!(replace(folder.path(), "a folder is no file").is_err());
        assert!(replace(&folder.path().join("away").join("client.ts"), "x").is_err());
        assert_eq!(names(), ["client.ts"], "nothing is left beside it");
    }
}
