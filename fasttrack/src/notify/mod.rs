//! What happens after a commit, because of it: jobs are run, and mail goes out.
//!
//! What is to be done stands in the outbox, written in the transaction of the change; nothing here decides what that is.

mod desk;
mod jobs;
mod mail;

pub use self::{
    desk::Desk,
    jobs::{Figures, Kept, List, Workers, list, retry},
    mail::Mailer,
};
