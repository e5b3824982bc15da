//! Who is at the page: log-in, second factor, sessions and keys.

use serde_json::json;

use super::{Visit, office::Office};

fn code(office: &Office, secret: &str) -> String {
    let now_s = fasttrack::clock::parse_timestamp_us(&office.app.now()).unwrap() / 1_000_000;
    fasttrack::auth::totp_code(secret, now_s).unwrap()
}

#[test]
fn a_wrong_password_is_said_and_can_be_corrected() {
    let office = Office::new();
    let mut visit = Visit::open(&office);
    visit.type_into("#email", &office.ada.email);
    visit.type_into("#password", "not the password");
    visit.press("Enter", 13);
    visit.wait_for("document.getElementById('login-error').textContent !== ''");
    assert!(visit.text("#login-error").to_lowercase().contains("password"), "{}", visit.text("#login-error"));
    assert_eq!(visit.evaluate("document.activeElement.id"), "password");
    visit.log_in(&office.ada);
    visit.wait_for_title("tracker");
    assert_eq!(visit.evaluate("document.getElementById('password').value"), "");
    visit.press_on("Log out");
    visit.wait_for("!document.getElementById('login').hidden");
    assert_eq!(visit.text("#view"), "");
    assert_eq!(visit.evaluate("document.querySelectorAll('#nav a').length"), 0);
    visit.check_manners();
}

#[test]
fn a_second_factor_is_turned_on_and_asked_for() {
    let office = Office::new();
    office.app.set_clock("2040-01-01T12:00:00Z");
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/-/account");
    visit.press_on("Turn on a second factor");
    visit.wait_for("document.querySelector('.secret') !== null");
    let secret = visit.text(".secret");
    visit.fill("code", &code(&office, &secret));
    visit.press_on("Confirm");
    visit.wait_for("document.querySelector('.secret')?.innerText.split('\\n').length === 10");
    visit.press_on("Log out");
    visit.wait_for("!document.getElementById('login').hidden");

    office.app.advance(std::time::Duration::from_mins(1));
    visit.log_in(&office.ada);
    visit.wait_for("!document.getElementById('code-part').hidden");
    assert_eq!(visit.text("#login-error"), "", "a code is asked for, which is no mistake");
    assert_eq!(visit.evaluate("document.activeElement.id"), "code");
    visit.type_into("#code", "000000");
    visit.press("Enter", 13);
    visit.wait_for("document.getElementById('login-error').textContent !== ''");
    visit.type_into("#code", &code(&office, &secret));
    visit.press("Enter", 13);
    visit.wait_for_title("Your account");
    visit.check_manners();
}

/// Who is asked for a code when he logs in is asked for one when he does so again, and what he was typing is there.
#[test]
fn a_second_factor_is_asked_for_in_the_middle_too() {
    let office = Office::new();
    office.app.set_clock("2040-01-01T12:00:00Z");
    let again = office.app.login(&office.ada);
    let ada = office.app.as_(&again);
    let secret = ada.post("/auth/totp", &json!({})).expect(200).json()["secret"].as_str().unwrap().to_owned();
    ada.post("/auth/totp/confirm", &json!({ "code": code(&office, &secret) })).expect(200);
    office.app.advance(std::time::Duration::from_mins(1));
    let mut visit = Visit::open(&office);
    visit.log_in(&office.ada);
    visit.wait_for("!document.getElementById('code-part').hidden");
    visit.type_into("#code", &code(&office, &secret));
    visit.press("Enter", 13);
    visit.wait_for_title("tracker");
    visit.go("/plans/new");
    visit.fill("title", "Tower");
    office.end_others(&again);
    visit.press_on("Create plan");
    visit.wait_for("document.querySelector('dialog[open] input[type=password]') !== null");
    visit.type_into("dialog input", &office.ada.password);
    visit.press_on("Go on");
    visit.wait_for("document.querySelector('dialog[open] input[autocomplete=one-time-code]') !== null");
    office.app.advance(std::time::Duration::from_mins(1));
    visit.type_into("dialog input", &code(&office, &secret));
    visit.press_on("Go on");
    visit.wait_for("document.getElementById('notice').textContent.includes('logged in again')");
    assert_eq!(visit.held("title"), "Tower");
    visit.press_on("Create plan");
    visit.wait_for_title("Tower");
    visit.check_manners();
}

/// What is offered follows the role that one has, without a reload.
#[test]
fn another_role_has_other_menus() {
    let office = Office::new();
    let mut visit = Visit::of(&office, &office.ada);
    assert!(!visit.offers("Ledgers") && !visit.offers("Jobs"));
    let path = format!("/persons/{}", office.ada.id);
    office.app.as_(&office.admin).patch(&path, &json!({ "role": "admin" })).expect(200);
    office.app.advance(std::time::Duration::from_mins(16));
    visit.go("/plans");
    visit.wait_for("document.getElementById('nav').innerText.includes('Ledgers')");
    assert!(visit.offers("Jobs") && visit.offers("Persons"));
    assert_eq!(visit.evaluate("document.querySelector('#nav [aria-current=page]').textContent"), "Plans");
    let admin = office.app.login(&office.admin);
    office.app.as_(&admin).patch(&path, &json!({ "role": "user" })).expect(200);
    visit.go("/ledgers");
    visit.wait_for("!document.getElementById('nav').innerText.includes('Ledgers')");
    visit.check_manners();
}

