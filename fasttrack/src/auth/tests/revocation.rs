//! What was revoked does not work on the next request, and what was not costs no query.

use std::time::Duration;

use super::*;
use crate::auth::token::Pair as Made;

impl House {
    async fn disable(&self) {
        self.write("UPDATE users SET is_active = 0 WHERE id = 1", vec![]).await;
    }

    async fn change(&self, sql: &str) {
        self.write(sql, vec![]).await;
    }

    fn forge(&self, user: i64, session: i64) -> Pair {
        let made = Made { id: "f".into(), session, user, role: "admin".into(), issued_at_s: START_US / SECOND_US };
        Pair::from(self.auth.tokens.render(&made, made.issued_at_s).unwrap())
    }
}

#[tokio::test]
async fn a_known_caller_costs_no_query() {
    let house = House::new().await;
    let pair = house.log_in().await;
    house.caller(&pair.access).await.unwrap();
    House::refused(house.caller(&house.forge(1, 99).access).await, "session has ended");
    house.db.close().await;
    house.caller(&pair.access).await.unwrap();
    House::refused(house.caller(&house.forge(1, 99).access).await, "session has ended");
    assert!(matches!(house.caller(&house.forge(1, 98).access).await, Err(Error::Unavailable(_) | Error::Internal(_))));
}

#[tokio::test]
async fn logging_out_ends_both_tokens_and_no_other_session() {
    let house = House::new().await;
    let (one, two) = (house.log_in().await, house.log_in().await);
    let caller = house.caller(&one.access).await.unwrap();
    house.auth.logout(&caller).await.unwrap();
    house.assert_ended(&[&one]).await;
    House::refused(house.auth.recheck(&caller).await, "session has ended");
    house.caller(&two.access).await.unwrap();
    house.auth.logout(&caller).await.unwrap();
}

#[tokio::test]
async fn disabling_ends_the_sessions_for_good() {
    let house = House::new().await;
    let (one, two) = (house.log_in().await, house.log_in().await);
    let caller = house.caller(&one.access).await.unwrap();
    house.caller(&two.access).await.unwrap();
    house.disable().await;
    House::refused(house.caller(&one.access).await, "disabled");
    House::refused(house.auth.recheck(&caller).await, "disabled");
    House::refused(house.refresh(&one.refresh).await, "session has ended");
    house.change("UPDATE users SET is_active = 1").await;
    // The second one was not asked for in between: what is still known of it must not count.
    house.assert_ended(&[&two, &one]).await;
    house.caller(&house.log_in().await.access).await.unwrap();
}

#[tokio::test]
async fn a_disabled_account_refreshes_nothing_even_if_it_gets_a_session() {
    let house = House::new().await;
    let pair = house.log_in().await;
    house.change("CREATE TABLE kept AS SELECT * FROM sessions").await;
    house.change("UPDATE users SET is_active = 0").await;
    house.change("INSERT INTO sessions SELECT * FROM kept").await;
    House::refused(house.refresh(&pair.refresh).await, "session has ended");
    House::refused(house.caller(&pair.access).await, "disabled");
}

#[tokio::test]
async fn a_role_change_takes_effect_at_once_and_ends_nothing() {
    let house = House::new().await;
    let pair = house.log_in().await;
    let caller = house.caller(&pair.access).await.unwrap();
    house.change("UPDATE users SET role = 'admin'").await;
    assert_eq!(house.caller(&pair.access).await.unwrap().role, "admin");
    assert_eq!(house.auth.recheck(&caller).await.unwrap().role, "admin");
    house.refresh(&pair.refresh).await.unwrap();
}

#[tokio::test]
async fn a_deleted_account_takes_its_sessions_along() {
    let house = House::new().await;
    let pair = house.log_in().await;
    house.caller(&pair.access).await.unwrap();
    house.change("DELETE FROM users").await;
    House::refused(house.caller(&pair.access).await, "disabled");
    assert!(house.read("SELECT id FROM sessions").await.is_empty());
}

#[tokio::test]
async fn a_token_is_good_for_the_session_of_its_own_account_only() {
    let house = House::new().await;
    house.account("eve@example.com", "").await;
    let pair = house.log_in().await;
    house.caller(&house.forge(1, 1).access).await.unwrap();
    for (user, session) in [(2, 1), (1, 2), (1, 0), (1, -1), (1, i64::MAX)] {
        let forged = house.forge(user, session);
        house.assert_ended(&[&forged]).await;
    }
    House::refused(house.caller(&house.forge(99, 1).access).await, "disabled");
    house.caller(&pair.access).await.unwrap();
}

#[tokio::test]
async fn an_id_that_was_unknown_before_can_be_logged_in_with() {
    let house = House::new().await;
    House::refused(house.caller(&house.forge(1, 1).access).await, "session has ended");
    house.caller(&house.log_in().await.access).await.unwrap();
}

#[tokio::test]
async fn a_session_expires_with_its_refresh_token() {
    let house = House::new().await;
    let pair = house.log_in().await;
    let caller = house.caller(&pair.access).await.unwrap();
    house.advance(7 * 24 * 60 * 60 - 1);
    house.auth.recheck(&caller).await.unwrap();
    house.advance(1);
    House::refused(house.auth.recheck(&caller).await, "session has ended");
}

