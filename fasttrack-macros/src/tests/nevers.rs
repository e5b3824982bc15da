//! `#[never]` and `assert_never!`: what nobody may do.

use super::{accept, attribute, check, expand, task};
use crate::assertion;

#[test]
fn a_sentence_is_a_rule_and_verbs() {
    for sentence in [
        "anonymous: read",
        "role(User) & !project.owner: read.title, history",
        "assignee | is_open == true & caller.is_active == true: read",
        "!(status == Todo): read",
    ] {
        accept(&task("history", &format!("#[never({sentence})]"), ""));
    }
    let (tokens, _) = expand(&attribute("#[never(anonymous: read, read.title)]"));
    let text = tokens.to_string().replace(' ', "");
    for part in [
        "__NEVER_0:__ft::Rule=__ft::Rule::Not(&__ft::Rule::Authenticated)",
        "__ft::Never::new(__NEVER_0,const{&[__ft::Forbidden::new(__ft::Verb::Read),__ft::Forbidden::new(__ft::Verb::Read).field(\"title\")]})",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(text.matches("::fasttrack::schema::assert_never(").count(), 2, "{text}");
    let (tokens, _) = expand(&attribute(""));
    assert!(!tokens.to_string().contains("never"), "what is not said leaves no trace");
}

#[test]
fn what_cannot_be_done_is_not_forbidden() {
    const HIDDEN: &str = "#[field(hidden, default)] pub secret: i64, #[field(default, read_only)] pub seen: bool,";
    for (sentence, token, words) in [
        ("anonymous: reed", "reed", "`reed` is no verb; did you mean `read`?"),
        ("anonymous: delete", "delete", "nobody may `delete` anyway"),
        ("anonymous: history", "history", "nobody may `history` anyway"),
        ("anonymous: show", "show", "shown to whoever may `read` it"),
        ("anonymous: read.titel", "titel", "`Task` has no field or rule `titel`; did you mean `title`?"),
        ("anonymous: read.secret", "secret", "`read` never shows `secret`, which is hidden"),
        ("anonymous: create.seen", "seen", "`create` never takes `seen`, which the server sets"),
        ("anonymous: create.created_at", "created_at", "`create` never takes `created_at`, which the server sets"),
        ("anonymous: update.project", "project", "`update` never takes `project`, which is `write_once`"),
        ("asignee: read", "asignee", "did you mean `assignee`?"),
        ("self: read", "self", "`self` is the account that the row is"),
    ] {
        let source = task("", &format!("#[can(create, update: assignee)] #[never({sentence})]"), HIDDEN);
        check(&source, token, words);
    }
    check(
        &task(
            "keep_deleted = 1d",
            "#[can(delete: assignee)] #[never(anonymous: delete.title)]",
            "pub gone_at: DeletedAt,",
        ),
        "title",
        "`delete` never speaks of single fields",
    );
}

#[test]
fn a_sentence_has_its_form() {
    for (attributes, token, words) in [
        ("#[never]", "never", "this is written `#[never(role(User): update.role)]`"),
        ("#[never(anonymous)]", ")", "say who, and what he may never do"),
        ("#[never(anonymous:)]", ")", "say who, and what he may never do"),
        ("#[never(anonymous: read.)]", ")", "say which field: `update.role`"),
        ("#[never(anonymous: read update)]", "update", "expected `,` and a further verb"),
        ("#[nevr(anonymous: read)]", "nevr", "did you mean `never`?"),
    ] {
        check(&attribute(attributes), token, words);
    }
}

/// What an assertion becomes, without blanks, or its mistakes.
fn asserted(source: &str) -> Result<String, Vec<String>> {
    let (tokens, errors) = assertion::expand(source.parse().expect("tokens"));
    let text = tokens.to_string().replace(' ', "");
    if errors.is_empty() { Ok(text) } else { Err(errors.iter().map(ToString::to_string).collect()) }
}

#[test]
fn an_assertion_is_a_sentence_about_an_application() {
    let text = asserted("app(), task::Task, role(User) & !project.owner: delete, update.title").expect("tokens");
    for part in [
        "__ft::Walk<task::Task>",
        "__ft::Rule::Role(\"user\")",
        "Some(<task::Taskas__ft::Resource>::NAME)",
        "assert_never(&app(),",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let text = asserted("app, anonymous | role(TeamLead): read").expect("tokens");
    assert!(text.contains("Role(\"team_lead\")") && text.contains("Option::None") && !text.contains("Walk"), "{text}");
    for (source, words) in [
        ("", "say of which application, and what"),
        ("app", "say of which application, and what"),
        ("app, owner: read", "say of which resource"),
        ("app, !(is_open == true): read", "say of which resource"),
        ("app, Task, owner", "say who, and what he may never do"),
        ("app, Task, owner: reed", "did you mean `read`?"),
    ] {
        let found = asserted(source).unwrap_err();
        assert!(matches!(&found[..], [message] if message.contains(words)), "{source}: {found:?}");
    }
}
