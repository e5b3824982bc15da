//! How often somebody may be wrong about who he is: five times within a minute, from wherever, whether there is such an account
//! or not. What comes then waits until the first of the five is a minute old; it is not compared, and counts for nothing, so
//! that whoever is right gets in after a minute at most, however often others are wrong.
//!
//! An attempt is written down before it is compared, and taken back if it was right: of many at a time no more are compared
//! than may be wrong. They are in the database, so all nodes count the same. Sessions that there are go on; a password that was
//! set with a link begins anew.

use std::{sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Keys;
use crate::{
    clock::{self, SECOND_US},
    db::{Arg, Db, Dialect, Row, Statement, Tx},
    email,
    error::Error,
    sql,
};

/// Who is to be shown, and by what.
#[derive(Debug, Clone, Copy)]
pub(super) enum Proof<'a> {
    /// That one may log in with this address, which need not be anybody's.
    LogIn(&'a str),
    /// That one knows the password of the account from whose session one calls.
    Password(i64),
    /// That one has the second factor of an account.
    Code(i64),
}

/// An attempt that is being compared. One that nobody ends has failed.
pub(super) struct Attempt {
    id: i64,
    db: Db,
    is_over: bool,
    _turn: Option<OwnedSemaphorePermit>,
}

/// What counts them. A clone counts the same.
#[derive(Clone)]
pub(super) struct Throttle {
    db: Db,
    keys: Keys,
    /// Attempts at what falls to one of them wait for each other in memory, not at the database.
    turns: Arc<[Arc<Semaphore>]>,
}

/// Most attempts that may be wrong within [`WITHIN_US`].
const MOST: i64 = 5;

/// See [`MOST`].
const WITHIN_US: i64 = 60 * SECOND_US;

/// So many subjects are told from each other in memory.
const TURNS: usize = 256;

/// How long to wait for attempts of other nodes, and how often that is done.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSES: usize = 100;

/// What became of an attempt to begin one.
enum Begun {
    /// This one may be compared.
    Attempt(i64),
    /// Others are being compared; whether there is room is known when they have been.
    Later,
    /// There is no room for so many seconds.
    Never(u64),
}

impl Throttle {
    pub(super) fn new(db: Db, keys: Keys) -> Self {
        let most = usize::try_from(MOST).unwrap_or(1);
        Self { db, keys, turns: (0..TURNS).map(|_| Arc::new(Semaphore::new(most))).collect() }
    }

    /// Begins an attempt.
    ///
    /// # Errors
    /// [`Error::OverLimit`] after too many wrong ones; [`Error::Unavailable`] when the database is busy.
    pub(super) async fn begin(&self, proof: Proof<'_>) -> Result<Attempt, Error> {
        let (subject, place) = self.subject(proof);
        let turn = match self.turns.get(place) {
            Some(turns) => Arc::clone(turns).acquire_owned().await.ok(),
            None => None,
        };
        for _ in 0..PAUSES {
            // Most of those that are refused write nothing.
            if let Begun::Never(retry_after_s) = self.look(&subject).await? {
                return Err(too_many(retry_after_s));
            }
            match self.try_begin(subject.clone()).await? {
                Begun::Attempt(id) => return Ok(Attempt { id, db: self.db.clone(), is_over: false, _turn: turn }),
                Begun::Never(retry_after_s) => return Err(too_many(retry_after_s)),
                Begun::Later => tokio::time::sleep(PAUSE).await,
            }
        }
        Err(Error::Unavailable("too many log in with this account at once; try again".into()))
    }

    /// Forgets what was wrong about an account, when its password was set.
    pub(super) fn forgive(&self, account: i64, address: &str) -> [Statement; 2] {
        // Whoever reads the mail of an account has its second factor as little as before.
        [Proof::LogIn(address), Proof::Password(account)].map(|proof| sql::forgive(&self.subject(proof).0))
    }

    async fn look(&self, subject: &str) -> Result<Begun, Error> {
        let now_us = clock::now_us();
        let rows = self.db.read(attempts(self.db.dialect(), subject, now_us)).await?;
        Ok(Begun::read(&rows, now_us))
    }

    async fn try_begin(&self, subject: String) -> Result<Begun, Error> {
        self.db.write(move |tx| async move { try_begin(tx, &subject).await }.boxed()).await
    }

    /// What an attempt is counted under, which tells nobody who it was about, and its place in memory.
    fn subject(&self, proof: Proof<'_>) -> (String, usize) {
        let tag = match proof {
            Proof::LogIn(address) => {
                self.keys.request_tag(&[b"log in".as_slice(), email::comparison_key(address).as_bytes()])
            }
            Proof::Code(account) => self.keys.request_tag(&[b"code".as_slice(), &account.to_be_bytes()]),
            Proof::Password(account) => self.keys.request_tag(&[b"password".as_slice(), &account.to_be_bytes()]),
        };
        let place = usize::from(tag.first().copied().unwrap_or_default());
        (super::links::hex(&tag), place)
    }
}

async fn try_begin(tx: &mut Tx, subject: &str) -> Result<Begun, Error> {
    if let Some(lock) = tx.dialect().sql().lock_by_name() {
        tx.query(Statement::new(lock, vec![Arg::Text(format!("attempts {subject}"))])).await?;
    }
    let now_us = clock::now_us();
    let begun = Begun::read(&tx.query(attempts(tx.dialect(), subject, now_us)).await?, now_us);
    if !matches!(begun, Begun::Attempt(_)) {
        return Ok(begun);
    }
    tx.query(sql::purge_attempts(tx.dialect(), clock::format_us(now_us.saturating_sub(WITHIN_US)))).await?;
    let rows = tx.query(sql::begin_attempt(subject, clock::format_us(now_us))).await?;
    let id = rows.first().and_then(|row| row.int(0));
    Ok(Begun::Attempt(id.ok_or_else(|| Error::Internal("an attempt was given no number".into()))?))
}

impl Begun {
    /// Reads what [`attempts`] found; the number of an attempt is still to be had.
    fn read(rows: &[Row], now_us: i64) -> Self {
        let number = |place| rows.first().and_then(|row| row.int(place)).unwrap_or_default();
        let (all, open) = (number(0), number(1));
        if all < MOST {
            return Self::Attempt(0);
        }
        if open > 0 {
            return Self::Later;
        }
        let first_us = rows.first().and_then(|row| row.text(2)).and_then(clock::parse_timestamp_us).unwrap_or(now_us);
        let wait_us = first_us.saturating_add(WITHIN_US).saturating_sub(now_us).clamp(1, WITHIN_US);
        Self::Never(wait_us.unsigned_abs().div_ceil(SECOND_US.unsigned_abs()))
    }
}

impl Attempt {
    /// It was wrong.
    pub(super) async fn fail(mut self) -> Result<(), Error> {
        self.is_over = true;
        let fail = sql::fail_attempt(self.id);
        self.db.write(move |tx| async move { Ok(tx.query(fail).await.map(drop)?) }.boxed()).await
    }

    /// It was right.
    pub(super) async fn succeed(mut self) -> Result<(), Error> {
        self.is_over = true;
        let end = sql::end_attempt(self.id);
        self.db.write(move |tx| async move { Ok(tx.query(end).await.map(drop)?) }.boxed()).await
    }
}

impl Drop for Attempt {
    /// Whoever goes away before he is answered may have been wrong.
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let (db, fail) = (self.db.clone(), sql::fail_attempt(self.id));
        tokio::spawn(async move {
            let written = db.write(move |tx| async move { Ok(tx.query(fail).await.map(drop)?) }.boxed()).await;
            if let Err(error) = written {
                tracing::debug!(%error, "that an attempt failed was not written down; it counts as one under way");
            }
        });
    }
}

