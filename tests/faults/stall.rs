//! A network between a node and its database that takes everything, and passes nothing on.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    driver::{Heard, Person, Sink, TestApp, wait_until},
    load::{Came, Load},
    nodes_on,
    relay::{Mode, Relay},
    server::Server,
    turn,
};

/// How long it stalls: longer than every limit but that of a whole write.
const STALL: Duration = Duration::from_secs(15);

/// How long what another node revokes is accepted at most while it is not heard, with some time for a busy machine.
const UNHEARD: Duration = Duration::from_millis(1_500 + 1_000);

fn through(relay: &Relay) -> String {
    format!("postgres://app:password@{}/tracker?sslmode=disable", relay.address())
}

/// The connections of nodes.
fn connections(server: &Server) -> usize {
    server.ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'").parse().expect("a number")
}

#[test]
fn a_database_that_stalls_costs_answers_in_time_and_no_connections() {
    let _turn = turn();
    let (server, sink) = (Server::start(&[]), Sink::start());
    let relay = Relay::start(server.address());
    let node = nodes_on(&through(&relay), &sink).start();
    let load = Load::begin(&[&node]);
    load.until_it_goes_on();
    for _ in 0..2 {
        relay.set(Mode::Stalled);
        let begun = Instant::now();
        let read = node.get("/users/me").by(&load.assignee).send();
        read.problem(503);
        assert!(begun.elapsed() < Duration::from_secs(10), "a read took {:?}", begun.elapsed());
        load.until(&Came::Unavailable, 6);
        std::thread::sleep(STALL.saturating_sub(begun.elapsed()));
        relay.set(Mode::Open);
        let took = load.until_it_goes_on();
        assert!(took < Duration::from_secs(5), "it took {took:?}");
        // What DATABASE_POOL says, and one that listens; what was given up is closed.
        wait_until("connections are given up", || connections(&server) <= 9);
    }
    assert!(load.longest() < Duration::from_secs(30), "a write took {:?}", load.longest());
    for ear in &load.ears {
        assert!(ear.ends().is_empty(), "sockets stay open: {:?}", ear.ends());
    }
    load.check(&server).wait_for_mail(&sink);
}

#[test]
fn what_is_revoked_is_refused_although_the_connection_that_would_tell_is_dead() {
    let _turn = turn();
    let (server, sink) = (Server::start(&[]), Sink::start());
    let relay = Relay::start(server.address());
    let settings = nodes_on(&server.url(), &sink);
    let other = settings.start();
    let node = settings.set("DATABASE_URL", through(&relay)).start();
    for heard in [true, false, true, false] {
        let person = other.person();
        wait_until("other nodes are heard", || is_told(&node, &other, &person));
        let mut socket = node.socket(&person);
        node.get("/users/me").by(&person).ok();
        if !heard {
            relay.set(Mode::StalledWhereItListens);
        }
        other.post("/auth/logout", &json!({})).by(&person).done();
        let begun = Instant::now();
        while node.get("/users/me").by(&person).send().status != 401 {
            assert!(begun.elapsed() < UNHEARD, "still accepted after {:?}", begun.elapsed());
        }
        // Asked for once a second.
        let ended = loop {
            match socket.hear_within(Duration::from_secs(5)) {
                Heard::Closed(code, _) => break code,
                Heard::Message(_) => {}
                Heard::Nothing => panic!("the socket is open after {:?}", begun.elapsed()),
            }
        };
        assert_eq!(ended, 4001);
        assert!(begun.elapsed() < UNHEARD + Duration::from_secs(2), "closed after {:?}", begun.elapsed());
        // Messages are looked for meanwhile.
        let person = Person { pair: other.login(&person.email, &person.password), ..person };
        assert!(is_told(&node, &other, &person), "told while {heard}");
        relay.set(Mode::Open);
    }
}

/// Whether a socket at `node` is told within two seconds of what is done through `other`.
fn is_told(node: &TestApp, other: &TestApp, person: &Person) -> bool {
    let mut socket = node.socket(person);
    let project = other.project(person);
    other.task(person, project, &json!({ "assignee_id": person.id }));
    matches!(socket.hear_within(Duration::from_secs(2)), Heard::Message(_))
}
