//! A tab as somebody before the screen has it: typing, pressing keys, reading; and what the browser says about it.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{chromium::Chromium, driver::wait_until};

/// A tab of a browser of its own, with a page of the server at this address (`127.0.0.1:8000`).
pub(crate) struct Tab {
    pub(crate) browser: Chromium,
    host: String,
}

impl Tab {
    /// Opens a page and waits until its scripts have run. `source` runs before them.
    pub(crate) fn open(host: &str, path: &str, source: &str) -> Self {
        let mut tab = Self { browser: Chromium::start(), host: host.to_owned() };
        tab.resize(1000, 800);
        tab.browser.call("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": source }));
        tab.browser.call("Page.navigate", &json!({ "url": format!("http://{host}{path}") }));
        tab.wait_for(&format!("document.readyState === 'complete' && location.pathname === {}", json!(path)));
        tab
    }

    /// Puts the focus into an element, and types over what it holds.
    #[track_caller]
    pub(crate) fn type_into(&mut self, selector: &str, text: &str) {
        let selector = json!(selector);
        self.evaluate(&format!("{{ const at = document.querySelector({selector}); at.focus(); at.select?.(); }}"));
        self.browser.call("Input.insertText", &json!({ "text": text }));
    }

    /// Moves the focus to this element by Tab alone.
    #[track_caller]
    pub(crate) fn tab_to(&mut self, condition: &str) {
        for _ in 0..60 {
            if self.evaluate(&format!("Boolean((({condition}))(document.activeElement))")) == true {
                return;
            }
            self.press("Tab", 9);
        }
        panic!("Tab does not lead to {condition}");
    }

    pub(crate) fn press(&mut self, key: &str, code: u8) {
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
        let own = ["http", "ws", "blob:http"].map(|scheme| format!("{scheme}://{}/", self.host));
        // The browser has pictures of its own for the controls of forms.
        urls.retain(|url| !url.starts_with("data:") && !own.iter().any(|own| url.starts_with(own)));
        urls
    }

    /// What happened of this kind.
    pub(crate) fn events(&mut self, method: &str) -> Vec<Value> {
        // An answer comes after all events before it.
        self.evaluate("0");
        self.browser
            .events
            .iter()
            .filter(|event| event["method"] == method)
            .map(|event| event["params"].clone())
            .collect()
    }

    /// Has what is downloaded land in a folder.
    pub(crate) fn save_into(&mut self, folder: &Path) {
        let params = json!({ "behavior": "allow", "downloadPath": folder.display().to_string() });
        self.browser.call("Browser.setDownloadBehavior", &params);
    }

    /// Chooses a file, as in the dialog of a browser.
    #[track_caller]
    pub(crate) fn choose_file(&mut self, selector: &str, file: &Path) {
        let expression = format!("document.querySelector({})", json!(selector));
        let found = self.browser.call("Runtime.evaluate", &json!({ "expression": expression }));
        let object = &found["result"]["objectId"];
        let params = json!({ "files": [file.display().to_string()], "objectId": object });
        self.browser.call("DOM.setFileInputFiles", &params);
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
        const OPERATED: [&str; 10] = [
            "button",
            "textbox",
            "searchbox",
            "combobox",
            "checkbox",
            "link",
            "log",
            "status",
            "DisclosureTriangle",
            "listbox",
        ];
        let tree = self.browser.call("Accessibility.getFullAXTree", &json!({}));
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        let nodes = tree["nodes"].as_array().expect("nodes").iter();
        nodes
            .filter(|node| node["ignored"] == false)
            .map(|node| (text(&node["role"]), text(&node["name"])))
            .filter(|(role, _)| OPERATED.contains(&role.as_str()))
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
