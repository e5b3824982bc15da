//! What type a file is of: what its first bytes say, and what its client does.
//!
//! Most formats begin with bytes that no other one has, so that a client cannot give one out for another. Texts do not: that
//! a file is text is looked at, and which kind of text, its client says. What is neither is taken by fields that take
//! everything, as bytes and nothing more. So no file is ever answered as what would be run by a browser.

use super::{Received, StoreError};

/// A type that files may have.
#[derive(Debug)]
pub(crate) struct MediaKind {
    /// Its name.
    pub(crate) name: &'static str,
    /// What names of such files end in.
    pub(crate) extension: &'static str,
    /// How it is told.
    pub(crate) told: Told,
    /// Whether a browser may show it by itself: pictures made of dots.
    pub(crate) is_shown: bool,
}

/// How a type is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// By its first bytes, for which this is another name.
    Magic(&'static str),
    /// It is text.
    Text,
    /// It is text, and a value of JSON.
    Json,
    /// It is text, in which a drawing begins.
    Svg,
}

const fn magic(name: &'static str, extension: &'static str) -> MediaKind {
    MediaKind { name, extension, told: Told::Magic(name), is_shown: false }
}

const fn picture(name: &'static str, extension: &'static str) -> MediaKind {
    MediaKind { is_shown: true, ..magic(name, extension) }
}

const fn text(name: &'static str, extension: &'static str, told: Told) -> MediaKind {
    MediaKind { told, ..magic(name, extension) }
}

/// All of them, as `docs/reference.md` lists them.
pub(crate) const MEDIA_KINDS: &[MediaKind] = &[
    picture("image/png", "png"),
    picture("image/jpeg", "jpg"),
    picture("image/gif", "gif"),
    picture("image/webp", "webp"),
    picture("image/avif", "avif"),
    magic("image/tiff", "tif"),
    picture("image/bmp", "bmp"),
    text("image/svg+xml", "svg", Told::Svg),
    magic("application/pdf", "pdf"),
    magic("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    magic("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    magic("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    magic("application/zip", "zip"),
    magic("application/gzip", "gz"),
    magic("audio/mpeg", "mp3"),
    magic("audio/ogg", "ogg"),
    MediaKind { told: Told::Magic("audio/x-wav"), ..magic("audio/wav", "wav") },
    MediaKind { told: Told::Magic("audio/x-flac"), ..magic("audio/flac", "flac") },
    magic("video/mp4", "mp4"),
    magic("video/webm", "webm"),
    text("text/plain", "txt", Told::Text),
    text("text/csv", "csv", Told::Text),
    text("text/markdown", "md", Told::Text),
    text("application/json", "json", Told::Json),
];

/// What files of these types begin with, in full.
const WHOLE_BEGINNINGS: &[(&str, &[u8])] = &[
    ("application/pdf", b"%PDF-"),
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/gif", b"GIF8"),
    ("application/zip", b"PK"),
];

/// Bytes of which nothing is known.
pub(crate) const BYTES: MediaKind = magic("application/octet-stream", "bin");

/// Why a file is of no type that it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mistaken {
    /// It is not what its client says.
    Contradicted {
        /// What that is.
        said: &'static str,
        /// What it is instead, where that is known.
        found: Option<&'static str>,
    },
    /// Nothing tells what it is.
    Unknown,
}

impl MediaKind {
    /// The type of this name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        MEDIA_KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(name))
    }

    /// What the bytes of one that is text are said to be written in.
    pub(crate) const fn content_type(&self) -> (&'static str, &'static str) {
        let charset = if matches!(self.told, Told::Text) { "; charset=utf-8" } else { "" };
        (self.name, charset)
    }

    /// The type whose first bytes these are.
    fn of_head(head: &[u8]) -> Option<&'static Self> {
        let found = infer::get(head)?.mime_type();
        let kind = MEDIA_KINDS.iter().find(|kind| kind.told == Told::Magic(found))?;
        // Some are found behind other bytes, or by the first of those that they begin with.
        let is_whole = |(name, begins): &(&str, &[u8])| *name != kind.name || head.starts_with(begins);
        WHOLE_BEGINNINGS.iter().all(is_whole).then_some(kind)
    }
}

