//! The session of a unit: one transaction, from its first statement to its end.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::time::timeout;

use super::{
    super::{
        ChangeCapture, DbError, Dialect, Row, Statement, Tx,
        text::may_write,
        tx::{Heard, Session},
    },
    connection::Ran,
    error::{Failure, Remedy},
    pool::Lease,
};

/// The session of a unit.
pub(super) struct PostgresSession {
    lease: Lease,
    terms: Terms,
    capture: Option<(Arc<ChangeCapture>, Statement)>,
    begun: bool,
    /// Words that go before the next statement.
    owed: String,
    /// How many statements were sent.
    sent: usize,
    /// The parts that are under way.
    parts: Vec<Part>,
    /// What the transaction is known by, once it has written.
    number: Option<Number>,
    /// A statement was sent, and its end was not waited for.
    cut_off: bool,
    changes: Vec<Row>,
    /// What the unit met after which it cannot go on: the server takes nothing more then but the end of the transaction.
    fatal: Option<Failure>,
    notices: Vec<Statement>,
}

/// What there was when a part of a unit began.
struct Part {
    sent: usize,
    owed: usize,
    changes: Vec<Row>,
    notices: usize,
}

/// What a transaction is known by, also after its connection is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    /// Its number.
    pub(super) number: String,
    /// The server that gave it, where that is known.
    pub(super) server: Option<String>,
}

/// On what terms a unit has its transaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    /// How long a statement may take.
    pub(super) statement: Duration,
    /// How long the unit may, and the word that ends it.
    pub(super) unit: Duration,
    /// Whether the server is told to wait as well.
    pub(super) is_unlimited: bool,
}

/// Why a transaction was not committed, as far as that is known.
pub(super) enum CommitFailure {
    /// It was not.
    Refused(Failure),
    /// It may have been.
    InDoubt(DbError),
}

/// Lets a transaction take its time.
const UNLIMITED: &str = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; ";

/// The number that a transaction is known by, also after the connection is lost. It gets one by being asked.
const NUMBER: &str = "SELECT pg_current_xact_id()::text";

impl PostgresSession {
    pub(super) fn new(lease: Lease, terms: Terms, capture: Option<Arc<ChangeCapture>>) -> Self {
        let capture = capture.map(|capture| {
            let collect = Statement::new(capture.collect.clone(), Vec::new());
            (capture, collect)
        });
        Self {
            lease,
            terms,
            capture,
            begun: false,
            owed: String::new(),
            sent: 0,
            parts: Vec::new(),
            number: None,
            cut_off: false,
            changes: Vec::new(),
            fatal: None,
            notices: Vec::new(),
        }
    }

    /// What goes before a statement: what begins the transaction, what gives it a number, and what lets the statement
    /// fail alone.
    fn words_before(&mut self, writes: bool, alone: bool) -> String {
        let mut words = Vec::new();
        if !self.begun {
            words.push(if self.terms.is_unlimited { format!("BEGIN; {UNLIMITED}") } else { "BEGIN; ".to_owned() });
        }
        words.push(std::mem::take(&mut self.owed));
        if writes && self.number.is_none() {
            words.push(format!("{NUMBER}; "));
        }
        if alone {
            words.push("SAVEPOINT alone; ".to_owned());
        }
        words.concat()
    }

    async fn run(&mut self, statement: Statement, alone: bool) -> Result<Vec<Row>, DbError> {
        if let Some(fatal) = &self.fatal {
            return Err(fatal.error.clone());
        }
        if self.cut_off {
            return Err(self.remember(DbError::Busy("the statement before was not waited for".into()).into()));
        }
        let writes = may_write(&statement.sql);
        let before = self.words_before(writes, alone);
        let collect = self.capture.as_ref().filter(|_| writes).map(|(_, collect)| collect);
        self.begun = true;
        self.sent += 1;
        self.cut_off = true;
        let before = (!before.is_empty()).then_some(before.as_str());
        let ran = timeout(self.terms.statement, self.lease.query_between(before, &statement, collect)).await;
        self.cut_off = ran.is_err();
        let collects = collect.is_some();
        let Ran { before, rows, after } = match ran {
            Ok(Ok(ran)) => ran,
            Ok(Err(failure)) => return Err(self.remember(failure)),
            Err(_) => return Err(self.remember(DbError::Busy("the statement took too long".into()).into())),
        };
        match before {
            Ok(rows) if writes && self.number.is_none() => {
                let server = self.lease.server().map(str::to_owned);
                let number = rows.first().and_then(|row| row.text(0)).map(str::to_owned);
                self.number = number.map(|number| Number { number, server });
            }
            Ok(_) => {}
            Err(failure) => return Err(self.remember(failure)),
        }
        let rows = match rows {
            Ok(rows) => rows,
            Err(failure) if alone && failure.remedy == Remedy::None && !matches!(failure.error, DbError::Busy(_)) => {
                return Err(self.undo_alone(failure).await);
            }
            Err(failure) => return Err(self.remember(failure)),
        };
        if collects {
            // Each time all that was captured since the transaction began.
            self.changes = after.map_err(|failure| self.remember(failure))?;
        }
        if alone {
            self.owe("RELEASE alone; ");
        }
        Ok(rows)
    }

    /// Says this before the next statement.
    fn owe(&mut self, words: &str) {
        self.owed.push_str(words);
    }

    /// Undoes a statement that failed, and answers why it did.
    async fn undo_alone(&mut self, failure: Failure) -> DbError {
        match self.control("ROLLBACK TO alone; RELEASE alone").await {
            Ok(()) => failure.error,
            Err(failure) => self.remember(failure),
        }
    }

