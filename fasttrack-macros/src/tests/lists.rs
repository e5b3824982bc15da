//! Fields that are lists of values: their bounds, their defaults, and what they are not.

use super::{accept, check, expand, field, mistakes, task};

/// A declaration with a list of texts and one of integers, and this attribute.
fn with(attribute: &str) -> String {
    let lists = "#[field(max = 9, len = ..=9)] pub tags: Vec<String>, #[field(max = 9)] pub sizes: Option<Vec<i64>>,";
    task("", attribute, lists)
}

#[test]
fn what_is_right_is_accepted() {
    for source in [
        "#[field(max = 20, len = 1..=30, default, filter)] pub x: Vec<String>,",
        "#[field(max = 20, len = 1..=3, default = [\"a\", \"äöü\", \"a\"])] pub x: Vec<String>,",
        "#[field(max = 20, len = 1..=3, default = [])] pub x: std::vec::Vec<std::string::String>,",
        "#[field(max = 20, range = 1..=9, default, hidden)] pub x: Vec<i64>,",
        "#[field(max = 2, range = -1.., default = [-1, 9,], read_only)] pub x: Vec<i64>,",
        "#[field(max = 1000, filter(also = y), write_once)] pub x: Option<Vec<i64>>,",
        "#[field(max = 1, read = owner, write = owner, was = y)] pub x: Vec<i64>,",
    ] {
        accept(&field(source).replace("owner", "role(Admin)"));
    }
    accept(&with("#[on(changed(tags) => tagged { old: old.tags, new: tags } to assignee)]"));
}

#[test]
fn it_says_how_many_and_which_values_there_may_be() {
    check(&field("#[field(max = 9)] pub x: Vec<String>,"), "x", "text has a bound");
    check(&field("#[field(max = 9, len = 1..)] pub x: Vec<String>,"), "len", "say the largest length");
    check(&field("#[field(len = ..=9)] pub x: Vec<String>,"), "x", "add `#[field(max = 50)]`");
    check(&field("pub x: Vec<i64>,"), "x", "add `#[field(max = 50)]`");
    check(&field("#[field(max = 0)] pub x: Vec<i64>,"), "0", "from 1 to 1000");
    check(&field("#[field(max = 1001)] pub x: Vec<i64>,"), "1001", "from 1 to 1000");
    check(&field("#[field(max = 9, len = ..=9)] pub x: Vec<i64>,"), "len", "whose values have a `range`");
    check(&field("#[field(max = 9, range = ..=9, len = ..=9)] pub x: Vec<String>,"), "range", "have a `len`");
    check(&field("#[field(max = 9, range = 9..=1)] pub x: Vec<i64>,"), "range", "the smaller one stands first");
    check(&field("#[field(max = 9, range = 0.5..)] pub x: Vec<i64>,"), "0.5", "not of the type");
}

#[test]
fn its_default_is_one_that_could_be_sent() {
    let texts =
        |default: &str| field(&format!("#[field(max = 2, len = 1..=3, default = {default})] pub x: Vec<String>,"));
    let integers =
        |default: &str| field(&format!("#[field(max = 2, range = 1..=3, default = {default})] pub x: Vec<i64>,"));
    check(&texts("[\"a\", \"abcd\"]"), "\"abcd\"", "outside the bounds");
    check(&texts("[\"\"]"), "\"\"", "outside the bounds");
    check(&texts("[\"a\", \"b\", \"c\"]"), "\"c\"", "more values than `max = 2`");
    check(&texts("[1]"), "1", "write `[\"a\", \"b\"]`");
    check(&texts("[\"\\0\"]"), "\"\\0\"", "U+0000");
    check(&texts("\"a\""), "\"a\"", "is a list; write `default = [");
    check(&texts("[\"a\" \"b\", 7]"), "\"b\"", "expected `,` and a further value");
    check(&texts("[now]"), "now", "`now` stands in rules alone");
    check(&texts("[A]"), "A", "write `[\"a\", \"b\"]`");
    check(&integers("[1, 4]"), "4", "outside the bounds");
    check(&integers("[1, 2, 3]"), "3", "more values than `max = 2`");
    check(&integers("[1.5]"), "1.5", "write `[1, 2]`");
    check(&integers("1"), "1", "is a list; write `default = [1, 2]`");
    check(&field("#[field(default = [1])] pub x: i64,"), "default", "is a `i64` and no list");
    check(&field("#[field(max = [1])] pub x: Vec<i64>,"), "[", "expected");
    let all = field("#[field(max = 1, range = 1..=3, default = [0, 9, \"a\"])] pub x: Vec<i64>,");
    assert_eq!(mistakes(&all).len(), 4, "each of its own: {:?}", mistakes(&all));
}

