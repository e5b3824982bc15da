//! Rows as lists, one for each column.

use super::Postgres;
use crate::{db::Arg, sql::bulk::Lists, types::Storage};

impl Postgres {
    /// Text, and lists of texts, in the order of code points.
    pub(super) fn collated(storage: Storage, cast: String) -> String {
        if Self::type_of(storage) == "text" { format!("({cast} COLLATE \"C\")") } else { cast }
    }
}

impl Lists for Postgres {
    fn rows(&self, types: &[Storage]) -> String {
        let list = |(position, storage): (usize, &Storage)| {
            let list = format!("CAST(${} AS {}[])", position + 1, Self::type_of(*storage));
            Self::collated(*storage, list)
        };
        format!("SELECT * FROM unnest({})", types.iter().enumerate().map(list).collect::<Vec<_>>().join(", "))
    }

    /// In quotes a value is itself, whatever it is; null alone is without.
    fn list(&self, values: &[Arg]) -> String {
        let mut list = String::from("{");
        for (position, value) in values.iter().enumerate() {
            if position > 0 {
                list.push(',');
            }
            let Some(text) = value.text() else {
                list.push_str("NULL");
                continue;
            };
            list.push('"');
            for c in text.chars() {
                if matches!(c, '"' | '\\') {
                    list.push('\\');
                }
                list.push(c);
            }
            list.push('"');
        }
        list.push('}');
        list
    }
}
