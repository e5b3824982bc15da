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

    fn open(&self) -> String {
        String::from("{")
    }

    /// In quotes a value is itself, whatever it is; null alone is without.
    fn put(&self, list: &mut String, value: &Arg) {
        if list.len() > 1 {
            list.push(',');
        }
        let Some(text) = value.text() else { return list.push_str("NULL") };
        list.push('"');
        let mut rest = text.as_ref();
        while let Some(at) = rest.find(['"', '\\']) {
            let (plain, special) = rest.split_at(at);
            list.push_str(plain);
            list.push('\\');
            list.push_str(special.get(..1).unwrap_or_default());
            rest = special.get(1..).unwrap_or_default();
        }
        list.push_str(rest);
        list.push('"');
    }

    fn close(&self, list: &mut String) {
        list.push('}');
    }
}
