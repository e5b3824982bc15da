//! Statements of plain pages, kept from one request to the next: to write one costs as much as the rest of a small list's way
//! through the server.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::{
    db::Arg,
    query::SortKey,
    sql::{PageQuery, Shape, Template, page_shaped},
};

/// Most of one resource and role; few orders and sizes are asked for again and again.
const MOST: usize = 32;

/// The statements of pages of a list as callers of one role see it, which ask for no rows in particular and show them as they
/// are. Their texts are told apart by what [`Key`] has.
pub(super) struct Pages(Cache<Key, Arc<Template>>);

/// On what the text of such a page depends.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    sort: Vec<(&'static str, bool, Begins)>,
    limit: i64,
}

/// Where a page begins, in one of its sort keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Begins {
    AtFirst,
    AfterValue,
    AfterNull,
}

impl Pages {
    pub(super) fn new() -> Self {
        Self(Cache::new(MOST))
    }

    /// The statement of this page, which has no conditions, and searches for nothing.
    pub(super) fn find(&self, page: &PageQuery<'_>) -> Arc<Template> {
        let write = || Arc::new(page_shaped(page, &Shape::default(), false));
        if !page.conditions.is_empty() || page.search.is_some() {
            return write();
        }
        let key = Key::of(page);
        self.0.get(&key).unwrap_or_else(|| {
            let written = write();
            self.0.insert(key, Arc::clone(&written));
            written
        })
    }
}

impl Key {
    fn of(page: &PageQuery<'_>) -> Self {
        let begins = |place: usize| match page.after.map(|after| after.get(place)) {
            None => Begins::AtFirst,
            Some(None | Some(Arg::Null)) => Begins::AfterNull,
            Some(Some(_)) => Begins::AfterValue,
        };
        let key = |(place, key): (usize, &SortKey)| (key.column.key, key.descending, begins(place));
        Self { sort: page.sort.iter().enumerate().map(key).collect(), limit: page.limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::Dialect,
        schema::{Column, Kind, Schema},
        sql::{Leaf, Predicate, Table, Values},
    };

    static NOTES: Schema = Schema::new("note", "notes").columns(&[
        Column { kind: Kind::Id, ..Column::new::<i64>("id", "id") },
        Column::new::<Option<String>>("title", "title"),
        Column::new::<i64>("size", "size"),
    ]);

    /// Pages in this order, up or down as the bits of `ways` say, after each of these keys, have the statements that they have
    /// without what was kept.
    fn check(pages: &Pages, table: &Table, order: [usize; 3], ways: usize, afters: &[Option<[Arg; 3]>]) {
        let key =
            |(bit, place): (usize, usize)| SortKey { column: &NOTES.columns[place], descending: ways >> bit & 1 == 1 };
        let sort: Vec<_> = order.into_iter().enumerate().map(key).collect();
        let values = Values { caller: Some(9), ..Values::default() };
        for (after, limit) in afters.iter().flat_map(|after| [(after, 1), (after, 20)]) {
            let page = PageQuery {
                table,
                parent_key: None,
                policy: &Predicate::Leaf(Leaf::Oneself),
                conditions: &[],
                search: None,
                sort: &sort,
                after: after.as_ref().map(<[_; 3]>::as_slice),
                limit,
            };
            let first = after.iter().flatten().filter(|arg| **arg != Arg::Null).cloned().collect();
            let made = page_shaped(&page, &Shape::default(), false).fill(values);
            assert_eq!(pages.find(&page).fill_after(first, values), made);
        }
    }

    #[test]
    fn a_page_is_found_by_all_that_its_statement_depends_on() {
        let (text, number) = (|text: &str| Arg::Text(text.to_owned()), Arg::Int);
        for dialect in Dialect::ALL {
            let (table, pages) = (Table::new(dialect, &NOTES), Pages::new());
            for ways in 0..8 {
                let titles = [text("a"), text("b"), Arg::Null, Arg::Null].into_iter().zip(1..);
                let by_title = titles.clone().map(|(title, n)| Some([title, number(n), number(n)]));
                check(&pages, &table, [1, 2, 0], ways, &[None].into_iter().chain(by_title).collect::<Vec<_>>());
                let by_size = titles.map(|(title, n)| Some([number(n), title, number(n)]));
                check(&pages, &table, [2, 1, 0], ways, &[None].into_iter().chain(by_size).collect::<Vec<_>>());
            }
            assert!(pages.0.len() <= MOST);
        }
    }
}
