//! A `PgBouncer` in between that lends connections by the transaction: no session is anybody's own.

use std::{
    fs,
    io::Write,
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;

use crate::{
    driver::{Sink, wait_until},
    load::Load,
    nodes_on,
    server::{Server, free_port, is_root},
    turn,
};

/// Most connections that it has to the server.
const CONNECTIONS: usize = 6;

/// A pooler before a server.
struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Pooler {
    /// Starts it, with more of its settings.
    fn before(server: &Server, settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let (port, path) = (free_port(), folder.path().to_str().expect("a path of text").to_owned());
        let (host, to) = server.address().rsplit_once(':').map(|(host, to)| (host.to_owned(), to.to_owned())).unwrap();
        let mut file = fs::File::create(folder.path().join("pgbouncer.ini")).expect("a file");
        write!(
            file,
            "[databases]\ntracker = host={host} port={to} user=app password=password\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n\
             auth_file = {path}/users\npool_mode = transaction\ndefault_pool_size = {CONNECTIONS}\n{settings}\n"
        )
        .expect("a file");
        fs::write(folder.path().join("users"), "\"app\" \"\"\n").expect("a file");
        let mut command = Command::new(if is_root() { "runuser" } else { "pgbouncer" });
        if is_root() {
            let owned = Command::new("chown").args(["-R", "postgres", &path]).status();
            assert!(owned.expect("chown starts").success(), "the user postgres is there");
            // By its whole name: Debian keeps it where users do not look.
            command.args(["-u", "postgres", "--", "/usr/sbin/pgbouncer"]);
        }
        command.arg(format!("{path}/pgbouncer.ini")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("pgbouncer is installed");
        wait_until("the pooler listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { child, port, _folder: folder }
    }

    fn url(&self) -> String {
        format!("postgres://app@127.0.0.1:{}/tracker", self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // `runuser` passes the signal on.
        let pid = self.child.id().to_string();
        Command::new("sh").args(["-c", "kill -s TERM \"$1\"", "sh", &pid]).status().ok();
        self.child.wait().ok();
    }
}

#[test]
fn nodes_behind_a_pooler_lose_nothing_and_trust_nobody_longer() {
    let _turn = turn();
    let (server, sink) = (Server::start(&[]), Sink::start());
    let pooler = Pooler::before(&server, "");
    let settings = nodes_on(&pooler.url(), &sink).set("DATABASE_PREPARED", "false");
    let [one, other] = [settings.start(), settings.start()];
    let load = Load::begin(&[&one, &other]);
    load.until_it_goes_on();
    // Nobody hears of it, so that everybody asks.
    let person = one.person();
    for _ in 0..20 {
        other.get("/users/me").by(&person).ok();
    }
    one.post("/auth/logout", &json!({})).by(&person).send();
    other.get("/users/me").by(&person).send().problem(401);
    // Messages are looked for.
    let [owner, assignee] = [one.person(), one.person()];
    let mut socket = other.socket(&assignee);
    let project = one.project(&owner);
    let told = Instant::now();
    one.task(&owner, project, &json!({ "assignee_id": assignee.id }));
    assert_eq!(socket.ids(1), [1]);
    assert!(told.elapsed() < Duration::from_secs(3), "it took {:?}", told.elapsed());
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app'";
    let count: usize = server.ask(connections).parse().expect("a number");
    assert!(count <= CONNECTIONS, "{count} connections for two nodes");
    load.until_it_goes_on();
    load.check(&server).wait_for_mail(&sink);
}

#[test]
fn statements_are_prepared_in_no_session_that_others_have_too() {
    let _turn = turn();
    let (server, sink) = (Server::start(&[]), Sink::start());
    for settings in ["", "ignore_startup_parameters = options"] {
        let pooler = Pooler::before(&server, settings);
        let refusal = nodes_on(&pooler.url(), &sink).refused();
        assert_eq!(refusal.code, Some(1), "{}", refusal.stderr);
        assert!(refusal.stderr.contains("set DATABASE_PREPARED=false"), "{settings}: {}", refusal.stderr);
    }
}
