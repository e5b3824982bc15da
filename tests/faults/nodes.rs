//! Nodes that are killed, and nodes that are replaced one after the other, under load.

use crate::{
    driver::{Sink, wait_until},
    load::Load,
    nodes_on,
    server::Server,
    turn,
};

#[test]
fn a_node_that_is_killed_costs_nobody_anything_that_was_acknowledged() {
    let _turn = turn();
    let (server, sink) = (Server::start(&[]), Sink::start());
    let settings = nodes_on(&server.url(), &sink);
    let [one, other] = [settings.start(), settings.start()];
    let load = Load::begin(&[&one, &other]);
    load.until_it_goes_on();
    sink.hold(true);
    // More than one node has at a time.
    wait_until("both run jobs", || sink.held() > 8);
    one.kill_now();
    load.nodes.remove(one.address());
    sink.hold(false);
    load.until_it_goes_on();
    load.until_it_goes_on();
    wait_until("its sockets come back", || load.ears.iter().filter(|ear| !ear.ends().is_empty()).count() >= 2);
    load.check(&server).wait_for_mail(&sink);
    drop(other);
}

#[test]
fn nodes_that_come_and_go_lose_nothing_tell_nothing_twice_and_keep_the_order() {
    let _turn = turn();
    let (server, sink) = (Server::start(&[]), Sink::start());
    let settings = nodes_on(&server.url(), &sink);
    let mut nodes: Vec<_> = (0..3).map(|_| settings.start()).collect();
    let load = Load::begin(&nodes.iter().collect::<Vec<_>>());
    for _ in 0..3 {
        load.until_it_goes_on();
        let mut old = nodes.remove(0);
        // Whoever still goes there is turned away, and goes elsewhere.
        old.terminate();
        assert_eq!(old.wait(), Some(0), "{}", old.log());
        load.nodes.remove(old.address());
        let new = settings.start();
        load.nodes.add(&new);
        nodes.push(new);
    }
    load.until_it_goes_on();
    let ends: Vec<_> = load.ears.iter().flat_map(crate::ear::Ear::ends).collect();
    assert!(ends.len() >= 3 && ends.iter().all(|code| *code == 1001), "nodes take leave: {ends:?}");
    load.check(&server).wait_for_mail(&sink);
}
