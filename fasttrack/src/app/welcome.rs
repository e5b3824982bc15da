//! What a start on an empty database says: where to look, and how to make the first administrator.

use super::App;
use crate::{db::Statement, error::Error, program, schema::Schema};

/// Says it, unless there is somebody already.
///
/// # Errors
/// When the database does not say whether there is.
pub(super) async fn welcome(app: &App, docs: &str) -> Result<(), Error> {
    if app.is_empty().await? {
        tracing::info!(%docs, "nobody has an account yet; what there is to call is documented");
        if let Some(account) = app.catalog.account() {
            let (who, command) = first_account(account.schema, &program::called());
            tracing::info!(%command, "this makes the first {who}, beside the running server");
        }
    }
    Ok(())
}

/// What somebody types who has the server of these settings before him.
fn first_account(account: &Schema, program: &str) -> (&'static str, String) {
    let (who, role) = if account.has_role("admin") { ("administrator", "--admin ") } else { ("account", "") };
    (who, format!("{program} user create {role}you@example.com"))
}

impl App {
    /// Whether nobody has an account yet.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn is_empty(&self) -> Result<bool, Error> {
        let Some(account) = self.catalog.account() else { return Ok(true) };
        let any = Statement::new(format!("SELECT 1 FROM \"{}\" LIMIT 1", account.schema.plural), Vec::new());
        Ok(self.db.read(any).await?.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Kind};

    #[test]
    fn the_first_account_is_an_administrator_where_there_are_any() {
        const ROLE: Column = Column { kind: Kind::Choice(&["user", "admin"]), ..Column::new::<String>("role", "role") };
        static WITH: Schema = Schema::new("user", "users").account().columns(&[ROLE]);
        static WITHOUT: Schema = Schema::new("user", "users").account();
        let with = ("administrator", "shop user create --admin you@example.com".to_owned());
        let without = ("account", "shop user create you@example.com".to_owned());
        assert_eq!([&WITH, &WITHOUT].map(|schema| first_account(schema, "shop")), [with, without]);
    }
}