#[test]
fn it_has_no_order_and_is_compared_with_nothing() {
    check(&field("#[field(max = 9, sort)] pub x: Vec<i64>,"), "sort", "has no order");
    check(&field("#[field(max = 9, index)] pub x: Vec<i64>,"), "index", "does not fit `Vec<i64>`");
    check(&field("#[field(max = 9, unique)] pub x: Vec<i64>,"), "unique", "does not fit `Vec<i64>`");
    check(&field("#[field(max = 9, len = ..=9, search)] pub x: Vec<String>,"), "search", "`?tags[has]=a`");
    check(&field("#[field(max = 9, on_delete = cascade)] pub x: Vec<i64>,"), "on_delete", "it is for `BelongsTo<T>`");
    check(&with("#[unique(title, tags)]"), "tags", "cannot be compared");
    check(&with("#[check(tags != title)]"), "tags", "is not compared");
    check(&with("#[check(sizes == 1)]"), "sizes", "is not compared");
    check(&with("#[exclusive(sizes..sizes)]"), "sizes", "");
    check(&with("#[limit(5 per tags)]"), "tags", "");
    check(&with("#[can(list: tags)]"), "tags", "does not say who may");
    check(&with("#[can(list: tags == \"a\")]"), "\"a\"", "is not compared");
    check(&with("#[can(list: sizes > 1)]"), "1", "is not compared");
    check(&with("#[can(list: tags == caller.tags)]"), "tags", "is not compared");
    check(&with("#[can(list: any(tags: owner))]"), "tags", "is asked of many rows");
    check(&with("#[on(changed(tags -> \"a\") => tagged to assignee)]"), "\"a\"", "say `changed(tags)`");
    check(&with("#[on(at(tags) => tagged to assignee)]"), "tags", "");
    check(&with("#[on(created => told to tags)]"), "tags", "");
}

#[test]
fn a_list_of_anything_else_is_none() {
    for (ty, token, words) in [
        ("Vec<f64>", "f64", "`Json<Vec<T>>`"),
        ("Vec<i32>", "i32", "use `Vec<i64>`"),
        ("Vec<str>", "str", "use `Vec<String>`"),
        ("Vec<Project>", "Project", "for rows use `Many<T>`"),
        ("Option<Vec<Vec<i64>>>", "Vec<i64>", "`Json<Vec<T>>`"),
        ("Vec<Option<i64>>", "Option<i64>", "`Json<Vec<T>>`"),
        ("Vec<&'static str>", "&'static str", "a list holds texts or integers"),
        ("Vec", "Vec", "a list holds texts or integers"),
        ("Option<Option<Vec<i64>>>", "Option<Option<Vec<i64>>>", "take the `Option` away"),
    ] {
        check(&field(&format!("#[field(max = 9)] pub x: {ty},")), token, words);
    }
}

#[test]
fn its_default_becomes_a_constant() {
    let column = |source: &str| {
        let (tokens, errors) = expand(&field(source));
        assert!(errors.is_empty(), "{errors:?}");
        tokens.to_string().split_whitespace().collect::<String>()
    };
    let texts = column("#[field(max = 2, len = ..=3, default = [\"a\", \"b\"])] pub x: Vec<String>,");
    assert!(
        texts.contains(".max(2u32).len(0u32,3u32).default_value(__ft::Literal::Texts(const{&[\"a\",\"b\"]}))"),
        "{texts}"
    );
    let integers = column("#[field(max = 2, range = 1.., default = [1, 2])] pub x: Vec<i64>,");
    let expected =
        ".int_range(1i64,9223372036854775807i64).default_value(__ft::Literal::Integers(const{&[1i64,2i64]}))";
    assert!(integers.contains(expected), "{integers}");
}
