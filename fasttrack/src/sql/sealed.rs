//! Secrets that are kept sealed, wherever they stand, for when the key that seals them is another one.

use crate::db::{Arg, Dialect, Statement};

/// A column that holds sealed secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// Those of second factors, by the id of their account.
    Totp,
    /// Those of receivers of webhooks, by their ids.
    Webhook,
    /// The ones before those.
    OldWebhook,
}

impl Sealed {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Totp, Self::Webhook, Self::OldWebhook];

    const fn names(self) -> [&'static str; 3] {
        match self {
            Self::Totp => ["fasttrack_totp", "account_id", "secret"],
            Self::Webhook => ["fasttrack_webhooks", "id", "secret"],
            Self::OldWebhook => ["fasttrack_webhooks", "id", "old_secret"],
        }
    }

    /// The first `limit` of them after an id: `id, what is sealed`.
    #[must_use]
    pub fn after(self, dialect: Dialect, id: i64, limit: u16) -> Statement {
        let [table, key, column] = self.names();
        let sealed = dialect.sql().text(&format!("\"{column}\""));
        let sql = format!(
            "SELECT \"{key}\", {sealed} FROM \"{table}\" WHERE \"{key}\" > $1 AND \"{column}\" IS NOT NULL \
             ORDER BY \"{key}\" LIMIT {limit}"
        );
        Statement::new(sql, vec![Arg::Int(id)])
    }

    /// Puts what is sealed anew in the place of what it was, if it still is that.
    #[must_use]
    pub fn replace(self, id: i64, sealed: String, anew: String) -> Statement {
        let [table, key, column] = self.names();
        let sql = format!("UPDATE \"{table}\" SET \"{column}\" = $3 WHERE \"{key}\" = $1 AND \"{column}\" = $2");
        Statement::new(sql, vec![Arg::Int(id), Arg::Text(sealed), Arg::Text(anew)])
    }
}