/// What a file is of which its client says that it is `said`, or nothing; `takes_any` of a field that takes whatever it is.
///
/// # Errors
/// [`StoreError`] where the file cannot be read again; why it is nothing that it may be.
pub(crate) async fn kind_of(
    received: &mut Received,
    said: Option<&str>,
    takes_any: bool,
) -> Result<Result<&'static MediaKind, Mistaken>, StoreError> {
    let is_unsaid = |name: &&str| !name.eq_ignore_ascii_case(BYTES.name);
    let said_kind = said.filter(is_unsaid).and_then(MediaKind::find);
    let found = MediaKind::of_head(received.head());
    let Some(said_kind) = said_kind else {
        let says_another = said.as_ref().is_some_and(is_unsaid);
        return Ok(match found {
            Some(found) if !says_another || takes_any => Ok(found),
            _ if takes_any => Ok(&BYTES),
            _ => Err(Mistaken::Unknown),
        });
    };
    let is_it = match said_kind.told {
        Told::Magic(_) => found.is_some_and(|found| found.name == said_kind.name),
        Told::Text => received.is_text(),
        Told::Json => received.is_text() && received.is_json().await?,
        Told::Svg => received.is_text() && begins_a_drawing(received.head()),
    };
    let contradicted = Mistaken::Contradicted { said: said_kind.name, found: found.map(|found| found.name) };
    Ok(if is_it { Ok(said_kind) } else { Err(contradicted) })
}

/// Whether text begins as a drawing does: with its element, or with what may stand before that in XML.
fn begins_a_drawing(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let may_begin = ["<svg", "<?xml", "<!--", "<!DOCTYPE svg"].iter().any(|start| text.starts_with(start));
    let element = text.split("<svg").nth(1);
    may_begin
        && element.is_some_and(|rest| rest.starts_with(|next: char| next.is_whitespace() || matches!(next, '>' | '/')))
}

