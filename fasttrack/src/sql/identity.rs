//! What accounts are elsewhere: rows of `fasttrack_identities`, one for each account of somebody's at a provider.

use super::by_id::page_by_id;
use crate::{
    db::{Arg, Dialect, Statement},
    query::PageById,
};

/// Who somebody is at a provider: what never changes there, and is given to nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The provider, by its address.
    pub issuer: String,
    /// Whom it means.
    pub subject: String,
}

/// Finds whose account somebody logs in to from elsewhere, and notes that it was used: its id.
#[must_use]
pub fn use_identity(who: Subject, now: String) -> Statement {
    let sql = "UPDATE \"fasttrack_identities\" SET \"last_used_at\" = $3 WHERE \"issuer\" = $1 AND \"subject\" = $2 \
               RETURNING \"account_id\"";
    Statement::new(sql, vec![Arg::Text(who.issuer), Arg::Text(who.subject), Arg::Text(now)])
}

/// Notes who an account is elsewhere: one row, unless that is somebody's already.
#[must_use]
pub fn add_identity(account: i64, provider: String, who: Subject, now: String) -> Statement {
    let sql = "INSERT INTO \"fasttrack_identities\" (\"account_id\", \"provider\", \"issuer\", \"subject\", \
               \"created_at\", \"last_used_at\") VALUES ($1, $2, $3, $4, $5, $5) \
               ON CONFLICT DO NOTHING RETURNING \"id\"";
    let texts = [provider, who.issuer, who.subject, now].map(Arg::Text);
    Statement::new(sql, [Arg::Int(account)].into_iter().chain(texts).collect())
}

/// Ends what an account is elsewhere; gives back a row if it was that.
#[must_use]
pub fn end_identity(id: i64, account: i64) -> Statement {
    let sql = "DELETE FROM \"fasttrack_identities\" WHERE \"id\" = $1 AND \"account_id\" = $2 RETURNING \"id\"";
    Statement::new(sql, vec![Arg::Int(id), Arg::Int(account)])
}

/// One page of what an account is elsewhere: `id, JSON`, and one row more than its limit if there is one.
#[must_use]
pub fn identities(dialect: Dialect, account: i64, page: &PageById) -> Statement {
    let own = ("\"account_id\" = $1", vec![Arg::Int(account)]);
    page_by_id(dialect, ("fasttrack_identities", &shown(dialect)), own, page)
}

/// The indexes of the table.
pub(super) fn identity_indexes() -> [String; 2] {
    [
        "CREATE UNIQUE INDEX IF NOT EXISTS \"fasttrack_identities_by_subject\" \
         ON \"fasttrack_identities\" (\"issuer\", \"subject\")",
        "CREATE INDEX IF NOT EXISTS \"fasttrack_identities_by_account\" ON \"fasttrack_identities\" (\"account_id\", \"id\")",
    ]
    .map(str::to_owned)
}

/// What a list shows of one.
fn shown(dialect: Dialect) -> String {
    let syntax = dialect.sql();
    syntax.text(&syntax.json_object(&[
        ("id", "\"id\"".to_owned()),
        ("provider", "\"provider\"".to_owned()),
        ("issuer", "\"issuer\"".to_owned()),
        ("subject", "\"subject\"".to_owned()),
        ("created_at", syntax.instant("\"created_at\"")),
        ("last_used_at", syntax.instant("\"last_used_at\"")),
    ]))
}
