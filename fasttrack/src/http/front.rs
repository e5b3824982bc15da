//! The root, `/`: leads a browser to the documentation. For everybody else there is nothing there.

use salvo::http::{HeaderValue, Method, Request, Response, StatusCode, header};

use super::{
    grammar::{self, MediaType},
    router::Pattern,
};
use crate::config::PublicUrl;

/// Where it leads.
const DOCUMENTATION: &str = "/docs";

/// Answers whoever asks for the root and would rather see a page than JSON. Says whether it did.
pub(super) fn lead(req: &mut Request, res: &mut Response, public_url: Option<&PublicUrl>) -> bool {
    let is_read = [Method::GET, Method::HEAD].contains(req.method());
    if !is_read || !is_root(req.uri().path(), public_url) || !wants_pages(req) {
        return false;
    }
    // Relative, so that it leads to the right place below whatever path a proxy has this server.
    let location = public_url.map_or_else(|| format!(".{DOCUMENTATION}"), |public| public.link(DOCUMENTATION));
    let Ok(location) = HeaderValue::try_from(location) else { return false };
    req.extensions_mut().insert(Pattern("/".into()));
    res.status_code(StatusCode::SEE_OTHER);
    res.headers_mut().insert(header::LOCATION, location);
    res.headers_mut().insert(header::VARY, HeaderValue::from_static("accept, origin"));
    true
}

/// Also the root as clients see it, should it come here so.
fn is_root(path: &str, public_url: Option<&PublicUrl>) -> bool {
    let below = public_url.and_then(|public| path.strip_prefix(public.path()));
    [Some(path), below].into_iter().flatten().any(|path| path.is_empty() || path == "/")
}

/// Whether a page is asked for by name, and no less than JSON is: what browsers send, and nobody else does.
fn wants_pages(req: &Request) -> bool {
    let ranges: Vec<_> = grammar::list(req.headers(), &header::ACCEPT).filter_map(MediaType::parse).collect();
    let is_named = ranges.iter().any(|range| range.is("text", "html") || range.is("text", "*"));
    let of = |kind, subtype| grammar::quality(&ranges, kind, subtype).unwrap_or_default();
    let page = of("text", "html");
    is_named && page > 0 && page >= of("application", "json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: Method, path: &str, accept: &[&'static str], public: Option<&str>, expected: Option<&str>) {
        let mut req = Request::new();
        *req.method_mut() = method;
        *req.uri_mut() = path.parse().unwrap();
        for line in accept {
            req.headers_mut().append(header::ACCEPT, HeaderValue::from_static(line));
        }
        let mut res = Response::new();
        let public = public.map(|text| PublicUrl::parse(text).unwrap());
        let is_led = lead(&mut req, &mut res, public.as_ref());
        let location = res.headers().get(header::LOCATION).map(|value| value.to_str().unwrap());
        assert_eq!((is_led, location), (expected.is_some(), expected), "{path} {accept:?}");
    }

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

    #[test]
    fn browsers_are_led_to_the_documentation() {
        check(Method::GET, "/", &[BROWSER], None, Some("./docs"));
        check(Method::HEAD, "/?x", &["text/*;q=0.1"], None, Some("./docs"));
        check(Method::GET, "/", &["application/json;q=0.5", "Text/HTML"], None, Some("./docs"));
        let public = Some("https://x.example/tracker");
        for path in ["/", "/tracker", "/tracker/"] {
            check(Method::GET, path, &[BROWSER], public, Some("https://x.example/tracker/docs"));
        }
        check(Method::GET, "/trackers", &[BROWSER], public, None);
        check(Method::GET, "/tracker/", &[BROWSER], None, None);
        check(Method::GET, "/x", &[BROWSER], None, None);
        check(Method::POST, "/", &[BROWSER], None, None);
    }

    #[test]
    fn programs_are_not() {
        for accept in [
            &[][..],
            &["*/*"],
            &["application/json"],
            &["application/json, text/html;q=0.9"],
            &["text/html;q=0"],
            &["text/plain"],
            &["text/html x"],
        ] {
            check(Method::GET, "/", accept, None, None);
        }
    }
}
