//! How nodes on one database hear of each other's messages: by the numbers of the accounts that have some.
//!
//! What is said goes out with the transaction that wrote the messages, so that nobody hears of what was not committed. What
//! is not heard is looked for: once the node hears again, and every so often while it does not. So is, for sockets, whether
//! their sessions still hold, which other nodes would tell as well.

use std::{fmt::Write, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::Hub;
use crate::db::{Db, Notice, Tx};

/// Where accounts are told of that have new messages.
const CHANNEL: &str = "fasttrack_messages";

/// Longest payload, in bytes; `PostgreSQL` takes 8,000.
const MAX_PAYLOAD: usize = 7_000;

/// How often it is looked for messages while other nodes are not heard.
const POLL: Duration = Duration::from_millis(500);

/// How often it is asked meanwhile, at most, whether the sessions of sockets still hold.
const ASK: Duration = Duration::from_secs(1);

/// How many sessions are asked for in a second.
const ASKED_A_SECOND: usize = 1_000;

/// What this process is called among the nodes, so that it does not listen to itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeName(String);

impl NodeName {
    /// A name that no other node has.
    #[must_use]
    pub fn random() -> Self {
        let mut random = [0; 8];
        // Two nodes of one name would miss what they tell each other, and find it when they look.
        getrandom::fill(&mut random).ok();
        Self(random.iter().fold(String::new(), |mut name, byte| {
            let _ = write!(name, "{byte:02x}");
            name
        }))
    }

    /// Tells other nodes, once `tx` is committed, that there are new messages for these accounts.
    pub fn announce(&self, tx: &mut Tx, accounts: &[i64]) {
        for payload in payloads(&self.0, accounts) {
            tx.notify(CHANNEL, payload);
        }
    }
}

/// The accounts after the name of the node, in as few pieces as they fit into.
fn payloads(node: &str, accounts: &[i64]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for account in accounts {
        match payloads.last_mut().filter(|payload| payload.len() < MAX_PAYLOAD) {
            Some(payload) => _ = write!(payload, ",{account}"),
            None => payloads.push(format!("{node}:{account}")),
        }
    }
    payloads
}

/// The node that said something, and the accounts.
fn parse(payload: &str) -> Option<(&str, Vec<i64>)> {
    let (node, accounts) = payload.split_once(':')?;
    Some((node, accounts.split(',').map(str::parse).collect::<Result<_, _>>().ok()?))
}

/// Hears other nodes, for as long as the server runs, and has the hub look for what they tell of. Returns at once where
/// there are no others.
pub async fn hear(hub: Arc<Hub>, db: Db, own: NodeName) {
    let Some(mut notices) = db.listen(CHANNEL) else { return };
    let mut poll_at = Some(Instant::now() + POLL);
    let mut ask_at = Instant::now() + ASK;
    loop {
        tokio::select! {
            notice = notices.next() => match notice {
                None => return,
                // Whatever was said until now may have gone unheard.
                Some(Notice::Connected) => {
                    poll_at = None;
                    hub.mark_all_pending();
                }
                Some(Notice::Disconnected) => poll_at = Some(Instant::now()),
                Some(Notice::Payload(payload)) => match parse(&payload) {
                    Some((node, _)) if node == own.0 => {}
                    Some((_, accounts)) => hub.mark_pending(accounts),
                    None => hub.mark_all_pending(),
                },
            },
            () = sleep_until(poll_at.unwrap_or_else(Instant::now)), if poll_at.is_some() => {
                let now = Instant::now();
                hub.mark_all_pending();
                poll_at = Some(now + POLL);
                if ask_at <= now {
                    hub.recheck_all();
                    ask_at = now + pause_between_questions(hub.open());
                }
            }
        }
    }
}

/// How long to wait before sessions are asked for again, with so many sockets open.
fn pause_between_questions(sockets: usize) -> Duration {
    ASK.max(ASK * u32::try_from(sockets / ASKED_A_SECOND).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_go_in_as_few_pieces_as_they_fit_into() {
        assert!(payloads("n", &[]).is_empty());
        assert_eq!(payloads("n", &[7]), ["n:7"]);
        let accounts: Vec<_> = (i64::MAX - 1_000..i64::MAX).collect();
        let pieces = payloads("n", &accounts);
        assert!(pieces.len() == 3 && pieces.iter().all(|piece| piece.len() < 7_900), "{}", pieces.len());
        let heard: Vec<_> = pieces.iter().flat_map(|piece| parse(piece).unwrap().1).collect();
        assert_eq!(heard, accounts);
    }

    #[test]
    fn what_nobody_of_us_said_is_no_list_of_accounts() {
        for payload in ["", "n", "n:", "n:x", "n:1,"] {
            assert_eq!(parse(payload), None, "{payload}");
        }
    }

    #[test]
    fn sessions_are_asked_for_as_often_as_the_database_bears() {
        for (sockets, expected_s) in [(0, 1), (1_000, 1), (2_500, 2), (10_000, 10)] {
            assert_eq!(pause_between_questions(sockets), Duration::from_secs(expected_s), "{sockets}");
        }
    }

    #[test]
    fn nodes_have_names_of_their_own() {
        assert_ne!(NodeName::random(), NodeName::random());
        assert_eq!(NodeName::random().0.len(), 16);
    }
}
