//! Limits that several nodes count together.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use super::{wait_for_redis, with};
use crate::driver::{Redis, Settings, TestApp, redis_only, server_only};

/// The settings of a node that lets so many requests through in an hour.
fn limited(redis: &Redis, requests: usize) -> Settings {
    with(redis).set("RATE_LIMIT_REQUESTS", requests.to_string()).set("RATE_LIMIT_WINDOW", "3600")
}

fn two(redis: &Redis, requests: usize) -> [TestApp; 2] {
    [(); 2].map(|()| limited(redis, requests).start())
}

/// How many of so many anonymous requests in a row are let through.
fn passed(app: &TestApp, requests: usize) -> usize {
    (0..requests).filter(|_| is_let_through(app.get("/projects").send().status)).count()
}

fn is_let_through(status: u16) -> bool {
    assert!([401, 429].contains(&status), "{status}");
    status == 401
}

#[test]
fn requests_through_two_nodes_at_once_share_one_limit_exactly() {
    redis_only!("a limit over two nodes");
    let redis = Redis::start();
    for limit in [100, 300] {
        let apps = two(&redis, limit);
        redis.ask(&["FLUSHDB"]);
        let passed = AtomicUsize::new(0);
        thread::scope(|scope| {
            for number in 0..16 {
                let (app, passed) = (&apps[number % 2], &passed);
                scope.spawn(move || passed.fetch_add(super::counting::passed(app, 25), Ordering::Relaxed));
            }
        });
        assert_eq!(passed.into_inner(), limit);
        let refused = apps[1].get("/projects").send();
        refused.problem(429);
        let header = |name| refused.header(name).map(str::to_owned);
        assert_eq!(header("ratelimit-limit"), Some(limit.to_string()));
        assert_eq!(header("ratelimit-remaining"), Some("0".into()));
        assert!(refused.retry_after_s().is_some_and(|wait_s| (3_500..=3_600).contains(&wait_s)));
    }
}

#[test]
fn users_are_counted_over_all_nodes_and_apart_from_addresses() {
    redis_only!("a limit over two nodes");
    server_only!("several processes on one database");
    let redis = Redis::start();
    let settings = limited(&redis, 10);
    let apps = [settings.start(), settings.start()];
    // Registration and login count for the address.
    let person = apps[0].person();
    let statuses: Vec<_> = (0..12).map(|number| apps[number % 2].get("/users/me").by(&person).send().status).collect();
    assert_eq!(statuses[..10], [200; 10]);
    assert_eq!(statuses[10..], [429; 2]);
    assert!(passed(&apps[0], 1) == 1, "the address has some left");
    assert_eq!(redis.ask(&["EXISTS", &format!("fasttrack:limit:user:{}", person.id)]), ":1");
    assert_eq!(redis.ask(&["EXISTS", "fasttrack:limit:address:127.0.0.1"]), ":1");
}

#[test]
fn waiting_as_told_succeeds_on_another_node_and_the_key_is_gone() {
    redis_only!("a limit over two nodes");
    let redis = Redis::start();
    let settings = || limited(&redis, 2).set("RATE_LIMIT_WINDOW", "1");
    let apps = [settings().start(), settings().start()];
    assert_eq!((passed(&apps[0], 1), passed(&apps[1], 1)), (1, 1));
    let refused = apps[0].get("/projects").send();
    assert_eq!((refused.status, refused.retry_after_s()), (429, Some(1)));
    thread::sleep(Duration::from_secs(1));
    assert_eq!(passed(&apps[1], 1), 1);
    crate::driver::wait_until("the key expires", || redis.ask(&["DBSIZE"]) == ":0");
}

#[test]
fn while_redis_is_away_each_node_counts_and_then_they_share_again() {
    redis_only!("a Redis that goes and comes back");
    let mut redis = Redis::start();
    let apps = two(&redis, 20);
    assert_eq!(passed(&apps[0], 5), 5);
    redis.kill();
    // What a node has let through counts there, too.
    assert_eq!(passed(&apps[0], 30), 15);
    assert_eq!(passed(&apps[1], 30), 20);
    redis.run();
    wait_for_redis(&apps, 1);
    assert_eq!((passed(&apps[0], 12), passed(&apps[1], 12)), (12, 8));
}

#[test]
fn a_redis_that_forgets_its_scripts_is_told_them_again() {
    redis_only!("a Redis that forgets");
    let redis = Redis::start();
    let apps = two(&redis, 4);
    assert_eq!(passed(&apps[0], 2), 2);
    assert_eq!(redis.ask(&["SCRIPT", "FLUSH"]), "+OK");
    assert_eq!((passed(&apps[0], 1), passed(&apps[1], 5)), (1, 1));
    assert!(!apps[0].log().contains("Redis is away"), "{}", apps[0].log());
}

#[test]
fn a_redis_that_refuses_is_as_good_as_away() {
    redis_only!("a Redis that takes nothing");
    let redis = Redis::start();
    let apps = two(&redis, 5);
    assert_eq!(passed(&apps[0], 2), 2);
    assert_eq!(redis.ask(&["CONFIG", "SET", "maxmemory", "1"]), "+OK");
    assert_eq!((passed(&apps[0], 9), passed(&apps[1], 9)), (3, 5));
    assert!(apps[0].log().contains("Redis is away"), "{}", apps[0].log());
    redis.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    wait_for_redis(&apps, 1);
    assert_eq!((passed(&apps[0], 9), passed(&apps[1], 9)), (3, 0), "with the two of before");
}

#[test]
fn a_redis_that_stalls_holds_up_one_request_for_a_moment() {
    redis_only!("a Redis that stalls");
    let redis = Redis::start();
    let app = limited(&redis, 1_000).start();
    assert_eq!(passed(&app, 1), 1);
    for round in 1..=2 {
        redis.stall();
        let begun = Instant::now();
        assert_eq!(passed(&app, 1), 1);
        let first = begun.elapsed();
        assert_eq!(passed(&app, 50), 50);
        // Were each of them held up, it would take five seconds.
        assert!(first < Duration::from_secs(1) && begun.elapsed() < Duration::from_secs(3), "{first:?}, {begun:?}");
        redis.go_on();
        wait_for_redis(std::slice::from_ref(&app), round);
    }
}
