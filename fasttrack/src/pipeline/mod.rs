//! What happens to a request once it is known who asks what: authorize, validate, plan, execute, render.
//!
//! One pipeline serves every resource: it interprets linked schemas and is generic over nothing. It knows neither HTTP
//! nor tokens. Everything that a request needs and that does not depend on it is computed once, in `engine`.

mod account;
mod batch;
mod below;
mod cascade;
mod change;
mod check;
mod counted;
mod create;
mod delete;
mod engine;
mod erase;
mod exclusive;
mod expand;
mod files;
mod flow;
mod history;
mod hooked;
mod inline;
mod input;
mod kept;
mod limit;
mod list;
mod once;
mod operation;
mod outbox;
mod pages;
mod permit;
mod precondition;
mod reach;
mod read;
mod refusal;
mod register;
mod regular;
mod restore;
mod rows;
mod second;
mod sets;
mod state;
mod statements;
mod timetable;
mod update;
mod value;
mod verdict;
mod walk;

use std::sync::{Arc, OnceLock};

pub(crate) use self::refusal::any as refusal_of;
pub use self::{
    account::{Accounts, Confirmation, Reauthentication},
    batch::{Named, Step},
    below::below,
    engine::managers,
    expand::{Offer, rights_of, shown_inside_others, shown_wherever_seen},
    files::FileOf,
    history::HistoryOf,
    input::{registers, takes},
    once::{Answer, Answered, KEY_HEADER, Keyed, Render, Work},
    operation::{Act, Operation, Outcome, Prepared},
    permit::{Intent, Right},
    read::Found,
    register::Vouched,
    restore::what_returns_is_seen,
    second::changes_are_seen,
    statements::{VerbSql, trigger_statements, verb_statements},
    timetable::Timetable,
    update::Changed,
    walk::{Heading, Holds, Walk, without_pages},
};
use self::{
    cascade::Cascade,
    engine::{Engine, Setup},
    hooked::Hooking,
};
use crate::{
    db::Db,
    error::Error,
    job::Context,
    outbox::OutboxListener,
    principal::Principal,
    query::CursorKey,
    schema::{Catalog, LinkError},
    sql::Values,
};

/// The row that a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The row with this id.
    Id(i64),
    /// The account that is calling.
    Oneself,
}

/// Settings of the pipeline.
#[derive(Debug, Clone)]
pub struct PipelineOptions {
    /// Seals cursors.
    pub cursor_key: CursorKey,
    /// Cost of new password hashes.
    pub bcrypt_cost: u32,
    /// Most bytes of a body, also of one in which something was filled in.
    pub max_body_bytes: usize,
    /// Within what time mails are begun that requests ask for, in microseconds.
    pub letters_within_us: i64,
}

/// What is around the pipeline, and hears of what it does.
pub struct Around {
    /// Who delivers what the outbox holds.
    pub listener: Arc<dyn OutboxListener>,
    /// What `after_commit` of hooks is given.
    pub context: Context,
    /// What compares the password of who is calling.
    pub reauthentication: Arc<dyn Reauthentication>,
}

/// Serves every verb of every resource.
pub struct Pipeline {
    db: Db,
    options: PipelineOptions,
    engines: Arc<[Arc<Engine>]>,
    hooking: Hooking,
    reauthentication: Arc<dyn Reauthentication>,
    account: usize,
    /// What can be done with rows besides what is declared.
    offers: OnceLock<Vec<Offer>>,
}

impl Pipeline {
    /// Prepares everything that does not depend on a request.
    ///
    /// # Errors
    /// [`LinkError`] when the declarations do not fit together.
    pub fn new(catalog: &Catalog, db: Db, around: Around, options: PipelineOptions) -> Result<Self, LinkError> {
        let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?.index;
        let setup = Setup { dialect: db.dialect(), catalog, listener: &around.listener };
        let cascade = Arc::new(Cascade::of(setup)?);
        let engine = |model| Engine::new(setup, model, Arc::clone(&cascade)).map(Arc::new);
        let engines = catalog.models().iter().map(engine);
        let engines: Arc<[_]> = engines.collect::<Result<_, _>>()?;
        let hooking = Hooking::new(around.context, Arc::clone(&engines));
        let reauthentication = around.reauthentication;
        Ok(Self { db, options, engines, hooking, reauthentication, account, offers: OnceLock::new() })
    }

    /// Waits until `after_commit` of every change so far has ended.
    #[cfg(feature = "testing")]
    pub(crate) async fn settled(&self) {
        self.hooking.settled().await;
    }

    fn engine(&self, resource: usize) -> Result<&Arc<Engine>, Error> {
        self.engines.get(resource).ok_or_else(|| Error::Internal(format!("there is no resource {resource}")))
    }
}

impl Target {
    /// The id that is meant.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when it is the caller's own, and nobody is known to be calling.
    fn id(self, who: &Principal) -> Result<i64, Error> {
        match self {
            Self::Id(id) => Ok(id),
            Self::Oneself => who.caller().map(|caller| caller.id).ok_or_else(refusal::log_in),
        }
    }
}

/// Slots for the row `id` and whoever is calling.
fn values(id: i64, who: &Principal) -> Values {
    Values { id: Some(id), caller: who.caller().map(|caller| caller.id), ..Values::default() }
}
