//! `FILES`: where files lie, as an operator says it.

use std::path::{Path, PathBuf};

/// Where files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesUrl(PathBuf);

impl FilesUrl {
    /// A folder; nothing is looked at.
    #[must_use]
    pub const fn in_folder(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Reads an address.
    ///
    /// # Errors
    /// What it should be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str =
            "file://FOLDER for a folder in the working directory, or file:///PATH for an absolute path";
        let path = text.strip_prefix("file://").ok_or(EXPECTED)?;
        let is_folder = !path.is_empty() && path != "/" && !path.contains(['?', '#', '%', '\0']);
        let is_plain = Path::new(path).components().all(|part| part != std::path::Component::ParentDir);
        if is_folder && is_plain { Ok(Self(path.into())) } else { Err(EXPECTED) }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_folder() {
        for (text, expected) in [
            ("file://files", Some("files")),
            ("file:///var/lib/files", Some("/var/lib/files")),
            ("file://a/b c", Some("a/b c")),
            ("file://", None),
            ("file:///", None),
            ("file://../files", None),
            ("file://a?b", None),
            ("files", None),
            ("/var/lib/files", None),
            ("s3://bucket", None),
            ("", None),
        ] {
            assert_eq!(FilesUrl::parse(text).ok().as_ref().map(FilesUrl::folder), expected.map(Path::new), "{text}");
        }
    }
}
