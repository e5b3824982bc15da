//! Filling an empty database with something to look at.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use serde_json::{Value, json};

use super::App;
use crate::{
    db::{Arg, Statement},
    error::Error,
    job::Context,
    principal::{Caller, Principal},
    schema::{Kind, Resource},
    wire::Object,
};

/// Rows that are under way at a time: as many as the writer likes to take at once.
const UNDER_WAY: usize = 512;

/// What an application fills its database with.
pub type Fill = Arc<dyn Fn(Demo) -> BoxFuture<'static, Result<(), Error>> + Send + Sync>;

/// A database that is being filled. A clone is the same one.
#[derive(Clone)]
pub struct Demo {
    inner: Arc<Inner>,
}

struct Inner {
    app: App,
    size: usize,
    password: String,
    /// E-mail address and role of each.
    accounts: Mutex<Vec<(String, &'static str)>>,
    tick: Box<dyn Fn() + Send + Sync>,
}

/// An account of the demo.
#[derive(Debug, Clone, Copy)]
pub struct DemoAccount {
    /// Its id.
    pub id: i64,
    /// Its role.
    pub role: &'static str,
}

/// A row that is to be created: below which row, by whom, and what the request would send.
pub type DemoRow = (Option<i64>, DemoAccount, Value);

impl Demo {
    pub(crate) fn new(app: App, size: usize, password: String, tick: impl Fn() + Send + Sync + 'static) -> Self {
        let inner = Inner { app, size, password, accounts: Mutex::default(), tick: Box::new(tick) };
        Self { inner: Arc::new(inner) }
    }

    /// How many rows of the unit that the application named are wanted.
    #[must_use]
    pub fn size(&self) -> usize {
        self.inner.size
    }

    /// What a job may use: for what no request can set.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.inner.app.context
    }

    /// Makes an account with this role. All accounts of a demo have one password, another one for each demo.
    ///
    /// # Errors
    /// What registering would have answered.
    pub async fn account(&self, email: &str, display_name: &str, role: &'static str) -> Result<DemoAccount, Error> {
        let body = json!({ "email": email, "password": self.inner.password, "display_name": display_name }).to_string();
        let body = Object::parse(body.as_bytes())?;
        let row = self.inner.app.pipeline.register_as(&body, &[("role", Arg::Text(role.to_owned()))]).await?;
        let account = DemoAccount { id: id_of(&row)?, role };
        self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner).push((email.to_owned(), role));
        (self.inner.tick)();
        Ok(account)
    }

    /// Creates rows as requests would, by rule and validation, many at a time; gives their ids in the order of the rows.
    ///
    /// # Errors
    /// What the first request that is refused would have been answered.
    pub async fn create<T: Resource>(&self, rows: Vec<DemoRow>) -> Result<Vec<i64>, Error> {
        let missing = || Error::Internal(format!("there is no resource {}", T::NAME));
        let resource = self.inner.app.catalog.find(T::NAME).ok_or_else(missing)?.index;
        let requests = rows.into_iter().map(|(parent, who, row)| {
            let who = Principal::Account(Caller { id: who.id, role: who.role, session: 0, reads_only: false });
            self.request(resource, parent, who, row.to_string())
        });
        stream::iter(requests).buffered(UNDER_WAY).try_collect().await
    }

    async fn request(&self, resource: usize, parent: Option<i64>, who: Principal, body: String) -> Result<i64, Error> {
        let body = Object::parse(body.as_bytes())?;
        let row = self.inner.app.pipeline.create(resource, parent, &who, &body).await?;
        (self.inner.tick)();
        id_of(&row)
    }

    /// Whether there is nobody yet.
    pub(crate) async fn is_empty(&self) -> Result<bool, Error> {
        self.inner.app.is_empty().await
    }

    /// Takes back the jobs that the rows left: a demo sends no mail.
    pub(crate) async fn forget_jobs(&self) -> Result<(), Error> {
        let forget = Statement::new("DELETE FROM \"outbox_jobs\"", Vec::new());
        self.context().write(forget).await.map(drop)
    }

    /// The accounts that were made, in order: e-mail address and role.
    pub(crate) fn accounts(&self) -> Vec<(String, &'static str)> {
        self.inner.accounts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn close(&self) {
        self.inner.app.db.close().await;
    }

    /// Whether accounts of this application can be made with a role and a name.
    pub(crate) fn suits(app: &App) -> bool {
        let account = app.catalog.account().map(|model| model.schema);
        account.is_some_and(|schema| {
            let has = |name: &str| schema.column(name).is_some();
            has("display_name") && schema.column("role").is_some_and(|role| matches!(role.kind, Kind::Choice(_)))
        })
    }
}

fn id_of(row: &[u8]) -> Result<i64, Error> {
    let id = serde_json::from_slice::<Value>(row).ok().and_then(|row| row.get("id")?.as_i64());
    id.ok_or_else(|| Error::Internal("a row that was created has no id".into()))
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo").field("size", &self.inner.size).finish_non_exhaustive()
    }
}
