//! A page of the documentation as what it tells its reader to do.
//!
//! Above each block of code a comment says what it is: `<!-- run -->` is for a shell, `<!-- serve -->` for another one that
//! runs on, `<!-- file PATH -->` is written to a file, `<!-- insert PATH below TEXT -->` into one, `<!-- replace PATH TEXT -->`
//! takes the place of its line that begins so, and `<!-- docker -->` needs what is not here. A block without one is a mistake, so that no line is left out unseen.

/// One thing to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Run(String),
    Serve(String),
    File { path: String, text: String },
    Insert { path: String, below: String, text: String },
    Replace { path: String, line: String, text: String },
    Docker(String),
}

/// The steps of a page, in order.
#[track_caller]
pub(crate) fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut mark, mut code) = (None, None::<String>);
    for line in page.lines() {
        match &mut code {
            Some(_) if line == "```" => steps.push(step(mark.take(), code.take().unwrap_or_default())),
            Some(text) => *text += &format!("{line}\n"),
            None if line.starts_with("```") => code = Some(String::new()),
            None if line.starts_with("<!-- ") => mark = Some(line.trim_start_matches("<!-- ").trim_end_matches(" -->")),
            None => {}
        }
    }
    assert!(code.is_none() && mark.is_none(), "a block does not end, or a comment has none");
    steps
}

#[track_caller]
fn step(mark: Option<&str>, text: String) -> Step {
    let words = mark.unwrap_or_default();
    match words.split_once(' ').unwrap_or((words, "")) {
        ("run", "") => Step::Run(text),
        ("serve", "") => Step::Serve(text),
        ("docker", "") => Step::Docker(text),
        ("file", path) if !path.is_empty() => Step::File { path: path.to_owned(), text },
        ("insert", place) => {
            let (path, below) = place.split_once(" below ").expect("insert PATH below TEXT");
            Step::Insert { path: path.to_owned(), below: below.to_owned(), text }
        }
        ("replace", place) => {
            let (path, line) = place.split_once(' ').expect("replace PATH TEXT");
            Step::Replace { path: path.to_owned(), line: line.to_owned(), text }
        }
        _ => panic!("what is to be done with this block? {mark:?}\n{text}"),
    }
}

#[test]
fn a_page_is_read_step_by_step() {
    let page = "# Title\n\n<!-- run -->\n```sh\none\n\ntwo\n```\n\nText.\n\n<!-- file a/b.rs -->\n```rust\nfn x() {}\n```\n\
        <!-- insert a/b.rs below fn x -->\n```rust\nfn y() {}\n```\n<!-- replace a/b.rs fn -->\n```rust\nfn z() {}\n```\n\
        <!-- docker -->\n```sh\nx\n```\n<!-- serve -->\n```sh\ny\n```\n";
    let (path, text) = ("a/b.rs".to_owned(), "fn x() {}\n".to_owned());
    let expected = [
        Step::Run("one\n\ntwo\n".to_owned()),
        Step::File { path: path.clone(), text },
        Step::Insert { path: path.clone(), below: "fn x".to_owned(), text: "fn y() {}\n".to_owned() },
        Step::Replace { path, line: "fn".to_owned(), text: "fn z() {}\n".to_owned() },
        Step::Docker("x\n".to_owned()),
        Step::Serve("y\n".to_owned()),
    ];
    assert_eq!(steps(page), expected);
}
