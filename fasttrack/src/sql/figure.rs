//! Figures that are kept: how many rows refer to a row, or what a field of theirs comes to. The database itself keeps them,
//! by triggers that add the difference of every change, so that they hold for whatever writes.

use super::{
    CallerRole, Scope, Sql,
    definition::{FigureDefinition, TableDefinition},
    policy::fold,
    text::quote,
};
use crate::{
    db::Dialect,
    schema::{Catalog, Column, Counts, Figure, LinkError, Model},
};

/// What the row is called in an expression over its columns; nothing that a declaration says is called so.
const ROW: &str = "\"row()\"";

/// The figures of other tables, or of the table itself, into which its rows are counted.
pub(super) fn figures(
    dialect: Dialect,
    catalog: &Catalog,
    counted: &Model,
) -> Result<Vec<FigureDefinition>, LinkError> {
    let mut found = Vec::new();
    for model in catalog.models() {
        for column in model.schema.columns {
            let Some(figure) = column.figure else { continue };
            let has = model.schema.many(figure.has);
            let has = has.ok_or_else(|| LinkError::unresolved(model.schema.name, figure.has))?;
            if has.resource != counted.schema.name {
                continue;
            }
            let relation = counted.schema.column(has.relation);
            let relation = relation.ok_or_else(|| LinkError::unresolved(counted.schema.name, has.relation))?;
            found.push(define(dialect, catalog, (model, column), (counted, relation), figure)?);
        }
    }
    Ok(found)
}

/// Rows that those of a resource are counted into by one relation, as statements that lock them: what those are counted into
/// in turn comes first. None where nobody else writes.
#[derive(Debug)]
pub struct CountedInto {
    /// The column of the relation.
    pub key: &'static str,
    /// Columns by which a row counts.
    pub columns: Vec<String>,
    /// What the row `$1` is counted into, and the rows of the ids in the JSON list `$2`.
    pub of_row: Vec<String>,
    /// The rows of the ids in the JSON list `$1`.
    pub of_ids: Vec<String>,
}

/// What rows of a resource are counted into.
///
/// # Errors
/// [`LinkError`] when a path does not resolve.
pub fn counted_into(dialect: Dialect, catalog: &Catalog, counted: &Model) -> Result<Vec<CountedInto>, LinkError> {
    let syntax = dialect.sql();
    let mut found: Vec<CountedInto> = Vec::new();
    if syntax.lock(false).is_empty() {
        return Ok(found);
    }
    let definitions = figures(dialect, catalog, counted)?;
    for (target, relation) in targets(catalog, counted) {
        let by_this = definitions.iter().filter(|one| one.table == target.schema.plural && one.key == relation.key);
        let columns = by_this.flat_map(|one| one.columns.iter().cloned()).collect();
        let (key, table) = (quote(relation.key), quote(counted.schema.plural));
        let then = syntax.numbers("$2");
        let of_row = format!("SELECT t.{key} FROM {table} t WHERE t.\"id\" = $1 UNION ALL {then}");
        let locks = |ids: &str| {
            let mut locks = Vec::new();
            climb(dialect, catalog, (target, ids), &[counted.index], &mut locks);
            locks
        };
        let (of_row, of_ids) = (locks(&of_row), locks(&syntax.numbers("$1")));
        found.push(CountedInto { key: relation.key, columns, of_row, of_ids });
    }
    Ok(found)
}

