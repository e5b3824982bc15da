//! The page `/live` as somebody before the screen has it.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::{
    driver::{Person, TestApp},
    tab::Tab,
};

/// Lets a test close the page's socket as the server would, where that is hard to bring about.
const KEEP_SOCKETS: &str = "window.sockets = [];
    window.WebSocket = class extends WebSocket { constructor(url) { super(url); sockets.push(this); } };";

/// `/live` in a browser.
pub(crate) struct Page(Tab);

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
        Self(Tab::open(app.address(), "/live", KEEP_SOCKETS))
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
        for (field, text) in [("#email", email), ("#password", password)] {
            self.type_into(field, text);
        }
        self.press("Enter", 13);
    }

    /// Moves the focus to this element by Tab alone, and presses Enter.
    #[track_caller]
    pub(crate) fn choose(&mut self, id: &str) {
        self.tab_to(&format!("(at) => at.id === {}", json!(id)));
        self.press("Enter", 13);
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
}

impl Deref for Page {
    type Target = Tab;

    fn deref(&self) -> &Tab {
        &self.0
    }
}

impl DerefMut for Page {
    fn deref_mut(&mut self) -> &mut Tab {
        &mut self.0
    }
}
