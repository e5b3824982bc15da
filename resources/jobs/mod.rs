//! What runs after changes, beside the requests.

mod assignee;
mod stats;

pub use self::{
    assignee::mail_the_assignee,
    stats::{Counts, Stats, count_tasks_of, count_the_tasks},
};
