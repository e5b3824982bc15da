//! Fields that hold a file: how long it may be, of which types, and what such a field is not.

use super::{accept, check, expand, field, task};
use crate::media::{ANY, MEDIA_TYPES, is_media_type};

const REFERENCE: &str = include_str!("../../../docs/reference.md");

/// A field with these options besides.
fn file(options: &str) -> String {
    field(&format!("#[field(max_bytes = 10, types(\"image/png\"){options})] pub x: Option<File>,"))
}

#[test]
fn what_is_right_is_accepted() {
    for source in [
        "#[field(max_bytes = 10_000_000, types(\"image/png\", \"image/jpeg\"))] pub x: Option<File>,",
        "#[field(types(\"*/*\",), max_bytes = 5_000_000_000)] pub x: std::option::Option<fasttrack::types::File>,",
        "#[field(max_bytes = 1, types(\"text/csv\"), read = owner, write = owner, was = y)] pub x: Option<File>,",
    ] {
        accept(&field(source).replace("owner", "role(Admin)"));
    }
    let attribute = "#[on(changed(x) => drawn { old: old.x, new: x } to assignee)]";
    accept(&task("", attribute, "#[field(max_bytes = 1, types(\"image/png\"))] pub x: Option<File>,"));
}

#[test]
fn it_becomes_data() {
    let (tokens, mistakes) = expand(&file(", write = role(Admin)"));
    assert!(mistakes.is_empty());
    let dense: String = tokens.to_string().split_whitespace().collect();
    let expected = "__ft::FileField{plural:\"tasks\",name:\"x\",max_bytes:10u64,types:&[\"image/png\"]}";
    assert!(dense.contains(expected), "{dense}");
}

#[test]
fn it_says_how_long_a_file_may_be() {
    let with = |bytes: &str| field(&format!("#[field(max_bytes = {bytes}, types(\"*/*\"))] pub x: Option<File>,"));
    for bytes in ["0", "5_000_000_001", "1.5", "\"10\""] {
        check(&with(bytes), bytes, "is an integer from 1 to 5000000000");
    }
    check(&with("-1"), "-1", "is an integer from 1 to 5000000000");
    check(&field("#[field(types(\"*/*\"))] pub x: Option<File>,"), "x", "add `#[field(max_bytes = 10_000_000)]`");
    check(&field("#[field(max_bytes, types(\"*/*\"))] pub x: Option<File>,"), "max_bytes", "is written `max_bytes = ");
    check(&field("#[field(len = ..=9, max_bytes = 9)] pub x: String,"), "max_bytes", "it is for `File`");
}

#[test]
fn it_says_of_which_types_a_file_may_be() {
    let with = |types: &str| field(&format!("#[field(max_bytes = 1, types({types}))] pub x: Option<File>,"));
    check(&field("#[field(max_bytes = 1)] pub x: Option<File>,"), "x", "say which files it takes");
    check(&with(""), ")", "a media type stands in quotes");
    check(&with("png"), "png", "a media type stands in quotes");
    check(&with("\"image/png\" \"image/gif\""), "\"image/gif\"", "expected `,` and a further media type");
    check(&with("\"png\""), "\"png\"", "is no media type, such as");
    check(&with("\"image/*\""), "\"image/*\"", "is no media type, such as");
    check(&with("\"image/jpg\""), "\"image/jpg\"", "did you mean \"image/jpeg\"?");
    check(&with("\"IMAGE/PNG\""), "\"IMAGE/PNG\"", "is written in lower case: \"image/png\"");
    check(&with("\"text/html\""), "\"text/html\"", "of which the first bytes tell");
    check(&with("\"text/plain; charset=utf-8\""), "\"text/plain; charset=utf-8\"", "is no media type");
    check(&with("\"image/png\", \"image/png\""), "\"image/png\"", "is said twice");
    check(&with("\"image/png\", \"*/*\""), "\"*/*\"", "takes the others in");
    check(&field("#[field(max_bytes = 1, types = \"*/*\")] pub x: Option<File>,"), "types", "is written `types(");
}

#[test]
fn it_is_null_until_somebody_sends_one() {
    let plain = "#[field(max_bytes = 1, types(\"*/*\"))] pub x: File,";
    check(&field(plain), "File", "write `Option<File>`");
    for (option, advice) in [
        ("default", "once somebody sends one"),
        ("hidden", "`read` says by whom, and `write`"),
        ("read_only", "`read` says by whom, and `write`"),
        ("write_once", "`read` says by whom, and `write`"),
        ("unique", "does not fit `File`"),
        ("filter", "does not fit `File`"),
        ("sort", "does not fit `File`"),
        ("search", "does not fit `File`"),
        ("index", "does not fit `File`"),
    ] {
        check(&file(&format!(", {option}")), option, advice);
    }
    check(&field(&file_called("history")), "history", "is the path of something else");
    check(&field(&file_called("restore")), "restore", "is the path of something else");
}

fn file_called(name: &str) -> String {
    format!("#[field(max_bytes = 1, types(\"*/*\"))] pub {name}: Option<File>,")
}

#[test]
fn the_types_are_documented_as_they_are() {
    let (_, rest) = REFERENCE.split_once("<!-- media-types -->").expect("the table starts");
    let (table, _) = rest.split_once("<!-- /media-types -->").expect("the table ends");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.collect::<Vec<_>>(), MEDIA_TYPES);
    assert!(MEDIA_TYPES.into_iter().all(is_media_type) && !is_media_type(ANY));
}
