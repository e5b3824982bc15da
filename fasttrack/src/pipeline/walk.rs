//! A whole list, from one instant: the statements of its pages, one after the other, with more rows each.

use bytes::Bytes;

use super::{
    Pipeline,
    list::{Listing, refuse, rows_of},
};
use crate::{
    db::{Arg, Snapshot},
    error::{Error, Fault},
    principal::Principal,
    schema::Column,
    types::Storage,
    wire::Params,
};

/// A list that is gone through to its end.
pub struct Walk<'a> {
    pipeline: &'a Pipeline,
    listing: Listing<'a>,
    /// The sort keys of the last row seen.
    after: Option<Vec<Arg>>,
    progress: Progress,
}

/// How far a list was gone through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Begun,
    Under,
    Done,
}

/// A key of the rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The key.
    pub key: String,
    /// What stands there.
    pub holds: Holds,
}

/// What stands under a key, where it is not null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// A text, a truth value, or a number.
    Plain,
    /// A number that JSON has as text.
    Number,
    /// Whatever JSON there is.
    Json,
}

/// What only a page has.
const OF_PAGES: [&str; 3] = ["limit", "cursor", "count"];

impl Pipeline {
    /// Prepares to go through a list, which is neither limited nor continued.
    ///
    /// # Errors
    /// 401, 403, 422 for parameters.
    pub fn walk<'a>(
        &'a self,
        resource: usize,
        parent: Option<i64>,
        who: &'a Principal,
        params: Params,
    ) -> Result<Walk<'a>, Error> {
        let mut listing = self.listing(resource, parent, who, without_pages(params))?;
        listing.rows = FIRST_ROWS;
        Ok(Walk { pipeline: self, listing, after: None, progress: Progress::Begun })
    }
}

/// Refuses what only a page has, among the other faults of the parameters.
#[must_use]
pub fn without_pages(mut params: Params) -> Params {
    let (of_pages, others) =
        params.items.into_iter().partition(|param| param.operator.is_none() && OF_PAGES.contains(&param.name.as_str()));
    params.items = others;
    let of_pages: Vec<crate::wire::Param> = of_pages;
    params.faults.extend(of_pages.into_iter().map(|param| {
        Fault::new(param.name, "not_streamed", "only pages have it: a list that is streamed comes whole; leave it out")
    }));
    params
}

impl Walk<'_> {
    /// The keys of the rows, in order. A row may lack those that this caller is not shown in it.
    #[must_use]
    pub fn headings(&self) -> Vec<Heading> {
        let Listing { engine, table, shape, .. } = &self.listing;
        let keys = table.view.headings(engine.table.dialect, shape);
        keys.into_iter().map(|(key, column)| Heading { key, holds: column.map_or(Holds::Json, holds) }).collect()
    }

    /// Whether there are no more rows.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.progress == Progress::Done
    }

    /// Whether there is such a list, without looking into it.
    ///
    /// # Errors
    /// 403, 404 (the parent), 503.
    pub async fn check_is_open(&self) -> Result<(), Error> {
        self.pipeline.check_list_is_open(&self.listing).await
    }

    /// The next rows as JSON, in order, all from the same instant as those before.
    ///
    /// # Errors
    /// 403, 404 (the parent) where there is no row at all, 503.
    pub async fn next(&mut self, snapshot: &mut Snapshot) -> Result<Vec<Bytes>, Error> {
        let statement = self.listing.statement(&self.listing.query.conditions, self.after.as_deref());
        let found = snapshot.read(statement).await.map_err(refuse)?;
        let before = std::mem::replace(&mut self.progress, Progress::Done);
        let page = found.into_iter().next().and_then(|mut row| row.take_bytes(0));
        let Some(page) = page.map(Bytes::from) else {
            if before == Progress::Begun {
                self.check_is_open().await?;
            }
            return Ok(Vec::new());
        };
        let found: Vec<_> = rows_of(&page).collect();
        let count = i64::try_from(found.len()).unwrap_or(i64::MAX);
        if let Some(last) = found.last().filter(|_| count > self.listing.rows) {
            self.after = Some(self.listing.keys(last)?);
            self.progress = Progress::Under;
        }
        let rows = found.into_iter().map(|row| page.slice_ref(self.listing.taken_apart(row).2)).collect();
        self.listing.rows = rows_for(page.len(), count) * if self.listing.is_slow() { SLOW_FACTOR } else { 1 };
        Ok(rows)
    }
}

/// Rows that the first statement finds: nothing is known of their length.
const FIRST_ROWS: i64 = 100;

/// How many times as many rows a statement brings that looks into all of them: each is as slow as the first.
const SLOW_FACTOR: i64 = 10;

/// Bytes that a statement is to bring, about.
const BATCH_BYTES: usize = 128 * 1024;

/// Rows that the next statement finds, when so many had so many bytes. There are few numbers, since each is another
/// statement to prepare.
fn rows_for(bytes: usize, rows: i64) -> i64 {
    let each = bytes / usize::try_from(rows).unwrap_or(1).max(1);
    [500, FIRST_ROWS, 20]
        .into_iter()
        .find(|rows| usize::try_from(*rows).unwrap_or(0).saturating_mul(each) <= BATCH_BYTES * 3 / 2)
        .unwrap_or(5)
}

fn holds(column: &Column) -> Holds {
    match column.storage() {
        Storage::Decimal(_) => Holds::Number,
        Storage::Json => Holds::Json,
        Storage::Integer
        | Storage::Boolean
        | Storage::Real
        | Storage::Text
        | Storage::Timestamp
        | Storage::Date
        | Storage::Uuid => Holds::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_brings_about_as_much_however_long_the_rows_are() {
        for (bytes, rows, expected) in [
            (0, 0, 500),
            (100, 1, 500),
            (30_000, 100, 500),
            (40_000, 100, 100),
            (300_000, 100, 20),
            (6_000_000, 100, 5),
        ] {
            assert_eq!(rows_for(bytes, rows), expected, "{rows} rows of {bytes} bytes");
        }
    }

    #[test]
    fn what_only_a_page_has_is_a_fault_beside_the_others() {
        let params = without_pages(Params::parse(Some("limit=1&status=a&cursor=x&limit[gt]=1&count=true&q=")));
        let names = |name: &str| name.to_owned();
        let left: Vec<_> = params.items.iter().map(|param| (names(&param.name), param.operator.clone())).collect();
        assert_eq!(left, [(names("status"), None), (names("limit"), Some(names("gt")))]);
        let faults: Vec<_> = params.faults.iter().map(|fault| (fault.field.as_str(), fault.code)).collect();
        assert_eq!(
            faults,
            [("q", "empty"), ("limit", "not_streamed"), ("cursor", "not_streamed"), ("count", "not_streamed")]
        );
    }
}
