//! Connections that are lost, and a server that goes away.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use super::*;

/// Stands between the database and its client, and cuts every connection when it is told.
struct Relay {
    port: u16,
    /// What the relay does.
    mode: watch::Sender<Mode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Passes everything on.
    Open,
    /// Passes on the word that commits, and cuts the connection before the answer.
    CutAfterCommit,
    /// The same, and takes nothing new.
    CutAfterCommitForGood,
    /// Cuts the connection in place of passing on that word.
    CutBeforeCommit,
    /// Cuts what there is, and takes nothing new.
    Closed,
}

const COMMIT: &[u8] = b"COMMIT\0";

/// The answer to that word: `CommandComplete`, and its length.
const DONE: &[u8] = b"C\0\0\0\x0bCOMMIT\0";

impl Relay {
    async fn start(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mode = watch::Sender::new(Mode::Open);
        let watched = mode.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut closed = watched.subscribe();
                if *closed.borrow() == Mode::Closed {
                    continue;
                }
                let (target, mode) = (target.clone(), watched.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = pass(client, target, mode) => {}
                        _ = closed.wait_for(|mode| *mode == Mode::Closed) => {}
                    }
                });
            }
        });
        Self { port, mode }
    }
}

async fn pass(client: TcpStream, target: String, mode: watch::Sender<Mode>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let silent = mode.subscribe();
    let answers = async move {
        let mut buffer = vec![0; 65_536];
        loop {
            let read = from_server.read(&mut buffer).await?;
            let commits = [Mode::CutAfterCommit, Mode::CutAfterCommitForGood].contains(&*silent.borrow());
            let is_answer = buffer[..read].windows(DONE.len()).any(|part| part == DONE);
            if read == 0 || commits && is_answer {
                return std::future::pending::<std::io::Result<()>>().await;
            }
            to_client.write_all(&buffer[..read]).await?;
        }
    };
    let questions = async move {
        let mut buffer = vec![0; 65_536];
        loop {
            let read = from_client.read(&mut buffer).await?;
            let commits = buffer[..read].windows(COMMIT.len()).any(|part| part == COMMIT);
            let now = *mode.borrow();
            if read == 0 || commits && now == Mode::CutBeforeCommit {
                mode.send_if_modified(|mode| commits && std::mem::replace(mode, Mode::Open) != Mode::Open);
                return Ok(());
            }
            to_server.write_all(&buffer[..read]).await?;
            if commits && [Mode::CutAfterCommit, Mode::CutAfterCommitForGood].contains(&now) {
                // Until it is done, of which nobody is told.
                tokio::time::sleep(Duration::from_millis(100)).await;
                mode.send_replace(if now == Mode::CutAfterCommit { Mode::Open } else { Mode::Closed });
                return Ok::<_, std::io::Error>(());
            }
        }
    };
    tokio::select! {
        _ = answers => {}
        _ = questions => {}
    }
}

