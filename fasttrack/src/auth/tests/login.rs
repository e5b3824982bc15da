//! Credentials, and what is made of them.

use super::*;
use crate::password::{self, Verdict};

#[tokio::test]
async fn a_login_makes_a_caller() {
    let house = House::new().await;
    assert_eq!(house.auth.authenticate(None).await.unwrap(), Principal::Anonymous);
    let one = house.log_in().await;
    let two = house.log_in().await;
    assert_eq!(house.caller(&one.access).await.unwrap(), Caller { id: 1, role: "user", session: 1, reads_only: false });
    assert_eq!(house.caller(&two.access).await.unwrap(), Caller { id: 1, role: "user", session: 2, reads_only: false });
    let admission = house.auth.admit(&one.access).await.unwrap();
    assert_eq!(admission.expires_at_us, (START_US / SECOND_US + 900) * SECOND_US);
    House::refused(house.caller(&one.refresh).await, "refresh token");
    House::refused(house.refresh(&one.access).await, "access token");
    for header in ["", "Bearer", "Basic YTpi", &one.access] {
        House::refused(house.auth.authenticate(Some(header)).await, "Authorization header");
    }
    house.advance(900);
    House::refused(house.caller(&one.access).await, "expired");
}

#[tokio::test]
async fn credentials() {
    let house = House::new().await;
    house.account("off@example.com", &password::hash(PASSWORD.into(), COST).await.unwrap()).await;
    house.account("empty@example.com", "").await;
    house.write("UPDATE users SET is_active = 0 WHERE email = 'off@example.com'", vec![]).await;
    let long = "x".repeat(100_000);
    for (email, password, expected) in [
        (ADA, PASSWORD, 200),
        ("ada@example.com", PASSWORD, 200),
        ("ADA@EXAMPLE.COM", PASSWORD, 200),
        (ADA, "correct horsE", 401),
        (ADA, "", 401),
        (ADA, &long, 401),
        ("", PASSWORD, 401),
        ("nobody@example.com", PASSWORD, 401),
        ("%", PASSWORD, 401),
        (" Ada@example.com", PASSWORD, 401),
        ("Ada@example.com\0", PASSWORD, 401),
        (&long, PASSWORD, 401),
        ("empty@example.com", "", 401),
        ("off@example.com", PASSWORD, 403),
        ("off@example.com", "wrong password", 401),
    ] {
        let status = match house.try_log_in(email, password).await {
            Ok(_) => 200,
            Err(Error::Unauthenticated(reason)) if reason == "wrong e-mail address or password" => 401,
            Err(Error::Forbidden(_)) => 403,
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(status, expected, "{email:.30} {password:.30}");
    }
}

#[tokio::test]
async fn a_hash_from_elsewhere_is_renewed() {
    let house = House::new().await;
    house.account("old@example.com", &bcrypt::hash(PASSWORD, COST + 1).unwrap()).await;
    let stored = || async { house.read("SELECT CAST(password AS BLOB) FROM users WHERE id = 2").await };
    let hash = |rows: &[Row]| rows[0].text(0).map(str::to_owned);

    House::refused(house.try_log_in("old@example.com", "correct horsE").await, "wrong");
    assert!(stored().await[0].text(0).unwrap().starts_with("$2b$"));

    // Two at once: one finds that the hash was renewed under its hands, and checks again.
    let (one, two) =
        tokio::join!(house.try_log_in("old@example.com", PASSWORD), house.try_log_in("old@example.com", PASSWORD));
    assert!(one.is_ok() && two.is_ok());
    let renewed = hash(&stored().await);
    assert_eq!(password::verify(PASSWORD.into(), renewed.clone(), COST).await.unwrap(), Verdict::Right);
    house.try_log_in("old@example.com", PASSWORD).await.unwrap();
    assert_eq!(hash(&stored().await), renewed);
}

#[tokio::test]
async fn a_password_that_changed_meanwhile_opens_no_session() {
    let house = House::new().await;
    let known = house.auth.find(ADA).await.unwrap().unwrap();
    house.write("UPDATE users SET password = 'another'", vec![]).await;
    assert_eq!(house.auth.open(known, None, Client::default()).await.unwrap(), None);
    assert!(house.read("SELECT id FROM sessions").await.is_empty());
}

#[tokio::test]
async fn an_account_disabled_meanwhile_opens_no_session() {
    let house = House::new().await;
    let known = house.auth.find(ADA).await.unwrap().unwrap();
    house.write("UPDATE users SET is_active = 0", vec![]).await;
    let opened = house.auth.open(known, None, Client::default()).await;
    assert!(matches!(opened, Err(Error::Forbidden(_))));
}

#[tokio::test]
async fn sessions_that_expired_long_ago_go_with_later_logins() {
    let house = House::new().await;
    for _ in 0..6 {
        house.log_in().await;
    }
    let rows = || async { house.read("SELECT id FROM sessions").await.len() };
    for (days, left) in [(7, 7), (1, 4), (0, 3)] {
        house.advance(days * 24 * 60 * 60);
        house.log_in().await;
        assert_eq!(rows().await, left, "after {days} days more");
    }
}
