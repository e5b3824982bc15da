//! The four resources: what their fields take, hold and refuse.

mod cascade;
mod comments;
mod large;
mod projects;
mod shapes;
mod storm;
mod tasks;
mod users;

use serde_json::Value;

/// A raw JSON body, where the text itself matters.
pub(crate) const JSON: &str = "application/json";

/// Checks the one form of instants: RFC 3339 in UTC with microseconds and a `Z`.
#[track_caller]
pub(crate) fn check_timestamp(value: &Value) {
    let text = value.as_str().unwrap_or_else(|| panic!("no instant: {value}"));
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(form, "0000-00-00T00:00:00.000000Z", "{text}");
}
