//! What runs after changes, beside the requests.

mod assignee;

pub use self::assignee::mail_the_assignee;
