//! Second factors: a row of `fasttrack_totp` for each account that has one, or is about to, and its recovery codes.

use crate::db::{Arg, Dialect, Statement};

/// Puts a secret down that is still to be confirmed, in the place of another such one; no row where one is on.
#[must_use]
pub fn begin_totp(account: i64, secret: String, now: String) -> Statement {
    let sql = "INSERT INTO \"fasttrack_totp\" (\"account_id\", \"secret\", \"is_on\", \"last_step\", \"created_at\") \
               VALUES ($1, $2, FALSE, 0, $3) ON CONFLICT (\"account_id\") DO UPDATE SET \"secret\" = excluded.\"secret\", \
               \"last_step\" = 0, \"created_at\" = excluded.\"created_at\" WHERE NOT \"fasttrack_totp\".\"is_on\" \
               RETURNING \"account_id\"";
    Statement::new(sql, vec![Arg::Int(account), Arg::Text(secret), Arg::Text(now)])
}

/// Finds the second factor of an account: its secret, whether it is on, and the step of the last code that was used.
#[must_use]
pub fn find_totp(dialect: Dialect, account: i64) -> Statement {
    let secret = dialect.sql().text("\"secret\"");
    let sql = format!("SELECT {secret}, \"is_on\", \"last_step\" FROM \"fasttrack_totp\" WHERE \"account_id\" = $1");
    Statement::new(sql, vec![Arg::Int(account)])
}

/// Uses up the code of a step, and all before it: one row, if it was not used.
#[must_use]
pub fn use_totp_step(account: i64, step: i64) -> Statement {
    let sql = "UPDATE \"fasttrack_totp\" SET \"last_step\" = $2 \
               WHERE \"account_id\" = $1 AND \"last_step\" < $2 AND \"is_on\" RETURNING \"account_id\"";
    Statement::new(sql, vec![Arg::Int(account), Arg::Int(step)])
}

/// Turns a second factor on that has this secret, by the code of a step: one row, if it was not on.
#[must_use]
pub fn turn_totp_on(account: i64, secret: String, step: i64) -> Statement {
    let sql = "UPDATE \"fasttrack_totp\" SET \"is_on\" = TRUE, \"last_step\" = $3 \
               WHERE \"account_id\" = $1 AND \"secret\" = $2 AND NOT \"is_on\" RETURNING \"account_id\"";
    Statement::new(sql, vec![Arg::Int(account), Arg::Text(secret), Arg::Int(step)])
}

/// Takes a second factor away: a row, if it was on.
#[must_use]
pub fn end_totp(account: i64) -> Statement {
    let sql = "DELETE FROM \"fasttrack_totp\" WHERE \"account_id\" = $1 AND \"is_on\" RETURNING \"account_id\"";
    Statement::new(sql, vec![Arg::Int(account)])
}

/// Takes the recovery codes of an account away.
#[must_use]
pub fn end_recovery(account: i64) -> Statement {
    Statement::new("DELETE FROM \"fasttrack_recovery\" WHERE \"account_id\" = $1", vec![Arg::Int(account)])
}

/// Writes a recovery code down.
#[must_use]
pub fn add_recovery(account: i64, digest: String) -> Statement {
    let sql = "INSERT INTO \"fasttrack_recovery\" (\"account_id\", \"digest\") VALUES ($1, $2)";
    Statement::new(sql, vec![Arg::Int(account), Arg::Text(digest)])
}

/// Uses a recovery code up: one row, if there was one.
#[must_use]
pub fn use_recovery(account: i64, digest: String) -> Statement {
    let sql = "DELETE FROM \"fasttrack_recovery\" WHERE \"account_id\" = $1 AND \"digest\" = $2 RETURNING \"id\"";
    Statement::new(sql, vec![Arg::Int(account), Arg::Text(digest)])
}
