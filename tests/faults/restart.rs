//! A server of `PostgreSQL` that is stopped and started again under load.

use std::time::{Duration, Instant};

use crate::{
    driver::{Sink, TestApp},
    load::{Came, Load},
    nodes_on,
    server::{Server, Stop},
    turn,
};

/// Within how long everything goes on after the server is back.
const RECOVERY: Duration = Duration::from_secs(5);

#[test]
fn a_server_that_is_stopped_costs_answers_and_nothing_else() {
    let _turn = turn();
    let (server, sink) = (Server::start(&[]), Sink::start());
    let settings = nodes_on(&server.url(), &sink);
    let nodes = [settings.start(), settings.start()];
    let load = Load::begin(&nodes.each_ref());
    for how in [Stop::Immediate, Stop::Fast, Stop::Immediate] {
        load.until_it_goes_on();
        server.stop(how);
        load.until(&Came::Unavailable, 20);
        nodes.iter().for_each(expect_unavailable);
        server.start_again();
        let took = load.until_it_goes_on();
        assert!(took < RECOVERY, "{how:?}: it took {took:?}");
    }
    for ear in &load.ears {
        assert!(ear.ends().is_empty(), "sockets stay open: {:?}", ear.ends());
    }
    load.check(&server).wait_for_mail(&sink);
}

/// What a node says while there is no database.
#[track_caller]
fn expect_unavailable(node: &TestApp) {
    let begun = Instant::now();
    node.at("GET", "/ready").send().problem(503);
    node.get("/projects").token("x").send().problem(401);
    let login = serde_json::json!({ "email": "a@example.com", "password": "a good password" });
    node.post("/auth/login", &login).send().problem(503);
    node.at("GET", "/health").send().expect(200);
    node.at("GET", "/metrics").send().expect(200);
    assert!(begun.elapsed() < Duration::from_secs(10), "it took {:?}", begun.elapsed());
}
