//! What happens after a commit, because of it: accounts hear of it, jobs are run, and mail goes out.
//!
//! What is to be told or done stands in the outbox, written in the transaction of the change; nothing here decides what
//! that is, and nothing here can lose it. The [`Hub`] knows how far each connected account has heard, reads on when it is
//! pending_added for, and hands what it finds to the account's sockets; a [`socket`] catches up from the outbox by itself before it
//! listens to the hub. Whether an account may still see a message is asked by the statement that reads it. Nothing here
//! knows HTTP: a socket is a stream of [frames](wire).

mod broadcast;
mod dispatch;
mod feed;
mod files;
mod hub;
mod jobs;
mod letters;
mod mail;
mod outbox;
#[cfg(feature = "testing")]
mod postbox;
mod retention;
mod services;
pub mod socket;
mod subscription;
#[cfg(test)]
mod tests;
mod timetable;
pub mod wire;

pub(crate) use self::jobs::{MAX_TRIES, delay};
pub use self::{
    broadcast::Broadcast,
    dispatch::dispatch,
    files::FileKeeper,
    hub::{Hub, Limits, Refused},
    jobs::{Figures, Kept, List, Workers, list, retry},
    letters::{Letters, LinksLead},
    mail::Mailer,
    outbox::{Messages, Numbered, Outbox, Page},
    retention::keep_tidy,
    services::AppServices,
    subscription::Subscription,
    timetable::keep_time,
};
#[cfg(feature = "testing")]
pub use self::{jobs::FailedJob, postbox::Mail};
#[cfg(feature = "testing")]
pub(crate) use self::{postbox::Postbox, retention::delete_old};
