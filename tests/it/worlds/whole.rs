//! Answers as they are compared, and lists that are answered whole, which tell no more than their pages.

use fasttrack::testing::Reply;
use serde_json::Value;

use super::{asking::Asking, hearing::without_ids, writing};
use crate::driver::{CSV, NDJSON, Table, rows_of, whole, without_values};

impl Asking {
    /// Asks for all of a list at once, in one form or the other; gives what one of both answered.
    #[track_caller]
    pub(super) fn ask_for_all(&mut self, path: &str) -> Reply {
        let accept = if path.len().is_multiple_of(2) { CSV } else { NDJSON };
        let wanted = [accept; 2].map(str::to_owned);
        let [reply, _] = self.replies("GET", [&whole(path); 2], None, Some(("accept", &wanted)));
        // What else is asked hangs on how much was, and is the same with and without this.
        self.asked -= 1;
        reply
    }

    /// An answer, byte by byte, without what a server says of its own: instants, and where a list goes on.
    pub(super) fn comparable(&self, path: &str, reply: &Reply) -> String {
        let of_messages = path.starts_with("/notifications");
        let mut text = self.comparable_table(reply, of_messages).unwrap_or_else(|| reply.text());
        for key in &self.instants {
            text = without_values(&text, key);
        }
        if of_messages {
            text = without_ids(&text);
        }
        let headers = ["location", "content-type", "www-authenticate", "allow", "accept-patch", "idempotency-replayed"];
        let mut headers: Vec<_> =
            headers.iter().filter_map(|name| Some(format!("{name}: {}", reply.header(name)?))).collect();
        // A version is of all that is shown, instants among it.
        headers.extend(reply.header("etag").map(|_| "etag".to_owned()));
        format!("{} {}\n{}", reply.status, headers.join(", "), writing::without_versions(&text))
    }

    /// A table, cell by cell, without what a server says of its own: instants in columns of theirs, and the ids of messages.
    /// What stands in cells of JSON is left.
    fn comparable_table(&self, reply: &Reply, of_messages: bool) -> Option<String> {
        reply.header("content-type").filter(|kind| kind.starts_with(CSV))?;
        let Table { columns, rows } = Table::read(&reply.body);
        let is_told = |column: &String| !(self.instants.contains(column) || of_messages && column == "id");
        let cells = rows.iter().flat_map(|row| columns.iter().zip(row).filter(|(column, _)| is_told(column)));
        let cells: Vec<_> = cells.map(|(_, cell)| cell.as_str()).collect();
        Some(format!("a table of {}\n{}", columns.join(", "), cells.join("\n")))
    }
}

/// Holds that a list that was answered whole has the rows of its pages.
#[track_caller]
pub(super) fn check_whole(reply: &Reply, rows: &[Value]) {
    match reply.header("content-type") {
        Some(kind) if kind.starts_with(CSV) => Table::read(&reply.body).check(rows),
        Some(NDJSON) => assert_eq!(rows_of(&reply.text()), rows),
        _ => assert!(reply.status >= 400, "{reply:?}"),
    }
}
