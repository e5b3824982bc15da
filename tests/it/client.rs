//! The client in TypeScript, against the declarations of the applications of this repository: what each says is there, and
//! nothing more. That it compiles and works is seen by the target `client`.

use fasttrack::{
    Application,
    schema::{Catalog, Column, Effect, Model, Resources, Schema, Verb},
};

/// The keys of the interface of this name, with what they hold.
#[track_caller]
fn keys<'a>(text: &'a str, name: &str) -> Vec<(&'a str, &'a str)> {
    let start = format!("export interface {name} {{\n");
    let (_, rest) = text.split_once(&start).unwrap_or_else(|| panic!("there is no {name}"));
    let (body, _) = rest.split_once("\n}").unwrap_or_default();
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with(['/', '*']));
    lines.filter_map(|line| line.trim_end_matches(';').split_once(": ")).collect()
}

fn pascal(snake: &str) -> String {
    let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
    snake.split('_').map(capital).collect()
}

#[track_caller]
fn check_fields(text: &str, name: &str, expected: &[&'static Column], what: &str) {
    let found: Vec<_> = keys(text, name).into_iter().map(|(key, _)| key.trim_end_matches('?')).collect();
    let found: Vec<_> = found.into_iter().filter(|key| *key != "current_password").collect();
    let expected: Vec<_> = expected.iter().map(|column| column.key).collect();
    assert_eq!(found, expected, "{what} of {name}");
}

fn columns(schema: &Schema, wanted: impl Fn(&Column) -> bool) -> Vec<&'static Column> {
    schema.columns.iter().filter(|column| wanted(column)).collect()
}

fn is_taken(schema: &Schema, column: &Column) -> bool {
    let by_the_server = column.is_automatic() || column.read_only || column.actor;
    !by_the_server && schema.under != Some(column.name)
}

fn check_resource(text: &str, model: &Model) {
    let schema = model.schema;
    let row = pascal(schema.name);
    check_fields(text, &row, &columns(schema, |column| !column.hidden), "what is shown");
    for (key, holds) in keys(text, &row) {
        let column = schema.column_of_key(key.trim_end_matches('?')).expect("a field that is declared");
        assert_eq!(holds.ends_with("| null"), column.nullable, "{row}.{key}: {holds}");
        for word in column.kind.words() {
            assert!(holds.contains(&format!("\"{word}\"")), "{row}.{key}: {holds}");
        }
    }
    if schema.rule(Verb::Create).is_some() {
        let name = format!("{row}Create");
        check_fields(text, &name, &columns(schema, |column| is_taken(schema, column)), "what creates");
    }
    if schema.rule(Verb::Update).is_some() {
        let is_changed = |column: &Column| is_taken(schema, column) && !column.write_once && !column.hidden;
        check_fields(text, &format!("{row}Update"), &columns(schema, is_changed), "what changes");
        assert!(
            keys(text, &format!("{row}Update")).iter().all(|(key, _)| key.ends_with('?')),
            "all of it may be left out"
        );
    }
    if schema.rule(Verb::List).is_some() {
        let is_filter = |column: &Column| column.filter || column.key == "id";
        check_fields(text, &format!("{row}Filter"), &columns(schema, is_filter), "filters");
        let sorts = text.lines().find(|line| line.starts_with(&format!("export type {row}Sort = "))).expect("an order");
        for column in schema.columns.iter().filter(|column| column.key != "id") {
            assert_eq!(sorts.contains(&format!("\"-{}\"", column.key)), column.sort, "{row}.{}: {sorts}", column.key);
        }
    }
    check_methods(text, schema, &row);
    for trigger in schema.triggers {
        if let Effect::Event { name, payload, .. } = trigger.effect {
            let events = keys(text, "Events");
            let (_, data) = events.iter().find(|(event, _)| *event == name).expect("an event that is declared");
            let told = payload.iter().map(|value| value.key.to_owned()).chain([format!("{}_id", schema.name)]);
            for key in told {
                assert!(data.contains(&format!(" {key}: ")), "{name}.{key}: {data}");
            }
        }
    }
}

fn check_methods(text: &str, schema: &Schema, row: &str) {
    let (_, class) = text.split_once(&format!("export class {row}Api extends Rows {{\n")).expect("a class");
    let (class, _) = class.split_once("\n}\n").expect("its end");
    let methods = [
        (Verb::Create, "create"),
        (Verb::List, "list"),
        (Verb::Read, "get"),
        (Verb::Update, "update"),
        (Verb::Delete, "delete"),
        (Verb::Restore, "restore"),
        (Verb::History, "history"),
    ];
    for (verb, method) in methods {
        let starts = ["(", "<"].map(|next| format!("  {method}{next}"));
        let is_there = class.lines().any(|line| starts.iter().any(|start| line.starts_with(start)));
        assert_eq!(is_there, schema.rule(verb).is_some(), "{row}: {method}");
    }
    for column in schema.columns.iter().filter(|column| column.file.is_some()) {
        assert!(class.contains(&format!("    {}: {{\n      put: ", column.name)), "{row}.{}", column.name);
    }
}

#[track_caller]
fn check(application: &Application, resources: impl Into<Resources>) {
    let text = application.typescript().expect("the declarations fit together");
    assert_eq!(text, application.typescript().unwrap(), "twice the same");
    let catalog = Catalog::of(&resources.into()).unwrap();
    for model in catalog.models() {
        check_resource(&text, model);
    }
    let triggers: Vec<_> = catalog.models().iter().flat_map(|model| model.schema.triggers).collect();
    let declares = |event: &str| {
        triggers.iter().any(|trigger| matches!(trigger.effect, Effect::Event { name, .. } if name == event))
    };
    assert!(keys(&text, "Events").iter().all(|(event, _)| declares(event)), "no event that is not declared");
}

#[test]
fn the_tracker_is_as_it_is_declared() {
    check(&resources::application(), resources::RESOURCES);
}

#[test]
fn the_workspace_is_as_it_is_declared() {
    check(&workspace::application(), workspace::RESOURCES);
}
