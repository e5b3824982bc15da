//! The framework's own mails to accounts: when one is due, to whom it goes, and where its link leads.
//!
//! What a mail says is the application's affair (`mails`), which links there are is that of `auth`. Whether there is an
//! account is known here, after the request that asked for a mail has been answered, and nobody is told.

use std::{sync::Arc, time::Duration};

use serde::Deserialize;

use super::Mailer;
use crate::{
    auth::{Issued, Links, Purpose},
    config::{LinkUrl, PublicUrl},
    db::Db,
    error::Error,
    job::{JobResult, Letter, MailError, RawChange, Recipient},
    mails::{AccountMails, AddressMail, Draft, LinkMail, WebhookMail},
    schema::Schema,
    sql::{self, Template, Values},
};

/// Where the links of mails lead.
#[derive(Debug, Clone, Default)]
pub struct LinksLead {
    /// Where clients see the server, if that is known.
    pub public_url: Option<PublicUrl>,
    /// Where a password is set, if not on a page of this server.
    pub reset_url: Option<LinkUrl>,
    /// Where an address is confirmed, likewise.
    pub verify_url: Option<LinkUrl>,
}

/// What writes the mails.
pub struct Letters {
    /// What the application calls itself.
    pub application: String,
    /// The account's declaration.
    pub account: &'static Schema,
    /// What makes the links.
    pub links: Links,
    /// Where they lead.
    pub lead: LinksLead,
    /// What the mails say.
    pub mails: Arc<dyn AccountMails>,
}

/// Who is said to have forgotten his password.
#[derive(Deserialize)]
struct Forgotten {
    email: String,
}

/// Which receiver of webhooks was disabled.
#[derive(Deserialize)]
struct Silenced {
    webhook: i64,
}

/// What is told of it.
#[derive(Deserialize)]
struct Receiver {
    url: String,
    active: bool,
    disabled_reason: Option<String>,
}

/// What sends a mail, and what reads the account that it is about.
pub(super) struct Desk<'a> {
    pub(super) db: &'a Db,
    pub(super) mailer: &'a Mailer,
    pub(super) account: &'a Template,
}

impl Letters {
    /// Writes a mail and sends it, if there is anybody who should have it.
    pub(super) async fn write(&self, desk: Desk<'_>, letter: Letter, change: RawChange) -> JobResult {
        match letter {
            Letter::Reset => {
                let asked: Forgotten = serde_json::from_slice(change.new.as_deref().unwrap_or_default())?;
                match self.links.find(&asked.email).await? {
                    Some(account) => self.lead_to(&desk, Purpose::Reset, account).await,
                    None => Ok(()),
                }
            }
            Letter::Verification => self.lead_to(&desk, Purpose::Verify, change.id).await,
            Letter::Invitation => self.lead_to(&desk, Purpose::Invite, change.id).await,
            Letter::NewAddress => {
                self.tell(&desk, &change).await?;
                self.lead_to(&desk, Purpose::Verify, change.id).await
            }
            Letter::WebhookDisabled => self.tell_of_webhook(&desk, &change).await,
        }
    }

    /// Tells whoever registered a receiver that it is sent nothing more, unless it is again.
    async fn tell_of_webhook(&self, desk: &Desk<'_>, change: &RawChange) -> JobResult {
        let Silenced { webhook } = serde_json::from_slice(change.new.as_deref().unwrap_or_default())?;
        let found = desk.db.read(sql::find_webhook(desk.db.dialect(), webhook)).await.map_err(Error::from)?;
        let Some(receiver) = found.into_iter().next().and_then(|mut row| row.take_bytes(0)) else { return Ok(()) };
        let receiver: Receiver = serde_json::from_slice(&receiver)?;
        let (Some(address), Some(row)) = (self.account.address(), desk.row(change.id).await?) else { return Ok(()) };
        let Some(to) = text_of(Some(row.as_slice()), address.key).filter(|_| !receiver.active) else { return Ok(()) };
        let mail = WebhookMail {
            application: &self.application,
            address: &to,
            url: &receiver.url,
            reason: receiver.disabled_reason.as_deref().unwrap_or_default(),
            account: &row,
        };
        Ok(desk.send(&to, self.mails.webhook_disabled(&mail)).await?)
    }

