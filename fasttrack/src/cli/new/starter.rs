//! The files of a new project, as they lie in `starter/`.
//!
//! They are a project that cargo builds: tests write it out and run it. Its manifest is called otherwise there, since cargo
//! leaves a folder with a `Cargo.toml` out of a package.

/// The word that stands for the name of the project. The files say it of nothing else.
const NAME: &str = "starter";

/// What stands for where the framework comes from: it is the folder above.
const DEPENDENCY: &str = "path = \"..\"";

/// Where a file goes and what it holds.
macro_rules! files {
    ($($target:literal $(from $source:literal)?),* $(,)?) => {
        &[$((
            $target,
            files!(@text $target $($source)?),
        )),*]
    };
    (@text $target:literal $source:literal) => { include_str!(concat!("../../../starter/", $source)) };
    (@text $target:literal) => { include_str!(concat!("../../../starter/", $target)) };
}

const FILES: &[(&str, &str)] = files![
    "Cargo.toml" from "Cargo.toml.in",
    "README.md",
    "build.rs",
    "resources/lib.rs",
    "resources/main.rs",
    "resources/note.rs",
    "resources/user.rs",
    "migrations/postgres/0001_initial.up.sql",
    "migrations/postgres/0001_initial.down.sql",
    "migrations/postgres/0001_initial.json",
    "migrations/sqlite/0001_initial.up.sql",
    "migrations/sqlite/0001_initial.down.sql",
    "migrations/sqlite/0001_initial.json",
    "tests/migrations.rs",
    "tests/notes.rs",
    ".cargo/config.toml",
    ".dockerignore",
    ".env.example",
    ".github/workflows/ci.yml",
    ".gitignore",
    "Dockerfile",
    "compose.yaml",
];

/// Every file of a project of this name.
pub(super) fn files(name: &str, dependency: &str) -> impl Iterator<Item = (&'static str, String)> {
    FILES.iter().map(move |(path, text)| (*path, text.replace(NAME, name).replace(DEPENDENCY, dependency)))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn collect(folder: &Path, below: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                collect(&entry.path(), &format!("{name}/"), found);
            } else {
                found.insert(name.trim_end_matches(".in").to_owned());
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_written() {
        let mut there = BTreeSet::new();
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("starter"), "", &mut there);
        let written: BTreeSet<_> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(written, there);
    }

    #[test]
    fn name_and_dependency_stand_wherever_they_belong() {
        let files: Vec<_> = files("my-shop", "git = \"https://example.com\"").collect();
        let count = |word: &str| files.iter().map(|(_, text)| text.matches(word).count()).sum::<usize>();
        assert_eq!((count(NAME), count("path = \"..\"")), (0, 0));
        assert_eq!(count("{ git = \"https://example.com\""), 2, "a dependency, and one of the tests");
        let with_name: Vec<_> =
            files.iter().filter(|(_, text)| text.contains("my-shop")).map(|(path, _)| *path).collect();
        assert_eq!(with_name, ["Cargo.toml", "README.md", "tests/migrations.rs", ".env.example", "Dockerfile"]);
    }
}