/// A reload is no log-out; nothing lies about while the page is there, nor after it.
#[test]
fn a_reload_goes_on_where_one_was() {
    let office = Office::new();
    let path = format!("/plans/{}", office.plan("Tower"));
    let mut visit = Visit::of(&office, &office.ada);
    visit.go(&path);
    for _ in 0..2 {
        visit.browser.call("Page.reload", &json!({}));
        visit.wait_for("document.readyState === 'complete'");
        visit.wait_for_title("Tower");
        visit.check_manners();
    }
    visit.press_on("Log out");
    visit.wait_for("!document.getElementById('login').hidden");
    visit.browser.call("Page.reload", &json!({}));
    visit.wait_for("document.readyState === 'complete' && !document.getElementById('login').hidden");
    visit.check_manners();
}

#[test]
fn a_session_that_has_ended_leads_to_the_form() {
    let office = Office::new();
    office.plan("Tower");
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/plans");
    let body = json!({ "current_password": office.ada.password, "new_password": "another password" });
    let again = office.app.login(&office.ada);
    office.app.as_(&again).post("/auth/password", &body).expect(204);
    visit.press_on("Labels");
    visit.wait_for("!document.getElementById('login').hidden");
    assert!(visit.text("#login-error").contains("session"), "{}", visit.text("#login-error"));
    assert_eq!(visit.text("#view"), "", "what was shown is gone");
    visit.check_manners();
}

#[test]
fn an_access_token_is_renewed_unseen() {
    let office = Office::new();
    office.plan("Tower");
    let mut visit = Visit::of(&office, &office.ada);
    for _ in 0..2 {
        office.app.advance(std::time::Duration::from_mins(16));
        visit.go("/plans");
        assert_eq!(visit.column("Title"), ["Tower"]);
        visit.go("/");
    }
    visit.check_manners();
}

#[test]
fn sessions_and_keys_are_ended() {
    let office = Office::new();
    let other = office.app.login(&office.ada);
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/-/account");
    let session = visit.evaluate(
        "[...document.querySelectorAll('button')].map((at) => at.ariaLabel ?? '').filter((name) => name.startsWith('End session')).at(0)",
    );
    // The newest stand above.
    visit.press_on(session.as_str().unwrap());
    visit.press_on("End it");
    visit.wait_for_notice("The session has ended");
    assert_eq!(office.app.as_(&other).get("/persons/me").send().status, 401);

    visit.press_on("New key");
    visit.fill("name", "ci");
    visit.evaluate("document.querySelector('[data-key=read_only] input').click()");
    visit.press_on("Make key");
    visit.wait_for("document.querySelector('.secret') !== null");
    let key = visit.text(".secret");
    assert!(key.starts_with("ft_") && key.len() == 46, "{key}");
    visit.wait_for("[...document.querySelectorAll('button')].some((at) => at.ariaLabel === 'End key ci')");
    assert_eq!(office.app.with_token(&key).get("/plans").send().status, 200);
    assert_eq!(
        office.app.with_token(&key).post("/plans", &json!({ "title": "x" })).send().status,
        403,
        "it reads only"
    );
    visit.go("/");
    visit.go("/-/account");
    assert!(!visit.evaluate("document.body.innerText").as_str().unwrap().contains(&key), "it is shown once");
    visit.press_on("End key ci");
    visit.press_on("End it");
    visit.wait_for_notice("The key has ended");
    assert_eq!(office.app.with_token(&key).get("/plans").send().status, 401);
    visit.check_manners();
}

#[test]
fn ones_own_account_is_changed() {
    let office = Office::new();
    let mut visit = Visit::of(&office, &office.ada);
    visit.go("/-/account");
    visit.fill("display_name", "Ada L.");
    visit.press_on("Save");
    visit.wait_for_notice("Your account was saved");
    visit.fill("email", "lovelace@example.com");
    visit.press_on("Save");
    visit.wait_for("document.querySelector('dialog[open]') !== null");
    visit.type_into("dialog input", &office.ada.password);
    visit.press_on("Go on");
    visit.wait_for_notice("Your account was saved");
    let row = office.row(&format!("/persons/{}", office.ada.id));
    assert_eq!((&row["email"], &row["display_name"]), (&json!("lovelace@example.com"), &json!("Ada L.")));

    visit.fill("current_password", "wrong password");
    visit.fill("new_password", "another password");
    visit.press_on("Change password");
    visit.wait_for("[...document.querySelectorAll('#view form .error')].some((error) => error.textContent !== '')");
    assert_eq!(visit.evaluate("document.getElementById('login').hidden"), true, "a mistake is no log-out");
    visit.fill("current_password", &office.ada.password);
    visit.press_on("Change password");
    visit.wait_for_notice("The password was changed");
    visit.check_manners();
}
