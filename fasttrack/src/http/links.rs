//! The pages to which links in mails lead, unless the settings say otherwise: at `/reset` a password is set, at `/verify` an
//! address is confirmed. Each does nothing before somebody says so, since programs follow links in mails, too.
//!
//! The token stands behind `#`, where no server and no log ever sees it; the page takes it out of the address at once.

use std::sync::LazyLock;

use super::page::{Asset, Page};

/// What the pages may do: run and show their own files, and talk to their own server. No string ever becomes markup.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// The page on which a password is set.
#[must_use]
pub fn reset() -> &'static Page {
    &RESET
}

/// The page on which an address is confirmed.
#[must_use]
pub fn verify() -> &'static Page {
    &VERIFY
}

static RESET: LazyLock<Page> = LazyLock::new(|| {
    let files = vec![
        ("style.css", Asset::style(include_bytes!("../../assets/links/style.css"))),
        ("reset.js", Asset::script(include_bytes!("../../assets/links/reset.js"))),
        ("link.js", Asset::script(include_bytes!("../../assets/links/link.js"))),
    ];
    Page::new(CONTENT_SECURITY_POLICY, include_bytes!("../../assets/links/reset.html"), files)
});

static VERIFY: LazyLock<Page> = LazyLock::new(|| {
    let files = vec![
        ("style.css", Asset::style(include_bytes!("../../assets/links/style.css"))),
        ("verify.js", Asset::script(include_bytes!("../../assets/links/verify.js"))),
        ("link.js", Asset::script(include_bytes!("../../assets/links/link.js"))),
    ];
    Page::new(CONTENT_SECURITY_POLICY, include_bytes!("../../assets/links/verify.html"), files)
});