/// A database behind a relay.
async fn relayed(options: DbOptions) -> Option<(Bench, Relay, Db)> {
    let bench = bench(DbOptions::default()).await?;
    let config = bench.url.config();
    let host = match &config.get_hosts()[0] {
        tokio_postgres::config::Host::Tcp(host) => host.clone(),
        host @ tokio_postgres::config::Host::Unix(_) => panic!("{host:?} is no address"),
    };
    let relay = Relay::start(format!("{host}:{}", config.get_ports()[0])).await;
    let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).unwrap();
    let (user, port, name) = (config.get_user().unwrap(), relay.port, bench.url.database());
    let url = format!("postgres://{user}:{password}@127.0.0.1:{port}/{name}?sslmode=disable");
    let db = Db::connect(&DatabaseUrl::Postgres(url.parse().unwrap()), options).await.unwrap();
    Some((bench, relay, db))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_over_which_the_connection_is_lost_is_asked_for() {
    let Some((bench, relay, db)) = relayed(DbOptions::default()).await else { return };
    let write = |name: &'static str| {
        let (hooked, ran) = tokio::sync::watch::channel(false);
        let written = db.write(move |tx| {
            let hooked = hooked.clone();
            Box::pin(async move {
                tx.after_commit(move || _ = hooked.send_replace(true));
                Ok(tx.query(insert(name)).await.map(drop)?)
            })
        });
        async move { (written.await, *ran.borrow()) }
    };
    relay.mode.send_replace(Mode::CutAfterCommit);
    let (met, hooked) = write("kept").await;
    assert!(met.is_ok() && hooked, "{met:?}");
    relay.mode.send_replace(Mode::CutBeforeCommit);
    let (met, hooked) = write("done again").await;
    assert!(met.is_ok() && hooked, "{met:?}");
    assert_eq!(names(&bench).await, ["done again", "kept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_is_told_as_that() {
    let Some((_bench, _relay, db)) = relayed(DbOptions::default()).await else { return };
    let met = db.read(sql("SELECT pg_terminate_backend(pg_backend_pid())")).await;
    let told = Error::from(met.unwrap_err()).to_string();
    assert!(told.contains("the connection to the database was lost"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_busy_and_comes_back_by_itself() {
    let Some((bench, relay, db)) = relayed(DbOptions { pool: 4, ..DbOptions::default() }).await else { return };
    futures_util::future::join_all((0..4).map(|_| db.read(sql("SELECT pg_sleep(0.05)")))).await;
    relay.mode.send_replace(Mode::Closed);
    for _ in 0..3 {
        let met = db.ping().await;
        assert!(matches!(met, Err(DbError::Busy(_))), "{met:?}");
        let met = write(&db, "lost".into()).await;
        assert!(matches!(met, Err(Error::Unavailable(_))), "{met:?}");
    }
    relay.mode.send_replace(Mode::Open);
    let started = Instant::now();
    db.ping().await.unwrap();
    write(&db, "found".into()).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(names(&bench).await, ["found"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_answer_keeps_nobody_from_the_next_one() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    // Takes connections, and says nothing on them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap();
    let silent = silent.local_addr().map(|address| (address, silent)).unwrap();
    let server = env::var(SERVER).unwrap();
    let (before, host) = server.split_once('@').unwrap();
    let (place, query) =
        host.split_once('?').map_or((host, String::new()), |(place, query)| (place, format!("?{query}")));
    let (host, _) = place.split_once('/').unwrap();
    let url = format!("{before}@{},{host}/{}{query}", silent.0, bench.url.database());
    let db = Db::connect(&DatabaseUrl::Postgres(url.parse().unwrap()), DbOptions::default()).await.unwrap();
    let started = Instant::now();
    write(&db, "found".into()).await.unwrap();
    futures_util::future::join_all((0..8).map(|_| db.read(sql("SELECT pg_sleep(0.05)")))).await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(names(&bench).await, ["found"]);
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_has_ended_cost_nobody_an_error() {
    let Some(bench) = bench(DbOptions { pool: 4, ..DbOptions::default() }).await else { return };
    for round in 0..5 {
        futures_util::future::join_all((0..4).map(|_| bench.read(sql("SELECT pg_sleep(0.02)")))).await;
        let end = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()",
            bench.url.database()
        );
        run_on(&bench.admin, end).await;
        bench.ping().await.unwrap();
        write(&bench, round.to_string()).await.unwrap();
    }
    assert_eq!(names(&bench).await.len(), 5);
}

#[tokio::test]
async fn what_the_server_has_forgotten_is_prepared_again() {
    let Some(bench) = bench(DbOptions { pool: 1, ..DbOptions::default() }).await else { return };
    for word in ["DEALLOCATE ALL", "ALTER TABLE item ADD COLUMN more text", "DEALLOCATE ALL"] {
        write(&bench, word.to_lowercase().replace(' ', "") + &names(&bench).await.len().to_string()).await.unwrap();
        let all = bench.read(sql("SELECT i.* FROM item i")).await.unwrap();
        execute(&bench, word).await.unwrap();
        assert_eq!(bench.read(sql("SELECT i.* FROM item i")).await.unwrap().len(), all.len(), "{word}");
        execute(&bench, "DEALLOCATE ALL").await.unwrap();
        write(&bench, format!("after {word} {}", all.len())).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_which_nothing_is_known_is_a_doubt_until_it_is() {
    let Some((bench, relay, db)) =
        relayed(DbOptions { busy_timeout: Duration::from_millis(500), ..DbOptions::default() }).await
    else {
        return;
    };
    let recorder = std::sync::Arc::new(super::heard::Recorder::default());
    db.capture_changes(super::heard::capture(&recorder, None)).await.unwrap();
    assert_eq!(recorder.take(), ["sees"]);
    relay.mode.send_replace(Mode::CutAfterCommitForGood);
    let (hooks, wakes) = (std::sync::Arc::clone(&recorder), std::sync::Arc::clone(&recorder));
    let met: Result<(), Error> = db
        .write(move |tx| {
            let (hooks, wakes) = (std::sync::Arc::clone(&hooks), std::sync::Arc::clone(&wakes));
            Box::pin(async move {
                tx.after_commit(move || hooks.note("announced"));
                tx.wake(move || wakes.note("woken"));
                Ok(tx.query(insert("kept")).await.map(drop)?)
            })
        })
        .await;
    assert!(matches!(met, Err(Error::Unavailable(_))), "{met:?}");
    assert_eq!(recorder.take(), ["lost"], "nothing is told of it, and nothing believed");
    assert_eq!(names(&bench).await, ["kept"]);
    relay.mode.send_replace(Mode::Open);
    recorder.until("woken").await;
    recorder.until("sees").await;
    assert_eq!(recorder.take(), Vec::<String>::new(), "what only looks is woken, and nothing is announced");
}
