//! The documentation page at `/docs`: Swagger UI out of the binary, without another host. It reads `/openapi.json`.

use std::sync::LazyLock;

use super::page::{Asset, Page};

/// What the page may do: run and show its own files, and talk to its own server. Nothing inline, script or style, counts.
///
/// Images may be `data:` because the style sheet of Swagger UI holds its icons so.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page.
#[must_use]
pub fn page() -> &'static Page {
    &PAGE
}

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let bundle = Asset::script(include_bytes!("../../assets/swagger-ui/swagger-ui-bundle.js.gz")).gzip();
    let style = Asset::style(include_bytes!("../../assets/swagger-ui/swagger-ui.css.gz")).gzip();
    let icon = Asset::image("image/png", include_bytes!("../../assets/swagger-ui/favicon-32x32.png"));
    let init = Asset::script(include_bytes!("../../assets/docs/init.js"));
    let files = vec![
        ("init.js", init),
        ("swagger-ui-bundle.js", bundle),
        ("swagger-ui.css", style),
        ("favicon-32x32.png", icon),
    ];
    Page::new(CONTENT_SECURITY_POLICY, include_bytes!("../../assets/docs/index.html"), files)
});
