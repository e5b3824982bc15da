//! While somebody types: one message at most, and the struct, its paths and the rest of it stay for everybody else.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use syn::{File, Item};

use super::{field, task};
use crate::resource;

/// Expects one message of every source, and everything that others refer to.
#[track_caller]
fn check(sources: impl IntoIterator<Item = String>) {
    let found: Vec<String> = sources.into_iter().filter_map(|source| misbehaves(&source)).collect();
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

fn misbehaves(source: &str) -> Option<String> {
    let tokens: TokenStream = source.parse().unwrap_or_else(|error| panic!("{error} in {source}"));
    let (arguments, item) = super::attribute_and_item(&tokens);
    let (tokens, errors) = resource::expand(arguments, item);
    let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let file: File = syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("{error} in {tokens}"));
    let structs = file.items.iter().filter_map(|item| match item {
        Item::Struct(item) => {
            let names: HashSet<_> = item.fields.iter().map(|field| field.ident.clone()).collect();
            // A name that stands there twice would be a second message.
            (names.len() == item.fields.len()).then(|| (item.ident.to_string(), item.fields.len()))
        }
        _ => None,
    });
    let structs: Vec<_> = structs.collect();
    let is_whole = matches!(structs.as_slice(), [(task, fields), (paths, parts)]
        if task == "Task" && paths == "TaskFields" && *fields >= 7 && *parts >= 7)
        && tokens.to_string().contains("Resource for Task");
    (messages.len() != 1 || !is_whole).then(|| format!("{messages:#?}, {structs:?} in {source}"))
}

#[test]
fn an_attribute_of_the_struct() {
    let attributes = [
        "#[can]",
        "#[can()]",
        "#[can(list)]",
        "#[can(list: )]",
        "#[can(list: project.)]",
        "#[can(list: project.owner | )]",
        "#[can(list: role())]",
        "#[can(list: role)]",
        "#[can(list: status ==)]",
        "#[can(list: (assignee | ))]",
        "#[can(update: assignee ->)]",
        "#[can(update: assignee -> | )]",
        "#[can(update: -> assignee)]",
        "#[rule]",
        "#[rule(member)]",
        "#[rule(member: )]",
        "#[rule(member: ) ]#[can(list: member)]",
        "#[rule(member: assignee)] #[rule(member: project.owner)]",
        "#[rule(title: assignee)]",
        "#[on]",
        "#[on()]",
        "#[on(created)]",
        "#[on(created =>)]",
        "#[on(changed)]",
        "#[on(changed() => done to assignee)]",
        "#[on(changed(status ->) => done to assignee)]",
        "#[on(created => done)]",
        "#[on(created => done { } to)]",
        "#[on(created => done { key } to assignee)]",
        "#[on(created => done { key: } to assignee)]",
        "#[on(created => done to assignee except)]",
        "#[on(created => run)]",
        "#[on(created => run crate::)]",
    ];
    check(attributes.map(|attribute| task("", attribute, "")));
    let arguments = ["under", "under =", "plural", "plural =", "acc", "conceal,, hooks"];
    check(arguments.map(|arguments| task(arguments, "", "")));
}

#[test]
fn a_constraint() {
    let attributes = [
        "#[unique]",
        "#[unique()]",
        "#[unique(title)]",
        "#[unique(title,)]",
        "#[unique(title, 3)]",
        "#[unique(title status)]",
        "#[unique(title, status) ] #[unique(status, title)]",
        "#[limit]",
        "#[limit()]",
        "#[limit(5)]",
        "#[limit(5 per)]",
        "#[limit(5 per title in)]",
        "#[exclusive]",
        "#[exclusive()]",
        "#[exclusive(title)]",
        "#[exclusive(title..)]",
        "#[exclusive(title..title)]",
        "#[check]",
        "#[check()]",
        "#[check(title)]",
        "#[check(title ==)]",
        "#[check(title == )]",
        "#[check(status == Todo |)]",
        "#[check((status == ))]",
        "#[check(project.title == 3)]",
    ];
    check(attributes.map(|attribute| task("", attribute, "")));
}

#[test]
fn an_attribute_of_a_field() {
    check(
        [
            "#[field(default, len)] pub x: String,",
            "#[field(len = )] pub x: String,",
            "#[field(len = 1..=)] pub x: String,",
            "#[field(len = 1..=9, fil)] pub x: String,",
            "#[field(len = 1..=9, filter(al))] pub x: String,",
            "#[field(len = 1..=9, filter(also))] pub x: String,",
            "#[field(len = 1..=9, filter(also = ))] pub x: String,",
            "#[field(default = )] pub x: i64,",
            "#[field(default = Status::)] pub x: Status,",
            "#[field(range = )] pub x: i64,",
            "#[field(write = )] pub x: i64,",
            "#[field(write = role)] pub x: i64,",
            "#[field(on_delete)] pub x: BelongsTo<User>,",
            "#[field(on_delete = )] pub x: BelongsTo<User>,",
            "#[field(on_delete = set)] pub x: BelongsTo<User>,",
            "#[field] pub x: i64,",
            "#[field = 3] pub x: i64,",
        ]
        .map(field),
    );
}

#[test]
fn a_field() {
    check(
        [
            "pub x: ,",
            "pub x,",
            "pub x: Json<,",
            "pub x: Option<>,",
            "pub x: BelongsTo,",
            "pub ,",
            "#[field(len = ..=9)]",
            "#[field(len = ..=9)] pub,",
            "x: Strin String,",
            "pub is_open: bool,",
        ]
        .map(field),
    );
}
#[test]
fn what_is_missing_is_named() {
    for (source, token, words) in [
        ("#[can]", "can", "is written `#[can(read, update: owner)]`"),
        ("#[can()]", ")", "expected verbs and a rule"),
        ("#[can(list: )]", ")", "expected a rule: a relation to the account"),
        ("#[can(list: project.)]", ")", "name a field"),
        ("#[rule(member)]", ")", "expected a name and a rule"),
        ("#[on()]", ")", "say when: `created`"),
        ("#[on(changed() => done to assignee)]", ")", "say of which field"),
        ("#[on(created => done to)]", ")", "expected a path"),
        ("#[on(created => run)]", ")", "say which function"),
    ] {
        super::check(&super::attribute(source), token, words);
    }
    for (source, token, words) in [
        ("#[field] pub x: i64,", "field", "is written `#[field(default, filter)]`"),
        ("#[field(range = )] pub x: i64,", ")", "expected an integer"),
        ("#[field(filter(also))] pub x: i64,", ")", "say by which name"),
        ("#[field(on_delete = )] pub x: BelongsTo<User>,", ")", "say which: `cascade`"),
    ] {
        super::check(&field(source), token, words);
    }
    for (arguments, token, words) in
        [("under", "under", "written `under = project`"), ("hooks,,", ",", "expected an option")]
    {
        super::check(&task(arguments, "", ""), token, words);
    }
}
