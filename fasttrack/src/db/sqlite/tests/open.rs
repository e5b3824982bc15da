//! What may be opened, what is refused, and how it is closed.

use std::{path::Path, time::Duration};

use super::{
    super::{connect, connection::SingleConnection, statement},
    *,
};

async fn refusal(path: &Path, marker: Option<&str>) -> String {
    let options = DbOptions { marker: marker.map(Into::into), ..DbOptions::default() };
    match Db::open(path, options).await {
        Err(DbError::Other(text)) => text,
        met => panic!("{} was not refused: {met:?}", path.display()),
    }
}

#[tokio::test]
async fn a_missing_file_is_created_and_told_from_an_old_one() {
    let (_directory, path) = place();
    for expected in [true, false] {
        let db = Db::open(&path, DbOptions::default()).await.unwrap();
        assert_eq!(db.was_created(), expected);
        execute(&db, "CREATE TABLE IF NOT EXISTS t (a)").await.unwrap();
        db.ping().await.unwrap();
        db.close().await;
        assert!(!path.with_extension("db-wal").exists(), "the last connection leaves no log behind");
    }
    std::fs::write(&path, "").unwrap();
    assert!(Db::open(&path, DbOptions::default()).await.unwrap().was_created(), "an empty file is none");
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_as_it_was() {
    let (directory, path) = place();
    for content in ["x".to_owned(), "no database ".repeat(1000), "SQLite format 2\0".to_owned()] {
        std::fs::write(&path, &content).unwrap();
        let text = refusal(&path, None).await;
        assert!(text.contains("test.db") && text.contains("not a SQLite database"), "{text}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    for odd in [directory.path().to_owned(), directory.path().join("none/test.db"), ":memory:".into(), "".into()] {
        refusal(&odd, None).await;
    }
}

#[tokio::test]
async fn a_database_of_another_application_is_refused_and_left_as_it_was() {
    let (_directory, path) = place();
    let db = Db::open(&path, DbOptions::default()).await.unwrap();
    execute(&db, "CREATE TABLE bookmarks (a)").await.unwrap();
    db.close().await;
    // Another application would not have had the write-ahead log on: the header says so in two bytes.
    let mut content = std::fs::read(&path).unwrap();
    content[18..20].copy_from_slice(&[1, 1]);
    std::fs::write(&path, &content).unwrap();
    let text = refusal(&path, Some("migrations")).await;
    assert!(text.contains("migrations"), "{text}");
    assert!(std::fs::read(&path).unwrap() == content, "the file was changed");

    let options = |marker: &str| DbOptions { marker: Some(marker.into()), ..DbOptions::default() };
    Db::open(&path, options("bookmarks")).await.unwrap().close().await;
    let (_directory, path) = place();
    Db::open(&path, options("migrations")).await.unwrap().close().await;
    Db::open(&path, options("migrations")).await.unwrap();
}

#[tokio::test]
async fn a_copy_holds_what_was_committed_and_never_overwrites() {
    let bench = bench(DbOptions::default()).await;
    write(&bench, "kept".into()).await.unwrap();
    let copy = bench.directory.path().join("it's a copy.db");
    bench.copy_to(&copy).await.unwrap();
    write(&bench, "later".into()).await.unwrap();
    assert_eq!(names(&Db::open(&copy, DbOptions::default()).await.unwrap()).await, ["kept"]);
    for taken in [copy, bench.directory.path().join("test.db"), bench.directory.path().join("none/copy.db")] {
        assert!(bench.copy_to(&taken).await.is_err(), "{}", taken.display());
    }
    assert_eq!(names(&bench).await, ["kept", "later"]);
}

#[tokio::test]
async fn connections_are_set_as_they_should_be() {
    let bench = bench(DbOptions::default()).await;
    let pragmas = [
        ("journal_mode", bytes("wal"), bytes("wal")),
        ("synchronous", Cell::Int(2), Cell::Int(2)),
        ("foreign_keys", Cell::Int(1), Cell::Int(1)),
        ("query_only", Cell::Int(0), Cell::Int(1)),
        ("wal_autocheckpoint", Cell::Int(1000), Cell::Int(0)),
        ("temp_store", Cell::Int(1), Cell::Int(2)),
    ];
    for (pragma, writer, reader) in pragmas {
        let statement = format!("PRAGMA {pragma}");
        assert_eq!(bench.read(sql(&statement)).await.unwrap(), [Row(vec![reader])], "reader: {pragma}");
        let met = bench.write(move |tx| Box::pin(async move { Ok(tx.query(sql(&statement)).await?) })).await;
        assert_eq!(met.unwrap(), [Row(vec![writer])], "writer: {pragma}");
    }
}

fn bytes(value: &str) -> Cell {
    Cell::Bytes(value.as_bytes().to_vec())
}

/// `SQLite` stands still when the last connection to a file is closed while another one is opened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_come_and_go_beside_each_other() {
    let bench = bench(DbOptions::default()).await;
    bench.close().await;
    let manager = connect::reader(&bench.directory.path().join("test.db"), &DbOptions::default());
    let visitors = (0..2).map(|_| {
        let manager = manager.clone();
        tokio::spawn(async move {
            for _ in 0..300 {
                let mut connection = SingleConnection::open(&manager).await.unwrap();
                statement::run(&mut connection, sql("SELECT count(*) FROM item")).await.unwrap();
            }
        })
    });
    let all = futures_util::future::try_join_all(visitors);
    tokio::time::timeout(Duration::from_mins(1), all).await.expect("they stand still").unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_their_owners_alone_from_their_making() {
    use std::{fs, os::unix::fs::PermissionsExt};

    use crate::db::open_to_others;

    let (directory, path) = place();
    let modes = || {
        let files = fs::read_dir(directory.path()).unwrap().map(Result::unwrap);
        let mode = |file: fs::DirEntry| {
            let mode = file.metadata().unwrap().permissions().mode() & 0o777;
            format!("{} {mode:o}", file.file_name().display())
        };
        let mut modes: Vec<_> = files.map(mode).collect();
        modes.sort();
        modes
    };
    let db = Db::open(&path, DbOptions::default()).await.unwrap();
    execute(&db, "CREATE TABLE t (a); INSERT INTO t VALUES (1)").await.unwrap();
    db.ping().await.unwrap();
    assert_eq!(modes(), ["test.db 600", "test.db-shm 600", "test.db-wal 600"]);
    assert!(open_to_others(&path).is_empty());
    let log = directory.path().join("test.db-wal");
    fs::set_permissions(&log, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(open_to_others(&path), [log]);
    db.close().await;

    // What somebody opened to others stays so, and a copy of it does not follow.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let db = Db::open(&path, DbOptions::default()).await.unwrap();
    db.copy_to(&directory.path().join("copy.db")).await.unwrap();
    assert_eq!(open_to_others(&path).first(), Some(&path));
    db.close().await;
    assert_eq!(modes(), ["copy.db 600", "test.db 644"]);
    let copy = Db::open(&directory.path().join("copy.db"), DbOptions::default()).await.unwrap();
    assert_eq!(copy.read(sql("SELECT a FROM t")).await.unwrap(), [Row(vec![Cell::Int(1)])]);
}
