//! The page at `/admin`: rows as tables and forms, for whoever may see and change them; jobs, webhooks, and one's own account.
//!
//! It is a client as any other: what it shows and sends goes over the API, whose rules decide; what is declared it reads from
//! `/api/v1/admin/resources`. The look is that of `/live`.

use std::sync::LazyLock;

use super::page::{Asset, OWN_FILES_ALONE, Page};

/// The page.
#[must_use]
pub fn page() -> &'static Page {
    &PAGE
}

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let files = vec![
        ("base.css", Asset::style(include_bytes!("../../assets/live/style.css"))),
        ("style.css", Asset::style(include_bytes!("../../assets/admin/style.css"))),
        ("page.js", Asset::script(include_bytes!("../../assets/admin/page.js"))),
        ("account.js", Asset::script(include_bytes!("../../assets/admin/account.js"))),
        ("controls.js", Asset::script(include_bytes!("../../assets/admin/controls.js"))),
        ("dom.js", Asset::script(include_bytes!("../../assets/admin/dom.js"))),
        ("files.js", Asset::script(include_bytes!("../../assets/admin/files.js"))),
        ("filters.js", Asset::script(include_bytes!("../../assets/admin/filters.js"))),
        ("form.js", Asset::script(include_bytes!("../../assets/admin/form.js"))),
        ("jobs.js", Asset::script(include_bytes!("../../assets/admin/jobs.js"))),
        ("list.js", Asset::script(include_bytes!("../../assets/admin/list.js"))),
        ("lookup.js", Asset::script(include_bytes!("../../assets/admin/lookup.js"))),
        ("model.js", Asset::script(include_bytes!("../../assets/admin/model.js"))),
        ("row.js", Asset::script(include_bytes!("../../assets/admin/row.js"))),
        ("session.js", Asset::script(include_bytes!("../../assets/admin/session.js"))),
        ("show.js", Asset::script(include_bytes!("../../assets/admin/show.js"))),
        ("webhooks.js", Asset::script(include_bytes!("../../assets/admin/webhooks.js"))),
        ("icon.svg", Asset::image("image/svg+xml", include_bytes!("../../assets/live/icon.svg"))),
    ];
    Page::new(OWN_FILES_ALONE, include_bytes!("../../assets/admin/index.html"), files)
});
