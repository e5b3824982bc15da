//! Clients that go away in the middle of everything, by the thousand.

use std::{
    io::Write,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use crate::{
    driver::{Sink, wait_until},
    nodes_on,
    server::Server,
    turn,
};

/// Clients in all, and how many have a connection at a time.
const CLIENTS: usize = 10_000;
const WAVE: usize = 250;

#[test]
fn ten_thousand_clients_that_go_away_leave_nothing_behind() {
    let _turn = turn();
    let (server, sink) = (Server::start(&[]), Sink::start());
    let node = nodes_on(&server.url(), &sink).start();
    let owner = node.person();
    let project = node.project(&owner);
    let head = |method: &str, path: &str, length: usize| {
        let token = &owner.pair.access;
        format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    let (tasks, body) = (format!("/projects/{project}/tasks"), r#"{"title":"nobody waits for it"}"#);
    let get = head("GET", &format!("{tasks}?limit=100"), 0);
    let requests = [
        get.clone(),
        // Half of the head, half of the body, and all of it.
        get[..get.len() / 2].to_owned(),
        head("POST", &tasks, body.len()) + &body[..body.len() / 2],
        head("POST", &tasks, body.len()) + body,
        head("GET", &format!("{tasks}?q=nobody"), 0),
        head("PATCH", "/users/me", body.len()) + body,
    ];
    for wave in 0..CLIENTS / WAVE {
        let mut clients: Vec<_> = (0..WAVE).map(|_| TcpStream::connect(node.address()).expect("it accepts")).collect();
        for (number, client) in clients.iter_mut().enumerate() {
            client.write_all(requests[(wave + number) % requests.len()].as_bytes()).expect("it reads");
        }
        // Some at once, and some in the middle of their answers.
        clients.truncate(WAVE / 2);
        thread::sleep(Duration::from_millis(5));
        drop(clients);
    }
    let begun = Instant::now();
    let page = node.get(&format!("{tasks}?limit=1")).by(&owner).ok();
    assert!(begun.elapsed() < Duration::from_secs(2), "an answer took {:?}", begun.elapsed());
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1), "what arrived whole is done");
    let open = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND state <> 'idle'";
    wait_until("nothing goes on", || server.ask(open) == "0");
    let connections: usize =
        server.ask("SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'").parse().expect("a number");
    assert!(connections <= 9, "{connections} connections, and DATABASE_POOL is 8");
    wait_until("no request is left", || {
        node.at("GET", "/metrics").send().text().lines().any(|line| line == "fasttrack_requests_in_flight 1")
    });
}
