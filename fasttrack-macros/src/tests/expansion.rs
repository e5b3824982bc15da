//! What is generated: data, once per name of the declaration, and the struct even of a wrong one.

use proc_macro2::{TokenStream, TokenTree};

use super::{expand, task};
use crate::choice;

/// A declaration that uses the whole language.
fn everything() -> String {
    task(
        "under = project, plural = \"chores\", conceal, hooks",
        "#[can(create, list, delete: project.owner | role(Admin))]
         #[can(update: member & !(project.status == Archived | rank > 3 | weight >= 0.5 | title != \"x\")
             -> member & rank < 9)]
         #[rule(member: project.member | assignee)]
         #[on(changed(status -> Done) => done { old: old.status, of: project.name } to project.owner except actor)]
         #[on(changed(assignee) => run crate::mail::tell)]",
        "#[field(range = -3..=3, default = -1, filter(also = score), sort)] pub rank: i64,
         #[field(range = 0.0..=1000, default = 1)] pub weight: f64,
         #[field(hidden, read_only, default)] pub secret: bool,
         #[field(actor, on_delete = restrict)] pub author: BelongsTo<User>,
         #[field(flow(New -> Old), default = New)] pub phase: Phase,
         #[field(write = role(Admin), unique, index)] pub due: Option<Date>,",
    )
}

/// Every word of some code, and every `?`.
fn idents(tokens: TokenStream, found: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => idents(group.stream(), found),
            TokenTree::Ident(ident) => found.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == '?' => found.push("?".to_owned()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[test]
fn nothing_generated_has_control_flow() {
    let (resource, errors) = expand(&everything());
    assert!(errors.is_empty(), "{errors:?}");
    let (choice, errors) = choice::expand("pub enum Status { Todo, Done }".parse().expect("tokens"));
    assert!(errors.is_empty(), "{errors:?}");
    let mut found = Vec::new();
    idents(resource, &mut found);
    idents(choice, &mut found);
    idents(super::snapshot::expansion().parse().expect("tokens"), &mut found);
    assert!(found.len() > 500, "the expansion was walked");
    // `for` occurs in `impl … for`; a loop of that name also needs `in`.
    for word in ["if", "else", "match", "while", "loop", "in", "async", "await", "return", "?"] {
        assert!(!found.iter().any(|ident| ident == word), "`{word}` is control flow");
    }
}

#[test]
fn every_name_of_a_path_is_mentioned_once() {
    let source =
        task("", "#[can(list: alpha.beta.gamma)]", "#[field(on_delete = cascade)] pub alpha: BelongsTo<Alpha>,");
    let (tokens, errors) = expand(&source);
    assert!(errors.is_empty(), "{errors:?}");
    let mut found = Vec::new();
    idents(tokens, &mut found);
    for name in ["beta", "gamma"] {
        assert_eq!(found.iter().filter(|ident| *ident == name).count(), 1, "{name}");
    }
}

#[track_caller]
fn contains(source: &str, parts: &[&str]) {
    let (tokens, errors) = expand(source);
    assert!(errors.is_empty(), "{errors:?}");
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let text = dense(&tokens.to_string());
    for part in parts {
        let part = dense(part);
        assert!(text.contains(&part), "{part} is not in {text}");
    }
}

#[test]
fn options_become_calls_of_builders() {
    contains(
        &everything(),
        &[
            ".int_range(-3i64, 3i64).default_value(__ft::Literal::Int(-1i64)).filter(&[\"score\"]).sort()",
            ".float_range(0f64, 1000f64).default_value(__ft::Literal::Float(1f64))",
            ".hidden().read_only().default_empty()",
            ".actor().on_delete(__ft::OnDelete::Restrict)",
            "Schema::new(\"task\", \"chores\").doc(\"\").under(\"project\").conceal()",
            "Column::choice::<Status>(\"status\", \"status\")",
            "#[serde(deserialize_with = \"::fasttrack::__private::By::<Status>::read\")]",
            "#[serde(serialize_with = \"::fasttrack::__private::By::<Status>::write\")]",
            "__ft::Column::flow(__ft::Column::choice::<Phase>(\"phase\", \"phase\").doc(\"\")",
            "const { &[__ft::Transition::new(__ft::words::<Phase>().New, const { &[__ft::words::<Phase>().Old] })] })",
            ".hooks(::fasttrack::hooks::of::<Task>())",
            "impl ::fasttrack::hooks::Hooked for Task {}",
            "const __AFTERWARDS: __ft::Rule = __ft::Rule::All(&[__HERE.rule(__HERE.fields().member),",
            "__ft::Grant::new(__ft::Verb::Update, __CAN_2)] }).afterwards(__AFTERWARDS).triggers(",
            "#[derive(::fasttrack::__private::Serialize)]",
            "#[serde(rename = \"assignee_id\")] pub assignee: Option<BelongsTo<User>>,",
            "Trigger::run(__ft::Change::changed(\"assignee\"), \"crate::mail::tell\", |change, context| \
             ::fasttrack::job::run::<Task>(crate::mail::tell, change, context))",
        ],
    );
}

#[test]
fn former_names_are_kept_for_migrations() {
    let source = task("was = chores", "", "#[field(was = rank)] pub weight: i64,");
    contains(&source, &["Schema::new(\"task\", \"tasks\").doc(\"\").was(\"chores\")", ".was(\"rank\")"]);
}

#[test]
fn what_the_struct_derives_itself_is_not_derived_twice() {
    let count = |source: &str| expand(source).0.to_string().matches("Serialize").count();
    assert_eq!(count(&task("", "", "")), 0, "only what hooks may change has to be written back");
    assert_eq!(count(&task("hooks", "", "")), 1);
    assert_eq!(count(&task("hooks", "#[derive(Debug, serde::Serialize)]", "")), 1);
}

#[test]
fn and_binds_tighter_than_or() {
    let source = task("", "#[can(list: assignee | authenticated & anyone)]", "");
    contains(&source, &["Rule::All(&[__ft::Rule::Authenticated, __ft::Rule::Anyone])"]);
}

#[test]
fn a_wrong_declaration_still_has_its_struct_and_paths() {
    let (tokens, errors) = expand(&task("", "#[can(lsit: anyone)]", "#[field(serach)] pub x: i64,"));
    assert_eq!(errors.len(), 2);
    let text = tokens.to_string();
    for part in ["pub struct Task", "struct TaskFields", "Resource for Task", "pub x : i64"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("# [field") && !text.contains("# [can"), "{text}");
    assert!(text.contains("Deserialize < 'de > for Task") && !text.contains("Serialize for Task"), "{text}");
    let (tokens, _) = expand(&task("hooks", "#[can(lsit: anyone)] #[derive(serde::Deserialize)]", ""));
    let text = tokens.to_string();
    assert!(text.contains("Serialize for Task") && !text.contains("Deserialize < 'de > for Task"), "{text}");
    assert!(text.contains("Hooked for Task"), "{text}");
}

#[test]
fn an_attribute_that_stands_elsewhere_is_told() {
    let (tokens, errors) = crate::resource::misplaced("can", "struct Task;".parse().expect("tokens"));
    assert_eq!(tokens.to_string(), "struct Task ;");
    assert!(errors.iter().all(|error| error.to_string().contains("belongs below `#[resource]`")));
    let (_, errors) = crate::resource::expand(TokenStream::new(), "enum Task {}".parse().expect("tokens"));
    assert!(errors.iter().any(|error| error.to_string().contains("stands on a struct")));
}
