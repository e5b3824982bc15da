//! How long an answer takes tells nobody whether there is an account.

use std::time::Instant;

use serde_json::{Value, json};

use super::with_mail;
use crate::driver::{Settings, TestApp, unique_email};

/// Pairs of requests of which each is compared with the other.
const PAIRS: usize = 200;

/// How far a mean of differences may lie from nothing, in its own standard errors. By chance alone one of a thousand is so
/// far; what is a difference is found in each of some rounds.
const FAR: f64 = 3.3;

/// The mean of the differences in standard errors of it (the paired t-test).
fn distance(differences: &[f64]) -> f64 {
    let count = u32::try_from(differences.len()).map_or(f64::INFINITY, f64::from);
    let mean = differences.iter().sum::<f64>() / count;
    let variance = differences.iter().map(|difference| (difference - mean).powi(2)).sum::<f64>() / (count - 1.0);
    mean / (variance / count).sqrt()
}

/// The differences without the tenth of them that lies farthest out, which others on the machine have caused.
fn trimmed(mut differences: Vec<f64>) -> Vec<f64> {
    differences.sort_by(f64::total_cmp);
    let cut = differences.len() / 20;
    differences[cut..differences.len() - cut].to_vec()
}

/// Asks in pairs, in turns first for the one and first for the other.
#[track_caller]
fn check_takes_the_same_time(app: &TestApp, path: &str, ask: impl Fn(usize, bool) -> Value, status: u16) {
    let time = |round: usize, is_known: bool| {
        let begun = Instant::now();
        app.post(path, &ask(round, is_known)).send().expect(status);
        begun.elapsed().as_secs_f64()
    };
    let mut found = Vec::new();
    for _ in 0..4 {
        let pair = |round: usize| {
            if round.is_multiple_of(2) {
                let known = time(round, true);
                known - time(round, false)
            } else {
                let unknown = time(round, false);
                time(round, true) - unknown
            }
        };
        let distance = distance(&trimmed((0..PAIRS).map(pair).collect()));
        if distance.abs() < FAR {
            return;
        }
        found.push(distance);
    }
    panic!("{path} tells known from unknown by its time: {found:?}");
}

#[test]
fn what_is_compared_is_found_where_there_is_a_difference() {
    let noise = |place: usize| f64::from(u32::try_from(place * 37 % 101).unwrap()) / 1_000.0 - 0.05;
    let even: Vec<_> = (0..PAIRS).map(noise).collect();
    assert!(distance(&trimmed(even.clone())).abs() < FAR);
    assert!(distance(&trimmed(even.iter().map(|difference| difference + 0.02).collect())) > FAR);
}

#[test]
fn a_forgotten_password_takes_the_same_time_for_everybody() {
    let (app, _sink) = with_mail();
    let known: Vec<_> = (0..20).map(|_| app.person().email).collect();
    let unknown: Vec<_> = (0..20).map(|_| unique_email()).collect();
    let ask = |round: usize, is_known: bool| {
        let emails = if is_known { &known } else { &unknown };
        json!({ "email": emails[round % emails.len()] })
    };
    check_takes_the_same_time(&app, "/auth/forgot", ask, 202);
}

#[test]
fn a_log_in_takes_the_same_time_for_everybody() {
    let app = Settings::new().start();
    // More than four wrong ones for an address within a minute would be compared no more.
    let known: Vec<_> = (0..PAIRS).map(|_| app.person().email).collect();
    let unknown: Vec<_> = (0..PAIRS).map(|_| unique_email()).collect();
    let ask = |round: usize, is_known: bool| {
        let emails = if is_known { &known } else { &unknown };
        json!({ "email": emails[round % emails.len()], "password": "not the password" })
    };
    check_takes_the_same_time(&app, "/auth/login", ask, 401);
}
