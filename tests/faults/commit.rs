//! A connection that is cut over a commit.

use serde_json::json;

use crate::{
    driver::{Sink, wait_until},
    nodes_on,
    relay::{Mode, Relay},
    server::Server,
    turn,
};

#[test]
fn what_is_answered_after_a_cut_over_a_commit_is_what_is_in_the_database() {
    let _turn = turn();
    let (server, sink) = (Server::start(&[]), Sink::start());
    let relay = Relay::start(server.address());
    let node = nodes_on(&format!("postgres://app:password@{}/tracker?sslmode=disable", relay.address()), &sink).start();
    let owner = node.person();
    let mut acknowledged = 0;
    for round in 0..4 {
        for mode in [Mode::CutBeforeCommit, Mode::CutAtCommit, Mode::CutAfterCommit] {
            let (name, before) = (format!("{mode:?} {round}"), relay.cuts());
            relay.set(mode);
            // One row, which may be inserted with others, and then a unit of its own.
            let reply = node.post("/projects", &json!({ "name": name })).by(&owner).send();
            wait_until("the connection was cut", || relay.cuts() > before);
            let kept = server.ask(&format!("SELECT count(*) FROM projects WHERE name = '{name}'"));
            let expected = if reply.status == 201 { "1" } else { "0" };
            assert_eq!(kept, expected, "{reply}");
            acknowledged += usize::from(reply.status == 201);
            relay.set(mode);
            let reply = node.patch("/users/me", &json!({ "display_name": name })).by(&owner).send();
            wait_until("the connection was cut", || relay.cuts() > before + 1);
            let kept = server.ask(&format!("SELECT count(*) FROM users WHERE display_name = '{name}'"));
            assert_eq!(kept, if reply.status == 200 { "1" } else { "0" }, "{reply}");
            acknowledged += usize::from(reply.status == 200);
        }
    }
    assert_eq!(acknowledged, 24, "the outcome is found out, and what was not done is done again");
}
