//! `FILES`: where files lie, as an operator says it, and what opens the place.

use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

use url::Url;

/// Where files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesUrl {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket of S3.
    Bucket(BucketUrl),
}

/// A bucket of S3, and what keys of ours begin with in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketUrl {
    /// Its name.
    pub name: String,
    /// Empty, or with a slash at its end.
    pub prefix: String,
}

/// Where buckets are, and by which key they are opened.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketAccess {
    /// Where S3 is; the one of Amazon unless told.
    pub endpoint: Option<Url>,
    /// The region that requests are signed for.
    pub region: String,
    /// The name of the key.
    pub key_id: String,
    /// The key.
    pub secret: String,
}

impl FilesUrl {
    /// A folder; nothing is looked at.
    #[must_use]
    pub const fn in_folder(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }

    /// Reads an address.
    ///
    /// # Errors
    /// What it should be.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "file://FOLDER for a folder in the working directory, file:///PATH for an absolute path, \
                                or s3://BUCKET/PREFIX";
        let found = match text.split_once("://") {
            Some(("file", path)) => folder(path).map(Self::Folder),
            Some(("s3", rest)) => BucketUrl::parse(rest).map(Self::Bucket),
            _ => None,
        };
        found.ok_or(EXPECTED)
    }
}

fn folder(path: &str) -> Option<PathBuf> {
    let is_folder = !path.is_empty() && path != "/" && !path.contains(['?', '#', '%', '\0']);
    let is_plain = Path::new(path).components().all(|part| part != Component::ParentDir);
    (is_folder && is_plain).then(|| path.into())
}

impl BucketUrl {
    /// Reads what stands behind `s3://`. Names are those that S3 lets one give today.
    fn parse(text: &str) -> Option<Self> {
        let (name, prefix) = text.split_once('/').unwrap_or((text, ""));
        let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
        let is_name = (3..=63).contains(&name.len())
            && name.chars().all(|char| is_plain(char) || ".-".contains(char))
            && name.starts_with(is_plain)
            && name.ends_with(is_plain)
            && !name.contains("..");
        let is_part = |part: &str| {
            let is_plain = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
            !part.is_empty() && part != "." && part != ".." && part.chars().all(is_plain)
        };
        let folders = prefix.strip_suffix('/').unwrap_or(prefix);
        let is_prefix = prefix.is_empty() || prefix.len() <= 512 && folders.split('/').all(is_part);
        let prefix = if prefix.is_empty() { String::new() } else { format!("{folders}/") };
        (is_name && is_prefix).then(|| Self { name: name.to_owned(), prefix })
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "s3://{}/{}", self.name, self.prefix)
    }
}

impl BucketAccess {
    /// Nothing yet.
    #[must_use]
    pub const fn blank() -> Self {
        Self { endpoint: None, region: String::new(), key_id: String::new(), secret: String::new() }
    }
}

impl fmt::Debug for BucketAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, region, .. } = self;
        let endpoint = endpoint.as_ref().map(Url::as_str);
        formatter
            .debug_struct("BucketAccess")
            .field("endpoint", &endpoint)
            .field("region", region)
            .finish_non_exhaustive()
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
            ("", None),
        ] {
            let expected = expected.map(|folder| FilesUrl::Folder(folder.into()));
            assert_eq!(FilesUrl::parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn an_address_names_a_bucket() {
        for (text, expected) in [
            ("s3://bucket", Some(("bucket", ""))),
            ("s3://bucket/", Some(("bucket", ""))),
            ("s3://my.bucket-1/a/B_c.d", Some(("my.bucket-1", "a/B_c.d/"))),
            ("s3://bucket/a/", Some(("bucket", "a/"))),
            ("s3://", None),
            ("s3://ab", None),
            ("s3://Bucket", None),
            ("s3://-bucket", None),
            ("s3://buc..ket", None),
            ("s3://bucket//", None),
            ("s3://bucket/a//b", None),
            ("s3://bucket/../b", None),
            ("s3://bucket/./b", None),
            ("s3://bucket/a b", None),
            ("s3://bucket/a?b", None),
            ("s3://bucket/%2e", None),
            ("s3://key:secret@bucket", None),
            ("S3://bucket", None),
        ] {
            let expected = expected
                .map(|(name, prefix)| FilesUrl::Bucket(BucketUrl { name: name.to_owned(), prefix: prefix.to_owned() }));
            assert_eq!(FilesUrl::parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        let access = BucketAccess { key_id: "name".to_owned(), secret: "secret".to_owned(), ..BucketAccess::blank() };
        assert_eq!(format!("{access:?}"), r#"BucketAccess { endpoint: None, region: "", .. }"#);
    }
}
