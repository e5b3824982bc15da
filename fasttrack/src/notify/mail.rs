//! Mail on its way out: to a server that sends it, or to the log where none is configured.

use std::time::Duration;

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};

use crate::job::{MailError, Recipient};

/// Longest wait for a word of the mail server; below the time limit of a job.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where mail goes.
#[derive(Debug, Clone)]
pub struct Mailer(Way);

#[derive(Debug, Clone)]
enum Way {
    Log,
    Smtp(Smtp),
    #[cfg(feature = "testing")]
    Kept(Mailbox, super::Postbox),
}

#[derive(Debug, Clone)]
struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// Mail that is logged.
    #[must_use]
    pub const fn log() -> Self {
        Self(Way::Log)
    }

    /// Mail that is kept for a test to look at.
    #[cfg(feature = "testing")]
    pub(crate) fn kept(postbox: super::Postbox) -> Result<Self, String> {
        let from = "fasttrack@example.com".parse::<Mailbox>().map_err(|error| error.to_string())?;
        Ok(Self(Way::Kept(from, postbox)))
    }

    /// Mail that goes to the server at `url` (`smtp://` or `smtps://`, with credentials and `?tls=required`, as
    /// [`AsyncSmtpTransport::from_url`] has it), sent by `from`. Nothing is asked of the server yet.
    ///
    /// # Errors
    /// What is wrong with the address of the server, or of the sender.
    pub fn smtp(url: &str, from: &str) -> Result<Self, String> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|error| error.to_string())?;
        let from = from.parse::<Mailbox>().map_err(|error| error.to_string())?;
        Ok(Self(Way::Smtp(Smtp { transport: transport.timeout(Some(PATIENCE)).build(), from })))
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// [`MailError`], for a job to try again.
    pub(super) async fn send(&self, to: Recipient, subject: String, text: String) -> Result<(), MailError> {
        let smtp = match &self.0 {
            Way::Smtp(smtp) => smtp,
            Way::Log => {
                let subject = one_line(&subject);
                tracing::info!(target: "fasttrack::mail", to = to.address, subject, "no SMTP_URL is set: mail is logged");
                tracing::debug!(target: "fasttrack::mail", to = to.address, text);
                return Ok(());
            }
            #[cfg(feature = "testing")]
            Way::Kept(from, postbox) => {
                message(from, &to, &subject, text.clone())?;
                postbox.put(to, one_line(&subject), text);
                return Ok(());
            }
        };
        let message = message(&smtp.from, &to, &subject, text)?;
        let sent = tokio::time::timeout(PATIENCE * 3, smtp.transport.send(message)).await;
        match sent {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(MailError::Refused(with_causes(&error))),
            Err(_) => Err(MailError::Refused("it took too long".into())),
        }
    }
}

fn message(from: &Mailbox, to: &Recipient, subject: &str, text: String) -> Result<Message, MailError> {
    let unwritable = |error: &dyn std::error::Error| MailError::Unwritable(error.to_string());
    let address: Address = to.address.parse().map_err(|error| unwritable(&error))?;
    let name = Some(one_line(&to.name)).filter(|name| !name.is_empty());
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(one_line(subject))
        .message_id(Some(message_id(from)?))
        .header(ContentType::TEXT_PLAIN)
        .body(text)
        .map_err(|error| unwritable(&error))
}

/// A new id under the sender's domain (RFC 5322, section 3.6.4).
fn message_id(from: &Mailbox) -> Result<String, MailError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| MailError::Unwritable(error.to_string()))?;
    Ok(format!("<{:032x}@{}>", u128::from_be_bytes(random), from.email.domain()))
}

/// The text without line breaks and other control characters, which would end a header, and without what a reader would
/// take for an encoded word (RFC 2047) and show as something else.
fn one_line(text: &str) -> String {
    let spaced = text.replace(|character: char| character.is_control(), " ").replace("=?", "= ?");
    spaced.trim().to_owned()
}

/// An error with what caused it: what the server said stands there.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut words: Vec<_> = causes.map(ToString::to_string).collect();
    words.dedup();
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(to: (&str, &str), subject: &str, text: &str) -> Result<String, MailError> {
        let from = "Tracker <tracker@example.com>".parse().unwrap();
        message(&from, &to.into(), subject, text.into())
            .map(|message| String::from_utf8(message.formatted()).expect("a mail is ASCII"))
    }

    #[test]
    fn nothing_in_a_mail_becomes_a_header() {
        let evil = "x\r\nBcc: eve@example.com\r\n\r\nHello\u{85}";
        let mail = written(("ada@example.com", evil), evil, "Bcc: eve@example.com\r\n.\r\nDATA").unwrap();
        let (head, body) = mail.split_once("\r\n\r\n").unwrap();
        let names: Vec<_> = head
            .lines()
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split_once(':').unwrap().0)
            .collect();
        for name in &names {
            let known = ["From", "To", "Subject", "Message-ID", "Content-Type", "Content-Transfer-Encoding", "Date"];
            assert!(known.contains(name), "{mail}");
        }
        assert!(!names.contains(&"Bcc"), "{mail}");
        assert!(body.contains("eve"), "{mail}");
    }

    #[test]
    fn a_subject_reads_as_it_was_written() {
        let mail = written(("ada@example.com", ""), "=?utf-8?q?Bcc=3A_x?=", "t").unwrap();
        assert!(mail.contains("Subject: = ?utf-8?q?Bcc=3A_x?=\r\n"), "{mail}");
    }

    #[test]
    fn what_is_no_address_is_no_recipient() {
        for address in ["", "ada", "ada@example.com\r\nRCPT TO:<eve@example.com>", "a b@example.com", "<a@b.c>"] {
            assert!(matches!(written((address, ""), "s", "t"), Err(MailError::Unwritable(_))), "{address}");
        }
        assert!(written(("ada@example.com", ""), "Grüße", "ü").is_ok());
    }

    #[tokio::test]
    async fn addresses_of_servers_are_checked() {
        for url in ["smtp://localhost", "smtps://ada:secret@mail.example.com:465", "smtp://h:2525?tls=required"] {
            assert!(Mailer::smtp(url, "a@example.com").is_ok(), "{url}");
        }
        for (url, from) in [
            ("http://localhost", "a@example.com"),
            ("smtp://localhost?tls=perhaps", "a@example.com"),
            ("smtp://localhost", "nobody"),
            ("smtp://localhost", ""),
        ] {
            assert!(Mailer::smtp(url, from).is_err(), "{url} {from}");
        }
    }
}