#[cfg(test)]
mod tests {
    use super::{super::folder::Folder, *};

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0";
    const HTML: &[u8] = b"<!DOCTYPE html><script>alert(1)</script>";
    const SVG: &[u8] = b"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>";

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().build().unwrap()
    }

    fn kind(bytes: &[u8], said: Option<&str>, takes_any: bool) -> Result<&'static str, Mistaken> {
        runtime().block_on(async {
            let place = tempfile::tempdir().unwrap();
            let folder = Folder::open(place.path().to_owned()).await.unwrap();
            let mut upload = folder.receive().await.unwrap();
            upload.write(bytes).await.unwrap();
            let mut received = upload.finish().await.unwrap();
            kind_of(&mut received, said, takes_any).await.unwrap().map(|kind| kind.name)
        })
    }

    #[test]
    fn what_a_file_is_its_bytes_say() {
        #[track_caller]
        fn check(bytes: &[u8], said: &str, expected: Option<&str>, of_any: Option<&str>) {
            let said = Some(said).filter(|said| !said.is_empty());
            assert_eq!(kind(bytes, said, false).ok(), expected, "{said:?}");
            assert_eq!(kind(bytes, said, true).ok(), of_any, "{said:?}, where everything is taken");
        }
        let octets = Some("application/octet-stream");
        check(PNG, "image/png", Some("image/png"), Some("image/png"));
        check(PNG, "IMAGE/PNG", Some("image/png"), Some("image/png"));
        check(PNG, "", Some("image/png"), Some("image/png"));
        check(PNG, "application/octet-stream", Some("image/png"), Some("image/png"));
        check(PNG, "image/jpeg", None, None);
        check(PNG, "text/plain", None, None);
        check(PNG, "application/x-other", None, Some("image/png"));
        check(JPEG, "image/png", None, None);
        check(HTML, "image/png", None, None);
        check(HTML, "text/html", None, octets);
        check(HTML, "", None, octets);
        check(HTML, "text/plain", Some("text/plain"), Some("text/plain"));
        check(HTML, "image/svg+xml", None, None);
        check(SVG, "image/svg+xml", Some("image/svg+xml"), Some("image/svg+xml"));
        check(SVG, "", None, octets);
        check(b"a,b\n1,2\n", "text/csv", Some("text/csv"), Some("text/csv"));
        check(b"a\0b", "text/csv", None, None);
        check(b"\xff\xfea\0", "text/plain", None, None);
        check(b"{\"a\": [1]}", "application/json", Some("application/json"), Some("application/json"));
        check(b"{\"a\": [1]", "application/json", None, None);
        check(b"{} {}", "application/json", None, None);
        check("[".repeat(100_000).as_bytes(), "application/json", None, None);
        check(b"MZ\x90\0\x03", "", None, octets);
        check(b"BMW and others", "text/plain", Some("text/plain"), Some("text/plain"));
        check(b"%PDF-1.7\n", "application/pdf", Some("application/pdf"), Some("application/pdf"));
        check(&[HTML, b"<!-- %PDF-1.7 -->"].concat(), "", None, octets);
        check(&[HTML, b"<!-- %PDF-1.7 -->"].concat(), "application/pdf", None, None);
        check(b"\x89PNG and nothing of one", "image/png", None, None);
        check(b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav", Some("audio/wav"), Some("audio/wav"));
        // What it is besides does not matter: it is answered as what it begins as.
        let polyglot = [b"GIF89a/*".as_slice(), &[0; 8], HTML].concat();
        check(&polyglot, "image/gif", Some("image/gif"), Some("image/gif"));
        check(&polyglot, "text/html", None, Some("image/gif"));
    }

    #[test]
    fn a_mistake_says_what_it_is_instead() {
        let contradicted = |said, found| Err(Mistaken::Contradicted { said, found });
        assert_eq!(kind(JPEG, Some("image/png"), false), contradicted("image/png", Some("image/jpeg")));
        assert_eq!(kind(HTML, Some("image/png"), false), contradicted("image/png", None));
        assert_eq!(kind(HTML, None, false), Err(Mistaken::Unknown));
    }

    #[test]
    fn a_drawing_begins_as_one() {
        for (text, expected) in [
            ("<svg>", true),
            ("\u{feff} <svg width=\"1\">", true),
            ("<!-- a --><svg\n>", true),
            ("<!DOCTYPE svg PUBLIC \"\"><svg>", true),
            ("<svgx>", false),
            ("<html><svg>", false),
            ("<?xml version=\"1.0\"?><html/>", false),
            ("", false),
        ] {
            assert_eq!(begins_a_drawing(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_types_are_documented_as_they_are() {
        let (_, rest) = include_str!("../../../docs/reference.md").split_once("<!-- media-types -->").unwrap();
        let (table, _) = rest.split_once("<!-- /media-types -->").unwrap();
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        let documented: Vec<Vec<_>> =
            rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
        let shown = |is_shown| if is_shown { "shown" } else { "saved" };
        let told = |told| match told {
            Told::Magic(_) => "its first bytes",
            Told::Text => "it is text",
            Told::Json => "it is text, and JSON",
            Told::Svg => "it is text, and begins as a drawing",
        };
        let declared: Vec<Vec<String>> = MEDIA_KINDS
            .iter()
            .map(|kind| {
                vec![
                    format!("`{}`", kind.name),
                    told(kind.told).to_owned(),
                    shown(kind.is_shown).to_owned(),
                    format!("`.{}`", kind.extension),
                ]
            })
            .collect();
        assert_eq!(documented, declared);
    }
}
