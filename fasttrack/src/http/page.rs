//! A page out of the binary and the files it loads: bytes with their types and entity tags. What a page shows is its own
//! affair; see `docs` and `live`.

use crate::etag;

/// For a page that may run and show its own files, and talk to its own server (`'self'` counts the WebSocket of the same origin,
/// CSP level 3), and no more. No string ever becomes markup or script: what people wrote arrives as data.
pub(super) const OWN_FILES_ALONE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// A page at a path, and its files one segment below.
#[derive(Debug)]
pub struct Page {
    /// The document itself.
    pub index: Asset,
    /// What the page and its files may do; goes out as `Content-Security-Policy` with each of them.
    pub content_security_policy: &'static str,
    files: Vec<(&'static str, Asset)>,
}

/// A file to send.
#[derive(Debug)]
pub struct Asset {
    /// The body, already in its [`content_encoding`](Self::content_encoding).
    pub bytes: &'static [u8],
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The `Content-Encoding`, if it has one.
    pub content_encoding: Option<&'static str>,
    /// The `ETag`, quotes included.
    pub etag: String,
}

impl Page {
    /// A page that may do what `content_security_policy` says, with its files by name.
    pub(super) fn new(
        content_security_policy: &'static str,
        html: &'static [u8],
        files: Vec<(&'static str, Asset)>,
    ) -> Self {
        Self { index: Asset::new("text/html; charset=utf-8", html), content_security_policy, files }
    }

    /// The file of this name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&Asset> {
        self.files().find(|(known, _)| *known == name).map(|(_, asset)| asset)
    }

    /// Every file with its name.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Asset)> {
        self.files.iter().map(|(name, asset)| (*name, asset))
    }
}

impl Asset {
    /// A script.
    pub(super) fn script(bytes: &'static [u8]) -> Self {
        Self::new("text/javascript; charset=utf-8", bytes)
    }

    /// A style sheet.
    pub(super) fn style(bytes: &'static [u8]) -> Self {
        Self::new("text/css; charset=utf-8", bytes)
    }

    /// An image of this type.
    pub(super) fn image(content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self::new(content_type, bytes)
    }

    /// The same, its bytes being gzip. Sent so to everybody: every browser that runs the scripts takes it.
    pub(super) fn gzip(self) -> Self {
        Self { content_encoding: Some("gzip"), ..self }
    }

    fn new(content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self { bytes, content_type, content_encoding: None, etag: etag::of(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{admin, docs, links, live};

    fn pages() -> [(&'static str, &'static super::Page); 5] {
        [
            ("/admin", admin::page()),
            ("/docs", docs::page()),
            ("/live", live::page()),
            ("/reset", links::reset()),
            ("/verify", links::verify()),
        ]
    }

    #[test]
    fn pages_load_only_files_that_are_served_and_all_of_them() {
        for (path, page) in pages() {
            let mut texts = vec![page.index.bytes];
            texts.extend(page.files().filter(|(_, file)| file.content_encoding.is_none()).map(|(_, file)| file.bytes));
            let texts: Vec<_> = texts.into_iter().filter_map(|bytes| std::str::from_utf8(bytes).ok()).collect();
            let html = texts.first().unwrap();
            // Relative, since a proxy may have the page below a path of its own.
            let folder = format!("{}/", path.trim_start_matches('/'));
            for link in html.split([' ', '>']).filter_map(|word| word.split_once("src=").or(word.split_once("href="))) {
                let link = link.1.trim_matches('"');
                let file = link.strip_prefix(&folder);
                let is_here = link.starts_with('#');
                assert!(
                    link == "openapi.json" || is_here || file.is_some_and(|file| page.file(file).is_some()),
                    "{path}: {link}"
                );
            }
            for (name, _) in page.files() {
                let is_named = |text: &&str| {
                    text.contains(&format!("\"{folder}{name}\"")) || text.contains(&format!("\"./{name}\""))
                };
                assert!(texts.iter().any(is_named), "{path} never loads {name}");
            }
            for text in texts {
                for rooted in ["\"/api", "\"/ws", "\"/docs", "\"/live", "\"/openapi"] {
                    assert!(!text.contains(rooted), "{path} asks the root of its host: {text}");
                }
            }
        }
    }

    #[test]
    fn no_page_names_another_host_or_holds_anything_inline() {
        for (path, page) in pages() {
            let own = page.files().filter(|(_, file)| file.content_encoding.is_none());
            for bytes in own.map(|(_, file)| file.bytes).chain([page.index.bytes]) {
                let Ok(text) = std::str::from_utf8(bytes) else { continue };
                // The name of the SVG namespace is no address.
                let text = text.replace("http://www.w3.org/2000/svg", "");
                assert!(!text.contains("://"), "{path}: {text}");
            }
            let html = std::str::from_utf8(page.index.bytes).unwrap();
            assert_eq!(html.matches("<script").count(), html.matches(" src=\"").count(), "{path}");
            let is_handler = |word: &str| word.starts_with("on") && word.contains('=');
            let is_inline =
                html.contains("<style") || html.contains(" style=") || html.split_whitespace().any(is_handler);
            assert!(!is_inline, "{path}");
            assert!(page.content_security_policy.starts_with("default-src 'none';"), "{path}");
            assert!(!page.content_security_policy.contains("unsafe"), "{path}");
        }
    }

    #[test]
    fn compressed_files_are_gzip_and_all_together_stay_small() {
        for (path, page) in pages() {
            for (name, file) in page.files() {
                assert_eq!(file.content_encoding.is_some(), file.bytes.starts_with(&[0x1f, 0x8b]), "{path}/{name}");
            }
            assert!(page.files().map(|(_, file)| file.bytes.len()).sum::<usize>() < 500 * 1024, "{path}");
        }
    }

    #[test]
    fn unknown_names_are_no_files() {
        for (path, page) in pages() {
            for name in ["", "index.html", "../Cargo.toml", "INIT.JS", "init.js/"] {
                assert!(page.file(name).is_none(), "{path}/{name}");
            }
        }
    }
}
