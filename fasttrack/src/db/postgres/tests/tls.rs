//! Encryption, as the address asks for it: on a server that has it, whose authority `TEST_DATABASE_CA` names.

use super::*;

/// The file of the authority that has signed for the name `localhost`, and not for its address.
const AUTHORITY: &str = "TEST_DATABASE_CA";

#[tokio::test]
async fn connections_are_encrypted_and_servers_believed_as_the_address_says() {
    let Some(bench) = bench(DbOptions::default()).await else { return };
    let Ok(authority) = env::var(AUTHORITY) else {
        eprintln!("left out: {AUTHORITY} names no file");
        return;
    };
    let config = bench.url.config();
    let password = String::from_utf8(config.get_password().unwrap().to_vec()).unwrap();
    let (user, port) = (config.get_user().unwrap(), config.get_ports()[0]);
    for (host, query, expected) in [
        ("127.0.0.1", "sslmode=disable".to_owned(), Ok("false")),
        ("127.0.0.1", "sslmode=prefer".to_owned(), Ok("true")),
        ("127.0.0.1", "sslmode=require&channel_binding=require".to_owned(), Ok("true")),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={authority}"), Ok("true")),
        ("127.0.0.1", format!("sslmode=require&sslrootcert={authority}"), Ok("true")),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={authority}"), Err("not valid for name")),
        ("localhost", format!("sslmode=verify-full&sslrootcert={authority}"), Ok("true")),
        ("localhost", "sslmode=verify-full".to_owned(), Err("UnknownIssuer")),
        ("localhost", "sslmode=verify-ca&sslrootcert=/nowhere.pem".to_owned(), Err("/nowhere.pem")),
        ("localhost", "sslmode=disable&channel_binding=require".to_owned(), Err("channel binding")),
    ] {
        let url = format!("postgres://{user}:{password}@{host}:{port}/{}?{query}", bench.url.database());
        let db = Db::connect(&DatabaseUrl::Postgres(url.parse().unwrap()), DbOptions::default()).await;
        match (db, expected) {
            (Ok(db), Ok(encrypted)) => {
                let ssl = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
                assert_eq!(db.read(sql(ssl)).await.unwrap()[0].text(0), Some(encrypted), "{query}");
                // What is cancelled is so over an encrypted connection as well.
                let slow =
                    tokio::time::timeout(std::time::Duration::from_millis(50), db.read(sql("SELECT pg_sleep(60)")));
                slow.await.unwrap_err();
                tokio::time::timeout(std::time::Duration::from_secs(10), db.close()).await.unwrap();
            }
            (Err(met), Err(why)) => assert!(met.to_string().contains(why), "{host} {query}: {met}"),
            (db, _) => panic!("{host} {query}: {db:?}"),
        }
    }
}
