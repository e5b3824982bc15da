//! Pings, silence, what a client may say, and every reason to close.

use super::*;

fn seconds(frames: &[(Instant, Outgoing)], start: Instant, wanted: &Outgoing) -> Vec<u64> {
    frames.iter().filter(|(_, frame)| frame == wanted).map(|(at, _)| at.duration_since(start).as_secs()).collect()
}

/// The close frame, and when it came.
fn farewell(client: &Client) -> Option<(Instant, u16, String)> {
    client.heard().into_iter().find_map(|(at, frame)| match frame {
        Outgoing::Close { code, reason } => Some((at, code, reason.into_owned())),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn a_ping_goes_out_every_30_s_and_whoever_answers_stays() {
    let house = House::new();
    let start = Instant::now();
    let (client, task) = house.guest(None).await;
    for _ in 0..200 {
        pass(Duration::from_secs(1)).await;
        let heard = client.heard();
        assert!(heard.iter().all(|(_, frame)| *frame == Outgoing::Ping), "{heard:?}");
        if !heard.is_empty() {
            let at = seconds(&heard, start, &Outgoing::Ping);
            assert!(at.iter().all(|second| second % 30 == 0), "{at:?}");
            client.send(Ok(Incoming::Alive));
        }
    }
    assert!(!task.is_finished());
    assert!(house.sessions.asked.load(Ordering::Relaxed) >= 7, "the session is looked at with each ping");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_silent_for_75_s_is_closed() {
    let house = House::new();
    let (client, task) = house.guest(None).await;
    pass(Duration::from_secs(20)).await;
    let start = Instant::now();
    client.send(Ok(Incoming::Alive));
    pass(Duration::from_millis(74_800)).await;
    assert_eq!(farewell(&client), None);
    pass(Duration::from_millis(400)).await;
    let (at, code, reason) = farewell(&client).unwrap();
    assert_eq!((at.duration_since(start).as_secs(), code), (75, socket::POLICY), "{reason}");
    pass(Duration::from_secs(2)).await;
    assert!(task.is_finished() && client.was_dropped());
    assert_eq!(house.hub.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_closes_on_time() {
    let house = House::new();
    let (client, task) = house.connect(None, Duration::from_secs(40));
    client.send(Ok(Incoming::Alive));
    pass(Duration::from_millis(39_500)).await;
    assert_eq!(farewell(&client), None);
    pass(Duration::from_secs(1)).await;
    assert_eq!(farewell(&client).unwrap().1, socket::UNAUTHENTICATED);
    client.hang_up();
    settle().await;
    assert!(task.is_finished());
    let (late, _) = house.connect(None, Duration::ZERO);
    settle().await;
    assert_eq!(farewell(&late).unwrap().1, socket::UNAUTHENTICATED);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ended_closes_at_once_and_hears_nothing_more() {
    let house = House::new();
    let (client, _) = house.guest(None).await;
    house.sessions.verdicts.lock().unwrap().push_back(Error::Unauthenticated("the session has ended".into()));
    house.hub.recheck(ACCOUNT);
    house.tell(1);
    house.dispatch();
    settle().await;
    assert_eq!(client.texts(), ["close 4001"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_nobody_can_judge_is_asked_for_until_somebody_can() {
    let house = House::new();
    let (client, _) = house.guest(None).await;
    let away = || Error::Unavailable("away".into());
    house.sessions.verdicts.lock().unwrap().extend([away(), away(), Error::Unauthenticated("ended".into())]);
    house.hub.recheck(ACCOUNT);
    house.tell(1);
    house.dispatch();
    settle().await;
    assert_eq!(client.texts(), [""; 0], "nothing is told while that is open");
    pass(Duration::from_millis(600)).await;
    assert_eq!(client.texts(), ["close 4001"]);

    let (client, _) = house.guest(None).await;
    house.sessions.verdicts.lock().unwrap().push_back(away());
    house.hub.recheck(ACCOUNT);
    house.tell(1);
    house.dispatch();
    pass(Duration::from_millis(300)).await;
    assert_eq!(client.texts(), [text(2)]);
}

#[tokio::test(start_paused = true)]
async fn what_a_client_says_is_answered_or_ignored() {
    let house = House::new();
    let (client, task) = house.guest(None).await;
    let pong = r#"{"type":"pong"}"#;
    for (said, answer) in [
        (r#"{"type":"ping"}"#, Some(pong)),
        (r#" { "x": [1], "type" : "ping" } "#, Some(pong)),
        (r#"{"type":"p\u0069ng"}"#, Some(pong)),
        (r#"{"type":"pong"}"#, None),
        (r#"{"type":"subscribe"}"#, None),
        (r#"{"type":1}"#, None),
        ("ping", None),
        ("", None),
        ("[]", None),
        ("{", None),
    ] {
        client.say(said);
        settle().await;
        assert_eq!(client.texts(), answer.into_iter().collect::<Vec<_>>(), "{said}");
    }
    client.send(Ok(Incoming::Close));
    client.hang_up();
    settle().await;
    assert!(task.is_finished());
    assert_eq!(client.texts(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_too_long_or_no_protocol_is_closed_for_that() {
    let house = House::new();
    for (broken, code) in [(Broken::TooLong, "close 1009"), (Broken::Malformed(1007), "close 1007")] {
        let (client, task) = house.guest(None).await;
        client.send(Err(broken));
        settle().await;
        assert_eq!(client.texts(), [code]);
        pass(Duration::from_secs(2)).await;
        assert!(task.is_finished() && client.was_dropped());
    }
    let (client, task) = house.guest(None).await;
    client.send(Err(Broken::Gone));
    settle().await;
    assert!(task.is_finished());
    assert_eq!(client.texts(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_too_slow_is_offered_the_reason_for_5_s_and_delays_nobody() {
    let house = House::new();
    let (slow, task) = house.guest(None).await;
    let (fast, _) = house.guest(None).await;
    slow.stall(true);
    let start = Instant::now();
    for _ in 0..60 {
        house.tell(10);
        house.dispatch();
        settle().await;
    }
    assert_eq!(fast.texts(), (1..=600).map(text).collect::<Vec<_>>());
    assert_eq!(slow.texts(), [""; 0]);
    assert_eq!(house.hub.open(), 2, "it is still offered");
    pass(Duration::from_secs(4)).await;
    slow.stall(false);
    settle().await;
    let said = slow.texts();
    assert_eq!(said.last().map(String::as_str), Some("close 4008"), "{said:?}");
    assert!(said.len() < 3, "what waited is left to the next connection: {said:?}");
    assert!(!slow.was_dropped(), "it has not had the time to read");
    pass(Duration::from_secs(3)).await;
    assert!(slow.was_dropped() && task.is_finished() && start.elapsed() >= Duration::from_secs(5));
    assert_eq!((house.hub.too_slow(), house.hub.open()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_read_can_still_be_closed() {
    let house = House::new();
    let (client, task) = house.guest(None).await;
    client.stall(true);
    house.tell(100);
    house.dispatch();
    settle().await;
    house.sessions.verdicts.lock().unwrap().push_back(Error::Unauthenticated("ended".into()));
    house.hub.recheck(ACCOUNT);
    pass(Duration::from_secs(1)).await;
    client.stall(false);
    settle().await;
    assert!(client.texts().contains(&"close 4001".to_owned()));
    client.hang_up();
    settle().await;
    assert!(task.is_finished());
}

#[tokio::test(start_paused = true)]
async fn the_server_takes_leave_of_everybody() {
    let house = House::new();
    let (one, _) = house.guest(None).await;
    let (two, _) = house.guest(None).await;
    two.stall(true);
    house.hub.stop();
    let start = Instant::now();
    settle().await;
    assert_eq!(one.texts(), ["close 1001"]);
    one.hang_up();
    house.hub.emptied(Duration::from_secs(10)).await;
    assert_eq!(house.hub.open(), 0);
    assert!(start.elapsed() < Duration::from_secs(2), "whoever does not read is not waited for");
    assert_eq!(house.hub.reserve(ACCOUNT).err(), Some(crate::notify::Refused::Stopping));
}

#[tokio::test(start_paused = true)]
async fn there_are_only_so_many_places() {
    let house = House::new();
    let seats: Vec<_> = (0..8).map(|_| house.hub.reserve(ACCOUNT).unwrap()).collect();
    assert_eq!(house.hub.reserve(ACCOUNT).err(), Some(crate::notify::Refused::AccountFull));
    let others: Vec<_> = (0..4).map(|account| house.hub.reserve(account).unwrap()).collect();
    assert_eq!(house.hub.reserve(100).err(), Some(crate::notify::Refused::ServerFull));
    drop(seats);
    assert_eq!(house.hub.open(), others.len());
    house.hub.reserve(ACCOUNT).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_refused_socket_is_told_why() {
    let client = Client::default();
    let task = tokio::spawn(socket::refuse(Wire(client.clone()), 4001, "log in".into()));
    settle().await;
    assert_eq!(farewell(&client).map(|(_, code, reason)| (code, reason)), Some((4001, "log in".to_owned())));
    pass(Duration::from_secs(7)).await;
    assert!(task.is_finished(), "and dropped when it stays");
}
