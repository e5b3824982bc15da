//! `Content-Disposition` (RFC 6266): the name of a file, in a request and in an answer.

use salvo::http::{HeaderMap, HeaderValue, header};

use super::super::grammar;
use crate::{
    error::Fault,
    files::{
        media::{BYTES, MediaKind},
        name,
    },
};

const HEADER: &str = "Content-Disposition";

/// The name that a client gives its file; what is wrong with that is among the faults.
pub(super) fn given(headers: &HeaderMap, faults: &mut Vec<Fault>) -> Option<String> {
    if !headers.contains_key(header::CONTENT_DISPOSITION) {
        return None;
    }
    let parameters = grammar::single(headers, &header::CONTENT_DISPOSITION).and_then(grammar::parameters);
    let Some(parameters) = parameters else {
        faults.push(Fault::new(HEADER, "malformed", "has to be written as in `attachment; filename=\"a.png\"`"));
        return None;
    };
    let value = |wanted: &str| {
        parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_ref())
    };
    // The extended one is there for who understands it (RFC 6266, section 4.3).
    let named = match value("filename*").map(decoded) {
        Some(Some(named)) => Some(named),
        Some(None) => {
            let why = "has a `filename*` that is not written as in `UTF-8''%e2%82%ac.png`";
            faults.push(Fault::new(HEADER, "malformed", why));
            None
        }
        None => value("filename").map(str::to_owned),
    };
    named.as_deref().and_then(name::cleaned)
}

/// What an extended value says (RFC 8187, section 3.2).
fn decoded(text: &str) -> Option<String> {
    let (charset, rest) = text.split_once('\'')?;
    let (_language, encoded) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let digits =
                    std::str::from_utf8(&digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
            }
            byte if is_plain(byte) => bytes.push(byte),
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

/// Whether a byte stands for itself in an extended value.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#' | b'$' | b'&' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~')
}

/// What an answer says of the name of a file: that it is to be saved, but for what a browser may show.
pub(super) fn answered(file_name: &str, media_type: &str) -> HeaderValue {
    let kind = MediaKind::find(media_type).unwrap_or(&BYTES);
    let way = if kind.is_shown { "inline" } else { "attachment" };
    let is_simple = |char: char| (char.is_ascii_graphic() || char == ' ') && !matches!(char, '"' | '\\' | '%');
    let simple: String = file_name.chars().map(|char| if is_simple(char) { char } else { '_' }).collect();
    let mut value = format!("{way}; filename=\"{simple}\"");
    if simple != file_name {
        let encoded = file_name
            .bytes()
            .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
        value = format!("{value}; filename*=UTF-8''{}", encoded.collect::<String>());
    }
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gives_a_name() {
        #[track_caller]
        fn check(lines: &[&[u8]], expected: Result<Option<&str>, &str>) {
            let line = |line: &&[u8]| (header::CONTENT_DISPOSITION, HeaderValue::from_bytes(line).unwrap());
            let (headers, mut faults): (HeaderMap, _) = (lines.iter().map(line).collect(), Vec::new());
            let found = given(&headers, &mut faults);
            let outcome = faults.first().map_or(Ok(found.as_deref()), |fault| Err(fault.code));
            assert_eq!(outcome, expected, "{lines:?}");
        }
        check(&[], Ok(None));
        check(&[b"attachment"], Ok(None));
        check(&[b"attachment; filename=a.png"], Ok(Some("a.png")));
        check(&[b"attachment;FILENAME = \"a b.png\""], Ok(Some("a b.png")));
        check(&[br#"attachment; filename="a\"b.png""#], Ok(Some("a_b.png")));
        check(&[b"inline; filename=\"../../x.png\""], Ok(Some("x.png")));
        check(&[b"attachment; filename=\"\""], Ok(None));
        check(&[b"attachment; filename=e.png; filename*=UTF-8''%e2%82%ac.png"], Ok(Some("\u{20ac}.png")));
        check(&[b"attachment; filename*=utf-8'de'%C3%A4.png"], Ok(Some("\u{e4}.png")));
        check(&[b"attachment; filename*=UTF-8''a%00%2F..%2Fb%E2%80%AE.png"], Ok(Some("b.png")));
        check(&[b"attachment; filename*=UTF-8''%ff.png"], Err("malformed"));
        check(&[b"attachment; filename*=UTF-8''%e2%8"], Err("malformed"));
        check(&[b"attachment; filename*=UTF-8''%+1"], Err("malformed"));
        check(&[b"attachment; filename*=latin1''a.png"], Err("malformed"));
        check(&[b"attachment; filename*=a.png"], Err("malformed"));
        check(&[b"attachment; filename"], Err("malformed"));
        check(&[b"; filename=a"], Err("malformed"));
        check(&[b"attachment; filename=\"\xff\""], Err("malformed"));
        check(&[b"attachment", b"attachment"], Err("malformed"));
    }

    #[test]
    fn an_answer_gives_it_back() {
        for (name, media_type, expected) in [
            ("a b.png", "image/png", "inline; filename=\"a b.png\""),
            ("a.pdf", "application/pdf", "attachment; filename=\"a.pdf\""),
            ("a.svg", "image/svg+xml", "attachment; filename=\"a.svg\""),
            ("a", "text/html", "attachment; filename=\"a\""),
            ("\u{20ac}.csv", "text/csv", "attachment; filename=\"_.csv\"; filename*=UTF-8''%E2%82%AC.csv"),
            ("100%.csv", "text/csv", "attachment; filename=\"100_.csv\"; filename*=UTF-8''100%25.csv"),
            ("a\";x=\"", "text/csv", "attachment; filename=\"a_;x=_\"; filename*=UTF-8''a%22%3Bx%3D%22"),
        ] {
            let value = answered(name, media_type);
            assert_eq!(value, expected);
            let headers = HeaderMap::from_iter([(header::CONTENT_DISPOSITION, value)]);
            let parameters =
                grammar::single(&headers, &header::CONTENT_DISPOSITION).and_then(grammar::parameters).unwrap();
            let extended = parameters.iter().find(|(known, _)| *known == "filename*");
            assert!(extended.is_none_or(|(_, value)| decoded(value).as_deref() == Some(name)));
        }
    }
}
