//! What jobs and handlers of an application may use of the server.

use std::collections::HashMap;

use futures_util::{FutureExt, future::BoxFuture};

use super::{Letters, Mailer, letters::Desk};
use crate::{
    config::PublicUrl,
    db::{Db, DbError},
    error::Error,
    job::{JobError, JobResult, Letter, MailError, RawChange, Recipient, Services},
    mails::Draft,
    pipeline::{self, Accounts},
    schema::{Catalog, Schema},
    sql::{self, Predicate, Table, Template, Values},
};

/// The services behind a [`Context`](crate::job::Context).
pub struct AppServices {
    db: Db,
    mailer: Mailer,
    public_url: Option<PublicUrl>,
    accounts: Accounts,
    letters: Option<Letters>,
    schemas: Vec<&'static Schema>,
    /// By resource, what reads one of its rows.
    rows: HashMap<&'static str, Template>,
}

impl AppServices {
    /// Prepares everything that does not depend on who asks.
    #[must_use]
    pub fn new(catalog: &Catalog, db: Db, mailer: Mailer, accounts: Accounts) -> Self {
        let read = |schema| sql::read(&Table::served_at(db.dialect(), schema, catalog.base()), &Predicate::Always);
        let rows = catalog.models().iter().map(|model| (model.schema.name, read(model.schema))).collect();
        let schemas = catalog.models().iter().map(|model| model.schema).collect();
        Self { db, mailer, public_url: None, accounts, letters: None, schemas, rows }
    }

    /// With links to where clients see the server.
    #[must_use]
    pub fn linking_to(self, public_url: Option<PublicUrl>) -> Self {
        Self { public_url, ..self }
    }
}

impl AppServices {
    /// With what writes the framework's own mails to accounts.
    #[must_use]
    pub fn writing(self, letters: Letters) -> Self {
        Self { letters: Some(letters), ..self }
    }
}

impl Services for AppServices {
    fn row(&self, resource: &'static str, id: i64) -> BoxFuture<'_, Result<Option<Vec<u8>>, Error>> {
        async move {
            let missing = || Error::Internal(format!("there is no resource {resource}"));
            let template = self.rows.get(resource).ok_or_else(missing)?;
            let mut found = self.db.read(template.fill(Values { id: Some(id), ..Values::default() })).await?;
            Ok(found.first_mut().and_then(|row| row.take_bytes(0)))
        }
        .boxed()
    }

    fn db(&self) -> &Db {
        &self.db
    }

    fn refusal(&self, error: DbError) -> Error {
        pipeline::refusal_of(self.schemas.iter().copied(), error)
    }

    fn link(&self, path: &str) -> String {
        self.public_url.as_ref().map_or_else(|| path.to_owned(), |public| public.link(path))
    }

    fn disable_account(&self, id: i64) -> BoxFuture<'_, Result<bool, Error>> {
        self.accounts.disable(id).boxed()
    }

    fn end_sessions(&self, account: i64) -> BoxFuture<'_, Result<usize, Error>> {
        let end = sql::end_sessions(account);
        self.db.write(move |tx| async move { Ok(tx.query(end).await?.len()) }.boxed()).boxed()
    }

    fn write(&self, letter: Letter, change: RawChange) -> BoxFuture<'_, JobResult> {
        async move {
            let nobody = || JobError::fatal("this program writes no mails to accounts");
            let letters = self.letters.as_ref().ok_or_else(nobody)?;
            let account = self.rows.get(letters.account.name).ok_or_else(nobody)?;
            letters.write(Desk { db: &self.db, mailer: &self.mailer, account }, letter, change).await
        }
        .boxed()
    }

    fn mail(&self, to: Recipient, subject: String, text: String) -> BoxFuture<'_, Result<(), MailError>> {
        self.mailer.send(to, Draft::text(subject, text)).boxed()
    }
}
