//! Requests that come with a key, and are carried out once: the answer is kept in the transaction of the change, for whoever
//! sends the same once more.
//!
//! What is refused is kept as well, since the same request would else be something else a moment later: its part of the
//! transaction is undone, and the answer committed. How an answer looks, and which are kept, is for the caller to say.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{Outcome, Pipeline, Prepared};
use crate::{
    clock,
    db::{Row, Tx},
    error::Error,
    sql,
};

/// How long an answer is kept, in microseconds: 24 hours.
const KEPT_US: i64 = 24 * 60 * 60 * clock::SECOND_US;

/// What the answers of one account have, in bytes, at most: beyond that, the oldest are forgotten before their time.
const MOST_BYTES: i64 = 32 << 20;

/// Every so many answers it is looked whether those of the account are too many.
const LOOK_EVERY: i64 = 64;

/// Answers that are forgotten in one unit of the writer.
const STEP: u16 = 500;

/// The header that a key comes in.
pub const KEY_HEADER: &str = "Idempotency-Key";

/// A request that came with a key.
#[derive(Debug, Clone)]
pub struct Keyed {
    /// Who asks: another account's keys are others.
    pub account: i64,
    /// Digest of the key.
    pub key: String,
    /// Digest of all of the request that decides what comes of it.
    pub request: String,
}

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers that belong to it, by name.
    pub headers: Vec<(String, String)>,
    /// The body, if it has one.
    pub body: Option<String>,
}

/// An answer, and whether it was given before.
#[derive(Debug)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Whether it was kept.
    pub is_replayed: bool,
}

/// What a request is answered with.
#[derive(Clone)]
pub enum Work {
    /// What comes of an operation.
    Change(Prepared),
    /// This, whatever the database holds.
    Refused(Answer),
}

/// Makes an answer of what came of an operation; what it gives back as an error is not kept, and nothing is done then.
pub type Render = Arc<dyn Fn(Result<Outcome, Error>) -> Result<Answer, Error> + Send + Sync>;

impl Pipeline {
    /// Answers a request, once: who has sent the same before under the key is answered as then.
    ///
    /// # Errors
    /// [`Error::Invalid`] where another request came under the key; what `render` does not keep; 503.
    pub async fn answer_once(&self, keyed: Keyed, work: Work, render: Render) -> Result<Answered, Error> {
        self.db.write(move |tx| async move { keyed.answer(tx, work, &render).await }.boxed()).await
    }

    /// Forgets the answers that were kept long enough.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_answers(&self) -> Result<(), Error> {
        let before = clock::format_us(clock::now_us().saturating_sub(KEPT_US));
        loop {
            let forget = sql::forget_answers(before.clone(), STEP);
            let gone = self.db.write(move |tx| async move { Ok(tx.query(forget).await?.len()) }.boxed()).await?;
            if gone < usize::from(STEP) {
                return Ok(());
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Keyed {
    async fn answer(self, tx: &mut Tx, work: Work, render: &Render) -> Result<Answered, Error> {
        let now_us = clock::now_us();
        let (now, before) = (clock::format_us(now_us), clock::format_us(now_us.saturating_sub(KEPT_US)));
        let begun = tx.query(sql::begin_answer(self.account, [&self.key, &self.request], now, before)).await?;
        let Some(id) = begun.first().and_then(|row| row.int(0)) else {
            return self.replay(tx).await.map(|answer| Answered { answer, is_replayed: true });
        };
        let answer = match work {
            Work::Refused(answer) => answer,
            Work::Change(prepared) => {
                let done = tx.part(move |tx| {
                    async move {
                        let outcome = prepared.apply(tx).await?;
                        // What is asked of all changes together would else be known after the answer is kept.
                        tx.settle().await?;
                        Ok(outcome)
                    }
                    .boxed()
                });
                render(done.await)?
            }
        };
        let headers = serde_json::to_string(&answer.headers).map_err(|cause| Error::Internal(cause.to_string()))?;
        tx.query(sql::end_answer(id, answer.status, [Some(headers), answer.body.clone()])).await?;
        if id % LOOK_EVERY == 0 {
            tx.query(sql::trim_answers(self.account, MOST_BYTES)).await?;
        }
        Ok(Answered { answer, is_replayed: false })
    }

    /// The answer that is kept.
    async fn replay(&self, tx: &mut Tx) -> Result<Answer, Error> {
        let kept = tx.query(sql::kept_answer(tx.dialect(), self.account, &self.key)).await?;
        let kept = kept.first().ok_or_else(|| Error::Unavailable("the answer went meanwhile; try again".into()))?;
        if kept.text(0) != Some(self.request.as_str()) {
            let why =
                "another request came with this key within 24 hours; a key is for one request and its repetitions";
            return Err(Error::fault(KEY_HEADER, "reused", why));
        }
        Answer::read(kept).ok_or_else(|| Error::Internal("an answer was kept that reads as none".into()))
    }
}

impl Answer {
    /// Reads what is kept.
    fn read(row: &Row) -> Option<Self> {
        let status = row.int(1).and_then(|status| u16::try_from(status).ok())?;
        let headers = serde_json::from_str(row.text(2)?).ok()?;
        Some(Self { status, headers, body: row.text(3).map(str::to_owned) })
    }
}
