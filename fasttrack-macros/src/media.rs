//! The media types of files, whose bytes the runtime can tell apart. `docs/reference.md` lists them; a test here and one there
//! compare.

/// All of them.
pub(crate) const MEDIA_TYPES: [&str; 24] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/tiff",
    "image/bmp",
    "image/svg+xml",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/zip",
    "application/gzip",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/flac",
    "video/mp4",
    "video/webm",
    "text/plain",
    "text/csv",
    "text/markdown",
    "application/json",
];

/// What stands for any.
pub(crate) const ANY: &str = "*/*";

/// Whether this is written as a media type is (RFC 6838, section 4.2), in lower case and without parameters.
pub(crate) fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$&-^_.+".contains(&byte);
        name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(is_part) && name.len() <= 127
    };
    text.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}
