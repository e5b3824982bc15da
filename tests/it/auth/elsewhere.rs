//! `/auth/oidc/…`, `/auth/identities`: logging in with an account that one has elsewhere.

use std::time::Duration;

use fasttrack::testing::{Reply, TestApp as Kit, Value, json};

use crate::driver::{Provider, Signed, query};

/// An application, and a provider with which people may log in.
struct House {
    app: Kit,
    provider: Provider,
}

/// A browser that has begun to log in.
struct Browser {
    location: String,
    cookie: String,
}

impl House {
    fn new() -> Self {
        let provider = Provider::start();
        let app = Kit::setup(resources::application()).set("OIDC_PROVIDERS", &provider.setting()).start();
        Self { app, provider }
    }

    fn begin(&self, parameters: &str) -> Browser {
        self.begin_at("here", parameters)
    }

    fn begin_at(&self, provider: &str, parameters: &str) -> Browser {
        let begun = self.app.anonymous().call("GET", &format!("/auth/oidc/{provider}{parameters}")).expect(302);
        assert_eq!(begun.header("cache-control"), Some("no-store"));
        let cookie = begun.header("set-cookie").unwrap();
        for part in ["; HttpOnly", "; SameSite=Lax", "; Path=/api/v1/auth/oidc;", "; Max-Age=600;"] {
            assert!(cookie.contains(part), "{part} in {cookie}");
        }
        let cookie = cookie.split(';').next().unwrap().to_owned();
        Browser { location: begun.header("location").unwrap().to_owned(), cookie }
    }

    fn come_back(&self, cookie: &str, parameters: &str) -> Reply {
        self.come_back_from("here", cookie, parameters)
    }

    fn come_back_from(&self, provider: &str, cookie: &str, parameters: &str) -> Reply {
        let target = format!("/auth/oidc/{provider}/callback?{parameters}");
        self.app.anonymous().call("GET", &target).header("cookie", cookie).send()
    }

    /// Logs in at the provider as somebody.
    fn log_in(&self, claims: &Value) -> Reply {
        let browser = self.begin("");
        let back = self.provider.agree(&browser.location, claims);
        self.come_back(&browser.cookie, &back)
    }

    fn me(&self, pair: &Reply) -> Value {
        assert_eq!(pair.status, 200, "{}", pair.text());
        let token = pair.json()["access_token"].as_str().unwrap().to_owned();
        self.app.with_token(&token).get("/users/me").expect(200).json()
    }

    fn accounts(&self) -> u64 {
        let admin = self.app.account_as("admin", "admin");
        self.app.as_(&admin).get("/users?count=true").expect(200).json()["total"].as_u64().unwrap()
    }
}

fn ada() -> Value {
    json!({ "sub": "248289", "email": "ada@example.com", "email_verified": true, "name": "Ada" })
}

#[test]
fn somebody_new_has_an_account_which_is_found_again_whatever_his_address_is() {
    let house = House::new();
    let me = house.me(&house.log_in(&ada()));
    assert_eq!(me["email"], "ada@example.com");
    assert_eq!(
        (&me["display_name"], &me["email_verified"], &me["role"]),
        (&json!("Ada"), &json!(true), &json!("user"))
    );
    let moved = json!({ "sub": "248289", "email": "ada@elsewhere.example", "email_verified": true });
    assert_eq!(house.me(&house.log_in(&moved))["id"], me["id"]);
    // What a provider does not say of it is of no matter any more.
    assert_eq!(house.me(&house.log_in(&json!({ "sub": "248289" })))["id"], me["id"]);
    assert_eq!(house.accounts(), 2);
    assert_eq!(house.provider.asked("/.well-known/openid-configuration"), 1, "it is described once");
}

#[test]
fn what_the_token_does_not_say_the_provider_is_asked_for() {
    let house = House::new();
    house.provider.tell(ada());
    let me = house.me(&house.log_in(&json!({ "sub": "248289" })));
    assert_eq!((&me["email"], &me["display_name"]), (&json!("ada@example.com"), &json!("Ada")));
    // What it says of somebody else is of no use; whoever is known already does without.
    house.provider.tell(json!({ "sub": "another", "email": "eve@example.com", "email_verified": true }));
    house.log_in(&json!({ "sub": "17" })).problem(503).says("provider");
    assert_eq!(house.me(&house.log_in(&json!({ "sub": "248289" })))["id"], me["id"]);
}

