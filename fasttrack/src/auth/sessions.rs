//! The table of sessions: its definition, and every statement that touches it.
//!
//! One login is one row; a refresh changes it, and the end of a session deletes it. Ids are never used twice, so that an
//! old token cannot name a later session.

use std::sync::atomic::{AtomicBool, AtomicI64};

use super::{Client, rotation::State, token::Pair};
use crate::{
    clock,
    db::{Arg, Dialect, Row, Statement},
    principal::Caller,
    query::PageById,
    schema::Schema,
    sql::{page_by_id, quote},
};

/// The statements that make the table, and that of what commands leave for a server, for an application whose account is
/// `account`; each may be run again.
#[must_use]
pub fn ddl(dialect: Dialect, account: &Schema) -> Vec<String> {
    dialect.sql().session_tables(&quote(account.plural))
}

/// The table of sessions.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionTable(pub(super) Dialect);

/// A session as every request needs it.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) user: i64,
    /// The pair given out last.
    pub(super) pair: String,
    /// When that was, in seconds since the Unix epoch.
    pub(super) issued_at_s: i64,
    pub(super) expires_at_us: i64,
    /// Whether it is stored that a token of that pair was presented.
    pub(super) used: AtomicBool,
    pub(super) last_used_at_us: AtomicI64,
    /// The version of the account under which it was loaded; under another one it has to be loaded again.
    pub(super) account_version: u64,
}

/// A whole row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// What the last pair was made of.
    pub(super) pair: Pair,
    pub(super) state: State,
    pub(super) last_used_at_us: i64,
    /// When its owner logged in.
    pub(super) opened_at_us: i64,
}

/// Longest `user_agent` that is kept, in characters.
const MAX_USER_AGENT: usize = 512;

/// How long an expired session is left where it is, in microseconds: clocks are set back now and then.
const KEEP_EXPIRED_US: i64 = 24 * 60 * 60 * clock::SECOND_US;

impl SessionTable {
    /// Reads the row of one session.
    pub(super) fn select(self, id: i64) -> Statement {
        Statement::new(self.selection(), vec![Arg::Int(id)])
    }

    /// The same before a change, to keep it as it is until the transaction ends.
    pub(super) fn lock(self, id: i64) -> Statement {
        let sql = self.selection() + self.0.sql().lock(false);
        Statement::new(sql, vec![Arg::Int(id)])
    }

    fn selection(self) -> String {
        let syntax = self.0.sql();
        let instant = |column| syntax.text(&syntax.instant(column));
        format!(
            "SELECT user_id, {}, {}, rotated_at_us, issued_at_s, {}, used, {}, {}, {} FROM sessions WHERE id = $1",
            syntax.text("pair"),
            syntax.text("parent"),
            syntax.text("issued_role"),
            instant("expires_at"),
            instant("last_used_at"),
            instant("created_at"),
        )
    }

    /// Whether an account has this live session: one row, or none.
    pub(super) fn select_own(id: i64, user: i64, now_us: i64) -> Statement {
        let sql = "SELECT id FROM sessions WHERE id = $1 AND user_id = $2 AND expires_at > $3";
        Statement::new(sql, vec![Arg::Int(id), Arg::Int(user), instant(now_us)])
    }

