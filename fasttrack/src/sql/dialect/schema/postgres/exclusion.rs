//! What rows do not share, as an exclusion constraint. Ranges have what it needs in every server; whole numbers and texts
//! would need the extension `btree_gist`, which not everybody may create, so that what rows have in common is written as a
//! range of one value.

use crate::{
    sql::{
        definition::{ColumnDefinition, ExclusionDefinition, Holds, TableDefinition},
        text::quote,
    },
    types::Storage,
};

/// There is no range of texts.
pub(super) const TEXT_RANGE: &str = "DO $$BEGIN IF to_regtype('fasttrack_textrange') IS NULL THEN \
    CREATE TYPE \"fasttrack_textrange\" AS RANGE (SUBTYPE = text, COLLATION = \"C\"); END IF; END$$";

/// `EXCLUDE …`
pub(super) fn text(table: &TableDefinition, exclusion: &ExclusionDefinition) -> String {
    let per = exclusion.per.iter().filter_map(|name| table.column(name)).map(point);
    // A range from null to null is one without ends.
    let known = exclusion.per.iter().map(|name| format!("{} IS NOT NULL", quote(name)));
    let known: Vec<_> = known.chain(exclusion.unless.iter().map(|name| format!("{} IS NULL", quote(name)))).collect();
    let known = if known.is_empty() { String::new() } else { format!(" WHERE ({})", known.join(" AND ")) };
    let (start, end) = (quote(&exclusion.start), quote(&exclusion.end));
    let range = table.column(&exclusion.start).map_or("int8range", |column| range_of(column.storage()));
    let parts: Vec<_> = per.chain([format!("{range}({start}, {end})")]).map(|part| format!("{part} WITH &&")).collect();
    format!("EXCLUDE USING gist ({}){known}", parts.join(", "))
}

/// A value as the range that holds it alone. One of `bigint` would have to end behind its value, and the largest has
/// nothing behind it; an id is never that.
fn point(column: &ColumnDefinition) -> String {
    let name = column.matched(quote(&column.name));
    let (range, value) = match column.storage() {
        Storage::Integer if column.holds != Holds::Relation => ("numrange", format!("{name}::numeric")),
        Storage::Uuid => ("fasttrack_textrange", format!("{name}::text")),
        Storage::Boolean => ("int4range", format!("{name}::integer")),
        storage => (range_of(storage), name),
    };
    format!("{range}({value}, {value}, '[]')")
}

const fn range_of(storage: Storage) -> &'static str {
    match storage {
        Storage::Integer | Storage::Boolean => "int8range",
        Storage::Real | Storage::Decimal(_) => "numrange",
        Storage::Timestamp => "tstzrange",
        Storage::Date => "daterange",
        Storage::Text | Storage::Uuid | Storage::Json => "fasttrack_textrange",
    }
}
