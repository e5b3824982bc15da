//! The rate limiter: who is counted, for how long, and what does not count.

mod addresses;
mod window;

use crate::driver::{Settings, TestApp};

/// A server that lets so many requests through in so many seconds.
fn limited(requests: u32, window_s: u32) -> Settings {
    Settings::new().set("RATE_LIMIT_REQUESTS", requests.to_string()).set("RATE_LIMIT_WINDOW", window_s.to_string())
}

/// The statuses of so many anonymous requests, optionally as if forwarded for an address.
#[track_caller]
fn statuses(app: &TestApp, count: usize, forwarded_for: Option<&str>) -> Vec<u16> {
    let request = || {
        let call = app.get("/projects");
        let reply = forwarded_for.map_or(app.get("/projects"), |value| call.header("x-forwarded-for", value)).send();
        reply.problem(reply.status);
        reply.status
    };
    (0..count).map(|_| request()).collect()
}
