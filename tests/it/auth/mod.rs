//! Logging in and what the tokens are worth afterwards.

mod addresses;
mod elsewhere;
mod forgery;
mod forgotten;
mod invitations;
mod key_change;
mod keys;
mod login;
mod pages;
mod password;
mod races;
mod refresh;
mod register;
mod sessions;
mod standing;
mod throttle;
mod timing;
mod totp;
mod verification;

use crate::{
    driver::{Letter, Sink, TestApp, wait_until},
    jobs::{mailing, wait_for_the_jobs},
};

/// A server whose mail goes to a mail server of the test's.
fn with_mail() -> (TestApp, Sink) {
    let sink = Sink::start();
    let app = mailing(&sink).set("PUBLIC_URL", "https://x.example/tracker").start();
    (app, sink)
}

/// The mails with this subject that have gone out to an address by now.
#[track_caller]
fn letters(app: &TestApp, sink: &Sink, to: &str, subject: &str) -> Vec<Letter> {
    wait_for_the_jobs(app);
    let subject = format!("Subject: {subject}");
    let is_one = |letter: &Letter| letter.data.lines().any(|line| line == subject);
    sink.letters_to(to).into_iter().filter(is_one).collect()
}

/// The token of the newest link that was mailed to an address, once there are so many mails with this subject.
#[track_caller]
fn newest_token(app: &TestApp, sink: &Sink, (to, subject): (&str, &str), count: usize) -> String {
    let mut found = Vec::new();
    wait_until("the mail arrives", || {
        found = letters(app, sink, to, subject);
        found.len() >= count
    });
    assert_eq!(found.len(), count, "{found:?}");
    token(found.last().unwrap())
}

/// The token of the link in a mail.
#[track_caller]
fn token(letter: &Letter) -> String {
    let link = letter.data.lines().find_map(|line| line.split_once("#token="));
    let token = link.unwrap_or_else(|| panic!("no link in {}", letter.data)).1.trim().to_owned();
    assert_eq!(token.len(), 43, "{}", letter.data);
    token
}

/// What the mail about a forgotten password is headed.
const FORGOTTEN: &str = "A new password";

/// The same of the one that asks whether an address is right.
const UNVERIFIED: &str = "Is this your address?";
