//! API keys: rows of `fasttrack_keys`. What is kept of a key is a digest, and a number that is made of it.

use super::{by_id::page_by_id, text::quote};
use crate::{
    db::{Arg, Dialect, Statement},
    query::PageById,
    schema::Schema,
    types::Storage,
};

/// A key to be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// Whose.
    pub account: i64,
    /// What its owner calls it.
    pub name: String,
    /// The digest of it.
    pub digest: String,
    /// A number that is made of the digest, by which it is remembered.
    pub tag: i64,
    /// Whether it is for reading alone.
    pub reads_only: bool,
    /// The instant.
    pub now: String,
    /// When it ends, if it does.
    pub expires: Option<String>,
}

/// Writes a key down for an account, which has fewer than `most` of them: its number, and the JSON that a list shows of it; no row
/// otherwise.
#[must_use]
pub fn add_key(dialect: Dialect, account: &Schema, key: NewKey, most: i64) -> Statement {
    let syntax = dialect.sql();
    let (json, accounts) = (shown(dialect), quote(account.plural));
    let typed = |storage, place: usize| syntax.typed(storage, &format!("${place}"));
    let values = [
        Storage::Integer,
        Storage::Text,
        Storage::Text,
        Storage::Integer,
        Storage::Boolean,
        Storage::Timestamp,
        Storage::Timestamp,
    ];
    let values = values.into_iter().zip(1..);
    let values: Vec<_> = values.map(|(storage, place)| typed(storage, place)).collect();
    let sql = format!(
        "INSERT INTO \"fasttrack_keys\" (\"account_id\", \"name\", \"digest\", \"tag\", \"reads_only\", \"created_at\", \
         \"expires_at\") SELECT {} FROM {accounts} a WHERE a.\"id\" = $1 AND \
         (SELECT count(*) FROM \"fasttrack_keys\" WHERE \"account_id\" = $1) < {most} RETURNING \"id\", {json}",
        values.join(", ")
    );
    let NewKey { account, name, digest, tag, reads_only, now, expires } = key;
    let args = vec![
        Arg::Int(account),
        Arg::Text(name),
        Arg::Text(digest),
        Arg::Int(tag),
        Arg::Int(reads_only.into()),
        Arg::Text(now),
        expires.map_or(Arg::Null, Arg::Text),
    ];
    Statement::new(sql, args)
}

/// Finds a key by its digest: its number, whose it is, whether it is for reading alone, when it ends, when it was last used.
#[must_use]
pub fn find_key(dialect: Dialect, digest: String) -> Statement {
    Statement::new(found(dialect) + " WHERE \"digest\" = $1", vec![Arg::Text(digest)])
}

/// The same by its number.
#[must_use]
pub fn find_key_by_id(dialect: Dialect, id: i64) -> Statement {
    Statement::new(found(dialect) + " WHERE \"id\" = $1", vec![Arg::Int(id)])
}

/// Notes that a key was used.
#[must_use]
pub fn touch_key(id: i64, now: String) -> Statement {
    let sql = "UPDATE \"fasttrack_keys\" SET \"last_used_at\" = $2 \
               WHERE \"id\" = $1 AND (\"last_used_at\" IS NULL OR \"last_used_at\" < $2)";
    Statement::new(sql, vec![Arg::Int(id), Arg::Text(now)])
}

/// Ends a key of an account; gives back a row if there was one.
#[must_use]
pub fn end_key(id: i64, account: i64) -> Statement {
    let sql = "DELETE FROM \"fasttrack_keys\" WHERE \"id\" = $1 AND \"account_id\" = $2 RETURNING \"id\"";
    Statement::new(sql, vec![Arg::Int(id), Arg::Int(account)])
}

/// Ends all keys of an account.
#[must_use]
pub fn end_keys(account: i64) -> Statement {
    Statement::new("DELETE FROM \"fasttrack_keys\" WHERE \"account_id\" = $1", vec![Arg::Int(account)])
}

/// One page of the keys of an account: `id, JSON`, and one row more than its limit if there is one.
#[must_use]
pub fn keys(dialect: Dialect, account: i64, page: &PageById) -> Statement {
    let own = ("\"account_id\" = $1", vec![Arg::Int(account)]);
    page_by_id(dialect, ("fasttrack_keys", &shown(dialect)), own, page)
}

fn found(dialect: Dialect) -> String {
    let syntax = dialect.sql();
    let instant = |column| syntax.text(&syntax.instant(column));
    let (expires, used) = (instant("\"expires_at\""), instant("\"last_used_at\""));
    format!("SELECT \"id\", \"account_id\", \"reads_only\", {expires}, {used} FROM \"fasttrack_keys\"")
}

/// What a list shows of a key.
fn shown(dialect: Dialect) -> String {
    let syntax = dialect.sql();
    syntax.text(&syntax.json_object(&[
        ("id", "\"id\"".to_owned()),
        ("name", "\"name\"".to_owned()),
        ("read_only", syntax.json_flag("\"reads_only\"")),
        ("created_at", syntax.instant("\"created_at\"")),
        ("expires_at", syntax.instant("\"expires_at\"")),
        ("last_used_at", syntax.instant("\"last_used_at\"")),
    ]))
}
