//! Reading the outbox: what an account may see of what it was told.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{
    db::{Db, Reads, Row},
    error::Error,
    query::PageById,
    schema::{Catalog, LinkError},
    sql::{Inbox, Lock},
};

/// The outbox of an application. A clone is the same one.
#[derive(Debug, Clone)]
pub struct Outbox {
    db: Db,
    inbox: Arc<Inbox>,
}

/// A message: its number, and the JSON that the client gets.
pub type Numbered = (i64, Bytes);

/// Messages of one account, in the order that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The newest number of the account, seen or not; 0 when it was never told anything.
    pub last: i64,
    /// The newest number that is no longer kept; 0 while all are.
    pub pruned: i64,
    /// The messages that the account may see.
    pub messages: Vec<Numbered>,
    /// Whether there may be more.
    pub is_full: bool,
}

/// What is new to one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivery {
    /// The account.
    pub(super) account: i64,
    /// The number after which it was looked for.
    pub(super) after: i64,
    /// The number up to which all that it may see is here.
    pub(super) up_to: i64,
    /// Whether there is more beyond that.
    pub(super) has_more: bool,
    /// The messages, in order.
    pub(super) messages: Vec<Numbered>,
}

/// Whoever has messages to read from the beginning on.
pub trait Messages: Send + Sync {
    /// The first `limit` messages of an account after a number, that it may see.
    fn after(&self, account: i64, number: i64, limit: u16) -> BoxFuture<'static, Result<Page, Error>>;
}

impl Outbox {
    /// The outbox in `db`.
    ///
    /// # Errors
    /// [`LinkError`] when a rule does not resolve, which declarations that compiled cannot cause.
    pub fn new(catalog: &Catalog, db: Db) -> Result<Self, LinkError> {
        Ok(Self { inbox: Arc::new(Inbox::new(db.dialect(), catalog)?), db })
    }

    /// The newest number of an account; 0 when it was never told anything.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn last(&self, account: i64) -> Result<i64, Error> {
        let rows = self.db.read(Inbox::last(account)).await?;
        Ok(rows.first().and_then(|row| row.int(0)).unwrap_or(0))
    }

    /// A page of the messages of an account by their numbers: one that is not full is the last.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn page(&self, account: i64, page: &PageById) -> Result<Page, Error> {
        self.page_in(Reads::Now(&self.db), account, page).await
    }

    /// The same from there.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub async fn page_in(&self, mut reads: Reads<'_>, account: i64, page: &PageById) -> Result<Page, Error> {
        let rows = reads.read(self.inbox.page(account, page)).await?;
        Ok(Page::of(rows, page.limit))
    }

    /// What is new to these accounts, each after a number.
    pub(super) async fn deliveries(&self, seen: &[(i64, i64)]) -> Result<Vec<Delivery>, Error> {
        let window = window(seen.len());
        let rows = self.db.read(self.inbox.batch(seen, window)).await?;
        Ok(deliveries(rows, seen, window))
    }

    /// Deletes at most `limit` messages from before `instant`, oldest first, and says how many.
    pub(super) async fn prune(&self, instant: String, limit: u16) -> Result<usize, Error> {
        let inbox = Arc::clone(&self.inbox);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(lock) = Lock::Retention.try_take(tx.dialect())
                        && tx.query(lock).await?.first().and_then(|row| row.int(0)) != Some(1)
                    {
                        return Ok(0);
                    }
                    let rows = tx.query(inbox.prune(instant, limit)).await?;
                    let pruned: Vec<_> = rows.iter().filter_map(|row| row.int(0).zip(row.int(1))).collect();
                    if !pruned.is_empty() {
                        tx.query(inbox.note_pruned(&pruned)).await?;
                    }
                    Ok(pruned.len())
                })
            })
            .await
    }
}

impl Messages for Outbox {
    fn after(&self, account: i64, number: i64, limit: u16) -> BoxFuture<'static, Result<Page, Error>> {
        let outbox = self.clone();
        let page = PageById { limit, after: Some(number), descending: false, ids: None };
        Box::pin(async move { outbox.page(account, &page).await })
    }
}

impl Page {
    fn of(rows: Vec<Row>, limit: u16) -> Self {
        let counter = |index| rows.first().and_then(|row| row.int(index)).unwrap_or(0);
        let (last, pruned) = (counter(0), counter(1));
        let messages: Vec<_> = rows.into_iter().filter_map(|row| message(row, 2)).collect();
        Self { last, pruned, is_full: messages.len() >= usize::from(limit), messages }
    }
}

/// Numbers that are looked through for each of so many accounts, so that what comes back is bounded.
fn window(accounts: usize) -> u16 {
    const MOST_MESSAGES: usize = 2_000;
    u16::try_from((MOST_MESSAGES / accounts.max(1)).clamp(20, 500)).unwrap_or(20)
}

/// The rows come account by account. One that was never told anything has none, and no delivery.
fn deliveries(rows: Vec<Row>, seen: &[(i64, i64)], window: u16) -> Vec<Delivery> {
    let mut found: Vec<Delivery> = Vec::with_capacity(seen.len());
    for row in rows {
        let (Some(account), Some(last)) = (row.int(0), row.int(1)) else { continue };
        if found.last().is_none_or(|delivery| delivery.account != account) {
            let Some(&(_, after)) = seen.iter().find(|(known, _)| *known == account) else { continue };
            let end = after.saturating_add(i64::from(window));
            found.push(Delivery {
                account,
                after,
                up_to: last.min(end).max(after),
                has_more: last > end,
                messages: Vec::new(),
            });
        }
        if let Some(delivery) = found.last_mut() {
            delivery.messages.extend(message(row, 2));
        }
    }
    found
}

fn message(mut row: Row, index: usize) -> Option<Numbered> {
    let number = row.int(index)?;
    Some((number, Bytes::from(row.take_bytes(index + 1)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Cell;

    fn row(account: i64, last: i64, number: Option<i64>) -> Row {
        let message = number.map_or(Cell::Null, |_| Cell::Bytes(b"{}".to_vec()));
        Row(vec![Cell::Int(account), Cell::Int(last), number.map_or(Cell::Null, Cell::Int), message])
    }

    #[test]
    fn rows_become_news_of_each_account() {
        let rows = vec![row(1, 9, Some(8)), row(1, 9, Some(9)), row(2, 4, None), row(3, 900, Some(101))];
        let found = deliveries(rows, &[(1, 7), (2, 4), (3, 100), (4, 0)], 500);
        let brief: Vec<_> = found.iter().map(|n| (n.account, n.after, n.up_to, n.has_more, n.messages.len())).collect();
        assert_eq!(brief, [(1, 7, 9, false, 2), (2, 4, 4, false, 0), (3, 100, 600, true, 1)]);
    }

    #[test]
    fn a_page_knows_whether_there_may_be_more() {
        let page = Page::of(vec![row(9, 1, Some(5)), row(9, 1, Some(6))], 2);
        assert_eq!((page.last, page.pruned, page.messages.len(), page.is_full), (9, 1, 2, true));
        assert!(!Page::of(vec![row(9, 1, Some(5))], 2).is_full);
        assert_eq!(Page::of(vec![row(9, 1, None)], 2).messages, []);
        assert_eq!(Page::of(Vec::new(), 2), Page::default());
    }

    #[test]
    fn what_a_batch_can_bring_is_bounded() {
        for (accounts, expected) in [(0, 500), (1, 500), (4, 500), (10, 200), (100, 20), (1_000, 20)] {
            assert_eq!(window(accounts), expected);
        }
    }
}
