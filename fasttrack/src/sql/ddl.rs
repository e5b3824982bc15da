//! The table of a resource and the indexes that its lists need, derived from the declaration.

use super::{
    Class, Predicate,
    definition::{ColumnDefinition, ForeignKey, Holds, IndexDefinition, TableDefinition},
    dialect,
    policy::fold,
    text::quote,
};
use crate::{
    db::Dialect,
    schema::{Catalog, Column, Fallback, Kind, LinkError, Literal, Model, OnDelete, Path, Rule, Verb},
};

/// The table of `model` in a database of this kind.
///
/// # Errors
/// [`LinkError`] when a path of the list rule does not resolve, which declarations that compiled cannot cause.
pub fn define(dialect: Dialect, catalog: &Catalog, model: &Model) -> Result<TableDefinition, LinkError> {
    let columns = model.schema.columns.iter().map(|column| column_definition(dialect, catalog, column));
    Ok(TableDefinition {
        name: model.schema.plural.to_owned(),
        columns: columns.collect::<Result<_, _>>()?,
        indexes: indexes(catalog, model)?,
    })
}

fn column_definition(dialect: Dialect, catalog: &Catalog, column: &Column) -> Result<ColumnDefinition, LinkError> {
    let choices = if let Kind::Choice(words) = column.kind { words } else { &[] };
    let references = if let Kind::Relation(target) = column.kind {
        let table = catalog.find(target).ok_or_else(|| LinkError::unresolved(column.name, target))?.schema.plural;
        let on_delete = column.on_delete.unwrap_or(OnDelete::Restrict);
        Some(ForeignKey { table: table.to_owned(), on_delete })
    } else {
        None
    };
    Ok(ColumnDefinition {
        name: column.key.to_owned(),
        holds: holds(column.kind),
        choices: choices.iter().map(|&word| word.to_owned()).collect(),
        nullable: column.nullable,
        default: stored_default(column).map(|value| dialect.sql().literal(value)),
        references,
    })
}

const fn holds(kind: Kind) -> Holds {
    match kind {
        Kind::Id => Holds::Id,
        Kind::Text => Holds::Text,
        Kind::Bool => Holds::Bool,
        Kind::Int => Holds::Int,
        Kind::Float => Holds::Float,
        Kind::Timestamp => Holds::Timestamp,
        Kind::Date => Holds::Date,
        Kind::Json => Holds::Json,
        Kind::Choice(_) => Holds::Choice,
        Kind::Relation(_) => Holds::Relation,
        Kind::Email => Holds::Email,
        Kind::PasswordHash => Holds::PasswordHash,
        Kind::CreatedAt => Holds::CreatedAt,
        Kind::UpdatedAt => Holds::UpdatedAt,
    }
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

fn indexes(catalog: &Catalog, model: &Model) -> Result<Vec<IndexDefinition>, LinkError> {
    let schema = model.schema;
    let mut made = Vec::new();
    for column in schema.columns {
        let own = dialect::match_key(column, &quote(column.key));
        if column.unique {
            made.push(index(schema.plural, &format!("{}_unique", column.key), vec![own], true));
        } else if column.index || matches!(column.kind, Kind::Relation(_)) {
            made.push(index(schema.plural, column.key, vec![own], false));
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
            made.push(index(schema.plural, &name, keys, false));
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

fn index(table: &str, name: &str, keys: Vec<String>, unique: bool) -> IndexDefinition {
    IndexDefinition { name: format!("{table}_{name}"), unique, keys }
}
