//! Mail that was sent in a test: kept, instead of handed to a server.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{job::Recipient, mails::Draft};

/// A mail that was sent, as its reader would see it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// The address that it went to.
    pub to: String,
    /// The name beside the address; may be empty.
    pub name: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same as HTML, if it has that.
    pub html: Option<String>,
}

/// What keeps it. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Postbox(Arc<Mutex<Vec<Mail>>>);

impl Postbox {
    /// All that was sent, in order.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn put(&self, to: Recipient, draft: Draft) {
        let Draft { subject, text, html } = draft;
        let mail = Mail { to: to.address, name: to.name, subject, text, html };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
    }
}
