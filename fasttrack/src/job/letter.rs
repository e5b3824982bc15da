//! The mails to accounts that are the framework's own, as jobs: what each is called, and when it is sent.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};

use super::{Context, JobFn, JobResult, RawChange};

/// A mail to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// The link with which a forgotten password is replaced, for whoever has the address that stands under `email` in the
    /// new row.
    Reset,
    /// The link with which an address is confirmed.
    Verification,
    /// The same for an address that has changed, and word of it to the one before.
    NewAddress,
    /// The link with which somebody for whom an account was made sets its password.
    Invitation,
    /// Word that a receiver of webhooks was disabled, whose number stands under `webhook` in the new row.
    WebhookDisabled,
}

impl Letter {
    /// All of them.
    pub(crate) const ALL: [Self; 5] =
        [Self::Reset, Self::Verification, Self::NewAddress, Self::Invitation, Self::WebhookDisabled];

    /// What the job is called.
    #[must_use]
    pub const fn job(self) -> &'static str {
        match self {
            Self::Reset => "fasttrack::mail_reset_link",
            Self::Verification => "fasttrack::mail_verification_link",
            Self::NewAddress => "fasttrack::mail_about_new_address",
            Self::Invitation => "fasttrack::mail_invitation",
            Self::WebhookDisabled => "fasttrack::mail_about_webhook",
        }
    }

    /// The job.
    #[must_use]
    pub const fn run(self) -> JobFn {
        match self {
            Self::Reset => |change, context| write(Self::Reset, change, &context),
            Self::Verification => |change, context| write(Self::Verification, change, &context),
            Self::NewAddress => |change, context| write(Self::NewAddress, change, &context),
            Self::Invitation => |change, context| write(Self::Invitation, change, &context),
            Self::WebhookDisabled => |change, context| write(Self::WebhookDisabled, change, &context),
        }
    }
}

fn write(letter: Letter, change: &RawChange, context: &Context) -> BoxFuture<'static, JobResult> {
    let (services, change) = (Arc::clone(&context.services), change.clone());
    async move { services.write(letter, change).await }.boxed()
}
