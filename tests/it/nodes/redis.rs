//! Several nodes that share a Redis, while it is there, while it is not, and across the change.

mod counting;
mod telling;

use crate::driver::{Redis, Settings, TestApp, redis_only, wait_until};

/// The settings of a node that shares this Redis.
fn with(redis: &Redis) -> Settings {
    Settings::new().set("REDIS_URL", redis.url())
}

/// Waits until these nodes know that Redis is there again, for the so-manieth time.
#[track_caller]
fn wait_for_redis(apps: &[TestApp], times: usize) {
    let is_back = |app: &TestApp| app.log().matches("Redis is back").count() >= times;
    wait_until("Redis is reached again", || apps.iter().all(is_back));
}

#[test]
fn a_redis_that_is_not_there_is_a_warning_and_is_found_later() {
    redis_only!("a start without Redis");
    let mut redis = Redis::stopped();
    let apps = [with(&redis).start()];
    apps[0].get("/projects").refused(401);
    let log = apps[0].log();
    assert!(log.contains("WARN") && log.contains("Redis is away"), "{log}");
    redis.run();
    wait_for_redis(&apps, 1);
    assert!(!apps[0].log().contains(crate::driver::REDIS_PASSWORD), "{}", apps[0].log());
}

#[test]
fn an_address_that_is_none_is_refused() {
    for url in ["http://h", "redis://", "redis://:hunter2@h:port", "redis://h/first", "redis://h?db=1"] {
        let refusal = Settings::new().set("REDIS_URL", url).refused();
        let said = &refusal.stderr;
        assert!(refusal.code != Some(0) && said.contains("REDIS_URL has to be an address such as redis://"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
