//! The documentation page: Swagger UI out of the binary, without another host.
//!
//! The page is [`index`] at `/docs`; what it loads is [`asset`] at `/docs/{file}`; it reads `/openapi.json`. The large
//! files are kept compressed and are sent so: every browser that can run Swagger UI takes gzip.

use std::sync::LazyLock;

use super::etag;

/// What the page may do: run and show its own files, and talk to its own server. Nothing inline, script or style, counts.
///
/// Images may be `data:` because the style sheet of Swagger UI holds its icons so.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

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

/// The page; send it with [`CONTENT_SECURITY_POLICY`].
#[must_use]
pub fn index() -> &'static Asset {
    &INDEX
}

/// The file of this name below `/docs/`.
#[must_use]
pub fn asset(name: &str) -> Option<&'static Asset> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, asset)| asset)
}

impl Asset {
    fn new(content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self { bytes, content_type, content_encoding: None, etag: etag::of(bytes) }
    }

    fn compressed(content_type: &'static str, bytes: &'static [u8]) -> Self {
        Self { content_encoding: Some("gzip"), ..Self::new(content_type, bytes) }
    }

    /// Whether the client has it already, so that 304 without a body is the answer.
    #[must_use]
    pub fn is_current(&self, if_none_match: Option<&str>) -> bool {
        etag::matches(if_none_match, &self.etag)
    }
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static INDEX: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("text/html; charset=utf-8", include_bytes!("../../assets/docs/index.html")));

static FILES: LazyLock<[(&str, Asset); 4]> = LazyLock::new(|| {
    [
        ("init.js", Asset::new(JAVASCRIPT, include_bytes!("../../assets/docs/init.js"))),
        (
            "swagger-ui-bundle.js",
            Asset::compressed(JAVASCRIPT, include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js.gz")),
        ),
        ("swagger-ui.css", Asset::compressed(CSS, include_bytes!("../../assets/swagger-ui/swagger-ui.css.gz"))),
        ("favicon-32x32.png", Asset::new("image/png", include_bytes!("../../assets/swagger-ui/favicon-32x32.png"))),
    ]
});

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> &'static str {
        std::str::from_utf8(index().bytes).unwrap()
    }

    #[test]
    fn the_page_loads_only_files_that_are_served() {
        let links: Vec<_> = page().split(['"']).filter(|text| text.starts_with('/')).collect();
        assert_eq!(links.len(), 5, "{links:?}");
        for link in links {
            let known =
                link == "/openapi.json" || link.strip_prefix("/docs/").is_some_and(|file| asset(file).is_some());
            assert!(known, "{link}");
        }
    }

    #[test]
    fn neither_page_nor_script_names_another_host_or_holds_inline_script() {
        let script = std::str::from_utf8(asset("init.js").unwrap().bytes).unwrap();
        for text in [page(), script] {
            assert!(!text.contains("://"), "{text}");
        }
        assert_eq!(page().matches("<script").count(), page().matches("<script src=").count());
        assert!(!CONTENT_SECURITY_POLICY.contains("unsafe"));
    }

    #[test]
    fn compressed_files_are_gzip_and_all_together_stay_small() {
        for (name, file) in FILES.iter() {
            assert_eq!(file.content_encoding.is_some(), file.bytes.starts_with(&[0x1f, 0x8b]), "{name}");
            assert!(file.is_current(Some(&file.etag)) && !file.is_current(None), "{name}");
        }
        assert!(FILES.iter().map(|(_, file)| file.bytes.len()).sum::<usize>() < 500 * 1024);
    }

    #[test]
    fn unknown_names_are_no_files() {
        for name in ["", "index.html", "../Cargo.toml", "INIT.JS", "init.js/"] {
            assert!(asset(name).is_none(), "{name}");
        }
    }
}
