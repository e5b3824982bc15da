//! Whole tables as they are stored: read in parts, in the order of their keys, and written into another database.
//!
//! No rule is asked, and nothing is rendered: what goes from one database to the other is values.

mod framework;

use self::framework::{FRAMEWORK, FrameworkTable};
use super::text::quote;
use crate::{
    db::{Arg, Cell, Dialect, Row, Statement},
    schema::Schema,
    types::Storage,
    wire,
};

/// A table of which every row is read or written.
#[derive(Debug, Clone)]
pub struct StoredTable {
    /// Its name.
    pub name: String,
    /// Whether its ids are given out, each once.
    pub is_numbered: bool,
    /// The columns that its rows are in order by: integers.
    key: &'static [&'static str],
    columns: Vec<(String, Storage)>,
}

impl StoredTable {
    /// The table of a resource.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        let columns = schema.columns.iter().filter(|column| column.is_stored());
        let columns = columns.map(|column| (column.key.to_owned(), column.storage()));
        Self { name: schema.plural.to_owned(), is_numbered: true, key: &["id"], columns: columns.collect() }
    }

    /// The tables that every application has besides. They refer to accounts.
    #[must_use]
    pub fn framework() -> Vec<Self> {
        let table = |&(name, is_numbered, key, columns): &FrameworkTable| Self {
            name: name.to_owned(),
            is_numbered,
            key,
            columns: columns.iter().map(|&(name, storage)| (name.to_owned(), storage)).collect(),
        };
        FRAMEWORK.iter().map(table).collect()
    }

    /// Its columns.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// How many rows there are.
    #[must_use]
    pub fn count(&self) -> Statement {
        Statement::new(format!("SELECT count(*) FROM {}", quote(&self.name)), Vec::new())
    }

    /// The keys of the next rows behind one, and last how many bytes of text each row has.
    #[must_use]
    pub fn sizes(&self, after: Option<&[i64]>, limit: usize) -> Statement {
        let texts = self.columns.iter().filter(|(_, storage)| holds_text(*storage));
        let sizes = texts.map(|(name, _)| format!("coalesce(octet_length({}), 0)", quote(name)));
        let size = ["0".to_owned()].into_iter().chain(sizes).collect::<Vec<_>>().join(" + ");
        let (key, mut args) = (self.key_columns(), Vec::new());
        let condition = after.map(|after| self.compared(">", after, &mut args));
        let condition = condition.map(|condition| format!(" WHERE {condition}")).unwrap_or_default();
        let table = quote(&self.name);
        Statement::new(format!("SELECT {key}, {size} FROM {table}{condition} ORDER BY {key} LIMIT {limit}"), args)
    }

    /// The key of a row of [`Self::sizes`], and its size.
    #[must_use]
    pub fn key_and_size(&self, row: &Row) -> Option<(Vec<i64>, usize)> {
        let key = (0..self.key.len()).map(|index| row.int(index)).collect::<Option<_>>()?;
        Some((key, row.int(self.key.len()).and_then(|size| usize::try_from(size).ok())?))
    }

    /// Every value of the rows behind one key, up to another one.
    #[must_use]
    pub fn rows(&self, dialect: Dialect, after: Option<&[i64]>, to: &[i64]) -> Statement {
        let values = self.columns.iter().map(|(name, storage)| dialect.sql().stored(*storage, &quote(name)));
        let mut args = Vec::new();
        let mut bounds: Vec<_> = after.map(|after| self.compared(">", after, &mut args)).into_iter().collect();
        bounds.push(self.compared("<=", to, &mut args));
        let sql = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {}",
            values.collect::<Vec<_>>().join(", "),
            quote(&self.name),
            bounds.join(" AND "),
            self.key_columns()
        );
        Statement::new(sql, args)
    }

    /// The values of such a row as they are stored elsewhere: text that is JSON has no blanks.
    ///
    /// # Errors
    /// The column whose text is none.
    pub fn values(&self, row: Row) -> Result<Vec<Arg>, &str> {
        let cells = self.columns.iter().zip(row.0);
        cells.map(|((name, storage), cell)| value(*storage, cell).ok_or(name.as_str())).collect()
    }

    /// Whether a row that was read again is the one that was written, to the bit.
    #[must_use]
    pub fn is_same(written: &[Arg], read: &Row) -> bool {
        written.len() == read.0.len()
            && written.iter().zip(&read.0).all(|(written, read)| match (written, read) {
                (Arg::Null, Cell::Null) => true,
                (Arg::Int(written), Cell::Int(read)) => written == read,
                (Arg::Float(written), Cell::Float(read)) => written.to_bits() == read.to_bits(),
                (Arg::Decimal(written), Cell::Int(read)) => written.units == *read,
                (Arg::Decimal(written), Cell::Bytes(read)) => written.to_string().as_bytes() == read,
                (Arg::Text(written), Cell::Bytes(read)) => written.as_bytes() == read,
                _ => false,
            })
    }

    /// The key among such values.
    #[must_use]
    pub fn key_of(&self, values: &[Arg]) -> Vec<i64> {
        let of = |key: &&str| {
            let position = self.columns.iter().position(|(name, _)| name == key)?;
            if let Arg::Int(value) = values.get(position)? { Some(*value) } else { None }
        };
        self.key.iter().filter_map(of).collect()
    }

    /// Most rows that one statement takes.
    #[must_use]
    pub fn max_rows(&self, dialect: Dialect) -> usize {
        MAX_ROWS.min(dialect.max_args() / self.columns.len().max(1)).max(1)
    }

    /// Writes rows as they are.
    #[must_use]
    pub fn insert(&self, rows: Vec<Vec<Arg>>) -> Statement {
        let columns: Vec<_> = self.columns.iter().map(|(name, _)| quote(name)).collect();
        let row = |position: usize| {
            let first = position * columns.len() + 1;
            let values: Vec<_> = (first..first + columns.len()).map(|number| format!("${number}")).collect();
            format!("({})", values.join(", "))
        };
        let values: Vec<_> = (0..rows.len()).map(row).collect();
        let sql = format!("INSERT INTO {} ({}) VALUES {}", quote(&self.name), columns.join(", "), values.join(", "));
        Statement::new(sql, rows.into_iter().flatten().collect())
    }

    /// Tells the planner what a table holds that was just filled.
    #[must_use]
    pub fn analyze(&self) -> Statement {
        Statement::new(format!("ANALYZE {}", quote(&self.name)), Vec::new())
    }

    fn key_columns(&self) -> String {
        self.key.iter().map(|name| quote(name)).collect::<Vec<_>>().join(", ")
    }

    fn compared(&self, operator: &str, key: &[i64], args: &mut Vec<Arg>) -> String {
        let first = args.len() + 1;
        args.extend(key.iter().map(|&value| Arg::Int(value)));
        let values: Vec<_> = (first..=args.len()).map(|number| format!("${number}")).collect();
        format!("({}) {operator} ({})", self.key_columns(), values.join(", "))
    }
}

