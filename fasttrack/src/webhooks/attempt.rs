//! One delivery, posted once.

use std::time::Instant;

use bytes::Bytes;

use super::{Shared, address, outcome::Outcome, registry::SEALED_FOR, signature};
use crate::{
    clock::{self, SECOND_US},
    db::Row,
    error::Error,
    outgoing::{Body, HeaderName, HeaderValue, HttpRequest, Method, header},
};

/// Bytes of an answer that are kept.
const KEPT_BYTES: usize = 1_024;

const AGENT: &str = concat!("fasttrack/", env!("CARGO_PKG_VERSION"));

/// The first of what is pending for a receiver.
pub(super) struct Pending {
    pub(super) id: i64,
    url: String,
    secret: String,
    old_secret: Option<String>,
    message_id: String,
    event: String,
    data: String,
    actor: Option<i64>,
    at: String,
    pub(super) tries: i64,
    failing_since: Option<String>,
}

/// What came of an attempt.
pub(super) struct Attempt {
    pub(super) outcome: Outcome,
    pub(super) took_ms: i64,
}

impl Pending {
    /// Reads what `sql::first_delivery` finds.
    pub(super) fn of(row: &Row) -> Option<Self> {
        let text = |place| row.text(place).map(str::to_owned);
        Some(Self {
            id: row.int(0)?,
            url: text(1)?,
            secret: text(2)?,
            old_secret: text(3),
            message_id: text(4)?,
            event: text(5)?,
            data: text(6)?,
            actor: row.int(7),
            at: text(8)?,
            tries: row.int(9)?,
            failing_since: text(10),
        })
    }

    /// For how long the receiver has taken nothing, in microseconds.
    pub(super) fn failing_us(&self, now_us: i64) -> i64 {
        let since_us = self.failing_since.as_deref().and_then(clock::parse_timestamp_us);
        since_us.map_or(0, |since_us| now_us.saturating_sub(since_us))
    }

    /// Posts it.
    pub(super) async fn attempt(&self, shared: &Shared) -> Attempt {
        let begun = Instant::now();
        let outcome = match self.request(shared) {
            Ok(request) => match shared.client.send(request).await {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    Outcome::Answered(status, readable(&answer.beginning(KEPT_BYTES).await))
                }
                Err(error) => Outcome::Unanswered(error.to_string()),
            },
            Err(why) => Outcome::Unanswered(why),
        };
        Attempt { outcome, took_ms: i64::try_from(begun.elapsed().as_millis()).unwrap_or(i64::MAX) }
    }

    fn request(&self, shared: &Shared) -> Result<HttpRequest, String> {
        // What may be called is what may be now: the setting may have been another one when it was registered.
        let url = address::parse(&self.url, shared.allows_private).map_err(|(_, why)| format!("the address {why}"))?;
        let body = self.body();
        let at_s = clock::now_us().div_euclid(SECOND_US);
        let signature = self.signature(shared, at_s, &body).map_err(|error| {
            tracing::error!(%error, "the secret of a webhook cannot be read; SECRET_KEY_PREVIOUS may help");
            "its secret cannot be read; have another one made (`rotate_secret`)".to_owned()
        })?;
        let value = |text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string());
        Ok(HttpRequest::new(Method::POST, url)
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(header::USER_AGENT, HeaderValue::from_static(AGENT))
            .header(HeaderName::from_static("webhook-id"), value(&self.message_id)?)
            .header(HeaderName::from_static("webhook-timestamp"), HeaderValue::from(at_s))
            .header(HeaderName::from_static("webhook-signature"), value(&signature)?)
            .body(Body::whole(Bytes::from(body))))
    }

    /// The same bytes in every attempt, and never who was told.
    fn body(&self) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let actor = self.actor.map_or_else(|| "null".to_owned(), |actor| actor.to_string());
        format!(
            "{{\"type\":{},\"timestamp\":{},\"data\":{},\"actor_id\":{actor}}}",
            text(&self.event),
            text(&self.at),
            self.data
        )
    }

    fn signature(&self, shared: &Shared, at_s: i64, body: &str) -> Result<String, Error> {
        let secret = shared.keys.open(SEALED_FOR, &self.secret)?;
        // One that cannot be read any more is as good as over.
        let old = self.old_secret.as_ref().and_then(|old| shared.keys.open(SEALED_FOR, old).ok());
        let secrets = std::iter::once(&secret).chain(&old).map(Vec::as_slice);
        Ok(signature::sign(secrets, &self.message_id, at_s, body))
    }
}

/// The beginning of an answer as text that both databases take.
fn readable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_the_form_of_the_standard_and_is_the_same_each_time() {
        let pending = |actor| Pending {
            id: 1,
            url: String::new(),
            secret: String::new(),
            old_secret: None,
            message_id: "msg_1".into(),
            event: "task_assigned".into(),
            data: r#"{"task_id":7,"project":"A \"B\""}"#.into(),
            actor,
            at: "2026-11-22T16:10:00.123456Z".into(),
            tries: 0,
            failing_since: Some("2026-11-22T16:10:00.000000Z".into()),
        };
        let expected = r#"{"type":"task_assigned","timestamp":"2026-11-22T16:10:00.123456Z","data":{"task_id":7,"project":"A \"B\""},"actor_id":3}"#;
        assert_eq!(pending(Some(3)).body(), expected);
        assert!(pending(None).body().ends_with(r#""actor_id":null}"#));
        let since_us = clock::parse_timestamp_us("2026-11-22T16:10:00.000000Z").unwrap();
        assert_eq!(pending(None).failing_us(since_us + 5), 5);
        assert_eq!(Pending { failing_since: None, ..pending(None) }.failing_us(since_us), 0);
        assert_eq!(readable(b"a\0\xff"), "a\u{fffd}\u{fffd}");
    }
}
