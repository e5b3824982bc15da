//! How changes of accounts and sessions are captured.

use crate::sql::{
    capture::WEBHOOK_MADE,
    dialect::{Capture, Event},
};

/// The setting that holds what a transaction has captured; it goes with the transaction.
const CAPTURED: &str = "fasttrack.captured";

/// The channel on which nodes hear of changes of accounts and sessions: what happened, to which account, to which session.
pub(super) const CHANNEL: &str = "fasttrack_accounts";

/// Triggers of the tables, which fire whoever writes; what they capture goes with the transaction. Other nodes hear
/// of the accounts and sessions once it is committed.
pub(super) fn setup(captures: &[Capture]) -> Vec<String> {
    let note = format!(
        "CREATE OR REPLACE FUNCTION fasttrack_capture(change bigint, account bigint, session bigint, tells boolean) \
             RETURNS void LANGUAGE plpgsql AS $body$ DECLARE \
             what text := format('%s,%s,%s', change, account, coalesce(session, 0)); BEGIN \
             PERFORM set_config('{CAPTURED}', coalesce(current_setting('{CAPTURED}', true), '') || what || ';', true); \
             IF tells THEN PERFORM pg_notify('{CHANNEL}', what); END IF; END $body$"
    );
    let captures = captures.iter().filter(|capture| capture.event.is_of_one_row());
    std::iter::once(note).chain(captures.flat_map(trigger)).collect()
}

/// Reads what was captured in this transaction.
pub(super) fn read(columns: &[&str]) -> String {
    let parts: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(position, column)| format!("split_part(x, ',', {})::bigint AS {column}", position + 1))
        .collect();
    format!(
        "SELECT {} FROM unnest(string_to_array(rtrim(current_setting('{CAPTURED}', true), ';'), ';')) x \
             WHERE x <> ''",
        parts.join(", ")
    )
}

impl Event {
    const fn is_of_one_row(self) -> bool {
        !matches!(self, Self::BeforeInsert | Self::BeforeUpdate)
    }
}

/// The function that a trigger runs, and the trigger.
fn trigger(Capture { name, table, event, changes }: &Capture) -> [String; 2] {
    // Of what is new nobody remembers anything; but of receivers that there were none.
    let tells = if *event == Event::Insert && *name != WEBHOOK_MADE { "FALSE" } else { "TRUE" };
    let event = match event {
        Event::Insert | Event::BeforeInsert => "INSERT".to_owned(),
        Event::Update | Event::BeforeUpdate => "UPDATE".to_owned(),
        Event::UpdateOf(columns) => format!("UPDATE OF {}", columns.join(", ")),
        Event::Delete => "DELETE".to_owned(),
    };
    let notes: Vec<_> = changes
        .iter()
        .map(|change| {
            format!(
                "PERFORM fasttrack_capture(x.a::bigint, x.b::bigint, x.c::bigint, {tells}) FROM (SELECT {change}) x(a, b, c);"
            )
        })
        .collect();
    [
        format!(
            "CREATE OR REPLACE FUNCTION fasttrack_{name}() RETURNS trigger LANGUAGE plpgsql AS \
             $body$ BEGIN {} RETURN NULL; END $body$",
            notes.join(" ")
        ),
        format!(
            "CREATE OR REPLACE TRIGGER fasttrack_{name} AFTER {event} ON {table} FOR EACH ROW \
             EXECUTE FUNCTION fasttrack_{name}()"
        ),
    ]
}