    /// Undoes the innermost part.
    async fn undo_innermost(&mut self) -> Result<(), DbError> {
        let depth = self.parts.len();
        let Some(part) = self.parts.pop() else { return Ok(()) };
        match self.fatal.take() {
            Some(fatal) if fatal.remedy != Remedy::None || matches!(fatal.error, DbError::Busy(_)) => {
                let error = fatal.error.clone();
                self.fatal = Some(fatal);
                return Err(error);
            }
            _ => {}
        }
        self.notices.truncate(part.notices);
        self.changes = part.changes;
        if self.sent == part.sent {
            // Its beginning was not even said.
            self.owed.truncate(part.owed);
            return Ok(());
        }
        // What is owed is about savepoints inside it, which go with it: they have other names, since those that are still
        // there would be the ones undone.
        self.owed.clear();
        let undo = format!("ROLLBACK TO part{depth}; RELEASE part{depth}");
        self.control(&undo).await.map_err(|failure| self.remember(failure))
    }

    async fn control(&mut self, words: &str) -> Result<(), Failure> {
        self.cut_off = true;
        let said = timeout(self.terms.unit, self.lease.control(words)).await;
        self.cut_off = said.is_err();
        said.unwrap_or_else(|_| Err(silent())).map(drop)
    }

    /// Remembers an error after which the unit cannot go on.
    fn remember(&mut self, failure: Failure) -> DbError {
        if failure.remedy == Remedy::Preparation {
            self.lease.forget_statements();
        }
        let error = failure.error.clone();
        self.fatal = Some(failure);
        error
    }

    /// Why the unit cannot have succeeded, whatever it says.
    pub(super) fn fatal(&self) -> Option<&Failure> {
        self.fatal.as_ref()
    }

    /// Whether a statement may still be running. It stops when the connection is given back.
    pub(super) fn is_cut_off(&self) -> bool {
        self.cut_off
    }

    /// What the transaction is known by, if it has written.
    pub(super) fn number(&self) -> Option<&Number> {
        self.number.as_ref()
    }

    /// What was captured of the unit.
    pub(super) fn take_changes(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.changes)
    }

    /// Commits. A transaction that never began is committed.
    ///
    /// # Errors
    /// Why it was not, or may not have been.
    pub(super) async fn commit(&mut self) -> Result<(), CommitFailure> {
        for notice in std::mem::take(&mut self.notices) {
            let told = self.run(notice, false).await;
            told.map_err(|error| CommitFailure::Refused(self.fatal.clone().unwrap_or_else(|| error.into())))?;
        }
        if !self.begun {
            return Ok(());
        }
        let ended = timeout(self.terms.unit, self.lease.end("COMMIT")).await.unwrap_or_else(|_| Err(silent()));
        match ended {
            Ok(()) => Ok(()),
            Err(failure) if failure.remedy == Remedy::Connection && self.number.is_some() => {
                Err(CommitFailure::InDoubt(failure.error))
            }
            // It was sent: to do it all again could be to do it twice.
            Err(failure) if failure.remedy == Remedy::Connection => Err(CommitFailure::Refused(failure.error.into())),
            Err(failure) => Err(CommitFailure::Refused(failure)),
        }
    }

    /// Undoes everything. What does not succeed here is done when the connection is given back.
    pub(super) async fn roll_back(&mut self) {
        if self.begun && !self.cut_off {
            timeout(self.terms.unit, self.lease.end("ROLLBACK")).await.ok();
        }
    }
}

fn silent() -> Failure {
    Failure { error: DbError::Busy("the connection does not answer".into()), remedy: Remedy::Connection }
}

impl Session for PostgresSession {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn query(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<Row>, DbError>> {
        Box::pin(self.run(statement, false))
    }

    fn attempt(&mut self, statement: Statement) -> BoxFuture<'_, Result<Vec<Row>, DbError>> {
        Box::pin(self.run(statement, true))
    }

    fn begin_part(&mut self) -> Result<(), DbError> {
        let (sent, owed, notices) = (self.sent, self.owed.len(), self.notices.len());
        self.parts.push(Part { sent, owed, changes: self.changes.clone(), notices });
        let depth = self.parts.len();
        self.owe(&format!("SAVEPOINT part{depth}; "));
        Ok(())
    }

    fn end_part(&mut self) -> Result<(), DbError> {
        let depth = self.parts.len();
        let Some(part) = self.parts.pop() else { return Ok(()) };
        if self.sent == part.sent {
            self.owed.truncate(part.owed);
        } else {
            self.owe(&format!("RELEASE part{depth}; "));
        }
        Ok(())
    }

    fn undo_part(&mut self) -> BoxFuture<'_, Result<(), DbError>> {
        Box::pin(self.undo_innermost())
    }

    fn captured(&mut self) -> Result<Option<Heard>, DbError> {
        let Some((capture, _)) = &self.capture else { return Ok(None) };
        // What is captured adds up, so that what there was before comes first.
        let before = self.parts.last().map_or(0, |part| part.changes.len());
        Ok(Some((Arc::clone(capture), self.changes.get(before..).unwrap_or_default().to_vec())))
    }

    fn notify(&mut self, channel: &str, payload: String) {
        use super::super::Arg::Text;
        self.notices.push(Statement::new("SELECT pg_notify($1, $2)", vec![Text(channel.to_owned()), Text(payload)]));
    }
}

impl Tx<PostgresSession> {
    /// Asks the listener whether the unit may be kept.
    pub(super) async fn before_commit(&mut self) -> Result<(), DbError> {
        let Some((capture, _)) = self.session.capture.clone().filter(|_| !self.session.changes.is_empty()) else {
            return Ok(());
        };
        let changes = self.session.changes.clone();
        capture.listener.before_commit(self, &changes).await
    }
}
