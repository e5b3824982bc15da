//! The page as somebody before the screen has it: typing, pressing keys, reading; and what the browser says about it.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{
    chromium::Chromium,
    driver::{Person, TestApp, wait_until},
};

/// Lets a test close the page's socket as the server would, where that is hard to bring about.
const KEEP_SOCKETS: &str = "window.sockets = [];
    window.WebSocket = class extends WebSocket { constructor(url) { super(url); sockets.push(this); } };";

/// `/live` in a browser.
pub(crate) struct Page {
    browser: Chromium,
    host: String,
}

/// A message in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) id: i64,
    pub(crate) origin: String,
    pub(crate) sentence: String,
}

impl Page {
    /// Opens the page and waits until its scripts have run.
    pub(crate) fn open(app: &TestApp) -> Self {
        let mut page = Self { browser: Chromium::start(), host: app.address().to_owned() };
        page.resize(1000, 800);
        page.browser.call("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": KEEP_SOCKETS }));
        page.browser.call("Page.navigate", &json!({ "url": format!("http://{}/live", app.address()) }));
        page.wait_for("document.readyState === 'complete' && location.pathname === '/live'");
        page
    }

    /// Opens the page and logs in, until it is live.
    pub(crate) fn of(app: &TestApp, person: &Person) -> Self {
        let mut page = Self::open(app);
        page.log_in(&person.email, &person.password);
        page.wait_for_status("Live");
        page
    }

    /// Goes elsewhere.
    pub(crate) fn leave(&mut self) {
        self.browser.call("Page.navigate", &json!({ "url": "about:blank" }));
    }

    /// Fills in the form by keyboard and sends it with Enter.
    pub(crate) fn log_in(&mut self, email: &str, password: &str) {
        for (field, text) in [("email", email), ("password", password)] {
            self.evaluate(&format!("document.getElementById('{field}').focus(), document.activeElement.select()"));
            self.browser.call("Input.insertText", &json!({ "text": text }));
        }
        self.press("Enter", 13);
    }

    /// Moves the focus to this element by Tab alone, and presses Enter.
    #[track_caller]
    pub(crate) fn choose(&mut self, id: &str) {
        for _ in 0..30 {
            if self.evaluate("document.activeElement.id") == id {
                return self.press("Enter", 13);
            }
            self.press("Tab", 9);
        }
        panic!("Tab does not lead to {id}");
    }

    fn press(&mut self, key: &str, code: u8) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.browser.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// What an expression has for a value.
    #[track_caller]
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut outcome = self.browser.call("Runtime.evaluate", &params);
        assert!(outcome["exceptionDetails"].is_null(), "{expression}: {}", outcome["exceptionDetails"]);
        outcome["result"]["value"].take()
    }

    /// The text of an element.
    #[track_caller]
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let found = self.evaluate(&format!("document.querySelector({}).innerText", json!(selector)));
        found.as_str().unwrap_or_default().to_owned()
    }

    #[track_caller]
    pub(crate) fn wait_for(&mut self, condition: &str) {
        wait_until(condition, || self.evaluate(&format!("Boolean({condition})")) == true);
    }

    /// As [`wait_for`](Self::wait_for), for what takes a minute by itself.
    #[track_caller]
    pub(crate) fn wait_for_long(&mut self, condition: &str) {
        let start = Instant::now();
        while self.evaluate(&format!("Boolean({condition})")) != true {
            assert!(start.elapsed() < Duration::from_secs(100), "waited 100 s in vain: {condition}");
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Has the page believe that the server closed the connection with this code.
    pub(crate) fn close_socket(&mut self, code: u16) {
        let event = format!("new CloseEvent('close', {{ code: {code} }})");
        self.evaluate(&format!("{{ const socket = sockets.at(-1); socket.dispatchEvent({event}); socket.close(); }}"));
    }

    #[track_caller]
    pub(crate) fn wait_for_status(&mut self, status: &str) {
        self.wait_for(&format!("document.getElementById('status').textContent === {}", json!(status)));
    }

    #[track_caller]
    pub(crate) fn wait_for_entries(&mut self, count: usize) {
        self.wait_for(&format!("document.querySelectorAll('.message').length >= {count}"));
    }

    /// The messages in the log, from the top down.
    pub(crate) fn entries(&mut self) -> Vec<Entry> {
        let found = self.evaluate(
            "[...document.querySelectorAll('.message')].map((item) => [Number(item.dataset.id), item.dataset.origin, \
             item.querySelector('.sentence').textContent.replace(/[\\u2068\\u2069]/g, '')])",
        );
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entry = |item: &Value| Entry {
            id: item[0].as_i64().expect("an id"),
            origin: text(&item[1]),
            sentence: text(&item[2]),
        };
        found.as_array().expect("a list").iter().map(entry).collect()
    }

    /// The ids of the messages that came over sockets, in the order of their arrival.
    pub(crate) fn received(&mut self) -> Vec<i64> {
        let payloads = self.events("Network.webSocketFrameReceived").into_iter().filter_map(|event| {
            let payload = event["response"]["payloadData"].as_str()?;
            serde_json::from_str::<Value>(payload).ok()?["id"].as_i64()
        });
        payloads.collect()
    }

    /// Errors on the console, exceptions and violations of the policy. With `network`, also requests that failed.
    pub(crate) fn faults(&mut self, network: bool) -> Vec<String> {
        let mut found: Vec<_> = self.events("Runtime.exceptionThrown").iter().map(ToString::to_string).collect();
        for event in self.events("Runtime.consoleAPICalled") {
            let counts = event["type"].as_str().is_some_and(|kind| ["error", "warning", "assert"].contains(&kind));
            found.extend(counts.then(|| event.to_string()));
        }
        for event in self.events("Log.entryAdded") {
            let entry = &event["entry"];
            let counts = entry["level"] != "verbose" && (network || entry["source"] != "network");
            found.extend(counts.then(|| entry.to_string()));
        }
        found
    }

    /// Everything that the page asked for from anywhere but its own server.
    pub(crate) fn foreign_requests(&mut self) -> Vec<String> {
        let mut urls = Vec::new();
        for event in self.events("Network.requestWillBeSent") {
            urls.push(event["request"]["url"].as_str().unwrap_or_default().to_owned());
        }
        for event in self.events("Network.webSocketCreated") {
            urls.push(event["url"].as_str().unwrap_or_default().to_owned());
        }
        assert!(!urls.is_empty(), "no request is seen at all: the test is broken");
        let own = ["http", "ws"].map(|scheme| format!("{scheme}://{}/", self.host));
        urls.retain(|url| !own.iter().any(|own| url.starts_with(own)));
        urls
    }

    fn events(&mut self, method: &str) -> Vec<Value> {
        // An answer comes after all events before it.
        self.evaluate("0");
        self.browser
            .events
            .iter()
            .filter(|event| event["method"] == method)
            .map(|event| event["params"].clone())
            .collect()
    }

    /// The size of the window in CSS pixels.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.browser.call("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Light or dark.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.browser.call("Emulation.setEmulatedMedia", &json!({ "features": [feature] }));
    }

    /// Roles and names of what can be operated, as a screen reader hears them.
    pub(crate) fn controls(&mut self) -> Vec<(String, String)> {
        let tree = self.browser.call("Accessibility.getFullAXTree", &json!({}));
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        let nodes = tree["nodes"].as_array().expect("nodes").iter();
        nodes
            .filter(|node| node["ignored"] == false)
            .map(|node| (text(&node["role"]), text(&node["name"])))
            .filter(|(role, _)| ["button", "textbox", "log", "status", "DisclosureTriangle"].contains(&role.as_str()))
            .collect()
    }

    /// Leaves a picture in the folder that `SCREENSHOTS` names, if it names one.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("SCREENSHOTS") else { return };
        let shot = self.browser.call("Page.captureScreenshot", &json!({ "format": "png" }));
        let png = BASE64_STANDARD.decode(shot["data"].as_str().expect("data")).expect("base64");
        fs::create_dir_all(&folder).expect("the folder for pictures");
        fs::write(Path::new(&folder).join(format!("{name}.png")), png).expect("a picture");
    }
}
