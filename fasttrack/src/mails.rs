//! The mails that accounts are sent: what each says, which an application may write otherwise.
//!
//! [`Application::mails`](crate::Application::mails) takes an [`AccountMails`]; each of its methods has a text of its own in
//! plain English. They get data that is typed, and give a [`Draft`]; to whom it goes, and that nothing in it becomes a header,
//! is not theirs to see to.
//!
//! ```
//! use fasttrack::mails::{AccountMails, Draft, LinkMail};
//!
//! struct InGerman;
//!
//! impl AccountMails for InGerman {
//!     fn reset_password(&self, mail: &LinkMail<'_>) -> Draft {
//!         let minutes = mail.good_for.as_secs() / 60;
//!         let text = format!("Ein neues Passwort setzt du hier, {minutes} Minuten lang:\n\n{}\n", mail.link);
//!         Draft::text("Dein neues Passwort", text)
//!     }
//! }
//! ```
//!
//! A mail to an address that nobody has confirmed may reach somebody who never heard of the application. So the texts here
//! repeat nothing that whoever registered has typed, such as his name: else strangers could have their words sent to anybody.

use std::time::Duration;

use serde::de::DeserializeOwned;

/// A mail, as it is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its subject; line breaks become spaces.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// The same as HTML, for readers that show it.
    pub html: Option<String>,
}

/// A mail that leads somewhere.
#[derive(Debug, Clone, Copy)]
pub struct LinkMail<'a> {
    /// What the application calls itself.
    pub application: &'a str,
    /// The address that the mail goes to.
    pub address: &'a str,
    /// Where it leads. Whoever has it can do what it is for: it belongs into this mail and nowhere else.
    pub link: &'a str,
    /// For how long it is good, from now on.
    pub good_for: Duration,
    pub(crate) account: &'a [u8],
}

/// A mail that says that the address of an account has changed.
#[derive(Debug, Clone, Copy)]
pub struct AddressMail<'a> {
    /// What the application calls itself.
    pub application: &'a str,
    /// The address that the account had, and that the mail goes to.
    pub address: &'a str,
    /// The one that it has now.
    pub new_address: &'a str,
    pub(crate) account: &'a [u8],
}

/// A mail that says that a receiver of webhooks is sent nothing more.
#[derive(Debug, Clone, Copy)]
pub struct WebhookMail<'a> {
    /// What the application calls itself.
    pub application: &'a str,
    /// The address that the mail goes to: that of whoever registered the receiver.
    pub address: &'a str,
    /// Where the receiver is.
    pub url: &'a str,
    /// Why, as a phrase.
    pub reason: &'a str,
    pub(crate) account: &'a [u8],
}

/// What the mails to accounts say.
pub trait AccountMails: Send + Sync + 'static {
    /// To somebody who has forgotten his password, or of whom somebody says so.
    fn reset_password(&self, mail: &LinkMail<'_>) -> Draft {
        let text = format!(
            "Hello,\n\nsomebody asked for a new password for your account of {}. If it was you, follow this link within {}; \
             it is good once:\n\n{}\n\nIf it was somebody else, there is nothing to do: your password is what it was.\n",
            mail.application,
            in_words(mail.good_for),
            mail.link
        );
        Draft::text("A new password", text)
    }

    /// To an address that an account was registered with, or changed to.
    fn verify_address(&self, mail: &LinkMail<'_>) -> Draft {
        let text = format!(
            "Hello,\n\nan account of {} has this address. If it is yours, follow this link within {} to say so:\n\n{}\n\n\
             If you know nothing of it, there is nothing to do.\n",
            mail.application,
            in_words(mail.good_for),
            mail.link
        );
        Draft::text("Is this your address?", text)
    }

    /// To the address that an account had before.
    fn address_changed(&self, mail: &AddressMail<'_>) -> Draft {
        let text = format!(
            "Hello,\n\nyour account of {} has another address from now on, and mail about it goes there:\n\n{}\n\n\
             If it was not you who changed it, tell whoever runs {} at once.\n",
            mail.application, mail.new_address, mail.application
        );
        Draft::text("Your address was changed", text)
    }

    /// To whoever registered a receiver of webhooks that was disabled.
    fn webhook_disabled(&self, mail: &WebhookMail<'_>) -> Draft {
        let text = format!(
            "Hello,\n\nthe receiver of webhooks that you registered at {} is sent nothing more:\n\n{}\n\nThe reason: {}.\n\n\
             What is still to be sent to it is kept for 30 days. Once it takes messages again, send it `\"active\": true` \
             (PATCH).\n",
            mail.application, mail.url, mail.reason
        );
        Draft::text("A receiver of webhooks was disabled", text)
    }

    /// To somebody for whom an account was made, who sets its password with the link.
    fn invitation(&self, mail: &LinkMail<'_>) -> Draft {
        let text = format!(
            "Hello,\n\nan account of {} was made for you. Choose its password with this link within {}; it is good \
             once:\n\n{}\n\nIf you do not want it, there is nothing to do.\n",
            mail.application,
            in_words(mail.good_for),
            mail.link
        );
        Draft::text(format!("Your account of {}", mail.application), text)
    }
}