    /// Opens a session and gives its id back. The first pair counts as used: there is no parent that could come back.
    pub(super) fn insert(first: &Pair, client: Client, now_us: i64, expires_at_us: i64) -> Statement {
        let optional = |text: Option<String>| text.map_or(Arg::Null, Arg::Text);
        let user_agent = client.user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect());
        let sql = "INSERT INTO sessions (user_id, created_at, last_used_at, expires_at, ip, user_agent, pair, issued_at_s, \
               issued_role, used) VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, TRUE) RETURNING id";
        Statement::new(
            sql,
            vec![
                Arg::Int(first.user),
                instant(now_us),
                instant(expires_at_us),
                optional(client.ip),
                optional(user_agent),
                Arg::Text(first.id.clone()),
                Arg::Int(first.issued_at_s),
                Arg::Text(first.role.clone()),
            ],
        )
    }

    /// Puts a new pair in place of the last one, which becomes its parent.
    pub(super) fn rotate(self, child: &Pair, now_us: i64, expires_at_us: i64) -> Statement {
        let last_used_at = self.0.sql().later("last_used_at", "$6");
        Statement::new(
            format!(
                "UPDATE sessions SET parent = pair, pair = $2, rotated_at_us = $3, issued_at_s = $4, issued_role = $5, \
             used = FALSE, last_used_at = {last_used_at}, expires_at = $7 WHERE id = $1"
            ),
            vec![
                Arg::Int(child.session),
                Arg::Text(child.id.clone()),
                Arg::Int(now_us),
                Arg::Int(child.issued_at_s),
                Arg::Text(child.role.clone()),
                instant(now_us),
                instant(expires_at_us),
            ],
        )
    }

    /// Notes that a token of the pair was presented, unless there is a later pair already.
    pub(super) fn mark_used(self, id: i64, pair: &str, now_us: i64) -> Statement {
        let last_used_at = self.0.sql().later("last_used_at", "$3");
        let sql = format!("UPDATE sessions SET used = TRUE, last_used_at = {last_used_at} WHERE id = $1 AND pair = $2");
        Statement::new(sql, vec![Arg::Int(id), Arg::Text(pair.into()), instant(now_us)])
    }

    /// Notes that the session was used.
    pub(super) fn touch(id: i64, now_us: i64) -> Statement {
        let sql = "UPDATE sessions SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2";
        Statement::new(sql, vec![Arg::Int(id), instant(now_us)])
    }

    /// Ends one session, whosever it is.
    pub(super) fn end(id: i64) -> Statement {
        Statement::new("DELETE FROM sessions WHERE id = $1", vec![Arg::Int(id)])
    }

    /// Ends one live session of an account; gives back a row if there was one.
    pub(super) fn end_own(id: i64, user: i64, now_us: i64) -> Statement {
        let sql = "DELETE FROM sessions WHERE id = $1 AND user_id = $2 AND expires_at > $3 RETURNING id";
        Statement::new(sql, vec![Arg::Int(id), Arg::Int(user), instant(now_us)])
    }

    /// Ends the sessions of an account but one.
    pub(super) fn end_others(user: i64, except: i64) -> Statement {
        let sql = "DELETE FROM sessions WHERE user_id = $1 AND id <> $2";
        Statement::new(sql, vec![Arg::Int(user), Arg::Int(except)])
    }

    /// Deletes a few sessions that expired long ago: more than a login makes, so that none are left in the end.
    pub(super) fn purge(self, now_us: i64) -> Statement {
        let sql = format!(
            "DELETE FROM sessions WHERE id IN \
             (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT 4{})",
            self.0.sql().skip_locked()
        );
        Statement::new(sql, vec![instant(now_us.saturating_sub(KEEP_EXPIRED_US))])
    }

    /// One page of the caller's live sessions: `id, JSON`, and one row more than its limit if there is one.
    pub(super) fn list(self, caller: &Caller, now_us: i64, page: &PageById) -> Statement {
        let syntax = self.0.sql();
        let session = syntax.text(&syntax.json_object(&[
            ("id", "id".to_owned()),
            ("created_at", syntax.instant("created_at")),
            ("last_used_at", syntax.instant("last_used_at")),
            ("expires_at", syntax.instant("expires_at")),
            ("ip", "ip".to_owned()),
            ("user_agent", "user_agent".to_owned()),
            ("current", syntax.json_flag("id = $2")),
        ]));
        let args = vec![Arg::Int(caller.id), Arg::Int(caller.session), instant(now_us)];
        page_by_id(self.0, ("sessions", &session), ("user_id = $1 AND expires_at > $3", args), page)
    }
}

impl Record {
    /// Reads what [`select`] found for the session `id`; `None` for a row that makes no sense.
    pub(super) fn of(id: i64, row: &Row) -> Option<Self> {
        let text = |index| row.text(index).map(str::to_owned);
        let instant_us = |index| row.text(index).and_then(clock::parse_timestamp_us);
        let pair = Pair { id: text(1)?, session: id, user: row.int(0)?, role: text(5)?, issued_at_s: row.int(4)? };
        let state = State {
            pair: pair.id.clone(),
            parent: text(2).zip(row.int(3)),
            used: row.int(6)? != 0,
            expires_at_us: instant_us(7)?,
        };
        Some(Self { pair, state, last_used_at_us: instant_us(8)?, opened_at_us: instant_us(9)? })
    }

    /// What of it is kept in memory.
    pub(super) fn into_live(self, account_version: u64) -> Live {
        Live {
            user: self.pair.user,
            pair: self.state.pair,
            issued_at_s: self.pair.issued_at_s,
            expires_at_us: self.state.expires_at_us,
            used: AtomicBool::new(self.state.used),
            last_used_at_us: AtomicI64::new(self.last_used_at_us),
            account_version,
        }
    }
}

/// When a session ends at the latest that was opened at `opened_at_us` and lives `most_s` seconds; 0 for as long as it is
/// refreshed.
pub(super) fn latest_end_us(opened_at_us: i64, most_s: i64) -> i64 {
    match most_s {
        0 => i64::MAX,
        most_s => opened_at_us.saturating_add(most_s.saturating_mul(clock::SECOND_US)),
    }
}

fn instant(instant_us: i64) -> Arg {
    Arg::Text(clock::format_us(instant_us))
}
