//! What nodes say to each other, as text: `NODE:` and the accounts that have messages, or that the node is there or goes.

use std::fmt::Write;

/// Where it is said in the database.
pub(super) const CHANNEL: &str = "fasttrack_messages";

/// Longest payload, in bytes; `PostgreSQL` takes 8,000.
const MAX_PAYLOAD: usize = 7_000;

/// In place of accounts: the node goes.
const BYE: &str = "bye";

/// In place of accounts: over Redis is where the node tells of messages.
const OVER_REDIS: &str = "redis";

/// What a node says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// These accounts have messages.
    Messages(Vec<i64>),
    /// It is there.
    Here,
    /// It tells of messages over Redis, and not here.
    OverRedis,
    /// It goes, and has said all it had to say.
    Bye,
}

/// A name that no other node has.
pub(super) fn name() -> String {
    let mut random = [0; 8];
    // Two nodes of one name would miss what they tell each other, and find it when they look.
    getrandom::fill(&mut random).ok();
    random.iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// The accounts after the name of the node, in as few pieces as they fit into.
pub(super) fn payloads(node: &str, accounts: &[i64]) -> Vec<String> {
    let mut payloads: Vec<String> = Vec::new();
    for account in accounts {
        match payloads.last_mut().filter(|payload| payload.len() < MAX_PAYLOAD) {
            Some(payload) => _ = write!(payload, ",{account}"),
            None => payloads.push(format!("{node}:{account}")),
        }
    }
    payloads
}

/// That the node is there.
pub(super) fn here(node: &str) -> String {
    format!("{node}:")
}

/// That the node goes.
pub(super) fn bye(node: &str) -> String {
    format!("{node}:{BYE}")
}

/// That the node tells of messages over Redis.
pub(super) fn over_redis(node: &str) -> String {
    format!("{node}:{OVER_REDIS}")
}

/// The node that said something, and what.
pub(super) fn parse(payload: &str) -> Option<(&str, Said)> {
    let (node, rest) = payload.split_once(':')?;
    let said = match rest {
        "" => Said::Here,
        BYE => Said::Bye,
        OVER_REDIS => Said::OverRedis,
        accounts => Said::Messages(accounts.split(',').map(str::parse).collect::<Result<_, _>>().ok()?),
    };
    Some((node, said))
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
        let heard = |piece: &String| match parse(piece) {
            Some(("n", Said::Messages(accounts))) => accounts,
            other => panic!("{other:?}"),
        };
        assert_eq!(pieces.iter().flat_map(heard).collect::<Vec<_>>(), accounts);
        assert_eq!(parse(&here("n")), Some(("n", Said::Here)));
        assert_eq!(parse(&bye("n")), Some(("n", Said::Bye)));
        assert_eq!(parse(&over_redis("n")), Some(("n", Said::OverRedis)));
    }

    #[test]
    fn what_nobody_of_us_said_is_no_list_of_accounts() {
        for payload in ["", "n", "n:x", "n:1,", "n:bye,1"] {
            assert_eq!(parse(payload), None, "{payload}");
        }
    }

    #[test]
    fn nodes_have_names_of_their_own() {
        assert_ne!(name(), name());
        assert_eq!(name().len(), 16);
    }
}
