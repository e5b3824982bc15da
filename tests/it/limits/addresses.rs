//! Whose address counts behind proxies.

use super::{limited, statuses};

/// Checks that two values of `X-Forwarded-For` share a budget, or not.
#[track_caller]
fn check(trusted: Option<&str>, first: &str, second: &str, shared: bool) {
    let mut settings = limited(2, 60);
    if let Some(trusted) = trusted {
        settings = settings.set("TRUSTED_PROXIES", trusted);
    }
    let app = settings.start();
    assert_eq!(statuses(&app, 3, Some(first)), [401, 401, 429], "{trusted:?}: {first}");
    let expected = if shared { 429 } else { 401 };
    assert_eq!(statuses(&app, 1, Some(second)), [expected], "{trusted:?}: {first} | {second}");
}

#[test]
fn nobody_is_believed_unless_told() {
    check(None, "203.0.113.1", "203.0.113.2", true);
    check(Some("192.0.2.1"), "203.0.113.1", "203.0.113.2", true);
}

#[test]
fn a_trusted_proxy_says_who_asks() {
    check(Some("127.0.0.1"), "203.0.113.1", "203.0.113.2", false);
    check(Some("127.0.0.1"), "203.0.113.1", "203.0.113.1", true);
    check(Some("127.0.0.0/8"), "203.0.113.1", "203.0.113.2", false);
    check(Some("192.0.2.1, 127.0.0.1"), "203.0.113.1", "203.0.113.2", false);
    check(Some("127.0.0.1"), "2001:db8:1::1", "2001:db8:2::1", false);
}

#[test]
fn the_rightmost_address_that_is_not_trusted_counts() {
    check(Some("127.0.0.1"), "198.51.100.1, 203.0.113.1", "198.51.100.2, 203.0.113.1", true);
    check(Some("127.0.0.1"), "198.51.100.1, 203.0.113.1", "198.51.100.1, 203.0.113.2", false);
    check(Some("127.0.0.1,10.0.0.0/8"), "203.0.113.1, 10.1.2.3", "203.0.113.1, 10.9.9.9", true);
    check(Some("127.0.0.1,10.0.0.0/8"), "203.0.113.1, 10.1.2.3", "203.0.113.2, 10.1.2.3", false);
}