fn attempts(dialect: Dialect, subject: &str, now_us: i64) -> Statement {
    // What lies ahead of the clock, which was set back, is as old as it can be told to be.
    let bounds = [now_us.saturating_sub(WITHIN_US), now_us.saturating_add(WITHIN_US)];
    sql::attempts(dialect, subject, bounds.map(clock::format_us))
}

fn too_many(retry_after_s: u64) -> Error {
    Error::OverLimit { why: "too many wrong passwords or codes within a minute".into(), retry_after_s }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Cell;

    #[test]
    fn the_first_of_five_has_to_be_a_minute_old() {
        let at = |us: i64| Cell::Bytes(clock::format_us(us).into_bytes());
        let now_us = 1_000_000 * SECOND_US;
        for (all, open, first_us, expected) in [
            (0, 0, now_us, Some(None)),
            (4, 4, now_us, Some(None)),
            (5, 1, now_us, None),
            (5, 0, now_us, Some(Some(60))),
            (5, 0, now_us - 59 * SECOND_US, Some(Some(1))),
            (5, 0, now_us - 59 * SECOND_US - 1, Some(Some(1))),
            (5, 0, now_us - 58 * SECOND_US + 1, Some(Some(3))),
            // The clock was set back since: nobody waits longer than a minute for it.
            (7, 0, now_us + 50 * SECOND_US, Some(Some(60))),
        ] {
            let row = Row(vec![Cell::Int(all), Cell::Int(open), at(first_us)]);
            let found = match Begun::read(&[row], now_us) {
                Begun::Attempt(_) => Some(None),
                Begun::Later => None,
                Begun::Never(wait_s) => Some(Some(wait_s)),
            };
            assert_eq!(found, expected, "{all} {open} {first_us}");
        }
    }
}