/// A value as it is written; `None` for text that is none.
fn value(storage: Storage, cell: Cell) -> Option<Arg> {
    Some(match storage.argument(cell)? {
        Arg::Text(text) if storage == Storage::Json => Arg::Text(wire::compact(&text)),
        arg => arg,
    })
}

/// Most rows that are written at a time.
const MAX_ROWS: usize = 1_000;

/// Whether values have a size of their own.
const fn holds_text(storage: Storage) -> bool {
    matches!(storage, Storage::Text | Storage::Json)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> StoredTable {
        let columns =
            vec![("id".to_owned(), Storage::Integer), ("a".to_owned(), Storage::Json), ("x".to_owned(), Storage::Real)];
        StoredTable { name: "things".to_owned(), is_numbered: true, key: &["id"], columns }
    }

    #[test]
    fn tables_are_read_in_parts_and_written_whole() {
        let outbox = StoredTable::framework().into_iter().find(|table| table.name == "outbox").unwrap();
        let int = Arg::Int;
        for (statement, sql, args) in [
            (table().count(), "SELECT count(*) FROM \"things\"", vec![]),
            (
                table().sizes(None, 5),
                "SELECT \"id\", 0 + coalesce(octet_length(\"a\"), 0) FROM \"things\" ORDER BY \"id\" LIMIT 5",
                vec![],
            ),
            (
                table().rows(Dialect::Sqlite, None, &[9]),
                "SELECT \"id\", CAST(\"a\" AS BLOB), \"x\" FROM \"things\" WHERE (\"id\") <= ($1) ORDER BY \"id\"",
                vec![int(9)],
            ),
            (
                table().insert(vec![vec![int(1), Arg::Null, int(2)], vec![int(3), Arg::Null, int(4)]]),
                "INSERT INTO \"things\" (\"id\", \"a\", \"x\") VALUES ($1, $2, $3), ($4, $5, $6)",
                vec![int(1), Arg::Null, int(2), int(3), Arg::Null, int(4)],
            ),
        ] {
            assert_eq!(statement, Statement::new(sql, args));
        }
        let part = outbox.rows(Dialect::Postgres, Some(&[1, 2]), &[3, 4]);
        let bounds = "WHERE (\"account_id\", \"number\") > ($1, $2) AND (\"account_id\", \"number\") <= ($3, $4) ";
        assert!(part.sql.contains(bounds), "{}", part.sql);
        assert_eq!(part.args, [int(1), int(2), int(3), int(4)]);
    }

    #[test]
    fn values_keep_their_meaning() {
        let row = |cells: [Cell; 3]| table().values(Row(cells.to_vec())).map_err(str::to_owned);
        let bytes = |text: &[u8]| Cell::Bytes(text.to_vec());
        for (cells, expected) in [
            (
                [Cell::Int(1), bytes(b"{ \"a b\": [1, 2] }"), Cell::Float(0.1 + 0.2)],
                Ok(vec![Arg::Int(1), Arg::Text("{\"a b\":[1,2]}".into()), Arg::Float(0.1 + 0.2)]),
            ),
            ([Cell::Int(1), Cell::Null, Cell::Int(2)], Ok(vec![Arg::Int(1), Arg::Null, Arg::Float(2.0)])),
            ([Cell::Int(1), bytes(b"\"\xff\""), Cell::Null], Err("a".to_owned())),
        ] {
            assert_eq!(row(cells), expected);
        }
    }

    #[test]
    fn what_differs_in_a_bit_is_not_the_same() {
        let text = |text: &str| Cell::Bytes(text.into());
        for (written, read, expected) in [
            (Arg::Null, Cell::Null, true),
            (Arg::Null, text(""), false),
            (Arg::Int(1), Cell::Int(1), true),
            (Arg::Int(1), Cell::Float(1.0), false),
            (Arg::Float(0.0), Cell::Float(-0.0), false),
            (Arg::Float(f64::MIN_POSITIVE), Cell::Float(f64::MIN_POSITIVE), true),
            (Arg::Text("é".into()), text("é"), true),
            (Arg::Text("é".into()), text("e\u{301}"), false),
        ] {
            assert_eq!(StoredTable::is_same(std::slice::from_ref(&written), &Row(vec![read])), expected, "{written:?}");
        }
        assert!(!StoredTable::is_same(&[Arg::Null], &Row(Vec::new())), "a column is missing");
    }
}