#[test]
fn an_account_is_somebodys_by_its_address_where_both_sides_have_confirmed_it() {
    let house = House::new();
    let known = house.app.account("ada");
    let me = house.me(&house.log_in(&ada()));
    assert_eq!(me["id"], known.id);

    // Whoever has registered here with somebody else's address would share his account.
    let body = json!({ "email": "eve@example.com", "password": "the one of a squatter" });
    house.app.anonymous().post("/auth/register", &body).expect(201);
    let eve = json!({ "sub": "7", "email": "EVE@example.com", "email_verified": true });
    let refused = house.log_in(&eve).problem(409);
    refused.says("not confirmed");
    // Whoever has registered there with it likewise.
    for claimed in [json!(false), Value::Null] {
        let liar = json!({ "sub": "8", "email": "ada@example.com", "email_verified": claimed });
        house.log_in(&liar).problem(403).says("confirm");
        let unknown = json!({ "sub": "9", "email": "new@example.com", "email_verified": claimed });
        house.log_in(&unknown).problem(403).says("confirm");
    }
    assert_eq!(house.accounts(), 3);
}

#[test]
fn what_an_account_is_elsewhere_is_listed_and_can_be_ended() {
    let house = House::new();
    let pair = house.log_in(&ada()).json();
    let ada_here = house.app.with_token(pair["access_token"].as_str().unwrap());
    let page = ada_here.get("/auth/identities").expect(200).json();
    let [identity] = page["items"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert_eq!(identity["issuer"], house.provider.issuer.as_str());
    assert_eq!((&identity["provider"], &identity["subject"]), (&json!("here"), &json!("248289")));
    let streamed = ada_here.get("/auth/identities").header("accept", "text/csv").expect(200).text();
    assert!(streamed.starts_with("id,provider,issuer,subject,created_at,last_used_at\r\n"), "{streamed}");
    let path = format!("/auth/identities/{}", identity["id"]);
    let eve = house.app.account("eve");
    house.app.as_(&eve).call("DELETE", &path).refused(404);
    assert_eq!(house.app.as_(&eve).get("/auth/identities").expect(200).json()["items"], json!([]));
    house.app.anonymous().get("/auth/identities").refused(401);
    ada_here.call("DELETE", &path).expect(204);
    ada_here.call("DELETE", &path).refused(404);
    // It is found by its address then, as at first.
    let unnamed = json!({ "sub": "248289" });
    house.log_in(&unnamed).problem(403).says("confirm");
}

#[test]
fn nobody_is_logged_in_with_what_another_browser_has_begun() {
    let house = House::new();
    let (one, other) = (house.begin(""), house.begin(""));
    let back = house.provider.agree(&one.location, &ada());
    for cookie in ["", &other.cookie, "fasttrack_oidc_x=y", &one.cookie[..one.cookie.len() - 8]] {
        house.come_back(cookie, &back).problem(401).says("this browser");
    }
    let crossed = house.provider.agree(&other.location, &ada());
    let _ = house.come_back(&one.cookie, &crossed).problem(401);
    // A browser may have begun twice.
    let both = format!("{}; {}", one.cookie, other.cookie);
    assert_eq!(house.come_back(&both, &crossed).status, 200);
    let done = house.come_back(&both, &back);
    assert_eq!(done.status, 200);
    let ended = done.header("set-cookie").unwrap();
    assert!(ended.contains("=; ") && ended.contains("; Max-Age=0;"), "{ended}");
    // A code is good once.
    let _ = house.come_back(&both, &back).problem(401);
}

#[test]
fn what_a_browser_keeps_it_takes_from_this_host_alone() {
    let provider = Provider::start();
    let setup = Kit::setup(resources::application()).set("OIDC_PROVIDERS", &provider.setting());
    let app = setup.set("PUBLIC_URL", "https://x.example/tracker").start();
    let begun = app.anonymous().call("GET", "/auth/oidc/here").expect(302);
    let cookie = begun.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-fasttrack_oidc_"), "{cookie}");
    for part in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/;"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.to_lowercase().contains("domain="), "{cookie}");
    let kept = cookie.split(';').next().unwrap();
    let back = provider.agree(begun.header("location").unwrap(), &ada());
    let come_back = |cookie: &str| {
        app.anonymous().call("GET", &format!("/auth/oidc/here/callback?{back}")).header("cookie", cookie).send()
    };
    come_back(kept.trim_start_matches("__Host-")).problem(401).says("this browser");
    let done = come_back(kept);
    assert_eq!(done.status, 200);
    let ended = done.header("set-cookie").unwrap();
    assert!(ended.starts_with("__Host-fasttrack_oidc_") && ended.contains("; Max-Age=0;"), "{ended}");
}

#[test]
fn a_log_in_is_over_after_ten_minutes() {
    let house = House::new();
    let browser = house.begin("");
    let back = house.provider.agree(&browser.location, &ada());
    house.app.advance(Duration::from_secs(601));
    house.come_back(&browser.cookie, &back).problem(401).says("ten minutes");
}

#[test]
fn a_token_that_is_not_for_this_log_in_lets_nobody_in() {
    let house = House::new();
    let past = json!({ "exp": 1_700_000_000 });
    for claims in [
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "aud": "another" }),
        json!({ "aud": ["tracker", "another"], "azp": "another" }),
        json!({ "azp": "another" }),
        json!({ "sub": "" }),
        json!({ "sub": "a\u{0}b" }),
        json!({ "sub": "a".repeat(256) }),
        json!({ "iss": "https://accounts.example.com" }),
        past,
    ] {
        house.provider.claim(claims.clone());
        house.log_in(&ada()).problem(401).says("token");
    }
    house.provider.claim(json!({}));
    for signed in [Signed::ByAnother, Signed::WithItsOwn, Signed::WithNothing, Signed::WithTheSecret] {
        house.provider.sign(signed);
        let refused = house.log_in(&ada());
        assert_eq!(refused.status, 401, "{signed:?}: {}", refused.text());
    }
    house.provider.sign(Signed::Well);
    assert_eq!(house.accounts(), 1, "nobody but the admin");
    house.provider.claim(json!({ "azp": "tracker", "email_verified": "true" }));
    assert_eq!(house.log_in(&ada()).status, 200, "some providers write it so");
}

