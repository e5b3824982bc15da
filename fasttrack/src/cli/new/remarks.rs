//! What has to be known of a project that was just begun, beside how to run it.

use std::{fs, path::Path};

use super::source::Source;

/// The remarks on a project in `dir`.
pub(super) fn of(source: &Source, dir: &Path) -> Vec<String> {
    [on_source(source), on_place(dir)].into_iter().flatten().collect()
}

/// On where the framework comes from.
fn on_source(source: &Source) -> Option<String> {
    match source {
        Source::Clone(path) | Source::Path(path) => Some(format!(
            "fasttrack comes from {path}, which neither CI nor the build of an image sees. For those, name a repository that \
             they reach (`git = \"…\"`) in both places of Cargo.toml; or, once it is released, its version."
        )),
        Source::Version | Source::Git(..) => None,
    }
}

/// On a workspace that the project lies in, which is none of its own.
fn on_place(dir: &Path) -> Option<String> {
    let around = dir.ancestors().skip(1).find(|folder| is_workspace(folder))?;
    Some(format!(
        "{} is a workspace of cargo, and the project is one of its own: where `members` there match the project's folder, \
         name it in `exclude`.",
        around.display()
    ))
}

fn is_workspace(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml"));
    manifest.is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_remarked_on_that_others_do_not_see() {
        for (source, expected) in [
            (Source::Version, false),
            (Source::Git("https://example.com".into(), None), false),
            (Source::Path("../fasttrack".into()), true),
            (Source::Clone("/home/ada/fasttrack".into()), true),
        ] {
            assert_eq!(on_source(&source).is_some(), expected, "{source:?}");
        }
    }

    #[test]
    fn a_workspace_around_the_project_is_remarked_on() {
        let home = tempfile::tempdir().unwrap();
        let shop = home.path().join("services/shop");
        fs::create_dir_all(&shop).unwrap();
        let manifest = home.path().join("Cargo.toml");
        for (text, expected) in
            [("[package]\nname = \"x\"\n", false), ("[workspace]\nmembers = [\"services/*\"]\n", true)]
        {
            fs::write(&manifest, text).unwrap();
            let remark = on_place(&shop).filter(|remark| remark.contains("`exclude`"));
            assert_eq!(remark.is_some(), expected, "{text}");
        }
        fs::write(shop.join("Cargo.toml"), "[workspace]\n").unwrap();
        fs::remove_file(&manifest).unwrap();
        assert_eq!(on_place(&shop), None, "its own is none around it");
    }
}
