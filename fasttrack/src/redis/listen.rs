//! The connection over which others are heard: one that does nothing but listen, and is opened again whenever it is lost.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout};

use super::{FIRST_PAUSE, connect::Connector, longer};
use crate::db::{Notice, NoticeSender, Notices};

/// Listens until nobody does any more.
pub(super) fn listen(connector: Arc<Connector>, channel: String, silence: Duration) -> Notices {
    let (sender, notices) = Notices::pair();
    tokio::spawn(Task { connector, channel, silence, sender, is_heard: true }.run());
    notices
}

struct Task {
    connector: Arc<Connector>,
    channel: String,
    silence: Duration,
    sender: NoticeSender,
    /// Whether it was the last time; at first it is expected to be.
    is_heard: bool,
}

impl Task {
    async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        while !self.sender.is_closed() {
            let begun = Instant::now();
            let Err(error) = self.hear().await else { return };
            if std::mem::take(&mut self.is_heard) {
                tracing::warn!(error, "other nodes are not heard over Redis");
            }
            // One that was heard for a while was a good one.
            pause = if begun.elapsed() > self.silence * 5 { FIRST_PAUSE } else { pause };
            sleep(pause).await;
            pause = longer(pause);
        }
    }

    /// Hears a connection for as long as it lives. Comes back without an error when nobody wants to know any more.
    async fn hear(&mut self) -> Result<(), String> {
        let mut heard = self.connector.subscribe(&self.channel).await?.into_on_message();
        let mut is_connected = false;
        let error = loop {
            let message = match timeout(self.silence, heard.next()).await {
                Ok(Some(message)) => message,
                Ok(None) => break "the connection was lost".to_owned(),
                Err(_) => break "nothing is heard any more".to_owned(),
            };
            // A channel on which nothing was heard yet is none that can be relied on.
            if !std::mem::replace(&mut is_connected, true) {
                self.is_heard = true;
                if !self.sender.say(Notice::Connected) {
                    return Ok(());
                }
            }
            let payload = String::from_utf8_lossy(message.get_payload_bytes()).into_owned();
            if !self.sender.say(Notice::Payload(payload)) {
                return Ok(());
            }
        };
        if is_connected && !self.sender.say(Notice::Disconnected) {
            return Ok(());
        }
        Err(error)
    }
}
