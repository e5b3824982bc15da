//! The table of a resource and the indexes that its lists need, derived from the declaration.

use super::{
    Class, Predicate, dialect,
    policy::fold,
    text::{quote, text_literal},
};
use crate::schema::{Catalog, Column, Fallback, Kind, LinkError, Literal, Model, OnDelete, Path, Rule, Verb};

/// The statements that make a table, and nothing but it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDefinition {
    /// Name of the table.
    pub name: &'static str,
    /// `CREATE TABLE`.
    pub table: String,
    /// `CREATE INDEX`, one each.
    pub indexes: Vec<String>,
}

/// The table of `model`.
///
/// # Errors
/// [`LinkError`] when a path of the list rule does not resolve, which declarations that compiled cannot cause.
pub fn define(catalog: &Catalog, model: &Model) -> Result<TableDefinition, LinkError> {
    let name = model.schema.plural;
    let columns = model.schema.columns.iter().map(|column| column_definition(catalog, column));
    let body = columns.collect::<Result<Vec<_>, _>>()?.join(",\n  ");
    let table = format!("CREATE TABLE {} (\n  {body}\n) STRICT", quote(name));
    Ok(TableDefinition { name, table, indexes: indexes(catalog, model)? })
}

fn column_definition(catalog: &Catalog, column: &Column) -> Result<String, LinkError> {
    let name = quote(column.key);
    if column.kind == Kind::Id {
        return Ok(format!("{name} INTEGER PRIMARY KEY AUTOINCREMENT"));
    }
    let mut text = format!("{name} {}", dialect::column_type(column.kind));
    if !column.nullable {
        text.push_str(" NOT NULL");
    }
    if let Some(value) = stored_default(column) {
        text.push_str(" DEFAULT ");
        text.push_str(&dialect::literal(value));
    }
    match column.kind {
        Kind::Choice(words) => {
            let words: Vec<_> = words.iter().map(|word| text_literal(word)).collect();
            text = format!("{text} CHECK ({name} IN ({}))", words.join(", "));
        }
        Kind::Bool => text = format!("{text} CHECK ({name} IN (0, 1))"),
        Kind::Json => text = format!("{text} CHECK (json_valid({name}))"),
        Kind::Relation(target) => {
            let table = catalog.find(target).ok_or_else(|| LinkError::unresolved(column.name, target))?.schema.plural;
            let action = match column.on_delete {
                Some(OnDelete::Cascade) => "CASCADE",
                Some(OnDelete::SetNull) => "SET NULL",
                Some(OnDelete::Restrict) | None => "RESTRICT",
            };
            text = format!("{text} REFERENCES {} (\"id\") ON DELETE {action}", quote(table));
        }
        _ => {}
    }
    Ok(text)
}

/// What a column holds when nothing is said, as the declaration says it.
#[must_use]
pub fn stored_default(column: &Column) -> Option<Literal> {
    match column.fallback {
        Fallback::Required => None,
        Fallback::Value(value) => Some(value),
        Fallback::Empty if column.nullable => None,
        Fallback::Empty => match column.kind {
            Kind::Bool => Some(Literal::Bool(false)),
            Kind::Int => Some(Literal::Int(0)),
            Kind::Float => Some(Literal::Float(0.0)),
            Kind::Json => Some(Literal::Text("null")),
            Kind::Text | Kind::Email => Some(Literal::Text("")),
            _ => None,
        },
    }
}

fn indexes(catalog: &Catalog, model: &Model) -> Result<Vec<String>, LinkError> {
    let schema = model.schema;
    let mut made = Vec::new();
    for column in schema.columns {
        let own = dialect::match_key(column, &quote(column.key));
        if column.unique {
            made.push(index(schema.plural, &format!("{}_unique", column.key), &[own], true));
        } else if column.index || matches!(column.kind, Kind::Relation(_)) {
            made.push(index(schema.plural, column.key, &[own], false));
        }
    }
    for scope in scopes(catalog, model)? {
        for column in schema.columns.iter().filter(|column| column.filter || column.sort) {
            let covered = scope.as_deref() == Some(column.key)
                || (scope.is_none() && (column.index || column.unique || matches!(column.kind, Kind::Relation(_))));
            if covered && !(scope.is_none() && column.sort && column.kind == Kind::Email) {
                continue;
            }
            let key = dialect::sort_key(column, &quote(column.key));
            let name = scope.iter().map(String::as_str).chain([column.key]).collect::<Vec<_>>().join("_");
            let name = if scope.is_none() { format!("by_{name}") } else { name };
            let keys: Vec<_> = scope.iter().map(|key| quote(key)).chain([key]).collect();
            made.push(index(schema.plural, &name, &keys, false));
        }
    }
    Ok(made)
}

/// What lists are confined to: the parent; or the relations that let an account see its own, and nothing at all where
/// some see everything.
fn scopes(catalog: &Catalog, model: &Model) -> Result<Vec<Option<String>>, LinkError> {
    if let Some(parent) = model.parent {
        return Ok(vec![Some(parent.key.to_owned())]);
    }
    let Some(rule) = model.schema.rule(Verb::List) else { return Ok(Vec::new()) };
    let mut scopes = Vec::new();
    let folded: Vec<Predicate> =
        Class::every(catalog).into_iter().map(|class| fold(catalog, model, rule, class)).collect::<Result<_, _>>()?;
    if folded.iter().any(|policy| !policy.is_never() && !narrow(policy)) {
        scopes.push(None);
    }
    let mut own = Vec::new();
    collect_own(rule, &mut own);
    for path in own {
        let (steps, _) = catalog.walk(model, &path)?;
        if let [step] = steps.as_slice() {
            scopes.push(Some(step.key.to_owned()));
        }
    }
    Ok(scopes)
}

/// Whether a predicate confines the rows to those of one account by a single column.
fn narrow(policy: &Predicate) -> bool {
    match policy {
        Predicate::Leaf(super::Leaf::Account(steps)) => steps.len() == 1,
        Predicate::All(parts) => parts.iter().any(narrow),
        Predicate::Any(parts) => parts.iter().all(narrow),
        _ => false,
    }
}

fn collect_own(rule: &Rule, paths: &mut Vec<Path>) {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => parts.iter().for_each(|part| collect_own(part, paths)),
        Rule::Related(path) if !paths.contains(path) => paths.push(*path),
        _ => {}
    }
}

/// An index; the row id ends every index of `SQLite` by itself, so that ties come in the order of ids.
fn index(table: &str, name: &str, keys: &[String], unique: bool) -> String {
    let unique = if unique { "UNIQUE " } else { "" };
    format!("CREATE {unique}INDEX {} ON {} ({})", quote(&format!("{table}_{name}")), quote(table), keys.join(", "))
}
