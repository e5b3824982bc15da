//! A server that is replaced by the one that followed it.

use std::time::Duration;

use crate::{
    driver::{Sink, wait_until},
    load::{Came, Load},
    nodes_on,
    server::Server,
    turn,
};

/// Within how long everything goes on after there is a server again that is written to.
const RECOVERY: Duration = Duration::from_secs(5);

/// A server, and one that has whatever was acknowledged.
fn pair() -> [Server; 2] {
    let first = Server::start(&[]);
    let second = first.follower();
    first.ask("ALTER SYSTEM SET synchronous_standby_names = '*'");
    first.ask("SELECT pg_reload_conf()");
    wait_until("it is waited for", || first.ask("SELECT sync_state FROM pg_stat_replication") == "sync");
    [first, second]
}

/// An address that names both.
fn both([first, second]: &[Server; 2], query: &str) -> String {
    format!("postgres://app:password@{},{}/tracker{query}", first.address(), second.address())
}

#[test]
fn nodes_go_on_with_the_server_that_takes_the_place_of_one_that_died() {
    let _turn = turn();
    let (servers, sink) = (pair(), Sink::start());
    let settings = nodes_on(&both(&servers, "?target_session_attrs=read-write"), &sink);
    let nodes = [settings.start(), settings.start()];
    let load = Load::begin(&nodes.each_ref());
    load.until_it_goes_on();
    servers[0].kill();
    load.until(&Came::Unavailable, 20);
    servers[1].promote();
    let took = load.until_it_goes_on();
    assert!(took < RECOVERY, "it took {took:?}");
    load.check(&servers[1]).wait_for_mail(&sink);
}

#[test]
fn nodes_do_not_stay_with_a_server_that_may_only_be_read() {
    let _turn = turn();
    let (servers, sink) = (pair(), Sink::start());
    // That they mean the one that is written to need not be said.
    let settings = nodes_on(&both(&servers, ""), &sink);
    let nodes = [settings.start(), settings.start()];
    let load = Load::begin(&nodes.each_ref());
    load.until_it_goes_on();
    servers[0].ask("ALTER SYSTEM SET default_transaction_read_only = on");
    servers[0].ask("SELECT pg_reload_conf()");
    load.until(&Came::Unavailable, 20);
    servers[1].promote();
    let took = load.until_it_goes_on();
    assert!(took < RECOVERY, "it took {took:?}");
    let left = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'";
    wait_until("nobody is left with the old one", || servers[0].ask(left) == "0");
    load.check(&servers[1]).wait_for_mail(&sink);
}
