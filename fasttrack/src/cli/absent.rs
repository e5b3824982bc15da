//! What a command is about, and is not there.

use std::path::PathBuf;

use crate::{
    auth::{Auth, Known},
    db::DatabaseUrl,
    error::Error,
    program,
};

/// What is not there.
#[derive(Debug, thiserror::Error)]
pub(super) enum Absent {
    /// There is no database yet.
    #[error("there is no database at {}; DATABASE_URL says where it is", .0.display())]
    Database(PathBuf),
    /// Nobody has this address.
    #[error("there is no account of {0}; `{program} user create` makes one", program = program::name())]
    Account(String),
}

/// Sees to it that there is a database, where it is a file: none is made.
pub(super) fn database(url: &DatabaseUrl) -> Result<(), Absent> {
    let absent = url.file().filter(|file| !file.exists());
    absent.map_or(Ok(()), |file| Err(Absent::Database(file.to_owned())))
}

/// The account with this e-mail address; `E` is what the command says of it, and of a database that cannot be read.
pub(super) async fn account<E: From<Absent>>(
    auth: &Auth,
    email: &str,
    unread: impl FnOnce(Error) -> E,
) -> Result<Known, E> {
    let known = auth.known(email).await.map_err(unread)?;
    known.ok_or_else(|| Absent::Account(email.to_owned()).into())
}
