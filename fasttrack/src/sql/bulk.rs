//! Many rows as the arguments of one statement.
//!
//! Where the database takes lists, they are one list for each column, and one text is for however many rows. Where it does
//! not, each value has a placeholder of its own; there are texts for powers of two then, so that few have to be prepared.

use std::sync::OnceLock;

use crate::{
    db::{Arg, Dialect},
    types::Storage,
};

/// Most rows of one statement.
const LARGEST_CHUNK: usize = 128;

/// Splits `count` rows of `width` arguments into what one statement takes each.
pub fn chunks(dialect: Dialect, count: usize, width: usize) -> impl Iterator<Item = usize> {
    if dialect.sql().lists().is_some() {
        let (whole, rest) = (count / LARGEST_CHUNK, count % LARGEST_CHUNK);
        return Chunks { whole, largest: LARGEST_CHUNK, rest, is_whole: true };
    }
    let fit = (dialect.max_args() / width.max(1)).clamp(1, LARGEST_CHUNK);
    let largest = 1 << fit.ilog2();
    Chunks { whole: count / largest, largest, rest: count % largest, is_whole: false }
}

/// How rows are given to a database as lists.
pub(crate) trait Lists {
    /// The rows, as a query over the lists `$1`, `$2`, …, one for each column, of values that are stored so.
    fn rows(&self, types: &[Storage]) -> String;

    /// Begins such a list.
    fn open(&self) -> String;

    /// Puts a value at its end.
    fn put(&self, list: &mut String, value: &Arg);

    /// Ends it.
    fn close(&self, list: &mut String);
}

/// What is left to be split.
struct Chunks {
    whole: usize,
    largest: usize,
    rest: usize,
    /// Whether the rest is taken at once.
    is_whole: bool,
}

impl Iterator for Chunks {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if let Some(left) = self.whole.checked_sub(1) {
            self.whole = left;
            return Some(self.largest);
        }
        let highest = self.rest.checked_ilog2()?;
        let size = if self.is_whole { self.rest } else { 1 << highest };
        self.rest -= size;
        Some(size)
    }
}

/// The texts of one statement over any number of rows, each written when it is needed first.
#[derive(Debug, Clone, Default)]
pub struct Texts([OnceLock<String>; 8]);

impl Texts {
    /// The text for so many rows, of which there may be no more than [`chunks`] gives.
    #[must_use]
    pub fn of(&self, dialect: Dialect, rows: usize, write: impl FnOnce() -> String) -> String {
        match self.0.get(number(dialect, rows)) {
            Some(text) => text.get_or_init(write).clone(),
            None => write(),
        }
    }
}

/// Which of its texts a statement over so many rows has: those of the same number are the same text.
fn number(dialect: Dialect, rows: usize) -> usize {
    match dialect.sql().lists() {
        Some(_) => usize::from(rows > 1),
        None => usize::try_from(rows.trailing_zeros()).unwrap_or(usize::MAX),
    }
}

/// The arguments of a statement over these rows, of `width` values each.
pub fn args<R>(dialect: Dialect, width: usize, rows: impl ExactSizeIterator<Item = R>) -> Vec<Arg>
where
    R: IntoIterator<Item = Arg>,
{
    let Some(lists) = dialect.sql().lists().filter(|_| rows.len() > 1) else {
        let mut args = Vec::with_capacity(width * rows.len());
        rows.for_each(|row| args.extend(row));
        return args;
    };
    let mut columns: Vec<String> = (0..width).map(|_| lists.open()).collect();
    for row in rows {
        columns.iter_mut().zip(row).for_each(|(column, arg)| lists.put(column, &arg));
    }
    let closed = |mut column| {
        lists.close(&mut column);
        Arg::Text(column)
    };
    columns.into_iter().map(closed).collect()
}

/// So many rows of values that are stored so, as a query over the placeholders of a statement, `$1` first.
pub(super) fn rows(dialect: Dialect, rows: usize, types: &[Storage]) -> String {
    match dialect.sql().lists() {
        Some(lists) if rows > 1 => lists.rows(types),
        _ => values(dialect, rows, types),
    }
}

/// `VALUES ($1, $2), ($3, $4)`. The first row tells the types.
fn values(dialect: Dialect, rows: usize, types: &[Storage]) -> String {
    let row = |row: usize| {
        let placeholder = |(position, storage): (usize, &Storage)| {
            let placeholder = format!("${}", row * types.len() + position + 1);
            if row == 0 { dialect.sql().typed(*storage, &placeholder) } else { placeholder }
        };
        format!("({})", types.iter().enumerate().map(placeholder).collect::<Vec<_>>().join(", "))
    };
    format!("VALUES {}", (0..rows).map(row).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_add_up() {
        for dialect in Dialect::ALL {
            for count in 0..1000 {
                for width in [1, 10, 255, 256, 300, 2_000, 40_000] {
                    let sizes: Vec<_> = chunks(dialect, count, width).collect();
                    assert_eq!(sizes.iter().sum::<usize>(), count);
                    assert!(sizes.iter().all(|size| (1..=LARGEST_CHUNK).contains(size)), "{width}: {sizes:?}");
                    if dialect.sql().lists().is_some() {
                        assert_eq!(sizes.len(), count.div_ceil(LARGEST_CHUNK), "{sizes:?}");
                        continue;
                    }
                    assert!(sizes.iter().all(|size| size.is_power_of_two()), "{width}: {sizes:?}");
                    let fits = |size: &usize| *size == 1 || size * width <= dialect.max_args();
                    assert!(sizes.iter().all(fits), "{width}: {sizes:?}");
                }
            }
        }
    }

    #[test]
    fn what_has_one_number_is_one_text() {
        let types = [Storage::Integer, Storage::Text];
        for dialect in Dialect::ALL {
            let mut texts = std::collections::HashMap::new();
            for size in (1..300).flat_map(|count| chunks(dialect, count, types.len())) {
                let text = rows(dialect, size, &types);
                let known = texts.entry(number(dialect, size)).or_insert_with(|| text.clone());
                assert_eq!(*known, text, "{size}");
            }
            assert_eq!(texts.len(), if dialect == Dialect::Sqlite { 8 } else { 2 });
        }
    }

    #[test]
    fn rows_are_lists_where_the_database_reads_them() {
        let text = |text: &str| Arg::Text(text.to_owned());
        let given =
            || [[Arg::Int(-1), text("a")], [Arg::Null, text("NULL")], [Arg::Int(3), text("\"{\\,}'")]].into_iter();
        let lists = [text(r#"{"-1",NULL,"3"}"#), text(r#"{"a","NULL","\"{\\,}'"}"#)];
        assert_eq!(args(Dialect::Postgres, 2, given()), lists);
        assert_eq!(args(Dialect::Postgres, 2, given().take(1)), [Arg::Int(-1), text("a")]);
        assert_eq!(args(Dialect::Sqlite, 2, given()), given().flatten().collect::<Vec<_>>());
        let types = [Storage::Integer, Storage::Text];
        assert_eq!(
            rows(Dialect::Postgres, 3, &types),
            "SELECT * FROM unnest(CAST($1 AS bigint[]), (CAST($2 AS text[]) COLLATE \"C\"))"
        );
        assert_eq!(rows(Dialect::Sqlite, 2, &types), "VALUES ($1, $2), ($3, $4)");
    }
}
