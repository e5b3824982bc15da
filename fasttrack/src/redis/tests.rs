//! Redis as its users see it: one that `TEST_REDIS_URL` names, with keys and channels that nobody else has.

use std::{env, time::Duration};

use super::*;
use crate::db::Notice;

/// What names the Redis that may be tested with.
const SERVER: &str = "TEST_REDIS_URL";

/// It, and a name that nobody else has; `None`, and a word of it, where there is none.
pub(crate) async fn bench() -> Option<(Redis, String)> {
    let Ok(server) = env::var(SERVER) else {
        // Beside what is said of the tests themselves.
        eprintln!("left out: {SERVER} names no Redis");
        return None;
    };
    let redis = Redis::open(&server.parse().unwrap()).await.unwrap();
    assert!(redis.is_up(), "{SERVER} names a Redis that is there");
    let mut random = [0; 8];
    getrandom::fill(&mut random).unwrap();
    Some((redis, format!("{PREFIX}:test:{:016x}", u64::from_be_bytes(random))))
}

#[tokio::test]
async fn what_is_published_is_heard_and_a_silent_channel_is_given_up() {
    let Some((redis, channel)) = bench().await else { return };
    let silence = Duration::from_millis(500);
    let mut notices = redis.listen(channel.clone(), silence);
    let say = |payload: &'static str| {
        let (redis, channel) = (redis.clone(), channel.clone());
        async move { redis.publish(&channel, payload).await.unwrap() }
    };
    // Until it is subscribed nobody hears it.
    let first = loop {
        say("first").await;
        if let Ok(notice) = tokio::time::timeout(Duration::from_millis(50), notices.next()).await {
            break notice;
        }
    };
    assert_eq!(first, Some(Notice::Connected));
    assert_eq!(notices.next().await, Some(Notice::Payload("first".into())));
    loop {
        match notices.next().await {
            Some(Notice::Payload(payload)) => assert_eq!(payload, "first"),
            other => break assert_eq!(other, Some(Notice::Disconnected), "nobody speaks"),
        }
    }
}

#[tokio::test]
async fn a_script_is_sent_once_and_one_that_fails_is_no_answer() {
    let Some((redis, key)) = bench().await else { return };
    let script = Script::new("redis.call('SET', KEYS[1], ARGV[1], 'PX', 5000) return {ARGV[1] + 1, 2}");
    for number in [1, 41] {
        assert_eq!(redis.run::<(u64, u64)>(&script, &key, &[number]).await, Ok((number + 1, 2)));
    }
    let broken = Script::new("return redis.call('LPUSH', KEYS[1], 1)");
    assert_eq!(redis.run::<u64>(&broken, &key, &[]).await, Err(Away));
    let back = async {
        while redis.run::<(u64, u64)>(&script, &key, &[1]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back).await.expect("it is connected to anew");
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_away_at_once() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let redis = Redis::open(&format!("redis://{unused}").parse().unwrap()).await.unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(redis.publish("c", "p").await, Err(Away));
    assert!(!redis.is_up() && begun.elapsed() < PATIENCE);
}
