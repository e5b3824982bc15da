//! What was revoked does not work on the next request, and what was not costs no query.

use super::*;
use crate::{auth::token::Pair as Made, principal::AccountWatch};

impl House {
    /// What the pipeline does when an account is disabled.
    async fn disable(&self) {
        let auth = Arc::clone(&self.auth);
        let work = self.db.write(move |tx| {
            Box::pin(async move {
                tx.query(Statement::new("UPDATE users SET is_active = 0 WHERE id = 1", vec![])).await?;
                for statement in sessions::end_all_sql(1) {
                    tx.query(statement).await?;
                }
                tx.after_commit(move || auth.account_changed(1));
                Ok(())
            })
        });
        work.await.unwrap();
    }

    async fn change(&self, sql: &str) {
        self.write(sql, vec![]).await;
        self.auth.account_changed(1);
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
async fn a_disabled_account_refreshes_nothing_even_if_its_sessions_were_left() {
    let house = House::new().await;
    let pair = house.log_in().await;
    house.change("UPDATE users SET is_active = 0").await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn revocations_are_never_outlived_by_a_load_beside_them() {
    let house = House::new().await;
    for _ in 0..50 {
        let pair = house.log_in().await;
        let caller = Caller { id: 1, role: "user", session: house.caller(&pair.access).await.unwrap().session };
        house.auth.account_changed(1);
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
    let settings =
        Settings { on_change: Arc::new(move |account| sender.send(account).unwrap()), ..house.auth.settings.clone() };
    let auth = Auth::new(house.db.clone(), &USER, settings).unwrap();
    let told = || heard.try_iter().collect::<Vec<_>>();
    let (one, two) = (house.log_in().await, house.log_in().await);
    let caller = auth.admit(&one.access).await.unwrap().caller;
    auth.change_password(&caller, PASSWORD, "another password").await.unwrap();
    assert_eq!(told(), [1]);
    auth.end_session(&caller, 99).await.unwrap_err();
    assert_eq!(told(), [0; 0]);
    auth.refresh(&one.refresh).await.unwrap();
    assert_eq!(told(), [0; 0], "a session that goes on");
    auth.refresh(&two.refresh).await.unwrap_err();
    auth.logout(&caller).await.unwrap();
    auth.account_changed(7);
    assert_eq!(told(), [1, 7]);
}
