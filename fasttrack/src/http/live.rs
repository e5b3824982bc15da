//! The page at `/live`: log in, and see notifications arrive, drop out and come back. A demonstration of the WebSocket
//! and an instrument to look at it with; it uses nothing that another client could not.

use std::sync::LazyLock;

use super::page::{Asset, Page};

/// What the page may do: run and show its own files, and talk to its own server (`'self'` counts the WebSocket of the same
/// origin, CSP level 3). No string ever becomes markup or script: what people wrote arrives as data.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// The page.
#[must_use]
pub fn page() -> &'static Page {
    &PAGE
}

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let files = vec![
        ("style.css", Asset::style(include_bytes!("../../assets/live/style.css"))),
        ("page.js", Asset::script(include_bytes!("../../assets/live/page.js"))),
        ("log.js", Asset::script(include_bytes!("../../assets/live/log.js"))),
        ("feed.js", Asset::script(include_bytes!("../../assets/live/feed.js"))),
        ("session.js", Asset::script(include_bytes!("../../assets/live/session.js"))),
        ("sentences.js", Asset::script(include_bytes!("../../assets/live/sentences.js"))),
        ("icon.svg", Asset::image("image/svg+xml", include_bytes!("../../assets/live/icon.svg"))),
    ];
    Page::new(CONTENT_SECURITY_POLICY, include_bytes!("../../assets/live/index.html"), files)
});
