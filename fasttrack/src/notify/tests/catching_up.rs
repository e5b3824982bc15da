//! In order, each once, nothing left out: whatever is committed while a socket reads what it missed.

use super::*;

/// What a client has seen that saw all up to `after`.
fn all(after: i64, last: i64) -> Vec<String> {
    (after + 1..=last).map(text).collect()
}

#[tokio::test(start_paused = true)]
async fn without_since_only_what_is_new_is_told() {
    let house = House::new();
    house.tell(5);
    let (client, _) = house.guest(None).await;
    house.dispatch();
    settle().await;
    assert_eq!(client.texts(), [""; 0]);
    house.tell(2);
    house.dispatch();
    settle().await;
    assert_eq!(client.texts(), all(5, 7));
}

#[tokio::test(start_paused = true)]
async fn since_replays_what_was_missed_before_anything_new() {
    let house = House::new();
    house.tell(500);
    let (client, _) = house.guest(Some(3)).await;
    house.tell(1);
    house.dispatch();
    settle().await;
    assert_eq!(client.texts(), all(3, 501));
}

#[tokio::test(start_paused = true)]
async fn what_is_committed_between_reading_and_listening_is_told() {
    let house = House::new();
    let (client, _) = house.connect(None, Duration::from_hours(1));
    // Committed after the position was read, and pending_added for while nobody listened.
    house.tell(3);
    house.dispatch();
    settle().await;
    house.dispatch();
    settle().await;
    assert_eq!(client.texts(), all(0, 3));
}

#[tokio::test(start_paused = true)]
async fn many_that_catch_up_beside_many_that_listen_see_the_same() {
    let house = House::new();
    house.tell(200);
    let mut clients = Vec::new();
    for round in 0..8 {
        let since = [Some(0), None, Some(150), Some(1)][round % 4];
        let after = since.unwrap_or_else(|| house.told.0.lock().unwrap().last);
        let (client, _) = house.connect(since, Duration::from_hours(1));
        for _ in 0..40 {
            house.tell(3);
            tokio::task::yield_now().await;
            house.dispatch();
            tokio::task::yield_now().await;
        }
        clients.push((client, after));
    }
    settle().await;
    house.dispatch();
    settle().await;
    let last = house.told.0.lock().unwrap().last;
    assert_eq!(last, 200 + 8 * 120);
    for (client, after) in clients {
        assert_eq!(client.texts(), all(after, last), "since {after}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_catches_up_at_its_own_pace() {
    let house = House::new();
    house.tell(2_000);
    let (client, task) = house.guest(Some(0)).await;
    client.stall(true);
    let (other, _) = house.guest(None).await;
    house.tell(400);
    house.dispatch();
    pass(Duration::from_secs(20)).await;
    assert_eq!(other.texts(), all(2_000, 2_400));
    assert!(!task.is_finished());
    client.stall(false);
    settle().await;
    settle().await;
    house.dispatch();
    settle().await;
    assert_eq!(client.texts(), all(0, 2_400));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_longer_kept_is_said_first() {
    for (pruned, since, has_gap) in [(0, 0, false), (10, 10, false), (10, 9, true), (10, 0, true), (10, 99, false)] {
        let house = House::new();
        house.tell(12);
        house.told.0.lock().unwrap().pruned = pruned;
        let (client, _) = house.guest(Some(since)).await;
        let mut expected: Vec<_> = has_gap.then(|| r#"{"type":"resync"}"#.to_owned()).into_iter().collect();
        expected.extend(all(since.max(pruned), 12));
        assert_eq!(client.texts(), expected, "{pruned} {since}");
        house.tell(1);
        house.dispatch();
        settle().await;
        assert_eq!(client.texts(), all(12, 13), "a since ahead of everything swallows nothing: {since}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_withheld_leaves_no_trace() {
    let house = House::new();
    house.told.0.lock().unwrap().withheld = vec![2, 3, 6];
    house.tell(4);
    let (client, _) = house.guest(Some(0)).await;
    house.tell(3);
    house.dispatch();
    settle().await;
    assert_eq!(client.texts(), [1, 4, 5, 7].map(text));
}

#[tokio::test(start_paused = true)]
async fn a_database_that_is_away_delays_and_loses_nothing() {
    let house = House::new();
    house.tell(3);
    house.told.0.lock().unwrap().failures = 3;
    let (client, _) = house.guest(Some(0)).await;
    assert_eq!(client.texts(), [""; 0]);
    pass(Duration::from_secs(2)).await;
    assert_eq!(client.texts(), all(0, 3));
}

#[tokio::test(start_paused = true)]
async fn an_account_without_sockets_costs_nothing() {
    let house = House::new();
    house.tell(3);
    assert_eq!(house.hub.take_pending(10), []);
    let (client, task) = house.guest(None).await;
    assert_eq!(house.hub.take_pending(10), [(ACCOUNT, 3)]);
    client.hang_up();
    task.await.unwrap();
    house.tell(1);
    assert_eq!(house.hub.take_pending(10), []);
}

#[tokio::test(start_paused = true)]
async fn the_lag_is_how_long_an_account_has_waited() {
    let house = House::new();
    house.tell(1);
    assert_eq!(house.hub.lag(), Duration::ZERO, "nobody listens");
    let _guest = house.guest(None).await;
    house.dispatch();
    assert_eq!(house.hub.lag(), Duration::ZERO);
    house.tell(1);
    pass(Duration::from_secs(2)).await;
    assert_eq!(house.hub.lag(), Duration::from_secs(2));
    // Neither a reading that failed nor a further ring makes the wait any shorter.
    let seen = house.hub.take_pending(10);
    house.tell(1);
    house.hub.put_back(seen.iter().map(|(account, _)| *account));
    pass(Duration::from_secs(1)).await;
    assert_eq!(house.hub.lag(), Duration::from_secs(3));
    house.hub.take_pending(10);
    assert_eq!(house.hub.lag(), Duration::from_secs(3), "it is being read for");
    house.dispatch();
    assert_eq!(house.hub.lag(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn news_for_others_who_have_gone_are_asked_for_anew() {
    let house = House::new();
    house.tell(10);
    let (first, task) = house.guest(None).await;
    house.tell(5);
    let seen = house.hub.take_pending(10);
    assert_eq!(seen, [(ACCOUNT, 10)]);
    first.hang_up();
    task.await.unwrap();
    // Somebody comes who has seen less, while the news for the other is being read.
    let subscription = house.hub.reserve(ACCOUNT).unwrap();
    let mut queue = subscription.join(4).unwrap();
    let messages = house.told.read(10, usize::MAX).messages;
    house.hub.deliver(&Delivery { account: ACCOUNT, after: 10, up_to: 15, has_more: false, messages });
    assert!(queue.try_recv().is_err());
    house.dispatch();
    let got: Vec<_> = std::iter::from_fn(|| queue.try_recv().ok()).collect();
    assert_eq!(got, all(4, 15).into_iter().map(Bytes::from).collect::<Vec<_>>());
}
