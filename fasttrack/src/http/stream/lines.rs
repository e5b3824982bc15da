//! What a streamed list is made of, whichever its form.

use bytes::Bytes;

use super::{form::Form, table::Table};
use crate::{error::Error, pipeline::Heading};

/// Writes rows.
#[derive(Debug)]
pub(super) enum Lines {
    /// As they are, each on a line of its own.
    Ndjson,
    /// As a table.
    Csv(Table),
}

impl Lines {
    /// Of a list whose rows have these keys.
    pub(super) fn of(form: Form, headings: impl FnOnce() -> Vec<Heading>) -> Self {
        if form == Form::Csv { Self::Csv(Table::new(headings())) } else { Self::Ndjson }
    }

    /// What stands before the rows.
    pub(super) fn head(&self) -> Vec<u8> {
        match self {
            Self::Ndjson => Vec::new(),
            Self::Csv(table) => table.head(),
        }
    }

    /// Rows, which are objects of JSON.
    ///
    /// # Errors
    /// [`Error::Internal`] for what is no row of the list.
    pub(super) fn write(&self, rows: &[Bytes]) -> Result<Vec<u8>, Error> {
        match self {
            Self::Ndjson => Ok(ndjson(rows)),
            Self::Csv(table) => table.lines(rows),
        }
    }
}

/// A line break in JSON is white space between tokens, and white space of another kind means the same.
fn ndjson(rows: &[Bytes]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(rows.iter().map(|row| row.len() + 1).sum());
    for row in rows {
        lines.extend(row.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
        lines.push(b'\n');
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line() {
        let rows = [r#"{"a":"x\ny"}"#, "{\"a\":{\r\n  \"b\": 1\n}}", "{}"].map(Bytes::from);
        let lines = Lines::of(Form::Ndjson, Vec::new);
        assert_eq!(lines.head(), b"");
        let written = String::from_utf8(lines.write(&rows).unwrap()).unwrap();
        assert_eq!(written, "{\"a\":\"x\\ny\"}\n{\"a\":{    \"b\": 1 }}\n{}\n");
        for (line, row) in written.lines().zip(&rows) {
            let value = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
            assert_eq!(value(line.as_bytes()), value(row));
        }
    }
}
