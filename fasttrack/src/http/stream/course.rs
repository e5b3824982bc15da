//! A list that is gone through, whichever it is: rows of a resource, or one of those in the order of numbers.

use bytes::Bytes;

use super::super::{
    Site, admin_routes,
    paging::{Paging, Walk as Cursors},
    routes::{Action, SessionAction, WebhookAction},
    webhook_routes,
};
use crate::{
    db::{Reads, Snapshot},
    error::Error,
    notify,
    pipeline::{Heading, HistoryOf, Holds, Walk, without_pages},
    principal::{Caller, Principal},
    query::PageById,
    schema::Verb,
    sql::HistoryPage,
    wire::Params,
};

/// Rows that a statement brings of a list in the order of numbers.
const ROWS: u16 = 500;

/// The keys of what a receiver of webhooks was sent.
const OF_A_DELIVERY: &[(&str, Holds)] = &[
    ("n", Holds::Plain),
    ("event", Holds::Plain),
    ("message_id", Holds::Plain),
    ("state", Holds::Plain),
    ("attempts", Holds::Plain),
    ("created_at", Holds::Plain),
    ("delivered_at", Holds::Plain),
    ("next_attempt_at", Holds::Plain),
    ("status", Holds::Plain),
    ("duration_ms", Holds::Plain),
    ("answer", Holds::Plain),
    ("error", Holds::Plain),
];

/// The keys of a job.
const OF_A_JOB: &[(&str, Holds)] = &[
    ("id", Holds::Plain),
    ("name", Holds::Plain),
    ("resource", Holds::Plain),
    ("row_id", Holds::Plain),
    ("state", Holds::Plain),
    ("tries", Holds::Plain),
    ("created_at", Holds::Plain),
    ("due_at", Holds::Plain),
    ("error", Holds::Plain),
];

/// A list that is gone through to its end.
pub(super) enum Course<'a> {
    Rows(Box<Walk<'a>>),
    Numbered(Numbered<'a>),
}

/// One in the order of numbers.
pub(super) struct Numbered<'a> {
    site: &'a Site,
    list: List<'a>,
    page: PageById,
    is_done: bool,
}