/// The texts of this module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InEnglish;

impl AccountMails for InEnglish {}

impl Draft {
    /// A mail of plain text.
    pub fn text(subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self { subject: subject.into(), text: text.into(), html: None }
    }

    /// With the same as HTML, in which whatever is not the application's own has to be escaped.
    #[must_use]
    pub fn html(self, html: impl Into<String>) -> Self {
        Self { html: Some(html.into()), ..self }
    }
}

impl LinkMail<'_> {
    /// The account as it is now; what is hidden is empty. Whoever registered wrote it: not for an address that is not verified.
    ///
    /// # Errors
    /// When it does not read as a `T`.
    pub fn account<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(self.account)
    }
}

impl WebhookMail<'_> {
    /// As [`LinkMail::account`].
    ///
    /// # Errors
    /// When it does not read as a `T`.
    pub fn account<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(self.account)
    }
}

impl AddressMail<'_> {
    /// As [`LinkMail::account`].
    ///
    /// # Errors
    /// When it does not read as a `T`.
    pub fn account<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(self.account)
    }
}

/// A duration as one says it.
fn in_words(duration: Duration) -> String {
    let minutes = duration.as_secs() / 60;
    match (minutes / 60, minutes / (24 * 60)) {
        (0 | 1, _) => format!("{minutes} minutes"),
        (hours, 0 | 1) => format!("{hours} hours"),
        (_, days) => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_typed_who_registered_is_repeated_to_nobody() {
        let account = br#"{"display_name":"Buy at evil.example"}"#;
        let (application, address, link) = ("Tracker", "ada@example.com", "https://x.example/reset#token=t");
        let good_for = Duration::from_mins(30);
        let mail = LinkMail { application, address, link, good_for, account };
        let changed = AddressMail { application, address, new_address: "eve@example.com", account };
        let links = [
            (InEnglish.reset_password(&mail), "30 minutes"),
            (InEnglish.verify_address(&LinkMail { good_for: Duration::from_hours(24), ..mail }), "24 hours"),
            (InEnglish.invitation(&LinkMail { good_for: Duration::from_hours(7 * 24), ..mail }), "7 days"),
        ];
        for (draft, within) in &links {
            assert!(draft.text.contains(&format!("\n\n{link}\n\n")) && draft.text.contains(within), "{draft:?}");
        }
        let changed = InEnglish.address_changed(&changed);
        assert!(changed.text.contains("eve@example.com"), "{changed:?}");
        for draft in links.iter().map(|(draft, _)| draft).chain([&changed]) {
            assert!(!format!("{draft:?}").contains("evil"), "{draft:?}");
            assert!(draft.text.contains("Tracker"), "{draft:?}");
        }
    }
}
