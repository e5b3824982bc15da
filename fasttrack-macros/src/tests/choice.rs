//! `#[derive(Choice)]`.

use crate::{choice, names};

fn expand(source: &str) -> (String, Vec<(String, String)>) {
    let (tokens, errors) = choice::expand(source.parse().expect("tokens"));
    let located = |error: &syn::Error| (error.span().source_text().unwrap_or_default(), error.to_string());
    (tokens.to_string(), errors.iter().map(located).collect())
}

#[track_caller]
fn check(source: &str, token: &str, words: &str) {
    let (_, errors) = expand(source);
    let [(at, message)] = errors.as_slice() else { panic!("one mistake, not {errors:?}") };
    assert_eq!(at, token, "{message}");
    assert!(message.contains(words), "{message:?} does not say {words:?}");
}

#[test]
fn variants_are_words_in_snake_case() {
    let (tokens, errors) = expand("pub enum Status { Todo, InProgress, Done }");
    assert_eq!(errors, []);
    assert!(tokens.contains(r#"WORDS : & 'static [& 'static str] = & ["todo" , "in_progress" , "done"]"#), "{tokens}");
}

#[test]
fn a_choice_is_words_and_nothing_else() {
    check("struct Status;", "Status", "an enum without data");
    check("enum Status {}", "Status", "at least one variant");
    check("enum Status { Todo, Done(i64) }", "(i64)", "take the data away");
    check("enum Status<T> { Todo }", "<T>", "no parameters");
    check("enum Status { InIt, In_It }", "In_It", "rename one");
}

#[test]
fn a_wrong_choice_still_has_its_words() {
    let (tokens, errors) = expand("enum Status { Todo, Done(i64) }");
    assert_eq!(errors.len(), 1);
    assert!(tokens.contains("& [|| Self :: Todo]"), "{tokens}");
    assert!(tokens.contains("Done : \"done\"") && !tokens.contains("Self :: Done"), "{tokens}");
}

#[test]
fn names_are_taken_apart() {
    for (name, snake) in [
        ("Task", "task"),
        ("InProgress", "in_progress"),
        ("HTTPServer", "http_server"),
        ("OAuth2Token", "o_auth2_token"),
        ("A", "a"),
        ("Über", "über"),
    ] {
        assert_eq!(names::snake_case(name), snake);
    }
    for (one, many) in
        [("task", "tasks"), ("category", "categories"), ("day", "days"), ("box", "boxes"), ("dish", "dishes")]
    {
        assert_eq!(names::plural(one), many);
    }
}

#[test]
fn near_names_are_found_and_far_ones_are_not() {
    assert_eq!(names::nearest("serach", ["sort", "search"]), Some("search"));
    assert_eq!(names::nearest("xyz", ["sort", "search"]), None);
    assert_eq!(names::advice("xyz", &["a", "b", "c"]), "there is `a`, `b` and `c`");
}
