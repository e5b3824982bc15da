//! Passwords changed, sessions looked through and ended by their owner.

use super::*;
use crate::query::PageById;

const OTHER: &str = "battery staple";

const fn page(limit: u16) -> PageById {
    PageById { limit, after: None, descending: false, ids: None }
}

#[tokio::test]
async fn a_new_password_ends_every_other_session() {
    let house = House::new().await;
    let (own, other) = (house.log_in().await, house.log_in().await);
    let caller = house.caller(&own.access).await.unwrap();
    house.caller(&other.access).await.unwrap();
    house.advance(1);
    house.auth.change_password(&caller, PASSWORD, OTHER).await.unwrap();
    house.assert_ended(&[&other]).await;
    house.caller(&own.access).await.unwrap();
    house.refresh(&own.refresh).await.unwrap();
    House::refused(house.try_log_in(ADA, PASSWORD).await, "wrong");
    house.try_log_in(ADA, OTHER).await.unwrap();
    let rows = house.read("SELECT CAST(updated_at AS BLOB) FROM users").await;
    assert_eq!(rows[0].text(0), Some(clock::format_us(START_US + SECOND_US).as_str()));
}

#[tokio::test]
async fn a_new_password_needs_the_current_one_and_has_bounds() {
    let house = House::new().await;
    let pair = house.log_in().await;
    let caller = house.caller(&pair.access).await.unwrap();
    for (new, code) in [("1234567", "too_short"), (&*"x".repeat(1_025), "too_long"), ("1234567\0", "nul")] {
        match house.auth.change_password(&caller, PASSWORD, new).await {
            Err(Error::Invalid(faults)) => {
                assert_eq!((faults.len(), faults[0].field.as_str(), faults[0].code), (1, "new_password", code));
            }
            other => panic!("{other:?}"),
        }
    }
    House::refused(house.auth.change_password(&caller, "wrong", OTHER).await, "current password");
    house.try_log_in(ADA, PASSWORD).await.unwrap();
    house.auth.logout(&caller).await.unwrap();
    House::refused(house.auth.change_password(&caller, PASSWORD, OTHER).await, "session has ended");
    house.try_log_in(ADA, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn sessions_are_listed_as_the_api_says() {
    let house = House::new().await;
    let client = Client { ip: Some("::1".into()), user_agent: Some("{\"a\":\"é\"}".into()) };
    let pair = Pair::from(house.auth.login(ADA, PASSWORD, client).await.unwrap());
    house.advance(2);
    house.log_in().await;
    let caller = house.caller(&pair.access).await.unwrap();
    let page = house.auth.sessions(&caller, &page(20)).await.unwrap();
    let items: Vec<Value> = page.items.iter().map(|item| serde_json::from_slice(item).unwrap()).collect();
    let at = |seconds: i64| clock::format_us(START_US + seconds * SECOND_US);
    let week = |seconds: i64| clock::format_us((START_US / SECOND_US + 604_800 + seconds) * SECOND_US);
    assert_eq!(
        items,
        [
            serde_json::json!({ "id": 1, "created_at": at(0), "last_used_at": at(0), "expires_at": week(0),
                "ip": "::1", "user_agent": "{\"a\":\"é\"}", "current": true }),
            serde_json::json!({ "id": 2, "created_at": at(2), "last_used_at": at(2), "expires_at": week(2),
                "ip": null, "user_agent": null, "current": false }),
        ]
    );
}

#[tokio::test]
async fn a_client_that_talks_much_is_cut_short() {
    let house = House::new().await;
    let client = Client { ip: None, user_agent: Some("é".repeat(1_000)) };
    house.auth.login(ADA, PASSWORD, client).await.unwrap();
    assert_eq!(house.read("SELECT length(user_agent) FROM sessions").await[0].int(0), Some(512));
}

#[tokio::test]
async fn pages_follow_one_another_in_both_directions() {
    let house = House::new().await;
    house.account("eve@example.com", &crate::password::hash(PASSWORD.into(), COST).await.unwrap()).await;
    let mut last = house.log_in().await;
    for _ in 0..4 {
        house.try_log_in("eve@example.com", PASSWORD).await.unwrap();
        last = house.log_in().await;
    }
    let caller = house.caller(&last.access).await.unwrap();
    let id = |item: &Vec<u8>| serde_json::from_slice::<Value>(item).unwrap()["id"].as_i64().unwrap();
    for (descending, expected) in
        [(false, [vec![1, 3], vec![5, 7], vec![9]]), (true, [vec![9, 7], vec![5, 3], vec![1]])]
    {
        let mut after = None;
        for (number, ids) in expected.iter().enumerate() {
            let page = house.auth.sessions(&caller, &PageById { after, descending, ..page(2) }).await.unwrap();
            assert_eq!(page.items.iter().map(id).collect::<Vec<_>>(), *ids);
            assert_eq!(page.next.is_some(), number < 2);
            after = page.next;
        }
    }
    // A page that is just full is the last one.
    assert_eq!(house.auth.sessions(&caller, &page(5)).await.unwrap().next, None);
    // Those of somebody else are not among one's own.
    let some = PageById { ids: Some([2, 5, 9, 11].into()), ..page(1) };
    let first = house.auth.sessions(&caller, &some).await.unwrap();
    assert_eq!((id(&first.items[0]), first.next), (5, Some(5)));
    let last = house.auth.sessions(&caller, &PageById { after: first.next, ..some }).await.unwrap();
    assert_eq!((id(&last.items[0]), last.items.len(), last.next), (9, 1, None));
}

#[tokio::test]
async fn a_session_is_ended_by_its_owner_alone_while_it_lives() {
    let house = House::new().await;
    house.account("eve@example.com", &crate::password::hash(PASSWORD.into(), COST).await.unwrap()).await;
    let (own, other) = (house.log_in().await, house.log_in().await);
    let eve = house.try_log_in("eve@example.com", PASSWORD).await.unwrap();
    let caller = house.caller(&own.access).await.unwrap();
    for pair in [&other, &eve] {
        house.caller(&pair.access).await.unwrap();
    }
    for id in [3, 99, 0, -1, i64::MAX] {
        assert!(matches!(house.auth.end_session(&caller, id).await, Err(Error::NotFound(_))), "{id}");
    }
    house.caller(&eve.access).await.unwrap();
    house.auth.end_session(&caller, 2).await.unwrap();
    house.assert_ended(&[&other]).await;
    assert!(matches!(house.auth.end_session(&caller, 2).await, Err(Error::NotFound(_))));
    house.auth.end_session(&caller, 1).await.unwrap();
    house.assert_ended(&[&own]).await;
}

#[tokio::test]
async fn expired_sessions_are_neither_listed_nor_ended() {
    let house = House::new().await;
    house.log_in().await;
    house.advance(604_800);
    let caller = house.caller(&house.log_in().await.access).await.unwrap();
    assert_eq!(house.auth.sessions(&caller, &page(20)).await.unwrap().items.len(), 1);
    assert!(matches!(house.auth.end_session(&caller, 1).await, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn use_is_written_down_once_a_minute() {
    let house = House::new().await;
    let pair = house.log_in().await;
    let last_used_at =
        || async { house.read("SELECT CAST(last_used_at AS BLOB) FROM sessions").await[0].text(0).unwrap().to_owned() };
    for (seconds, expected_s) in [(59, 0), (1, 60), (59, 60), (2, 121)] {
        house.advance(seconds);
        house.caller(&pair.access).await.unwrap();
        let expected = clock::format_us(START_US + expected_s * SECOND_US);
        // The request does not wait for it: this does, for as long as the test may take.
        while last_used_at().await != expected {
            tokio::task::yield_now().await;
        }
    }
}
