//! A second factor: codes of a device, and ten to write down.

use std::{thread, time::Duration};

use fasttrack::testing::{Login, Reply, TestApp as Kit, json};
use serde_json::Value;

/// The code that a device shows, which knows the secret as it is typed.
fn code(secret: &str, at_s: i64) -> String {
    fasttrack::auth::totp_code(secret, at_s).unwrap()
}

/// An application, and an account whose second factor is on.
struct House {
    app: Kit,
    ada: Login,
    secret: String,
    recovery: Vec<String>,
}

impl House {
    fn new() -> Self {
        let app = Kit::start(resources::application());
        app.set_clock("2040-01-01T12:00:00Z");
        let ada = app.account("ada");
        let begun = app.as_(&ada).call("POST", "/auth/totp").expect(200).json();
        let secret = begun["secret"].as_str().unwrap().to_owned();
        assert_eq!(secret.len(), 32);
        let url = begun["otpauth_url"].as_str().unwrap();
        assert!(url.starts_with("otpauth://totp/") && url.contains("ada%40example.com"), "{url}");
        assert!(url.contains(&format!("secret={secret}&issuer=")), "{url}");
        let mut house = Self { app, ada, secret, recovery: Vec::new() };
        // It is not on yet.
        assert_eq!(house.log_in(None).status, 200);
        assert_eq!(house.confirm("000000").status, 401);
        let confirmed = house.confirm(&house.code()).json();
        house.recovery = serde_json::from_value(confirmed["recovery_codes"].clone()).unwrap();
        assert_eq!(house.recovery.len(), 10);
        house
    }

    fn now_s(&self) -> i64 {
        fasttrack::clock::parse_timestamp_us(&self.app.now()).unwrap() / 1_000_000
    }

    fn code(&self) -> String {
        code(&self.secret, self.now_s())
    }

    fn confirm(&self, code: &str) -> Reply {
        self.app.as_(&self.ada).call("POST", "/auth/totp/confirm").json(&json!({ "code": code })).send()
    }

    fn log_in(&self, code: Option<&str>) -> Reply {
        let mut body = json!({ "email": self.ada.email, "password": self.ada.password });
        if let Some(code) = code {
            body["code"] = json!(code);
        }
        self.app.anonymous().call("POST", "/auth/login").json(&body).send()
    }

    fn next_step(&self) {
        self.app.advance(Duration::from_secs(30));
    }
}

#[test]
fn with_it_on_a_password_is_not_enough() {
    let house = House::new();
    let refused = house.log_in(None);
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("Bearer")));
    let problem: Value = refused.json();
    assert!(problem["type"].as_str().unwrap().ends_with("/totp-required"), "{problem}");
    // Whoever does not know the password is not told that there is one.
    let body = json!({ "email": house.ada.email, "password": "not the password", "code": house.code() });
    let wrong: Value = house.app.anonymous().call("POST", "/auth/login").json(&body).send().json();
    assert_eq!((&wrong["status"], &wrong["type"]), (&json!(401), &json!("about:blank")));
    house.next_step();
    assert_eq!(house.log_in(Some(&house.code())).status, 200);
}

#[test]
fn a_code_works_once_and_so_does_each_before_it() {
    let house = House::new();
    // The one that it was turned on with is used.
    assert_eq!(house.log_in(Some(&house.code())).status, 401);
    house.next_step();
    let (now, earlier) = (house.code(), code(&house.secret, house.now_s() - 30));
    assert_eq!((house.log_in(Some(&now)).status, house.log_in(Some(&now)).status), (200, 401));
    assert_eq!(house.log_in(Some(&earlier)).status, 401);
    // A step ahead and a step behind are clocks that differ.
    house.app.advance(Duration::from_mins(2));
    for (offset_s, status) in [(-60, 401), (60, 401), (-30, 200), (30, 200)] {
        let code = code(&house.secret, house.now_s() + offset_s);
        assert_eq!(house.log_in(Some(&code)).status, status, "{offset_s}");
        if status == 401 {
            house.app.advance(Duration::from_mins(1));
        }
    }
}