#[test]
fn another_provider_that_answers_is_not_given_the_code() {
    let house = House::new();
    let browser = house.begin("");
    let back = house.provider.agree(&browser.location, &ada());
    let mixed = back.split("&iss=").next().unwrap().to_owned() + "&iss=https%3A%2F%2Fevil.example";
    house.come_back(&browser.cookie, &mixed).problem(401).says("another provider");
    assert_eq!(house.provider.asked("/token"), 0);
    house.app.anonymous().call("GET", "/auth/oidc/nobody").refused(404);
    house.app.anonymous().call("GET", "/auth/oidc/nobody/callback?code=1&state=2").refused(404);
}

#[test]
fn who_somebody_is_at_one_provider_is_nobody_at_another() {
    let (provider, other) = (Provider::start(), Provider::start());
    let setting = json!([provider.named("here"), other.named("there")]).to_string();
    let app = Kit::setup(resources::application()).set("OIDC_PROVIDERS", &setting).start();
    let house = House { app, provider };
    let ada_here = house.me(&house.log_in(&ada()));
    // What one has begun, another does not end; neither is asked with the code of the other.
    let browser = house.begin("");
    let back = house.provider.agree(&browser.location, &ada());
    // Not every provider says who it is.
    let unsaid = back.split("&iss=").next().unwrap();
    house.come_back_from("there", &browser.cookie, unsaid).problem(401).says("this browser");
    assert_eq!(other.asked("/token"), 0);
    // The same subject there is another person.
    let browser = house.begin_at("there", "");
    let eve = json!({ "sub": "248289", "email": "eve@example.com", "email_verified": true });
    let back = other.agree(&browser.location, &eve);
    let eve_there = house.me(&house.come_back_from("there", &browser.cookie, &back));
    assert_ne!(eve_there["id"], ada_here["id"]);
    assert_eq!(house.me(&house.log_in(&ada()))["id"], ada_here["id"]);
}

#[test]
fn a_provider_that_describes_itself_as_another_is_not_asked_for_anybody() {
    let house = House::new();
    for issuer in ["https://accounts.example.com".to_owned(), format!("{}/", house.provider.issuer)] {
        house.provider.pose_as(&issuer);
        let refused = house.app.anonymous().call("GET", "/auth/oidc/here").send();
        refused.problem(503).says("provider");
    }
    house.provider.pose_as(&house.provider.issuer);
    house.begin("");
}

#[test]
fn no_more_is_asked_for_than_is_needed_and_each_time_with_other_secrets() {
    let house = House::new();
    let [one, other] = [(); 2].map(|()| query(house.begin("").location.split_once('?').unwrap().1));
    assert_eq!((one["scope"].as_str(), one["response_type"].as_str()), ("openid email profile", "code"));
    assert_eq!((one["code_challenge_method"].as_str(), one["code_challenge"].len()), ("S256", 43));
    for secret in ["state", "nonce", "code_challenge"] {
        assert!(one[secret].len() >= 22, "{secret} has 128 bits: {}", one[secret]);
        assert_ne!(one[secret], other[secret], "{secret}");
    }
}

