//! The table of a resource and the indexes that its lists need, derived from the declaration.

use std::collections::HashSet;

use super::{
    CallerRole, Predicate,
    asked::asked_by_others,
    condition,
    definition::{
        CheckDefinition, ColumnDefinition, ExclusionDefinition, ForeignKey, IndexDefinition, TableDefinition,
    },
    dialect::{
        self,
        schema::{IndexKey, SchemaSyntax},
    },
    figure::figures,
    policy::fold,
    search,
    text::quote,
    there::only_there,
};
use crate::{
    db::Dialect,
    schema::{
        Catalog, Check, Column, Exclusive, Fallback, Kind, LinkError, Literal, Model, OnDelete, Path, Rule, Schema,
        Verb,
    },
};

/// The table of `model` in a database of this kind.
///
/// # Errors
/// [`LinkError`] when a path of the list rule does not resolve, which declarations that compiled cannot cause.
pub fn define(dialect: Dialect, catalog: &Catalog, model: &Model) -> Result<TableDefinition, LinkError> {
    let columns = model.schema.columns.iter().filter(|column| column.is_stored());
    let columns = columns.map(|column| column_definition(dialect, catalog, column));
    Ok(TableDefinition {
        name: model.schema.plural.to_owned(),
        columns: columns.collect::<Result<_, _>>()?,
        indexes: indexes(dialect, catalog, model)?,
        checks: checks(dialect, model.schema),
        figures: figures(dialect, catalog, model)?,
        search: search::define(dialect, model.schema),
        exclusions: model.schema.exclusives.iter().map(|one| exclusion(dialect, model.schema, one)).collect(),
    })
}

fn column_definition(dialect: Dialect, catalog: &Catalog, column: &Column) -> Result<ColumnDefinition, LinkError> {
    let references = if let Kind::Relation(target) = column.kind {
        let table = catalog.find(target).ok_or_else(|| LinkError::unresolved(column.name, target))?.schema.plural;
        let on_delete = column.on_delete.unwrap_or(OnDelete::Restrict);
        Some(ForeignKey { table: table.to_owned(), on_delete })
    } else {
        None
    };
    Ok(ColumnDefinition {
        name: column.key.to_owned(),
        holds: column.kind.holds(),
        choices: column.kind.words().iter().map(|&word| word.to_owned()).collect(),
        scale: column.kind.scale(),
        nullable: column.nullable,
        default: stored_default(column).map(|value| dialect.sql().literal(value)),
        references,
    })
}

/// What a column holds when nothing is said, as the declaration says it.
#[must_use]
pub fn stored_default(column: &Column) -> Option<Literal> {
    match column.fallback {
        Fallback::Required => None,
        Fallback::Value(value) => Some(value),
        Fallback::Empty if column.nullable => None,
        Fallback::Empty => column.kind.empty(),
    }
}