/// The resources that rows of one are counted into, each once for each relation that leads there, in the order of their tables,
/// in which triggers lock them too.
fn targets<'a>(catalog: &'a Catalog, counted: &Model) -> Vec<(&'a Model, &'static Column)> {
    let mut found: Vec<(&Model, &'static Column)> = Vec::new();
    for model in catalog.models() {
        let figures = model.schema.columns.iter().filter_map(|column| column.figure);
        for has in figures.filter_map(|figure| model.schema.many(figure.has)) {
            let relation = counted.schema.column(has.relation).filter(|_| has.resource == counted.schema.name);
            let is_known = |relation: &Column| {
                found.iter().any(|(known, by)| (known.index, by.key) == (model.index, relation.key))
            };
            found.extend(relation.filter(|relation| !is_known(relation)).map(|relation| (model, relation)));
        }
    }
    found.sort_by_key(|(model, relation)| (model.schema.plural, relation.key));
    found
}

fn climb(dialect: Dialect, catalog: &Catalog, (model, ids): (&Model, &str), below: &[usize], locks: &mut Vec<String>) {
    let table = quote(model.schema.plural);
    let here = [below, &[model.index]].concat();
    for (above, relation) in targets(catalog, model).into_iter().filter(|(above, _)| !here.contains(&above.index)) {
        let key = quote(relation.key);
        let ids = format!("SELECT t.{key} FROM {table} t WHERE t.\"id\" IN ({ids})");
        climb(dialect, catalog, (above, &ids), &here, locks);
    }
    let lock = dialect.sql().lock(false);
    locks.push(format!("SELECT 1 FROM {table} t WHERE t.\"id\" IN ({ids}) ORDER BY t.\"id\"{lock}"));
}

fn define(
    dialect: Dialect,
    catalog: &Catalog,
    (model, column): (&Model, &Column),
    (counted, relation): (&Model, &Column),
    figure: &Figure,
) -> Result<FigureDefinition, LinkError> {
    let (amount, mut columns) = match figure.counts {
        Counts::Rows(rule) => {
            let predicate = fold(catalog, counted, &rule, CallerRole::Anonymous)?;
            let amount = if predicate.is_always() {
                "1".to_owned()
            } else {
                let mut sql = Sql::new(dialect, "CASE WHEN ");
                predicate.write(&mut sql, Scope::of(ROW));
                sql.push(" THEN 1 ELSE 0 END");
                sql.finish().text().to_owned()
            };
            let asked = counted.schema.columns.iter().filter(|column| predicate.depends_on(&|key| key == column.key));
            (amount, asked.map(|column| column.key.to_owned()).collect::<Vec<_>>())
        }
        Counts::Sum(field) => {
            let summed = counted.schema.column(field);
            let summed = summed.ok_or_else(|| LinkError::unresolved(counted.schema.name, field))?;
            let own = format!("{ROW}.{}", quote(summed.key));
            let amount = if summed.nullable { format!("COALESCE({own}, 0)") } else { own };
            (amount, vec![summed.key.to_owned()])
        }
    };
    let deleted = counted.schema.deleted_key();
    let amount = deleted
        .map_or(amount.clone(), |key| format!("CASE WHEN {ROW}.{} IS NULL THEN {amount} ELSE 0 END", quote(key)));
    columns.extend(deleted.map(str::to_owned));
    columns.push(relation.key.to_owned());
    columns.sort();
    columns.dedup();
    let name = format!("{}_{}_figures", counted.schema.plural, model.schema.plural);
    Ok(FigureDefinition {
        name: dialect.schema().figure_name(&name),
        table: model.schema.plural.to_owned(),
        column: column.key.to_owned(),
        key: relation.key.to_owned(),
        amount,
        columns,
    })
}

impl FigureDefinition {
    /// How much a row, which is called so, adds.
    pub(super) fn amount_of(&self, row: &str) -> String {
        self.amount.replace(ROW, row)
    }

    /// Counts anew, over all rows of `counted`.
    #[must_use]
    pub fn recount(&self, counted: &TableDefinition) -> String {
        let (table, column, key) = (quote(&self.table), quote(&self.column), quote(&self.key));
        let total = format!("COALESCE(sum({}), 0)", self.amount_of("c"));
        format!(
            "UPDATE {table} SET {column} = (SELECT {total} FROM {} AS c WHERE c.{key} = {table}.\"id\")",
            quote(&counted.name)
        )
    }

    /// Whether it is the figure of the same column.
    #[must_use]
    pub fn is_of_the_same_column(&self, other: &Self) -> bool {
        (&self.table, &self.column) == (&other.table, &other.column)
    }

    /// What it says, for people.
    #[must_use]
    pub fn words(&self, counted: &str) -> String {
        format!("{}: `{}` is kept, over the rows of `{counted}`", self.table, self.column)
    }

    /// Says the same of a column of another name, of a table of another name.
    pub fn rename_column(&mut self, table: &str, counted: &str, (before, name): (&str, &str)) {
        if counted == table {
            self.amount = self.amount.replace(&format!("{ROW}.{}", quote(before)), &format!("{ROW}.{}", quote(name)));
            let columns = self.columns.iter_mut().chain([&mut self.key]);
            columns.filter(|column| *column == before).for_each(|column| name.clone_into(column));
        }
        if self.table == table && self.column == before {
            name.clone_into(&mut self.column);
        }
    }
}
