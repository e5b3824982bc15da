//! Why a bucket does not do what it is asked.

use std::fmt;

use memchr::memmem;

use crate::{
    files::error::StoreError,
    outgoing::{HttpResponse, StatusCode},
};

/// Bytes of an answer that are looked at for its reason.
const LOOKED_AT: usize = 2 * 1024;

/// The longest word for a reason.
const LONGEST_CODE: usize = 64;

/// Why a bucket does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// There is no such object.
    Missing,
    /// There is no room.
    Full(String),
    /// It refuses, and would again.
    Refused(String),
    /// There is no answer, or none that means anything: another time there may be.
    Away(String),
}

impl Fault {
    /// What an answer says that is no success.
    pub(super) async fn read(answer: HttpResponse) -> Self {
        let status = answer.status();
        let code = code(&answer.beginning(LOOKED_AT).await);
        Self::of(status, &code)
    }

    fn of(status: StatusCode, code: &str) -> Self {
        let said = if code.is_empty() { status.as_str().to_owned() } else { format!("{} {code}", status.as_str()) };
        match (status, code) {
            (StatusCode::NOT_FOUND, "NoSuchKey" | "") | (StatusCode::RANGE_NOT_SATISFIABLE, _) => Self::Missing,
            (StatusCode::INSUFFICIENT_STORAGE, _) | (_, "QuotaExceeded" | "XMinioStorageFull") => Self::Full(said),
            (StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT, _) | (_, "RequestTimeout") => {
                Self::Away(said)
            }
            _ if status.is_client_error() || status.is_redirection() => Self::Refused(said),
            _ => Self::Away(said),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => formatter.write_str("there is no such object"),
            Self::Full(said) => write!(formatter, "there is no room: {said}"),
            Self::Refused(said) => write!(formatter, "it refuses: {said}"),
            Self::Away(said) => write!(formatter, "it does not answer: {said}"),
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Missing => Self::Missing,
            Fault::Full(said) => Self::Full(said),
            Fault::Refused(_) | Fault::Away(_) => Self::Away(format!("the bucket: {fault}")),
        }
    }
}

/// The word that S3 has for its reason: `<Code>NoSuchKey</Code>`; empty where there is none.
fn code(answer: &[u8]) -> String {
    let after =
        |mark: &str, text: &'_ [u8]| memmem::find(text, mark.as_bytes()).map(|at| at.saturating_add(mark.len()));
    let inner = after("<Code>", answer).and_then(|start| {
        let rest = answer.get(start..)?;
        rest.get(..memmem::find(rest, b"</Code>")?)
    });
    let is_word = |inner: &&[u8]| inner.len() <= LONGEST_CODE && inner.iter().all(u8::is_ascii_alphanumeric);
    inner.filter(is_word).map(|inner| String::from_utf8_lossy(inner).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_word() {
        let answer =
            |code: &str| format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>x</Message></Error>");
        assert_eq!(code(answer("NoSuchKey").as_bytes()), "NoSuchKey");
        for text in [answer(""), answer("a b"), answer(&"a".repeat(65)), "<Code>Cut".to_owned(), String::new()] {
            assert_eq!(code(text.as_bytes()), "", "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_no_fault_of_the_bucket() {
        let away = |said: &str| Fault::Away(said.to_owned());
        let refused = |said: &str| Fault::Refused(said.to_owned());
        for (status, code, expected) in [
            (404, "NoSuchKey", Fault::Missing),
            (404, "", Fault::Missing),
            (416, "InvalidRange", Fault::Missing),
            (404, "NoSuchBucket", refused("404 NoSuchBucket")),
            (403, "AccessDenied", refused("403 AccessDenied")),
            (301, "PermanentRedirect", refused("301 PermanentRedirect")),
            (400, "RequestTimeout", away("400 RequestTimeout")),
            (429, "", away("429")),
            (503, "SlowDown", away("503 SlowDown")),
            (500, "", away("500")),
            (507, "", Fault::Full("507".to_owned())),
            (403, "QuotaExceeded", Fault::Full("403 QuotaExceeded".to_owned())),
        ] {
            assert_eq!(Fault::of(StatusCode::from_u16(status).unwrap(), code), expected);
        }
    }
}