fn indexes(dialect: Dialect, catalog: &Catalog, model: &Model) -> Result<Vec<IndexDefinition>, LinkError> {
    let (schema, syntax) = (model.schema, dialect.schema());
    let scopes = scopes(catalog, model)?;
    let mut made = Vec::new();
    let mut index = |name: &str, keys: Vec<IndexKey>, unique: bool| {
        let name = syntax.index_name(&format!("{}_{name}", schema.plural));
        let only = only_there(schema.deleted_key()).filter(|_| unique || !is_of_foreign_key(schema, &keys));
        made.push(IndexDefinition { name, unique, inverted: false, keys: syntax.index_keys(keys, unique), only });
    };
    for column in schema.columns {
        if column.unique {
            index(&format!("{}_unique", column.key), vec![match_key(column)], true);
        } else if column.index || is_looked_up(schema, column, &scopes) {
            index(column.key, vec![match_key(column)], false);
        }
    }
    for unique in schema.uniques {
        let columns = unique.keys.iter().filter_map(|key| schema.column_of_key(key));
        index(unique.name, columns.map(match_key).collect(), true);
    }
    for exclusive in schema.exclusives.iter().filter(|_| syntax.excludes_along_index()) {
        let keys = exclusive.per.iter().chain([&exclusive.start]).filter_map(|key| schema.column_of_key(key));
        let keys = keys.map(|column| index_key(column, condition::expression(schema, column.key)));
        index(exclusive.name, keys.collect(), false);
    }
    for scope in scopes {
        for column in schema.columns.iter().filter(|column| is_listed_along(column)) {
            let is_in_order = syntax.lists_nulls_along_unique() || !column.nullable;
            let has_own = column.index || column.unique && is_in_order || matches!(column.kind, Kind::Relation(_));
            let covered = scope
                .map_or(has_own, |scope| scope.key == column.key || is_in_order && are_unique(schema, scope, column));
            if covered && !(scope.is_none() && column.sort && column.kind.facts().ignores_case) {
                continue;
            }
            let name =
                scope.map_or_else(|| format!("by_{}", column.key), |scope| format!("{}_{}", scope.key, column.key));
            let key = index_key(column, dialect::sort_key(column, &quote(column.key)));
            let keys = scope.map(|scope| index_key(scope, quote(scope.key))).into_iter().chain([key]);
            index(&name, keys.collect(), false);
        }
    }
    for [per, created] in counted_along(schema) {
        index(&format!("{}_{}", per.key, created.key), [per, created].map(plain_key).into(), false);
    }
    for [relation, account] in asked_by_others(catalog, model)? {
        for keys in [[relation, account], [account, relation]] {
            if schema.uniques.iter().any(|unique| unique.keys.starts_with(&keys.map(|column| column.key))) {
                continue;
            }
            let name = format!("{}_{}", keys[0].key, keys[1].key);
            // Whoever is null is nobody who asks: where nulls come is all the same.
            let key = |column: &Column| IndexKey { is_nullable: false, ..index_key(column, quote(column.key)) };
            index(&name, keys.map(key).into(), false);
        }
    }
    made.extend(erased_along(schema, syntax).into_iter().chain(list_indexes(syntax, schema)));
    let mut names = HashSet::new();
    made.retain(|index| names.insert(index.name.clone()));
    Ok(made)
}

/// Whether it is what a foreign key looks along, for what was deleted and is kept, too.
fn is_of_foreign_key(schema: &Schema, keys: &[IndexKey]) -> bool {
    let is_it = |column: &Column| matches!(column.kind, Kind::Relation(_)) && *keys == [match_key(column)];
    schema.columns.iter().any(is_it)
}

/// What rows are counted along that count for a while.
fn counted_along(schema: &Schema) -> impl Iterator<Item = [&'static Column; 2]> {
    let in_time = schema.limits.iter().filter(|limit| limit.within_us.is_some());
    in_time.filter_map(|limit| Some([schema.column_of_key(limit.per)?, schema.created()?]))
}

fn plain_key(column: &Column) -> IndexKey {
    index_key(column, quote(column.key))
}

/// What rows are found along that have been kept long enough.
fn erased_along(schema: &Schema, syntax: &dyn SchemaSyntax) -> Option<IndexDefinition> {
    let key = schema.deleted_key().filter(|_| schema.keep_deleted_us.is_some())?;
    let name = syntax.index_name(&format!("{}_{key}", schema.plural));
    let keys = vec![IndexKey { expression: quote(key), is_plain: true, is_nullable: false }];
    let only = Some(format!("{} IS NOT NULL", quote(key)));
    Some(IndexDefinition { name, unique: false, inverted: false, keys: syntax.index_keys(keys, false), only })
}

/// Whether lists go along an index over a column: what holds many values has no place in an order.
const fn is_listed_along(column: &Column) -> bool {
    column.is_stored() && !column.kind.facts().holds_many && (column.filter || column.sort)
}

/// By which lists are found that have a value, where the database has such an index.
fn list_indexes(syntax: &dyn SchemaSyntax, schema: &Schema) -> impl Iterator<Item = IndexDefinition> {
    let is_list = |column: &&Column| column.is_stored() && column.kind.facts().holds_many;
    schema.columns.iter().filter(is_list).filter(|column| column.filter).filter_map(move |column| {
        let name = syntax.index_name(&format!("{}_{}_has", schema.plural, column.key));
        let keys = vec![syntax.list_key(column.key)?];
        Some(IndexDefinition { name, unique: false, inverted: true, keys, only: only_there(schema.deleted_key()) })
    })
}

