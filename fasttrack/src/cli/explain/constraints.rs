//! What is asked of several fields of a row, and what makes the database see to it.

use super::meaning::ConstraintMeaning;
use crate::{
    clock,
    db::Dialect,
    schema::{Catalog, Limit, LinkError, Model, Schema},
    sql,
    words::listed,
};

/// What counts by the row 1.
fn counting(dialect: Dialect, schema: &Schema, limit: &Limit) -> String {
    sql::Counted { schema, limit, by: 1, now_us: clock::now_us() }.count(dialect).sql
}

/// Every constraint over several fields of a resource; the statements only for a database that is named.
///
/// # Errors
/// [`LinkError`] when the declarations do not fit together.
pub(super) fn of(
    catalog: &Catalog,
    model: &Model,
    dialect: Option<Dialect>,
) -> Result<Vec<ConstraintMeaning>, LinkError> {
    let schema = model.schema;
    let table = dialect.map(|dialect| Ok((dialect, sql::define(dialect, catalog, model)?))).transpose()?;
    let uniques = schema.uniques.iter().map(|unique| {
        let name = format!("{}_{}", schema.plural, unique.name);
        let made = table.iter().flat_map(|(dialect, table)| {
            let index = table.indexes.iter().filter(|index| index.name == name);
            index.map(|index| dialect.schema().create_index(&table.name, index))
        });
        ConstraintMeaning {
            holds: format!("no two rows have the same {}", listed(unique.keys)),
            otherwise: "409",
            sql: made.collect(),
        }
    });
    let checks = schema.checks.iter().map(|check| {
        let name = format!("{}_{}", schema.plural, check.name);
        let made = table.iter().flat_map(|(_, table)| {
            let asked = table.checks.iter().filter(|check| check.name == name);
            asked.map(|check| format!("CHECK ({})", check.condition))
        });
        ConstraintMeaning { holds: check.condition.in_words(str::to_owned), otherwise: "422", sql: made.collect() }
    });
    let exclusives = schema.exclusives.iter().map(|exclusive| {
        let name = format!("{}_{}", schema.plural, exclusive.name);
        let made = table.iter().flat_map(|(dialect, table)| {
            let said = table.exclusions.iter().filter(|one| one.name == name);
            said.flat_map(|one| dialect.schema().exclude(table, one))
        });
        let per =
            if exclusive.per.is_empty() { String::new() } else { format!(" with the same {}", listed(exclusive.per)) };
        ConstraintMeaning {
            holds: format!(
                "no two rows{per} overlap from {} to {}, the end not included",
                exclusive.start, exclusive.end
            ),
            otherwise: "409",
            sql: made.collect(),
        }
    });
    let limits = schema.limits.iter().map(|limit| ConstraintMeaning {
        holds: limit.in_words(str::to_owned),
        otherwise: if limit.within_us.is_some() { "429" } else { "409" },
        sql: dialect.map(|dialect| counting(dialect, schema, limit)).into_iter().collect(),
    });
    Ok(uniques.chain(checks).chain(exclusives).chain(limits).collect())
}
