//! Plans become statements: pure functions from what is meant to SQL text and arguments.
//!
//! No I/O, and no value that a client sent ever becomes part of a text: values are bound, only names and constants of
//! the declarations are written out. What is peculiar to a database is in `dialect`.

mod alter;
mod answer;
mod asked;
mod attempt;
pub mod bulk;
mod by_id;
mod capture;
mod comparison;
mod condition;
mod ddl;
mod definition;
mod delivery;
mod dialect;
mod due;
mod effect;
mod expand;
mod figure;
mod file;
mod filter;
mod first;
mod history;
mod identity;
mod inbox;
mod inline;
mod insert;
mod job;
mod key;
mod limit;
mod link;
mod listed;
mod lock;
mod looked;
mod moment;
mod page;
mod pairs;
mod policy;
mod predicate;
mod removal;
mod row;
mod scope;
mod sealed;
mod search;
mod source;
mod text;
mod there;
mod timer;
mod totp;
mod transfer;
mod view;
mod webhook;

use self::inline::Inlined;
pub use self::{
    alter::{
        drop_index, drop_table, duplicates, is_null, offenders, offenders_among, or_else, overlapping, rename_column,
        rename_table,
    },
    answer::{answers, begin_answer, end_answer, forget_answers, kept_answer, trim_answers},
    attempt::{attempts, begin_attempt, end_attempt, fail_attempt, forgive, purge_attempts},
    by_id::page_by_id,
    capture::{AccountChange, CaptureStatements, any_manager, capture, end_sessions},
    ddl::{define, stored_default},
    definition::{
        CheckDefinition, ColumnDefinition, ExclusionDefinition, FigureDefinition, ForeignKey, Holds, IndexDefinition,
        SearchDefinition, TableDefinition,
    },
    delivery::{
        Attempted, count_deliveries, deliveries, drop_deliveries, first_delivery, hasten_delivery, note_attempt,
        pending_webhooks, prune_deliveries, pull_deliveries_in, retry_delivery,
    },
    dialect::posting::{hold_webhook, release_webhook},
    dialect::schema::{ColumnAlteration, Conversion, IndexKey, Lexis, SchemaSyntax},
    due::{
        DUE_WIDTH, Timed, forget_doomed_due, forget_due, next_due, pass_over_due, plan_due, rename_due, suspend_due,
        take_due, unplan_due,
    },
    effect::{Added, Does, EffectPlan, effects, outbox},
    expand::{Expansion, Shape},
    figure::{CountedInto, counted_into},
    file::{file_of, files, forget_files, keys_of, let_go, let_go_with, let_go_with_doomed, unused_files},
    first::MAX_SHOWN,
    history::{HistoryPage, NOTE_WIDTH, changes, forget_doomed_history, forget_history, history, note},
    identity::{Subject, add_identity, end_identity, identities, use_identity},
    inbox::Inbox,
    insert::{Guard, Insert, Reference, last_id, set_last_id},
    job::jobs,
    key::{NewKey, add_key, end_key, end_keys, find_key, find_key_by_id, keys, touch_key},
    limit::Counted,
    link::{
        NewLink, add_link, count_links, end_links, end_links_for, find_link, purge_links, take_link_back, use_link,
    },
    lock::{Lock, lock_overlapping},
    looked::{Seen, look},
    moment::Moment,
    page::{END_OF_KEYS, PageQuery, SEPARATOR, page, page_shaped},
    pairs::{add_pairs, replace_pairs, rows_as_json},
    policy::{CallerRole, fold, fold_asked, fold_change},
    predicate::{Known, Leaf, Predicate},
    removal::{
        Referrer, Which, astray, begin_doomed, cut, cut_loose, delete_doomed, detach, doom, doomed, end_doomed,
        last_gone, leave, lock_doomed, mark_doomed, rows_among, staying, staying_with, touch, unmark_doomed,
    },
    row::{
        Table, Update, delete, erasable, erase, hold_for_sets, hold_password, locked_state, long_gone, read,
        read_shaped, referable, restorable, state, would_hold,
    },
    scope::Scope,
    sealed::Sealed,
    text::{Slot, Sql, Template, Values, quote},
    there::and_there,
    timer::{begin_timer, drop_timer, enqueue_letter, enqueue_regular, know_timer, set_timer, timers},
    totp::{add_recovery, begin_totp, end_recovery, end_totp, find_totp, turn_totp_on, use_recovery, use_totp_step},
    transfer::StoredTable,
    view::View,
    webhook::{
        NewWebhook, WebhookChange, add_webhook, change_webhook, disable_webhook, end_webhook, find_webhook,
        listened_events, silence_webhook, webhook_failed, webhook_took, webhooks,
    },
};
