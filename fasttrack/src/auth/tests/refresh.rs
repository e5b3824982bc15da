//! Rotation: every token works once, and neither a race nor, where that is granted, a lost answer costs the session.

use super::*;

#[tokio::test]
async fn a_refresh_token_works_once() {
    let house = House::new().await;
    let first = house.log_in().await;
    house.advance(1);
    let second = house.refresh(&first.refresh).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(house.caller(&second.access).await.unwrap().session, 1);
    // Old access tokens go on until they expire by themselves.
    assert_eq!(house.caller(&first.access).await.unwrap().session, 1);
    let third = house.refresh(&second.refresh).await.unwrap();
    House::refused(house.refresh(&first.refresh).await, "used before");
    house.assert_ended(&[&first, &second, &third]).await;
}

#[tokio::test]
async fn one_of_twenty_at_once_gets_the_child() {
    let house = House::new().await;
    let first = house.log_in().await;
    let refreshes: Vec<_> = (0..20)
        .map(|_| {
            let (auth, token) = (Arc::clone(&house.auth), first.refresh.clone());
            tokio::spawn(async move { auth.refresh(&token).await })
        })
        .collect();
    let mut children = Vec::new();
    for refresh in refreshes {
        match refresh.await.unwrap() {
            Ok(child) => children.push(child),
            refused => House::refused(refused.map(drop), "a moment ago"),
        }
    }
    assert_eq!(children.len(), 1);
    house.refresh(&Pair::from(children.remove(0)).refresh).await.unwrap();
}

#[tokio::test]
async fn a_race_revokes_nothing_for_ten_seconds() {
    for (seconds, is_race) in [(0, true), (9, true), (10, false)] {
        let house = House::new().await;
        let first = house.log_in().await;
        let child = house.refresh(&first.refresh).await.unwrap();
        house.caller(&child.access).await.unwrap();
        house.advance(seconds);
        if is_race {
            House::refused(house.refresh(&first.refresh).await, "a moment ago");
            house.caller(&child.access).await.unwrap();
            house.refresh(&child.refresh).await.unwrap();
            // It is the immediate parent no more.
            House::refused(house.refresh(&first.refresh).await, "used before");
        } else {
            House::refused(house.refresh(&first.refresh).await, "used before");
        }
        house.assert_ended(&[&first, &child]).await;
    }
}

#[tokio::test]
async fn twenty_at_once_get_one_child_within_a_grace() {
    let house = House::with_grace(10).await;
    let first = house.log_in().await;
    let refreshes: Vec<_> = (0..20)
        .map(|_| {
            let (auth, token) = (Arc::clone(&house.auth), first.refresh.clone());
            tokio::spawn(async move { auth.refresh(&token).await.unwrap() })
        })
        .collect();
    let mut children = Vec::new();
    for refresh in refreshes {
        children.push(refresh.await.unwrap());
    }
    assert!(children.iter().all(|child| *child == children[0]), "the same bytes for all");
    house.refresh(&Pair::from(children.remove(0)).refresh).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_is_forgiven_within_a_grace() {
    for (seconds, forgiven) in [(0, true), (29, true), (30, false)] {
        let house = House::with_grace(30).await;
        let first = house.log_in().await;
        let child = house.refresh(&first.refresh).await.unwrap();
        house.advance(seconds);
        // The role and the time of issue are those of the first answer.
        house.write("UPDATE users SET role = 'admin'", vec![]).await;
        let again = house.refresh(&first.refresh).await;
        if forgiven {
            assert_eq!(again.unwrap(), child, "after {seconds} s");
        } else {
            House::refused(again, "used before");
            house.assert_ended(&[&first, &child]).await;
        }
    }
}

/// What can be presented of the child.
#[derive(Debug, Clone, Copy)]
enum Shown {
    AccessAtTheGate,
    RefreshAtTheGate,
    AccessAtRefresh,
    RefreshAtRefresh,
}

#[tokio::test]
async fn nothing_is_forgiven_once_the_child_was_seen() {
    for shown in [Shown::AccessAtTheGate, Shown::RefreshAtTheGate, Shown::AccessAtRefresh, Shown::RefreshAtRefresh] {
        for restarted in [false, true] {
            let mut house = House::with_grace(60).await;
            let first = house.log_in().await;
            let child = house.refresh(&first.refresh).await.unwrap();
            match shown {
                Shown::AccessAtTheGate => drop(house.caller(&child.access).await.unwrap()),
                Shown::RefreshAtTheGate => House::refused(house.caller(&child.refresh).await, "refresh token"),
                Shown::AccessAtRefresh => House::refused(house.refresh(&child.access).await, "access token"),
                Shown::RefreshAtRefresh => drop(house.refresh(&child.refresh).await.unwrap()),
            }
            if restarted {
                house.restart().await;
            }
            house.advance(10);
            House::refused(house.refresh(&first.refresh).await, "used before");
            house.assert_ended(&[&first, &child]).await;
            assert!(house.read("SELECT id FROM sessions").await.is_empty(), "{shown:?}");
        }
    }
}

#[tokio::test]
async fn the_parents_access_token_says_nothing_of_the_child() {
    let house = House::with_grace(10).await;
    let first = house.log_in().await;
    let child = house.refresh(&first.refresh).await.unwrap();
    house.caller(&first.access).await.unwrap();
    assert_eq!(house.refresh(&first.refresh).await.unwrap(), child);
}

#[tokio::test]
async fn a_refresh_extends_the_session() {
    const DAY_S: i64 = 24 * 60 * 60;
    let house = House::new().await;
    let first = house.log_in().await;
    house.advance(6 * DAY_S);
    let second = house.refresh(&first.refresh).await.unwrap();
    house.advance(6 * DAY_S);
    let third = house.refresh(&second.refresh).await.unwrap();
    house.advance(7 * DAY_S - 1);
    house.refresh(&third.refresh).await.unwrap();
    house.advance(7 * DAY_S);
    House::refused(house.refresh(&third.refresh).await, "expired");
}

#[tokio::test]
async fn the_child_has_the_role_of_its_time() {
    let house = House::new().await;
    let first = house.log_in().await;
    house.write("UPDATE users SET role = 'admin'", vec![]).await;
    let child = house.refresh(&first.refresh).await.unwrap();
    let claims = child.access.split('.').nth(1).unwrap();
    let claims = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap()["role"], "admin");
}
