//! Mail on its way out: to a server that sends it, or to the log where none is configured.

use std::time::Duration;

use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Body, Mailbox, MultiPart,
        header::{ContentTransferEncoding, ContentType, MIME_VERSION_1_0},
    },
    transport::smtp,
};

use crate::{
    job::{MailError, Recipient},
    mails::Draft,
};

/// Longest wait for a word of the mail server; below the time limit of a job.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where mail goes.
#[derive(Debug, Clone)]
pub struct Mailer(Way);

#[derive(Debug, Clone)]
enum Way {
    Log,
    Smtp(Box<Smtp>),
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
        Ok(Self(Way::Smtp(Box::new(Smtp { transport: transport.timeout(Some(PATIENCE)).build(), from }))))
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// [`MailError`], which says whether to try again is of use.
    pub(super) async fn send(&self, to: Recipient, draft: Draft) -> Result<(), MailError> {
        let smtp = match &self.0 {
            Way::Smtp(smtp) => smtp,
            Way::Log => {
                let (subject, text) = (one_line(&draft.subject, MAX_SUBJECT), draft.text);
                tracing::info!(target: "fasttrack::mail", to = to.address, subject, "no SMTP_URL is set: mail is logged");
                tracing::debug!(target: "fasttrack::mail", to = to.address, text);
                return Ok(());
            }
            #[cfg(feature = "testing")]
            Way::Kept(from, postbox) => {
                message(from, &to, &draft)?;
                postbox.put(to, Draft { subject: one_line(&draft.subject, MAX_SUBJECT), ..draft });
                return Ok(());
            }
        };
        let message = message(&smtp.from, &to, &draft)?;
        let sent = tokio::time::timeout(PATIENCE * 3, smtp.transport.send(message)).await;
        match sent {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if is_final(&error, &to) => Err(MailError::Rejected(with_causes(&error))),
            Ok(Err(error)) => Err(MailError::Refused(with_causes(&error))),
            Err(_) => Err(MailError::Refused("it took too long".into())),
        }
    }
}

/// Answers about who we are to the server, not about the mail (RFC 4954, section 6): another password helps, so that they
/// are no reason to give up a mail.
const LOG_IN: [u16; 4] = [530, 534, 535, 538];

/// Whether the mail would fare the same every time: the server will have none of it (RFC 5321, section 4.2.1), or cannot
/// be told the address.
fn is_final(error: &smtp::Error, to: &Recipient) -> bool {
    let is_of_log_in = error.status().is_some_and(|code| LOG_IN.contains(&code.into()));
    // Only a server that knows SMTPUTF8 (RFC 6531) is told an address that is not ASCII; the client knows that one.
    let cannot_be_told = error.is_client() && !to.address.is_ascii();
    (error.is_permanent() && !is_of_log_in) || cannot_be_told
}

fn message(from: &Mailbox, to: &Recipient, draft: &Draft) -> Result<Message, MailError> {
    let unwritable = |error: &dyn std::error::Error| MailError::Unwritable(error.to_string());
    let address: Address = to.address.parse().map_err(|error| unwritable(&error))?;
    let name = Some(one_line(&to.name, MAX_NAME)).filter(|name| !name.is_empty());
    let head = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(one_line(&draft.subject, MAX_SUBJECT))
        .message_id(Some(message_id(from)?));
    let message = match &draft.html {
        // It says by itself how it is to be read.
        Some(html) => head.multipart(MultiPart::alternative_plain_html(body(&draft.text), body(html))),
        // Without it, what follows means nothing to a reader (RFC 2045, section 4).
        None => head.header(MIME_VERSION_1_0).header(ContentType::TEXT_PLAIN).body(body(&draft.text)),
    };
    message.map_err(|error| unwritable(&error))
}

