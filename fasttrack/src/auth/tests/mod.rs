//! Authentication against a real database, with a clock that moves when it is told to.

mod login;
mod refresh;
mod revocation;
mod self_service;
mod token;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{Auth, Changed, Client, Keys, Settings, sessions};
use crate::{
    clock::{self, SECOND_US},
    db::{Arg, Db, DbOptions, Row, Statement},
    error::Error,
    principal::{Caller, Principal},
    schema::{Column, Email, FieldType, Id, Kind, PasswordHash, Schema, UpdatedAt},
};

struct Role;

impl FieldType for Role {
    const KIND: Kind = Kind::Choice(&["user", "admin"]);
}

static USER: Schema = Schema::new("user", "users").account().columns(&[
    Column::new::<Id<()>>("id", "id"),
    Column::new::<Email>("email", "email"),
    Column::new::<PasswordHash>("password", "password"),
    Column::new::<Role>("role", "role"),
    Column::new::<bool>("is_active", "is_active"),
    Column::new::<UpdatedAt>("updated_at", "updated_at"),
]);

const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL,
    password TEXT NOT NULL, role TEXT NOT NULL, is_active INTEGER NOT NULL, updated_at TEXT NOT NULL)";

const START_US: i64 = 1_800_000_000 * SECOND_US + 123_456;
const ADA: &str = "Ada@example.com";
const PASSWORD: &str = "correct horse";
const COST: u32 = 4;

/// A database with one account, and what is asked of it.
struct House {
    auth: Arc<Auth>,
    db: Db,
    now_us: Arc<AtomicI64>,
    grace_s: i64,
    /// Deleted with the house.
    directory: TempDir,
}

/// A pair of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    access: String,
    refresh: String,
}

impl House {
    async fn new() -> Self {
        Self::with_grace(0).await
    }

    /// One that gives the same tokens again for so many seconds.
    async fn with_grace(grace_s: i64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let db = Db::open(&directory.path().join("test.db"), DbOptions::default()).await.unwrap();
        for statement in [USERS.to_owned()]
            .into_iter()
            .chain(sessions::ddl(crate::db::Dialect::Sqlite, &USER))
            .chain(sessions::ddl(crate::db::Dialect::Sqlite, &USER))
        {
            write(&db, &statement, vec![]).await;
        }
        let now_us = Arc::new(AtomicI64::new(START_US));
        let auth = Arc::new(Self::auth(&db, &now_us, grace_s).await);
        let house = Self { auth, db, now_us, grace_s, directory };
        house.account(ADA, &crate::password::hash(PASSWORD.into(), COST).await.unwrap()).await;
        house
    }

    async fn auth(db: &Db, now_us: &Arc<AtomicI64>, grace_s: i64) -> Auth {
        let now_us = Arc::clone(now_us);
        let mut settings = Settings::new(Keys::new(b"a secret of more than thirty-two bytes"));
        settings.bcrypt_cost = COST;
        settings.refresh_grace_s = grace_s;
        settings.clock = Arc::new(move || now_us.load(Ordering::SeqCst));
        Auth::new(db.clone(), &USER, settings).await.unwrap()
    }

    /// The same database under a server that was just started.
    async fn restart(&mut self) {
        self.auth = Arc::new(Self::auth(&self.db, &self.now_us, self.grace_s).await);
    }

    fn advance(&self, seconds: i64) {
        self.now_us.fetch_add(seconds * SECOND_US, Ordering::SeqCst);
    }

    async fn account(&self, email: &str, hash: &str) {
        let text = |text: &str| Arg::Text(text.into());
        let sql = "INSERT INTO users (email, password, role, is_active, updated_at) VALUES ($1, $2, 'user', 1, $3)";
        self.write(sql, vec![text(email), text(hash), text(&clock::format_us(START_US))]).await;
    }

    async fn write(&self, sql: &str, args: Vec<Arg>) {
        write(&self.db, sql, args).await;
    }

    async fn read(&self, sql: &str) -> Vec<Row> {
        self.db.read(Statement::new(sql, vec![])).await.unwrap()
    }

    async fn log_in(&self) -> Pair {
        self.try_log_in(ADA, PASSWORD).await.unwrap()
    }

    async fn try_log_in(&self, email: &str, password: &str) -> Result<Pair, Error> {
        self.auth.login(email, password, Client::default()).await.map(Pair::from)
    }

    async fn refresh(&self, token: &str) -> Result<Pair, Error> {
        self.auth.refresh(token).await.map(Pair::from)
    }

    /// Who the access token belongs to.
    async fn caller(&self, token: &str) -> Result<Caller, Error> {
        match self.auth.authenticate(Some(&format!("Bearer {token}"))).await? {
            Principal::Account(caller) => Ok(caller),
            Principal::Anonymous => panic!("a token makes nobody anonymous"),
        }
    }

    #[track_caller]
    fn refused<T: std::fmt::Debug>(result: Result<T, Error>, expected: &str) {
        let error = result.unwrap_err();
        assert!(matches!(&error, Error::Unauthenticated(reason) if reason.contains(expected)), "{error:?}");
    }

    /// Nothing of this login works any more.
    async fn assert_ended(&self, pairs: &[&Pair]) {
        for pair in pairs {
            Self::refused(self.caller(&pair.access).await, "session has ended");
            Self::refused(self.refresh(&pair.refresh).await, "session has ended");
        }
    }
}

async fn write(db: &Db, sql: &str, args: Vec<Arg>) {
    let statement = Statement::new(sql, args);
    db.write(move |tx| Box::pin(async move { Ok(tx.query(statement).await.map(drop)?) })).await.unwrap();
}

impl From<Vec<u8>> for Pair {
    fn from(body: Vec<u8>) -> Self {
        let body: Value = serde_json::from_slice(&body).unwrap();
        let text = |key: &str| body[key].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}