#[test]
fn of_many_at_a_time_one_uses_a_code() {
    let house = House::new();
    house.next_step();
    let code = house.code();
    let statuses: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| house.log_in(Some(&code)).status)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|&&status| status == 200).count(), 1, "{statuses:?}");
}

#[test]
fn a_recovery_code_is_good_once() {
    let house = House::new();
    let [first, second, ..] = &house.recovery[..] else { panic!("{:?}", house.recovery) };
    assert_eq!((house.log_in(Some(first)).status, house.log_in(Some(first)).status), (200, 401));
    assert_eq!(house.log_in(Some(&second.to_uppercase().replace('-', " "))).status, 200);
}

/// What is kept of one is a digest that is neither slow nor salted, which takes 112 bits at least.
#[test]
fn a_recovery_code_has_more_bits_than_can_be_tried() {
    let house = House::new();
    let is_plain = |char: char| char.is_ascii_lowercase() || ('2'..='7').contains(&char);
    for (place, code) in house.recovery.iter().enumerate() {
        let letters = code.replace('-', "");
        assert!(letters.len() * 5 >= 112 && letters.chars().all(is_plain), "{code}");
        assert!(!house.recovery[..place].contains(code), "{code} stands there twice");
    }
}

#[test]
fn guessing_is_slowed_down_and_nobody_is_kept_out() {
    let house = House::new();
    // One was wrong before it was on.
    house.app.advance(Duration::from_mins(1));
    for _ in 0..5 {
        assert_eq!(house.log_in(Some("000000")).status, 401);
    }
    let refused = house.log_in(Some(&house.code()));
    assert!(refused.status == 429 && refused.header("retry-after").is_some());
    house.app.advance(Duration::from_mins(1));
    assert_eq!(house.log_in(Some(&house.code())).status, 200);
}

#[test]
fn it_is_taken_away_with_a_code_and_the_password() {
    let house = House::new();
    house.next_step();
    let end = |code: &str, password: &str| {
        let body = json!({ "code": code, "current_password": password });
        house.app.as_(&house.ada).call("DELETE", "/auth/totp").json(&body).send().status
    };
    assert_eq!(end(&house.code(), "not the password"), 401);
    assert_eq!(end("000000", &house.ada.password), 401);
    assert_eq!(house.app.as_(&house.ada).call("POST", "/auth/totp").send().status, 409);
    assert_eq!(house.app.as_(&house.ada).call("DELETE", "/auth/totp").send().status, 400);
    assert_eq!(end(&house.code(), &house.ada.password), 204);
    assert_eq!((house.log_in(None).status, end(&house.code(), &house.ada.password)), (200, 404));
    assert_eq!(house.log_in(Some(&house.recovery[0])).status, 200, "a code that is not asked for is not looked at");
}

#[test]
fn a_password_that_is_set_by_mail_does_not_replace_it() {
    let house = House::new();
    house.app.anonymous().call("POST", "/auth/forgot").json(&json!({ "email": house.ada.email })).expect(202);
    house.app.run_jobs();
    let mail = house.app.mails_to(&house.ada).pop().unwrap();
    let token = mail.text.lines().find_map(|line| line.strip_prefix("/reset#token=")).unwrap().to_owned();
    let body = json!({ "token": token, "password": house.ada.password });
    house.app.anonymous().call("POST", "/auth/reset").json(&body).expect(204);
    let refused: Value = house.log_in(None).json();
    assert!(refused["type"].as_str().unwrap().ends_with("/totp-required"), "{refused}");
}

#[test]
fn what_is_kept_makes_no_codes() {
    let house = House::new();
    let context = house.app.context().clone();
    let select = format!("SELECT {} FROM fasttrack_totp", context.dialect().text("secret"));
    let rows = house.app.block_on(async move { context.read(fasttrack::db::Statement::new(select, Vec::new())).await });
    let kept = rows.unwrap()[0].text(0).unwrap().to_owned();
    assert!(kept.len() >= 64, "{kept}");
    assert!(!kept.contains(&house.secret));
}