fn checks(dialect: Dialect, schema: &Schema) -> Vec<CheckDefinition> {
    let syntax = dialect.schema();
    let check = |check: &Check| {
        let keys = check.condition.keys();
        let columns = keys.iter().filter_map(|key| schema.column_of_key(key));
        let may_be_null = columns.into_iter().any(|column| column.nullable);
        CheckDefinition {
            name: syntax.index_name(&format!("{}_{}", schema.plural, check.name)),
            condition: syntax.condition(condition::write(dialect, schema, &check.condition), may_be_null),
            columns: keys.into_iter().map(str::to_owned).collect(),
        }
    };
    schema.checks.iter().map(check).collect()
}

fn exclusion(dialect: Dialect, schema: &Schema, exclusive: &Exclusive) -> ExclusionDefinition {
    ExclusionDefinition {
        name: dialect.schema().index_name(&format!("{}_{}", schema.plural, exclusive.name)),
        start: exclusive.start.to_owned(),
        end: exclusive.end.to_owned(),
        per: exclusive.per.iter().map(|&key| key.to_owned()).collect(),
        unless: schema.deleted_key().map(str::to_owned),
    }
}

/// Whether a relation needs an index of its own. A unique index that begins with it finds its rows as well, but not in the
/// order of ids, in which lists go along it.
fn is_looked_up(schema: &Schema, column: &Column, scopes: &[Option<&Column>]) -> bool {
    let is_listed = column.filter || column.sort || scopes.iter().flatten().any(|scope| scope.key == column.key);
    // One over rows that are there finds no others.
    let is_found =
        schema.deleted().is_none() && schema.uniques.iter().any(|unique| unique.keys.first() == Some(&column.key));
    matches!(column.kind, Kind::Relation(_)) && (is_listed || !is_found)
}

/// Whether the unique index over a scope and a column is the one that lists go along.
fn are_unique(schema: &Schema, scope: &Column, column: &Column) -> bool {
    let is_sorted_so = !column.kind.facts().ignores_case;
    is_sorted_so && schema.uniques.iter().any(|unique| *unique.keys == [scope.key, column.key])
}

/// A column as what is equal in an index over it when two values are the same to a person.
fn match_key(column: &Column) -> IndexKey {
    index_key(column, dialect::match_key(column, &quote(column.key)))
}

fn index_key(column: &Column, expression: String) -> IndexKey {
    let is_plain = expression == quote(column.key);
    IndexKey { expression, is_plain, is_nullable: column.nullable }
}

/// What lists are confined to: the parent; or the relations that let an account see its own, and nothing at all where
/// some see everything.
fn scopes<'a>(catalog: &'a Catalog, model: &'a Model) -> Result<Vec<Option<&'a Column>>, LinkError> {
    if let Some(parent) = model.parent {
        return Ok(vec![model.schema.column_of_key(parent.key)]);
    }
    let Some(rule) = model.schema.rule(Verb::List) else { return Ok(Vec::new()) };
    let mut scopes = Vec::new();
    let folded: Vec<Predicate> = CallerRole::every(catalog)
        .into_iter()
        .map(|role| fold(catalog, model, rule, role))
        .collect::<Result<_, _>>()?;
    if folded.iter().any(|policy| !policy.is_never() && !narrow(policy)) {
        scopes.push(None);
    }
    let mut own = Vec::new();
    collect_own(named_here(model.schema, rule), &mut own);
    for path in own {
        let (steps, _) = catalog.walk(model, &path)?;
        if let [step] = steps.as_slice() {
            scopes.push(model.schema.column_of_key(step.key));
        }
    }
    Ok(scopes)
}

/// What a rule says that is nothing but the name of one of the same resource: `list: read`.
fn named_here<'a>(schema: &Schema, rule: &'a Rule) -> &'a Rule {
    let mut said = rule;
    // More names than there are rules would be a circle.
    for _ in 0..=schema.grants.len() + schema.named_rules.len() {
        let Rule::Named { path, rule: name } = said else { break };
        let Some(named) = schema.named_rule(name).filter(|_| path.steps().is_empty()) else { break };
        said = named;
    }
    said
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

pub(super) fn collect_own(rule: &Rule, paths: &mut Vec<Path>) {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => parts.iter().for_each(|part| collect_own(part, paths)),
        Rule::Related(path) if !paths.contains(path) => paths.push(*path),
        _ => {}
    }
}
