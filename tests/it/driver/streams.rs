//! Lists that are answered whole, and requests for them that a well-behaved client would not leave where it does.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use csv_core::ReadFieldResult;
use serde_json::Value;

use super::{Person, TestApp, request_head};

/// Lines of JSON.
pub(crate) const NDJSON: &str = "application/x-ndjson";
/// A table.
pub(crate) const CSV: &str = "text/csv";

/// A table as it was read.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// An answer of which the head was read, and the rest is still to come.
pub(crate) struct Stream {
    wire: TcpStream,
    pub(crate) status: u16,
    /// What came with the head.
    read: Vec<u8>,
}

impl TestApp {
    /// The rows of a list, from its lines of JSON.
    #[track_caller]
    pub(crate) fn ndjson(&self, person: &Person, path: &str) -> Vec<Value> {
        let reply = self.get(path).by(person).header("accept", NDJSON).send().expect(200);
        assert_eq!(reply.header("content-type"), Some(NDJSON), "{reply}");
        rows_of(&reply.text())
    }

    /// The table of a list.
    #[track_caller]
    pub(crate) fn csv(&self, person: &Person, path: &str) -> Table {
        let reply = self.get(path).by(person).header("accept", CSV).send().expect(200);
        assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8; header=present"), "{reply}");
        Table::read(&reply.body)
    }

    /// Asks for a list that is streamed, and reads no more than the head of the answer.
    #[track_caller]
    pub(crate) fn stream(&self, person: &Person, path: &str, accept: &str) -> Stream {
        let token = format!("Bearer {}", person.pair.access);
        let headers = [("authorization", token.as_str()), ("accept", accept)];
        let mut wire = self.connect();
        wire.write_all(request_head("GET", &format!("/api/v1{path}"), &headers).as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            assert_eq!(wire.read(&mut byte).unwrap(), 1, "no answer but {:?}", String::from_utf8_lossy(&head));
            head.extend(byte);
        }
        let status = String::from_utf8_lossy(&head).split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap();
        Stream { wire, status, read: Vec::new() }
    }
}

impl Stream {
    /// Reads so many bytes at most, of the body with what divides it.
    pub(crate) fn read_some(&mut self, most: usize) -> usize {
        let mut buffer = vec![0; most];
        let count = self.wire.read(&mut buffer).unwrap_or(0);
        self.read.extend_from_slice(&buffer[..count]);
        count
    }

    /// Reads to the end of the connection, and gives the body; `None` where its last chunk did not come.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        while self.read_some(1 << 16) > 0 {}
        let (mut rest, mut body) = (self.read.as_slice(), Vec::new());
        loop {
            let end = rest.windows(2).position(|window| window == b"\r\n")?;
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
            rest = &rest[end + 2..];
            if size == 0 {
                assert_eq!(rest, b"\r\n", "what follows the last chunk");
                return Some(body);
            }
            body.extend_from_slice(rest.get(..size)?);
            rest = rest.get(size + 2..)?;
        }
    }
}

/// The path of a list without what only a page has, for all of it.
pub(crate) fn whole(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let of_pages = |part: &str| ["limit=", "count="].iter().any(|name| part.starts_with(name));
    let parts: Vec<_> = query.split('&').filter(|part| !of_pages(part)).collect();
    if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
}

/// The rows of lines of JSON.
#[track_caller]
pub(crate) fn rows_of(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end");
    let row = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.split_terminator('\n').map(row).collect()
}

impl Table {
    /// Reads a table, whose lines end as they should.
    #[track_caller]
    pub(crate) fn read(bytes: &[u8]) -> Self {
        assert!(bytes.ends_with(b"\r\n"), "the last line has no end");
        let (mut reader, mut rest) = (csv_core::Reader::new(), bytes);
        let (mut lines, mut line, mut cell) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let mut part = [0; 4096];
            let (result, read, written) = reader.read_field(rest, &mut part);
            rest = &rest[read..];
            cell.extend_from_slice(&part[..written]);
            match result {
                ReadFieldResult::Field { record_end } => {
                    line.push(String::from_utf8(std::mem::take(&mut cell)).expect("UTF-8"));
                    if record_end {
                        lines.push(std::mem::take(&mut line));
                    }
                }
                ReadFieldResult::End => break,
                ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
            }
        }
        Self { columns: lines.remove(0), rows: lines }
    }

    /// The cells of a column.
    #[track_caller]
    pub(crate) fn column(&self, name: &str) -> Vec<&str> {
        let at = self.columns.iter().position(|column| column == name);
        let at = at.unwrap_or_else(|| panic!("no column {name} in {:?}", self.columns));
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    /// Leaves out the rows that have another cell there.
    #[track_caller]
    pub(crate) fn keep(&mut self, column: &str, cell: &str) {
        let at = self.columns.iter().position(|other| other == column).expect("the column");
        self.rows.retain(|row| row[at] == cell);
    }

    /// Holds that the rows of the table are these, and have no key that is no column.
    #[track_caller]
    pub(crate) fn check(&self, rows: &[Value]) {
        assert_eq!(self.rows.len(), rows.len(), "{:?}", self.columns);
        for (cells, row) in self.rows.iter().zip(rows) {
            let row = row.as_object().expect("a row is an object");
            for (column, cell) in self.columns.iter().zip(cells) {
                let value = row.get(column).unwrap_or(&Value::Null);
                assert!(is_cell(cell, value), "{column}: {cell:?} is not how {value} is shown");
            }
            let unknown: Vec<_> = row.keys().filter(|key| !self.columns.contains(key)).collect();
            assert!(unknown.is_empty(), "{unknown:?} is in no column of {:?}", self.columns);
        }
    }
}

/// Whether a cell shows a value.
fn is_cell(cell: &str, value: &Value) -> bool {
    match value {
        Value::Null => cell.is_empty(),
        // Decimals are text in JSON, and numbers in a table.
        Value::String(text) => {
            let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
            let looks_like_a_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            cell == text && (is_number || !looks_like_a_formula) || looks_like_a_formula && cell == format!("'{text}")
        }
        other => serde_json::from_str::<Value>(cell).is_ok_and(|shown| shown == *other),
    }
}
