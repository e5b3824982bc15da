//! How each side is asked.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::Value;

use super::{
    case::Case,
    data::{PRIORITIES, PROJECTS, TASKS},
    pocketbase,
};
use crate::{
    Error,
    client::{Call, Client, get, patch, post},
    server::Server,
};

/// Makes the request of this number.
pub type Calls = Box<dyn Fn(usize) -> Call + Send + Sync>;

/// The routes of a side.
pub enum Api {
    /// Those of fasttrack.
    Own {
        /// A page far into the list.
        deep: String,
        /// What this side is asked.
        cases: &'static [Case],
        /// Changes until now, so that each is one.
        changes: Arc<AtomicUsize>,
    },
    /// Those of PocketBase, as the account of this id.
    PocketBase {
        /// The account that asks.
        account: String,
    },
}

/// A prime, so that rows are asked for in no order.
const STRIDE: usize = 7_919;

/// How far the deep page is into the list, in pages of 100.
const DEEP: usize = 500;

impl Api {
    /// The routes of fasttrack at this server.
    pub async fn own(server: &Server, token: &str, cases: &'static [Case]) -> Result<Self, Error> {
        Ok(Self::Own { deep: deep_page(server, token).await?, cases, changes: Arc::default() })
    }

    /// Where it tells that it is alive.
    pub fn health(&self) -> &'static str {
        match self {
            Self::Own { .. } => "/health",
            Self::PocketBase { .. } => "/api/health",
        }
    }

    /// The requests of a case, where this side has it.
    pub fn calls(&self, case: Case) -> Option<Calls> {
        match self {
            Self::Own { deep, cases, changes } => {
                cases.contains(&case).then(|| own(case, deep.clone(), Arc::clone(changes)))
            }
            Self::PocketBase { account } => pocketbase(case, account.clone()),
        }
    }
}

fn own(case: Case, deep: String, changes: Arc<AtomicUsize>) -> Calls {
    match case {
        Case::Project => Box::new(|n| get(&format!("/api/v1/projects/{}", row(n, PROJECTS)))),
        Case::Projects => Box::new(|_| get("/api/v1/projects")),
        Case::Task => Box::new(|n| get(&format!("/api/v1/tasks/{}", row(n, TASKS)))),
        Case::Tasks => Box::new(|_| get("/api/v1/projects/1/tasks")),
        Case::Deep => Box::new(move |_| get(&deep)),
        Case::NewProject => Box::new(|_| post("/api/v1/projects", r#"{"name": "Measure it"}"#)),
        Case::NewTask => Box::new(|_| post("/api/v1/projects/1/tasks", r#"{"title": "Measure it"}"#)),
        Case::Status => Box::new(move |_| {
            // Each task in turn, and in each turn another status, so that there is something to tell every time.
            let n = changes.fetch_add(1, Ordering::Relaxed);
            let status = ["in_progress", "done", "todo"][n / TASKS % 3];
            patch(&format!("/api/v1/tasks/{}", row(n, TASKS)), &format!(r#"{{"status": "{status}"}}"#))
        }),
        Case::Me => Box::new(|_| get("/api/v1/users/me")),
        Case::Health => Box::new(|_| get("/health")),
    }
}

/// Totals are skipped. Of an order with ties, the page is asked for within the tie that it lies in, by an index: PocketBase
/// has no cursors, and what is after a place in an order of two fields is an `OR` that it would walk over all rows for.
fn pocketbase(case: Case, account: String) -> Option<Calls> {
    let rows = "/api/collections";
    let project = pocketbase::id(1);
    Some(match case {
        Case::Project => {
            Box::new(move |n| get(&format!("{rows}/projects/records/{}", pocketbase::id(row(n, PROJECTS)))))
        }
        Case::Projects => Box::new(move |_| get(&format!("{rows}/projects/records?perPage=20&skipTotal=1&sort=id"))),
        Case::Task => Box::new(move |n| get(&format!("{rows}/tasks/records/{}", pocketbase::id(row(n, TASKS))))),
        Case::Tasks => {
            let filter = format!("filter=(project%3D'{project}')");
            Box::new(move |_| get(&format!("{rows}/tasks/records?perPage=20&skipTotal=1&sort=id&{filter}")))
        }
        Case::Deep => {
            let (priority, after) = (PRIORITIES[1], pocketbase::id(DEEP * 100));
            let filter = format!("filter=(project%3D'{project}'%26%26priority%3D'{priority}'%26%26id%3E'{after}')");
            Box::new(move |_| get(&format!("{rows}/tasks/records?perPage=20&skipTotal=1&sort=id&{filter}")))
        }
        Case::NewProject => {
            let body = format!(r#"{{"name": "Measure it", "status": "active", "owner": "{account}"}}"#);
            Box::new(move |_| post(&format!("{rows}/projects/records"), &body))
        }
        Case::Me => Box::new(move |_| get(&format!("{rows}/users/records/{account}"))),
        Case::Health => Box::new(|_| get("/api/health")),
        Case::NewTask | Case::Status => return None,
    })
}

fn row(n: usize, rows: usize) -> usize {
    1 + n * STRIDE % rows
}

/// The address of a page far into the list, in an order in which a third of the rows are alike.
async fn deep_page(server: &Server, token: &str) -> Result<String, Error> {
    let mut client = Client::connect(&server.address, token).await?;
    let list = "/api/v1/projects/1/tasks?sort=priority";
    let mut cursor = String::new();
    for _ in 0..DEEP {
        let page: Value = serde_json::from_slice(&client.send(get(&format!("{list}&limit=100{cursor}"))).await?)?;
        let next = page["next_cursor"].as_str().ok_or("the list ends too soon")?;
        cursor = format!("&cursor={next}");
    }
    Ok(format!("{list}{cursor}"))
}