/// A text as it is written: as it is, where that is allowed, so that a link stays whole for whoever reads the source, or the
/// log of a mail server. What ends a line for some servers and not for others ends one for all.
fn body(text: &str) -> Body {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "\u{fffd}").replace('\n', "\r\n");
    if text.is_ascii() && text.split("\r\n").all(|line| line.len() <= MAX_LINE) {
        return Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::SevenBit);
    }
    Body::new(text)
}

/// Longest line of a mail, in bytes (RFC 5322, section 2.1.1).
const MAX_LINE: usize = 998;

/// A new id under the sender's domain (RFC 5322, section 3.6.4).
fn message_id(from: &Mailbox) -> Result<String, MailError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| MailError::Refused(error.to_string()))?;
    Ok(format!("<{:032x}@{}>", u128::from_be_bytes(random), from.email.domain()))
}

/// Longest subject that is written, in characters: as one word it cannot be folded, and a line has to stay below 998 (RFC
/// 5322, section 2.1.1).
const MAX_SUBJECT: usize = 600;

/// Longest name, which may be escaped, and shares its line with an address.
const MAX_NAME: usize = 300;

/// The text without line breaks and other control characters, which would end a header, and without what a reader would
/// take for an encoded word (RFC 2047) and show as something else; cut where it is longer than anybody reads.
fn one_line(text: &str, max_chars: usize) -> String {
    let spaced = text.replace(|character: char| character.is_control(), " ").replace("=?", "= ?");
    let mut line: String = spaced.trim().chars().take(max_chars).collect();
    if spaced.trim().chars().nth(max_chars).is_some() {
        line.push('\u{2026}');
    }
    line
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
        message(&from, &to.into(), &Draft::text(subject, text))
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
        let mut sorted = names.clone();
        sorted.sort_unstable();
        let known = ["Content-Transfer-Encoding", "Content-Type", "Date", "From", "MIME-Version", "Message-ID"];
        assert_eq!(sorted, [&known[..], &["Subject", "To"]].concat(), "{mail}");
        assert!(body.contains("eve"), "{mail}");
    }

    #[test]
    fn a_mail_says_how_it_is_to_be_read() {
        for (text, encoding, body) in [
            ("Hello,\nAda", "7bit", "Hello,\r\nAda"),
            ("A task is yours, Zo\u{eb}", "quoted-printable", "A task is yours, Zo=C3=AB"),
            ("\u{4f60}\u{597d}", "base64", "5L2g5aW9"),
        ] {
            let mail = written(("ada@example.com", "Ada \"A\" L\u{f6}v"), "Gr\u{fc}\u{df}e", text).unwrap();
            let (head, rest) = mail.split_once("\r\n\r\n").unwrap();
            for line in [
                "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8",
                &format!("Content-Transfer-Encoding: {encoding}"),
                "From: Tracker <tracker@example.com>",
                "Subject: =?utf-8?b?R3LDvMOfZQ==?=",
            ] {
                assert_eq!(head.lines().filter(|other| other == &line).count(), 1, "{line:?} is not in {head}");
            }
            assert_eq!(rest.trim_end(), body);
            assert!(head.lines().all(|line| line.len() <= 78), "{head}");
        }
        for long in ["n".repeat(5_000), "s \u{fc} ".repeat(500), "\"".repeat(600), "\u{fc}".repeat(600)] {
            let long = written((&format!("{}@example.com", "a".repeat(64)), &long), &long, &long).unwrap();
            assert!(long.lines().all(|line| line.len() <= 998), "a line is longer than a server takes: {long}");
        }
    }

    /// A server that answers one word of a client with a line of its own, and everything else with yes.
    async fn sent_to_one_that_says(word: &'static str, answer: &'static str, to: &str) -> Result<(), MailError> {
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://ada:secret@{}", listener.local_addr().unwrap());
        let server = async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            let mut said = "HELLO".to_owned();
            loop {
                let usual = match said.get(..4).unwrap_or_default() {
                    "EHLO" => "250-here\r\n250 AUTH PLAIN",
                    "AUTH" => "235 welcome",
                    "DATA" => "354 go on",
                    _ => "250 yes",
                };
                let line = if said.starts_with(word) { answer } else { usual };
                if line.is_empty() || write.write_all(format!("{line}\r\n").as_bytes()).await.is_err() {
                    return;
                }
                let is_data = line.starts_with("354");
                loop {
                    let Ok(Some(next)) = lines.next_line().await else { return };
                    said = next;
                    if !is_data || said == "." {
                        break;
                    }
                }
            }
        };
        tokio::spawn(server);
        let mailer = Mailer::smtp(&url, "a@example.com").unwrap();
        mailer.send(to.into(), Draft::text("s", "t")).await
    }

    #[tokio::test]
    async fn what_a_server_will_never_take_is_final() {
        let ada = "ada@example.com";
        for (word, answer, to, is_final) in [
            ("RCPT", "550 no such user", ada, true),
            ("MAIL", "553 not from you", ada, true),
            ("DATA", "554 no", ada, true),
            (".", "552 it is too long", ada, true),
            ("RCPT", "451 not today", ada, false),
            (".", "452 no room", ada, false),
            ("HELLO", "421 too busy", ada, false),
            ("AUTH", "535 who are you", ada, false),
            ("RCPT", "", ada, false),
            ("HELLO", "what?", ada, false),
            ("NOTHING", "", "\u{fc}@example.com", true),
            ("NOTHING", "", "nobody", true),
        ] {
            let error = sent_to_one_that_says(word, answer, to).await.unwrap_err();
            assert_eq!(error.is_final(), is_final, "{word} {answer:?}: {error}");
            assert!(to != ada || answer.len() < 6 || error.to_string().ends_with(&answer[4..]), "{error}");
        }
        assert_eq!(sent_to_one_that_says("NOTHING", "", ada).await, Ok(()));
    }

    #[test]
    fn a_subject_reads_as_it_was_written() {
        let mail = written(("ada@example.com", ""), "=?utf-8?q?Bcc=3A_x?=", "t").unwrap();
        assert!(mail.contains("Subject: = ?utf-8?q?Bcc=3A_x?=\r\n"), "{mail}");
    }

    #[test]
    fn a_link_stays_whole() {
        let link = format!("https://x.example/{}#token={}", "a".repeat(200), "=".repeat(43));
        let mail = written(("ada@example.com", ""), "s", &format!("Here:\n\n{link}\n")).unwrap();
        assert!(mail.lines().any(|line| line == link) && mail.contains("Content-Transfer-Encoding: 7bit"), "{mail}");
        for text in ["a\r.\rb", "a\0b", &"n".repeat(999)] {
            let mail = written(("ada@example.com", ""), "s", text).unwrap();
            let (_, body) = mail.split_once("\r\n\r\n").unwrap();
            assert!(!body.replace("\r\n", "").contains(['\r', '\0']), "{mail:?}");
            assert!(mail.lines().all(|line| line.len() <= 998), "{mail}");
        }
    }

    #[test]
    fn a_mail_may_be_text_and_html() {
        let from = "Tracker <tracker@example.com>".parse().unwrap();
        let draft = Draft::text("Hello", "plain\r\n.\r\nQUIT").html("<p>rich</p>");
        let mail = message(&from, &"ada@example.com".into(), &draft).unwrap().formatted();
        let mail = String::from_utf8(mail).unwrap();
        let lines = |text: &str| mail.lines().filter(|line| line.starts_with(text)).count();
        assert_eq!((lines("MIME-Version: 1.0"), lines("Content-Type: multipart/alternative")), (1, 1), "{mail}");
        assert_eq!((lines("Content-Type: text/plain"), lines("Content-Type: text/html")), (1, 1), "{mail}");
        assert!(mail.contains("plain") && mail.contains("<p>rich</p>"), "{mail}");
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
