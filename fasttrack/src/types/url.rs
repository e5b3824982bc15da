//! Addresses of what is on the web.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    FieldType, Kind,
    facts::{Facts, Fill, Storage, Unfit},
    text::text_of,
};
use crate::db::Arg;

/// An absolute URL of `http` or `https`, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, Serialize)]
pub struct Url(pub String);

impl FieldType for Url {
    const KIND: Kind = Kind::Url;
}

pub(super) const URL: Facts = Facts {
    is_text: true,
    is_long: true,
    empty: Some(super::Literal::Text("")),
    takes_empty: false,
    fill: Fill::Nothing,
    parse: Some(|_, text| Ok(Arg::Text(text.to_owned()))),
    misfit: Some(|value| format!("lower({value}) NOT LIKE 'http://_%' AND lower({value}) NOT LIKE 'https://_%'")),
    noun: "a URL",
    words: |_| "URL (http or https)".to_owned(),
    json_schema: |_| json!({ "type": "string", "format": "uri" }),
    examples: &[
        (r#""https://example.com""#, r#""https://example.com""#, "https://example.com"),
        (
            r#""HTTP://Example.com:8080/a%20b/?q=ä&x=[1]#é""#,
            r#""HTTP://Example.com:8080/a%20b/?q=ä&x=[1]#é""#,
            "HTTP://Example.com:8080/a%20b/?q=ä&x=[1]#é",
        ),
        (r#""http://[::1]/""#, r#""http://[::1]/""#, "http://[::1]/"),
    ],
    refused: &[
        (r#""example.com""#, "not_a_url"),
        (r#""/path""#, "not_a_url"),
        (r#""//example.com""#, "not_a_url"),
        (r#""ftp://example.com""#, "not_a_url"),
        (r#""javascript:alert(1)""#, "not_a_url"),
        (r#""https://""#, "not_a_url"),
        (r#""https:example.com""#, "not_a_url"),
        (r#""https:\\\\example.com""#, "not_a_url"),
        (r#""https://a b.example""#, "not_a_url"),
        (r#"" https://example.com""#, "not_a_url"),
        (r#""https://example.com/a\tb""#, "not_a_url"),
        (r#""https://exa\nmple.com""#, "not_a_url"),
        (r#""https://example.com:99999""#, "not_a_url"),
        (r#""https://[::1""#, "not_a_url"),
        (r#""""#, "not_a_url"),
        ("7", "type"),
        ("null", "null"),
    ],
    ..Facts::new(Storage::Text, |_, bounds, node| {
        let text = text_of(node)?;
        bounds.check_length(text)?;
        if is_url(text) {
            Ok(Arg::Text(text.to_owned()))
        } else {
            Unfit::new("not_a_url", "must be an absolute URL such as https://example.com/path")
        }
    })
};

/// A reader of URLs as browsers have it passes over blanks and turns backslashes round, so that others, which do neither,
/// would see another address.
fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_plain = !text.chars().any(|char| char.is_whitespace() || char.is_control() || char == '\\');
    let is_of_the_web = scheme.is_some_and(|scheme| scheme == "http" || scheme == "https");
    is_plain && is_of_the_web && ::url::Url::parse(text).is_ok_and(|url| url.has_host())
}