/// Which one.
#[derive(Clone, Copy)]
enum List<'a> {
    Notifications(&'a Caller),
    Sessions(&'a Caller),
    Keys(&'a Caller),
    Identities(&'a Caller),
    Webhooks,
    Jobs(notify::List),
    /// Of the receiver with this id.
    Deliveries(i64),
    History(HistoryOf<'a>),
}

/// The list that a route answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) action: Action,
    /// The id in the path.
    pub(super) id: Option<i64>,
}

impl Listed {
    /// The name of a file of it, without what it ends with.
    pub(super) fn name(self, site: &Site) -> String {
        let plural = |model: usize| site.catalog.get(model).map_or("rows", |model| model.schema.plural);
        match self.action {
            Action::Resource { model, verb: Verb::History, .. } => {
                format!("{}-{}-history", plural(model), self.id.unwrap_or_default())
            }
            Action::Resource { model, .. } => plural(model).to_owned(),
            Action::Session(SessionAction::ListKeys) => "keys".to_owned(),
            Action::Session(SessionAction::ListIdentities) => "identities".to_owned(),
            Action::Webhook(WebhookAction::Deliveries) => {
                format!("webhooks-{}-deliveries", self.id.unwrap_or_default())
            }
            Action::Webhook(_) => "webhooks".to_owned(),
            Action::Admin(_) => "jobs".to_owned(),
            Action::Session(_) => "sessions".to_owned(),
            _ => "notifications".to_owned(),
        }
    }
}

impl<'a> Course<'a> {
    /// Prepares to go through a list.
    ///
    /// # Errors
    /// 401, 403, 404, 422 for parameters.
    pub(super) fn new(site: &'a Site, listed: Listed, who: &'a Principal, mut params: Params) -> Result<Self, Error> {
        let Listed { action, id } = listed;
        let caller = || who.caller().ok_or_else(|| Error::Unauthenticated("a token is required".into()));
        let list = match action {
            Action::Resource { model, verb: Verb::List, .. } => {
                return site.pipeline.walk(model, id, who, params).map(|walk| Self::Rows(Box::new(walk)));
            }
            Action::Resource { model, verb: Verb::History, .. } => {
                let id = id.ok_or_else(|| Error::NotFound("there is no such row".into()))?;
                List::History(HistoryOf { resource: model, id, who })
            }
            Action::Session(SessionAction::List) => List::Sessions(caller()?),
            Action::Session(SessionAction::ListKeys) => List::Keys(caller()?),
            Action::Session(SessionAction::ListIdentities) => List::Identities(caller()?),
            Action::Webhook(action) => {
                webhook_routes::admitted(site, who)?;
                match (action, id) {
                    (WebhookAction::Deliveries, Some(id)) => List::Deliveries(id),
                    _ => List::Webhooks,
                }
            }
            Action::Admin(_) => {
                admin_routes::admit(site, who)?;
                let (which, rest) = admin_routes::which(params);
                params = rest;
                List::Jobs(which)
            }
            Action::Notifications => List::Notifications(caller()?),
            _ => return Err(Error::Internal("what is no list was taken for one".into())),
        };
        // Nothing is continued, so that there is no cursor to be opened.
        let has_ids = !matches!(list, List::History(_) | List::Deliveries(_));
        let params = if matches!(list, List::Deliveries(_)) { webhook_routes::newest_first(params) } else { params };
        let cursors = Cursors { keys: &site.keys, list: list.plural(), user: 0, has_ids };
        let page = PageById { limit: ROWS, ..Paging::parse(without_pages(params), cursors)?.page };
        Ok(Self::Numbered(Numbered { site, list, page, is_done: false }))
    }

    /// The keys of its rows.
    pub(super) fn headings(&self) -> Vec<Heading> {
        match self {
            Self::Rows(walk) => walk.headings(),
            Self::Numbered(numbered) => numbered.list.headings(),
        }
    }

    /// Whether there are no more rows.
    pub(super) fn is_done(&self) -> bool {
        match self {
            Self::Rows(walk) => walk.is_done(),
            Self::Numbered(numbered) => numbered.is_done,
        }
    }

    /// Whether there is such a list, without looking into it.
    ///
    /// # Errors
    /// 403, 404, 503.
    pub(super) async fn check_is_open(&self) -> Result<(), Error> {
        match self {
            Self::Rows(walk) => walk.check_is_open().await,
            Self::Numbered(Numbered { site, list: List::History(of), .. }) => {
                site.pipeline.check_history_is_open(*of).await
            }
            Self::Numbered(Numbered { site, list: List::Deliveries(id), .. }) => {
                site.webhooks.find(*id).await.map(drop)
            }
            Self::Numbered(_) => Ok(()),
        }
    }

    /// The next rows as JSON, in order, all from the same instant as those before.
    ///
    /// # Errors
    /// 403, 404 where there is no row at all, 503.
    pub(super) async fn next(&mut self, snapshot: &mut Snapshot) -> Result<Vec<Bytes>, Error> {
        match self {
            Self::Rows(walk) => walk.next(snapshot).await,
            Self::Numbered(numbered) => numbered.next(snapshot).await,
        }
    }
}

impl Numbered<'_> {
    async fn next(&mut self, snapshot: &mut Snapshot) -> Result<Vec<Bytes>, Error> {
        let Self { site, list, page: asked, .. } = self;
        let reads = Reads::At(snapshot);
        let (rows, next) = match *list {
            List::Notifications(caller) => {
                let page = site.sockets.outbox.page_in(reads, caller.id, asked).await?;
                let next = page.messages.last().filter(|_| page.is_full).map(|(number, _)| *number);
                (page.messages.into_iter().map(|(_, message)| message).collect(), next)
            }
            List::Sessions(caller) => {
                let page = site.auth.sessions_in(reads, caller, asked).await?;
                (page.items.into_iter().map(Bytes::from).collect(), page.next)
            }
            List::Keys(caller) => {
                let page = site.auth.keys_in(Some(reads), caller, asked).await?;
                (page.items.into_iter().map(Bytes::from).collect(), page.next)
            }
            List::Identities(caller) => {
                let page = site.auth.identities_in(reads, caller, asked).await?;
                (page.items.into_iter().map(Bytes::from).collect(), page.next)
            }
            List::Webhooks => {
                let page = site.webhooks.list_in(Some(reads), asked).await?;
                (page.items.into_iter().map(Bytes::from).collect(), page.next)
            }
            List::Jobs(which) => {
                let page = site.workers.list_in(Some(reads), which, asked).await?;
                (page.items.into_iter().map(Bytes::from).collect(), page.next)
            }
            List::Deliveries(id) => {
                let page = site.webhooks.deliveries_in(Some(reads), id, asked).await?;
                (page.items.into_iter().map(Bytes::from).collect(), page.next)
            }
            List::History(of) => {
                let PageById { limit, after, descending, .. } = *asked;
                let beyond = after.unwrap_or(if descending { i64::MAX } else { 0 });
                let page = HistoryPage { beyond, limit: i64::from(limit), descending };
                let changes = site.pipeline.history(of, page, reads).await?;
                let is_full = changes.len() >= usize::from(limit);
                let next = changes.last().filter(|_| is_full).map(|(number, _)| *number);
                (changes.into_iter().map(|(_, change)| Bytes::from(change)).collect(), next)
            }
        };
        self.is_done = next.is_none();
        self.page.after = next;
        Ok(rows)
    }
}

impl List<'_> {
    const fn plural(self) -> &'static str {
        match self {
            Self::Notifications(_) => "notifications",
            Self::Sessions(_) => "sessions",
            Self::Keys(_) => "keys",
            Self::Identities(_) => "identities",
            Self::Webhooks => "webhooks",
            Self::Jobs(which) => which.plural(),
            Self::Deliveries(_) => "deliveries",
            Self::History(_) => "changes",
        }
    }

    fn headings(self) -> Vec<Heading> {
        let (plain, json) = (Holds::Plain, Holds::Json);
        let keys: &[(&str, Holds)] = match self {
            Self::Notifications(_) => {
                &[("id", plain), ("type", plain), ("data", json), ("actor_id", plain), ("timestamp", plain)]
            }
            Self::Sessions(_) => &[
                ("id", plain),
                ("created_at", plain),
                ("last_used_at", plain),
                ("expires_at", plain),
                ("ip", plain),
                ("user_agent", plain),
                ("current", plain),
            ],
            Self::Keys(_) => &[
                ("id", plain),
                ("name", plain),
                ("read_only", plain),
                ("created_at", plain),
                ("expires_at", plain),
                ("last_used_at", plain),
            ],
            Self::Identities(_) => &[
                ("id", plain),
                ("provider", plain),
                ("issuer", plain),
                ("subject", plain),
                ("created_at", plain),
                ("last_used_at", plain),
            ],
            Self::Webhooks => &[
                ("id", plain),
                ("url", plain),
                ("events", json),
                ("active", plain),
                ("disabled_at", plain),
                ("disabled_reason", plain),
                ("failing_since", plain),
                ("creator_id", plain),
                ("created_at", plain),
                ("updated_at", plain),
            ],
            Self::Jobs(_) => OF_A_JOB,
            Self::Deliveries(_) => OF_A_DELIVERY,
            Self::History(_) => &[("at", plain), ("actor_id", plain), ("verb", plain), ("changes", json)],
        };
        keys.iter().map(|&(key, holds)| Heading { key: key.to_owned(), holds }).collect()
    }
}
