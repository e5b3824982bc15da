//! The page at `/live`: log in, and see notifications arrive, drop out and come back. A demonstration of the WebSocket
//! and an instrument to look at it with; it uses nothing that another client could not.

use std::sync::LazyLock;

use super::page::{Asset, OWN_FILES_ALONE, Page};

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
    Page::new(OWN_FILES_ALONE, include_bytes!("../../assets/live/index.html"), files)
});