#[test]
fn a_provider_may_change_its_key() {
    let house = House::new();
    assert_eq!(house.log_in(&ada()).status, 200);
    house.provider.rotate();
    house.app.advance(Duration::from_secs(61));
    assert_eq!(house.log_in(&ada()).status, 200);
    assert_eq!(house.provider.asked("/keys"), 2);
    // Whoever sends tokens that are not good does not have it asked each time.
    house.provider.sign(Signed::ByAnother);
    for _ in 0..5 {
        let _ = house.log_in(&ada()).problem(401);
    }
    assert_eq!(house.provider.asked("/keys"), 2);
}

#[test]
fn a_provider_that_is_away_is_told() {
    let house = House::new();
    house.provider.go_down();
    let refused = house.app.anonymous().call("GET", "/auth/oidc/here").send();
    refused.problem(503).says("provider");
    assert!(refused.header("retry-after").is_some());
}

#[test]
fn a_page_that_the_settings_name_is_given_the_tokens_where_no_server_sees_them() {
    let house = House::new();
    let browser = house.begin("?return_to=http%3A%2F%2Flocalhost%3A3000%2Fdone%3Fa%3Db");
    let back = house.provider.agree(&browser.location, &ada());
    let returned = house.come_back(&browser.cookie, &back);
    let location = returned.header("location").unwrap();
    assert_eq!((returned.status, returned.header("referrer-policy")), (303, Some("no-referrer")));
    let told = query(location.strip_prefix("http://localhost:3000/done?a=b#").unwrap());
    assert_eq!((told["token_type"].as_str(), told["expires_in"].as_str()), ("bearer", "900"));
    house.app.with_token(&told["access_token"]).get("/users/me").expect(200);

    let browser = house.begin("?return_to=http%3A%2F%2Flocalhost%3A3000%2F");
    let state = &query(browser.location.split_once('?').unwrap().1)["state"];
    let returned = house.come_back(&browser.cookie, &format!("error=access_denied&state={state}"));
    let location = returned.header("location").unwrap();
    assert!(location.starts_with("http://localhost:3000/#error=unauthorized&"), "{location}");

    for page in ["https://evil.example/", "http://localhost:3000.evil.example/", "/x", "javascript:alert(1)"] {
        let page = page.replace(':', "%3A").replace('/', "%2F");
        let refused = house.app.anonymous().call("GET", &format!("/auth/oidc/here?return_to={page}")).refused(422);
        refused.fault("return_to", "not_allowed");
    }
    house.app.anonymous().call("GET", "/auth/oidc/here?x=1").refused(422).fault("x", "unknown");
}

#[test]
fn a_second_factor_is_asked_for_here_too() {
    let house = House::new();
    house.app.set_clock("2040-01-01T12:00:00Z");
    let pair = house.log_in(&ada()).json();
    let here = house.app.with_token(pair["access_token"].as_str().unwrap());
    let secret = here.call("POST", "/auth/totp").expect(200).json()["secret"].as_str().unwrap().to_owned();
    let code = || {
        let now_s = fasttrack::clock::parse_timestamp_us(&house.app.now()).unwrap() / 1_000_000;
        fasttrack::auth::totp_code(&secret, now_s).unwrap()
    };
    here.post("/auth/totp/confirm", &json!({ "code": code() })).expect(200);
    house.app.advance(Duration::from_secs(30));

    let asked: Value = house.log_in(&ada()).json();
    assert_eq!(asked["status"], 401);
    assert!(asked["type"].as_str().unwrap().ends_with("/totp-required"), "{asked}");
    let ticket = asked["ticket"].as_str().unwrap().to_owned();
    let finish = |ticket: &str, code: &str| {
        let body = json!({ "ticket": ticket, "code": code });
        house.app.anonymous().post("/auth/oidc/here", &body).send()
    };
    let _ = finish(&ticket, "000000").problem(401);
    let _ = finish(pair["refresh_token"].as_str().unwrap(), &code()).problem(401);
    let opened = finish(&ticket, &code());
    assert_eq!(house.me(&opened)["email"], "ada@example.com");
    // A code works once, and a ticket for five minutes.
    let _ = finish(&ticket, &code()).problem(401);
    house.app.advance(Duration::from_secs(301));
    finish(&ticket, &code()).problem(401).says("ticket");
}

#[test]
fn a_disabled_account_is_not_let_in() {
    let house = House::new();
    let me = house.me(&house.log_in(&ada()));
    let admin = house.app.account_as("admin", "admin");
    house.app.as_(&admin).patch(&format!("/users/{}", me["id"]), &json!({ "is_active": false })).expect(200);
    house.log_in(&ada()).problem(403).says("disabled");
}