    /// Sends a mail with a link.
    async fn lead_to(&self, desk: &Desk<'_>, purpose: Purpose, account: i64) -> JobResult {
        let Some(issued) = self.links.issue(purpose, account).await? else { return Ok(()) };
        let Some(row) = desk.row(account).await? else { return Ok(()) };
        let sent = desk.send(&issued.address, self.draft(purpose, &issued, &row)).await;
        if sent.is_err() {
            // A mail that nobody gets is none of those that he may get.
            self.links.withdraw(&issued).await?;
        }
        Ok(sent?)
    }

    fn draft(&self, purpose: Purpose, issued: &Issued, account: &[u8]) -> Draft {
        let good_for = Duration::from_secs(purpose.lifetime_s().unsigned_abs());
        let link = self.lead.link(purpose, &issued.token);
        let mail =
            LinkMail { application: &self.application, address: &issued.address, link: &link, good_for, account };
        match purpose {
            Purpose::Verify => self.mails.verify_address(&mail),
            Purpose::Invite => self.mails.invitation(&mail),
            Purpose::Reset | Purpose::Notice => self.mails.reset_password(&mail),
        }
    }

    /// Tells the address that an account had before.
    async fn tell(&self, desk: &Desk<'_>, change: &RawChange) -> JobResult {
        let Some(address) = self.account.address() else { return Ok(()) };
        let [old, new] = [&change.old, &change.new].map(|row| text_of(row.as_deref(), address.key));
        let (Some(old), Some(new), Some(row)) = (old, new, change.new.as_deref()) else { return Ok(()) };
        if !self.links.count_notice(change.id, old.clone()).await? {
            return Ok(());
        }
        let mail = AddressMail { application: &self.application, address: &old, new_address: &new, account: row };
        Ok(desk.send(&old, self.mails.address_changed(&mail)).await?)
    }
}

impl LinksLead {
    fn link(&self, purpose: Purpose, token: &str) -> String {
        let (own, page) = match purpose {
            Purpose::Verify => (&self.verify_url, "/verify"),
            Purpose::Reset | Purpose::Invite | Purpose::Notice => (&self.reset_url, "/reset"),
        };
        // What stands behind `#` is sent to no server: it is in no log, and in no `Referer`.
        let page = format!("{page}#token={token}");
        let at_home = || self.public_url.as_ref().map_or_else(|| page.clone(), |public| public.link(&page));
        own.as_ref().map_or_else(at_home, |url| url.with(token))
    }
}

impl Desk<'_> {
    /// Sends a mail. One that the mail server will never take is done with: anybody may register an address that is
    /// nobody's, and nobody would look after so many dead letters.
    async fn send(&self, address: &String, draft: Draft) -> Result<(), MailError> {
        match self.mailer.send(Recipient::from(address), draft).await {
            Err(error) if error.is_final() => {
                tracing::warn!(target: "fasttrack::mail", %error, "a mail to an account was not sent, and will not be");
                Ok(())
            }
            sent => sent,
        }
    }

    async fn row(&self, account: i64) -> Result<Option<Vec<u8>>, Error> {
        let read = self.account.fill(Values { id: Some(account), ..Values::default() });
        Ok(self.db.read(read).await?.first_mut().and_then(|row| row.take_bytes(0)))
    }
}

fn text_of(row: Option<&[u8]>, key: &str) -> Option<String> {
    let row: serde_json::Value = serde_json::from_slice(row?).ok()?;
    row.get(key)?.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_of_this_server_unless_told() {
        let public_url = Some(PublicUrl::parse("https://x.example/tracker").unwrap());
        let reset_url = Some(LinkUrl::parse("tracker://reset/{token}").unwrap());
        let at_home = LinksLead { public_url, ..LinksLead::default() };
        let elsewhere = LinksLead { reset_url, ..at_home.clone() };
        for (lead, purpose, link) in [
            (&LinksLead::default(), Purpose::Verify, "/verify#token=T"),
            (&at_home, Purpose::Verify, "https://x.example/tracker/verify#token=T"),
            (&at_home, Purpose::Reset, "https://x.example/tracker/reset#token=T"),
            (&elsewhere, Purpose::Invite, "tracker://reset/T"),
            (&elsewhere, Purpose::Verify, "https://x.example/tracker/verify#token=T"),
        ] {
            assert_eq!(lead.link(purpose, "T"), link);
        }
    }
}
