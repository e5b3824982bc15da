//! Two tabs of one browser, which share what `localStorage` holds.

use std::fs;

use serde_json::{Value, json};

use crate::{
    chromium::Chromium,
    driver::{Person, shared, wait_until},
    project::compiled,
};

/// What a tab does: ten callers with a token that the server does not take.
const CALL: &str = "
    globalThis.refreshes = 0;
    const slowly = async (url, init) => {
        if (url.endsWith('/auth/refresh')) {
            globalThis.refreshes += 1;
            await new Promise((resolve) => setTimeout(resolve, 1500));
        }
        return fetch(url, init);
    };
    globalThis.client = new Client({ fetch: slowly, store: new LocalStorageTokens() });
    globalThis.calls = Promise.all(Array.from({ length: 10 }, () => client.users.me()));
    globalThis.calls.catch(() => undefined);
    0";

/// Tabs take turns: the second finds what the first was given. Paths are relative to the page's own origin.
pub(crate) fn refresh_once() {
    let (app, person) = (shared(), shared().person());
    let project = compiled("tracker");
    let text = fs::read_to_string(project.file("client.js")).expect("the client").replace("\nexport ", "\n");
    let mut browser = Chromium::start();
    let tabs = [(); 2].map(|()| {
        // A page that may ask its own server.
        let tab = browser.open(&format!("http://{}/live", app.address()));
        let is_there = "location.pathname === '/live' && document.readyState === 'complete'";
        wait_until("the page is there", || evaluate(&mut browser, &tab, is_there) == true);
        evaluate(
            &mut browser,
            &tab,
            &format!("{{ {text}\nObject.assign(globalThis, {{ Client, LocalStorageTokens }}); }} 0"),
        );
        tab
    });
    let [first, second] = &tabs;
    log_in(&mut browser, first, &person);
    for tab in &tabs {
        evaluate(&mut browser, tab, CALL);
    }
    for tab in &tabs {
        let ids = evaluate(&mut browser, tab, "calls.then((all) => all.map((me) => me.id))");
        assert_eq!(ids, json!(vec![person.id; 10]));
    }
    let refreshes = |browser: &mut Chromium, tab: &str| evaluate(browser, tab, "refreshes").as_u64().expect("a number");
    assert_eq!(refreshes(&mut browser, first) + refreshes(&mut browser, second), 1);
    // And hear of changes, each by a socket of its own.
    evaluate(
        &mut browser,
        second,
        "globalThis.heard = new Promise((resolve) => client.on('task_assigned', resolve)); client.onFeedStatus((now) => (globalThis.now = now)); 0",
    );
    wait_until("the socket is open", || evaluate(&mut browser, second, "globalThis.now") == "open");
    let task = app.task(&person, app.project(&person), &json!({ "assignee_id": person.id }));
    assert_eq!(evaluate(&mut browser, second, "heard.then((event) => event.data.task_id)"), task);
    // Who logs out in one is logged out in the other, as soon as the browser has told its process what is stored.
    evaluate(&mut browser, first, "client.auth.logout()");
    wait_until("the other tab is logged out", || evaluate(&mut browser, second, "client.auth.isLoggedIn()") == false);
}

/// Logs in, and spoils the access token.
fn log_in(browser: &mut Chromium, tab: &str, person: &Person) {
    let credentials = json!({ "email": person.email, "password": person.password });
    let script = format!(
        "(async () => {{
            const store = new LocalStorageTokens();
            await new Client({{ store }}).auth.login({credentials});
            const tokens = store.get();
            store.set({{ ...tokens, access_token: tokens.access_token.slice(0, -8) + 'AAAAAAAA' }});
        }})()"
    );
    evaluate(browser, tab, &script);
}

/// What an expression has for a value in a tab, once it is there.
#[track_caller]
fn evaluate(browser: &mut Chromium, tab: &str, expression: &str) -> Value {
    browser.turn_to(tab);
    let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
    let mut outcome = browser.call("Runtime.evaluate", &params);
    assert!(outcome["exceptionDetails"].is_null(), "{}", outcome["exceptionDetails"]);
    outcome["result"]["value"].take()
}
