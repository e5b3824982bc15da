//! Links in mails to accounts: rows of `fasttrack_links`, one for each mail that went out.
//!
//! What is kept of a link is a digest; a row without one is a mail whose link is dead, and is there to be counted.

use crate::db::{Arg, Dialect, Statement};

/// A link to be.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Whose.
    pub account: i64,
    /// What it is for.
    pub purpose: &'static str,
    /// The digest of its token; `None` for a mail without one.
    pub digest: Option<String>,
    /// The address that it goes to.
    pub address: String,
    /// The instant.
    pub now: String,
    /// When it ends.
    pub expires: String,
}

/// Writes a link down, and gives its number back.
#[must_use]
pub fn add_link(link: NewLink) -> Statement {
    let NewLink { account, purpose, digest, address, now, expires } = link;
    let sql = "INSERT INTO \"fasttrack_links\" (\"account_id\", \"purpose\", \"digest\", \"address\", \"created_at\", \
               \"expires_at\") VALUES ($1, $2, $3, $4, $5, $6) RETURNING \"id\"";
    let digest = digest.map_or(Arg::Null, Arg::Text);
    let args = vec![Arg::Int(account), Arg::Text(purpose.to_owned()), digest];
    Statement::new(sql, args.into_iter().chain([address, now, expires].map(Arg::Text)).collect())
}

/// Forgets a mail that was never sent, with its link.
#[must_use]
pub fn take_link_back(id: i64) -> Statement {
    Statement::new("DELETE FROM \"fasttrack_links\" WHERE \"id\" = $1", vec![Arg::Int(id)])
}

/// How many mails for this purpose an account was sent since an instant.
#[must_use]
pub fn count_links(account: i64, purpose: &str, since: String) -> Statement {
    let sql = "SELECT count(*) FROM \"fasttrack_links\" \
               WHERE \"account_id\" = $1 AND \"purpose\" = $2 AND \"created_at\" > $3";
    Statement::new(sql, vec![Arg::Int(account), Arg::Text(purpose.to_owned()), Arg::Text(since)])
}

/// Ends every link of an account.
#[must_use]
pub fn end_links(account: i64) -> Statement {
    let sql = "UPDATE \"fasttrack_links\" SET \"digest\" = NULL WHERE \"account_id\" = $1 AND \"digest\" IS NOT NULL";
    Statement::new(sql, vec![Arg::Int(account)])
}

/// Ends the links of an account that are for this purpose.
#[must_use]
pub fn end_links_for(account: i64, purpose: &str) -> Statement {
    let mut statement = end_links(account);
    statement.sql.push_str(" AND \"purpose\" = $2");
    statement.args.push(Arg::Text(purpose.to_owned()));
    statement
}

/// Finds a link by its digest that has not ended: whose it is, and the address that it went to.
#[must_use]
pub fn find_link(dialect: Dialect, purposes: &[&str], digest: String, now: String) -> Statement {
    let (condition, args) = live(purposes, digest, now);
    let address = dialect.sql().text("\"address\"");
    Statement::new(format!("SELECT \"account_id\", {address} FROM \"fasttrack_links\" WHERE {condition}"), args)
}

/// The same, and uses it up. Of many at a time one finds it.
#[must_use]
pub fn use_link(dialect: Dialect, purposes: &[&str], digest: String, now: String) -> Statement {
    let (condition, args) = live(purposes, digest, now);
    let address = dialect.sql().text("\"address\"");
    let sql = format!(
        "UPDATE \"fasttrack_links\" SET \"digest\" = NULL WHERE {condition} RETURNING \"account_id\", {address}"
    );
    Statement::new(sql, args)
}

/// Forgets a few links that ended before an instant: more than a mail makes, so that none are left in the end.
#[must_use]
pub fn purge_links(dialect: Dialect, before: String) -> Statement {
    let sql = format!(
        "DELETE FROM \"fasttrack_links\" WHERE \"id\" IN (SELECT \"id\" FROM \"fasttrack_links\" \
         WHERE \"expires_at\" < $1 ORDER BY \"expires_at\" LIMIT 4{})",
        dialect.sql().skip_locked()
    );
    Statement::new(sql, vec![Arg::Text(before)])
}

fn live(purposes: &[&str], digest: String, now: String) -> (String, Vec<Arg>) {
    let words: Vec<_> = (3..purposes.len() + 3).map(|place| format!("${place}")).collect();
    let condition = format!("\"digest\" = $1 AND \"expires_at\" > $2 AND \"purpose\" IN ({})", words.join(", "));
    let purposes = purposes.iter().map(|purpose| Arg::Text((*purpose).to_owned()));
    (condition, [Arg::Text(digest), Arg::Text(now)].into_iter().chain(purposes).collect())
}
