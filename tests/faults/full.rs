//! A server that takes no further connection.

use std::{
    process::Child,
    thread,
    time::{Duration, Instant},
};

use crate::{
    driver::{Sink, wait_until},
    load::{Came, Load},
    nodes_on,
    server::Server,
    turn,
};

/// Takes every connection that there is, for as long as the answer lives.
fn take_all(server: &Server) -> Vec<Taken> {
    let mut taken = Vec::new();
    while let Some(session) = server.session() {
        taken.push(Taken(session));
    }
    taken
}

/// A session of somebody else.
struct Taken(Child);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn a_server_that_is_full_is_busy_until_it_is_not() {
    let _turn = turn();
    let (server, sink) = (Server::start(&["max_connections = 24"]), Sink::start());
    let settings = nodes_on(&server.url(), &sink);
    let node = settings.start();
    let load = Load::begin(&[&node]);
    load.until_it_goes_on();
    // Those that a node has, it keeps, and those who find none free wait for one.
    let taken = take_all(&server);
    let answered = Instant::now();
    load.until_it_goes_on();
    assert_eq!(load.count(answered, &Came::Unavailable), 0, "it has some");
    drop(taken);
    wait_until("there are free ones", || server.session().map(Taken).is_some());
    // It loses those that it has to others.
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'fasttrack'";
    let mut taken = Vec::new();
    let begun = Instant::now();
    while load.count(begun, &Came::Unavailable) < 20 {
        assert!(begun.elapsed() < Duration::from_secs(30), "it finds one each time");
        server.ask(end);
        taken.extend(take_all(&server));
    }
    node.get("/users/me").by(&load.assignee).send().problem(503);
    drop(taken);
    let took = load.until_it_goes_on();
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    load.check(&server).wait_for_mail(&sink);
}

#[test]
fn a_node_waits_a_while_for_a_server_that_is_full_and_says_so() {
    let _turn = turn();
    let (server, sink) = (Server::start(&["max_connections = 10"]), Sink::start());
    let settings = nodes_on(&server.url(), &sink).set("DATABASE_POOL", "2");
    let taken = take_all(&server);
    let begun = Instant::now();
    let refusal = settings.refused();
    let took = begun.elapsed();
    assert_eq!(refusal.code, Some(1), "{}", refusal.stderr);
    assert!(refusal.stderr.contains("connection slots") || refusal.stderr.contains("too many"), "{}", refusal.stderr);
    assert!(!refusal.stderr.contains("password@"), "{}", refusal.stderr);
    assert!((Duration::from_secs(9)..Duration::from_secs(25)).contains(&took), "it waited {took:?}");
    let node = thread::scope(|scope| {
        let starting = scope.spawn(|| settings.start());
        wait_until("it says that it waits", || settings.log().contains("there is no connection to the database"));
        drop(taken);
        starting.join().expect("it starts")
    });
    node.at("GET", "/ready").send().expect(200);
}
