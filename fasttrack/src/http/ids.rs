//! The numbers in a path.

use salvo::http::Request;

use crate::error::Error;

/// The id in the path, if the route has one. Anything but a positive 64-bit integer in its one spelling is no row.
pub(super) fn path_id(req: &Request) -> Result<Option<i64>, Error> {
    of_name(req, "id")
}

/// The number of what belongs to the row in the path, likewise.
pub(super) fn path_number(req: &Request) -> Result<Option<i64>, Error> {
    of_name(req, "n")
}

fn of_name(req: &Request, name: &str) -> Result<Option<i64>, Error> {
    let Some(text) = req.params().get(name) else { return Ok(None) };
    parse_id(text).map(Some).ok_or_else(|| Error::NotFound("there is no such row: an id is a positive integer".into()))
}

pub(super) fn parse_id(text: &str) -> Option<i64> {
    let is_canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|&id: &i64| is_canonical && id > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        for (text, expected) in [
            ("1", Some(1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("0", None),
            ("01", None),
            ("+1", None),
            ("-1", None),
            ("1.0", None),
            ("", None),
            (" 1", None),
            ("١", None),
            ("me", None),
        ] {
            assert_eq!(parse_id(text), expected, "{text}");
        }
    }
}