#[tokio::test]
async fn nobody_is_admitted_for_longer_than_his_session() {
    let house = House::new().await;
    let pair = house.log_in().await;
    let end_us = START_US + 60 * SECOND_US;
    house.write("UPDATE sessions SET expires_at = $1", vec![Arg::Text(clock::format_us(end_us))]).await;
    assert_eq!(house.auth.admit(&pair.access).await.unwrap().expires_at_us, end_us);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn revocations_are_never_outlived_by_a_load_beside_them() {
    let house = House::new().await;
    for _ in 0..50 {
        let pair = house.log_in().await;
        let caller = Caller {
            id: 1,
            role: "user",
            session: house.caller(&pair.access).await.unwrap().session,
            reads_only: false,
        };
        house.change("UPDATE users SET role = 'user'").await;
        let loads: Vec<_> = (0..8)
            .map(|_| {
                let (auth, caller) = (Arc::clone(&house.auth), caller.clone());
                tokio::spawn(async move { auth.recheck(&caller).await.map(drop) })
            })
            .collect();
        house.auth.logout(&caller).await.unwrap();
        House::refused(house.caller(&pair.access).await, "session has ended");
        for load in loads {
            drop(load.await.unwrap());
        }
        House::refused(house.caller(&pair.access).await, "session has ended");
    }
}

#[tokio::test]
async fn who_holds_connections_open_hears_of_every_change() {
    let house = House::new().await;
    let (sender, heard) = std::sync::mpsc::channel();
    let on_change = Arc::new(move |changed| sender.send(changed).unwrap());
    let auth = Auth::new(house.db.clone(), &USER, Settings { on_change, ..house.auth.settings.clone() }).await.unwrap();
    let told = || heard.try_iter().collect::<Vec<_>>();
    let of_one = [Changed::Account(1)];
    let (one, two) = (house.log_in().await, house.log_in().await);
    assert_eq!(told(), [Changed::Anything], "what was written before is not known");
    let caller = auth.admit(&one.access).await.unwrap().caller;
    auth.change_password(&caller, PASSWORD, "another password").await.unwrap();
    assert_eq!(told(), of_one);
    auth.end_session(&caller, 99).await.unwrap_err();
    assert_eq!(told(), []);
    auth.refresh(&one.refresh).await.unwrap();
    assert_eq!(told(), [], "a session that goes on");
    auth.refresh(&two.refresh).await.unwrap_err();
    auth.logout(&caller).await.unwrap();
    assert_eq!(told(), of_one);
    house.account("eve@example.com", "").await;
    house.change("UPDATE users SET updated_at = 'now' WHERE id = 2").await;
    house.change("DELETE FROM users WHERE id = 2").await;
    assert_eq!(told(), [Changed::Account(2); 3]);
}

#[tokio::test]
async fn nothing_is_remembered_while_it_is_not_known_what_came_of_a_commit() {
    let house = House::new().await;
    let pair = house.log_in().await;
    house.caller(&pair.access).await.unwrap();
    let told: Result<(), Error> = house
        .db
        .write(|tx| {
            Box::pin(async move {
                tx.query(Statement::new("PRAGMA defer_foreign_keys = ON", vec![])).await?;
                tx.query(Statement::new("UPDATE sessions SET user_id = 99", vec![])).await?;
                Ok(())
            })
        })
        .await;
    told.unwrap_err();
    house.caller(&pair.access).await.unwrap();
    let file = house.directory.path().join("test.db");
    let other = Db::open(&file, DbOptions { beside: true, readers: 1, ..DbOptions::default() }).await.unwrap();
    write(&other, "DELETE FROM sessions", vec![]).await;
    House::refused(house.caller(&pair.access).await, "session has ended");
}

#[tokio::test]
async fn what_another_process_writes_is_heard_of_before_it_is_told_so() {
    let house = House::new().await;
    let pair = house.log_in().await;
    house.caller(&pair.access).await.unwrap();
    let options = DbOptions { beside: true, readers: 1, ..DbOptions::default() };
    let other = Db::open(&house.directory.path().join("test.db"), options).await.unwrap();
    let beside = House::auth(&other, &house.now_us, 0).await;
    let known = beside.known(&ADA.to_uppercase()).await.unwrap().unwrap();
    assert!(known.is_active);
    beside.set_password(known.id, "another password").await.unwrap();
    assert!(beside.await_server(Duration::from_secs(10)).await.unwrap());
    House::refused(house.caller(&pair.access).await, "session has ended");
    House::refused(house.try_log_in(ADA, PASSWORD).await, "wrong e-mail address or password");
    house.caller(&house.try_log_in(ADA, "another password").await.unwrap().access).await.unwrap();

    write(&other, "UPDATE users SET is_active = 0", vec![]).await;
    assert!(beside.await_server(Duration::from_secs(10)).await.unwrap());
    assert!(!beside.known(ADA).await.unwrap().unwrap().is_active);
    assert!(house.read("SELECT id FROM sessions").await.is_empty());
    house.db.close().await;
    assert!(!beside.await_server(Duration::ZERO).await.unwrap(), "nobody serves");
}

#[tokio::test]
async fn a_password_that_is_set_is_checked_and_needs_an_account() {
    let house = House::new().await;
    assert!(matches!(house.auth.set_password(1, "short").await, Err(Error::Invalid(_))));
    assert!(matches!(house.auth.set_password(9, "long enough").await, Err(Error::NotFound(_))));
    assert_eq!(house.auth.known("nobody@example.com").await.unwrap(), None);
}
