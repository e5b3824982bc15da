//! Clients that write without a pause worth the name, and what has to hold of what they wrote, whatever happened meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use ureq::{Agent, http::Request};

use crate::{
    driver::{Person, Sink, TestApp, wait_until},
    ear::Ear,
    server::Server,
};

/// Pause between two writes of one client: enough for thousands in a test, and for a machine of two cores.
const PACE: Duration = Duration::from_millis(30);

/// How long an answer may take at most, whatever the database does: the limits of `docs/operations.md`, and a busy machine.
pub(crate) const LONGEST: Duration = Duration::from_secs(70);

/// Clients that write, and as many ears.
const WRITERS: usize = 6;
const EARS: usize = 4;

/// The addresses of the nodes that may be asked.
#[derive(Clone, Default)]
pub(crate) struct Nodes(Arc<Mutex<Vec<String>>>);

impl Nodes {
    pub(crate) fn of(apps: &[&TestApp]) -> Self {
        let nodes = Self::default();
        apps.iter().for_each(|app| nodes.add(app));
        nodes
    }

    pub(crate) fn add(&self, app: &TestApp) {
        self.0.lock().unwrap().push(app.address().to_owned());
    }

    pub(crate) fn remove(&self, address: &str) {
        self.0.lock().unwrap().retain(|node| node != address);
    }

    /// One of them.
    pub(crate) fn at(&self, number: usize) -> Option<String> {
        let nodes = self.0.lock().unwrap();
        nodes.get(number % nodes.len().max(1)).cloned()
    }
}

/// What came of a write.
pub(crate) struct Written {
    title: String,
    begun: Instant,
    pub(crate) took: Duration,
    pub(crate) came_of_it: Came,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    Created,
    /// 503 with a `Retry-After`.
    Unavailable,
    /// The connection was lost.
    Lost,
    /// What must not be.
    Wrong(String),
}

/// Clients that write, and whom they write to.
pub(crate) struct Load {
    pub(crate) nodes: Nodes,
    pub(crate) assignee: Person,
    pub(crate) ears: Vec<Ear>,
    written: Arc<Mutex<Vec<Written>>>,
    is_over: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Load {
    /// Begins to write through these nodes.
    pub(crate) fn begin(apps: &[&TestApp]) -> Self {
        let nodes = Nodes::of(apps);
        let assignee = apps[0].person();
        let ears = (0..EARS).map(|number| Ear::open(&nodes, &assignee.pair.access, number)).collect();
        let (written, is_over) = <(Arc<Mutex<Vec<_>>>, Arc<AtomicBool>)>::default();
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let owner = apps[0].person();
                let project = apps[0].project(&owner);
                let (token, assignee) = (owner.pair.access, assignee.id);
                Writer { number, path: format!("/api/v1/projects/{project}/tasks"), token, assignee, agent: agent() }
            })
            .collect();
        let tasks = writers.into_iter().map(|writer| {
            let (nodes, written, is_over) = (nodes.clone(), Arc::clone(&written), Arc::clone(&is_over));
            thread::spawn(move || {
                for attempt in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    if let Some(node) = nodes.at(writer.number + attempt) {
                        let came = writer.write(&node, attempt);
                        written.lock().unwrap().push(came);
                    }
                    thread::sleep(PACE);
                }
            })
        });
        let tasks = tasks.collect();
        Self { nodes, assignee, ears, written, is_over, tasks }
    }

    /// Writes that were begun after `since`, and came out so.
    pub(crate) fn count(&self, since: Instant, came: &Came) -> usize {
        let written = self.written.lock().unwrap();
        written.iter().filter(|write| write.begun >= since && write.came_of_it == *came).count()
    }

    /// Waits for so many writes to come out so, from now on, and says how long that took.
    #[track_caller]
    pub(crate) fn until(&self, came: &Came, count: usize) -> Duration {
        let since = Instant::now();
        wait_until("writes come out so", || self.count(since, came) >= count);
        since.elapsed()
    }

    /// Waits until every client has written something again, and says how long that took.
    #[track_caller]
    pub(crate) fn until_it_goes_on(&self) -> Duration {
        self.until(&Came::Created, 2 * WRITERS)
    }

    /// How long the slowest write took until now.
    pub(crate) fn longest(&self) -> Duration {
        let written = self.written.lock().unwrap();
        written.iter().map(|write| write.took).max().unwrap_or_default()
    }

    /// Ends the writing, and looks whether everything is as it was said: each acknowledged write is there once, no other
    /// one twice, and every ear has heard of each that is there, once, in order.
    #[track_caller]
    pub(crate) fn check(mut self, server: &Server) -> Checked {
        self.is_over.store(true, Ordering::Relaxed);
        for task in self.tasks.drain(..) {
            task.join().expect("a client that writes");
        }
        let written = std::mem::take(&mut *self.written.lock().unwrap());
        for write in &written {
            if let Came::Wrong(what) = &write.came_of_it {
                panic!("{} was answered {what}", write.title);
            }
            assert!(write.took < LONGEST, "{} took {:?}: {:?}", write.title, write.took, write.came_of_it);
        }
        let kept = server.ask(&format!("SELECT id, title FROM tasks WHERE assignee_id = {}", self.assignee.id));
        let kept: Vec<_> = kept.lines().map(|line| line.split_once('|').expect("two cells")).collect();
        let ids: BTreeMap<&str, i64> = kept.iter().map(|(id, title)| (*title, id.parse().expect("an id"))).collect();
        assert_eq!(ids.len(), kept.len(), "a write was done twice");
        for write in written.iter().filter(|write| write.came_of_it == Came::Created) {
            assert!(ids.contains_key(&*write.title), "{} was acknowledged, and is not there", write.title);
        }
        let of_writers = ids.iter().map(|(title, id)| (*id, in_parts(title))).collect();
        let created = written.iter().filter(|write| write.came_of_it == Came::Created);
        let acknowledged = created.map(|write| in_parts(&write.title)).collect();
        self.ears.iter().for_each(|ear| check_ear(ear, &of_writers, &acknowledged));
        let titles = ids.into_keys().map(str::to_owned).collect();
        eprintln!("{} writes, {} kept", written.len(), kept.len());
        Checked { assignee: self.assignee, titles }
    }
}

/// What was checked.
pub(crate) struct Checked {
    assignee: Person,
    titles: BTreeSet<String>,
}

impl Checked {
    /// Waits until each task was mailed.
    #[track_caller]
    pub(crate) fn wait_for_mail(&self, sink: &Sink) {
        wait_until("every job runs", || {
            let letters = sink.letters_to(&self.assignee.email);
            let subjects = letters.iter().flat_map(|letter| letter.data.lines());
            let subjects = subjects.filter_map(|line| line.strip_prefix("Subject: ")?.split_once("] "));
            let told: BTreeSet<_> = subjects.map(|(_, title)| title).collect();
            self.titles.iter().all(|title| told.contains(&**title))
        });
    }
}

/// The client and its attempt.
fn in_parts(title: &str) -> (usize, usize) {
    let mut parts = title.split(' ').map(|part| part.parse().expect("a number"));
    (parts.next().expect("a client"), parts.next().expect("an attempt"))
}

/// Looks whether an ear heard of each of these tasks, once, in order; `tasks` are the clients and attempts by id. What was
/// not acknowledged may come about later than what its client wrote next.
#[track_caller]
fn check_ear(ear: &Ear, tasks: &BTreeMap<i64, (usize, usize)>, acknowledged: &BTreeSet<(usize, usize)>) {
    wait_until("every message arrives", || ear.heard().len() >= tasks.len());
    let heard = ear.heard();
    for (number, expected) in heard.iter().map(|(number, _)| *number).zip(1..) {
        assert_eq!(number, expected, "messages are told once, in order, and none is missing: {:?}", ear.ends());
    }
    let told: BTreeSet<_> = heard.iter().map(|(_, task)| *task).collect();
    assert_eq!(told, tasks.keys().copied().collect(), "what is kept is told, and nothing else");
    let mut newest = BTreeMap::new();
    for (client, attempt) in heard.iter().map(|(_, task)| tasks[task]) {
        let newest = newest.entry(client).or_insert(0);
        let is_later = *newest <= attempt || !acknowledged.contains(&(client, attempt));
        assert!(is_later, "what a client wrote after it had an answer is told after it");
        *newest = attempt.max(*newest);
    }
}

struct Writer {
    number: usize,
    path: String,
    token: String,
    assignee: i64,
    agent: Agent,
}

impl Writer {
    fn write(&self, node: &str, attempt: usize) -> Written {
        let title = format!("{} {attempt}", self.number);
        let body = json!({ "title": title, "assignee_id": self.assignee });
        let request = Request::post(format!("http://{node}{}", self.path))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(body.to_string())
            .expect("a request");
        let begun = Instant::now();
        let came_of_it = match self.agent.run(request) {
            Err(ureq::Error::Timeout(_)) => Came::Wrong("nothing in time".to_owned()),
            Err(_) => Came::Lost,
            Ok(mut response) => match response.status().as_u16() {
                201 => {
                    // What is acknowledged has arrived whole.
                    let row = response.body_mut().read_json::<Value>();
                    if row.is_ok_and(|row| row["title"] == title) { Came::Created } else { Came::Lost }
                }
                503 if response.headers().contains_key("retry-after") => Came::Unavailable,
                status => {
                    Came::Wrong(format!("{status}: {}", response.body_mut().read_to_string().unwrap_or_default()))
                }
            },
        };
        Written { title, begun, took: begun.elapsed(), came_of_it }
    }
}

fn agent() -> Agent {
    let config = Agent::config_builder().http_status_as_error(false).proxy(None).max_idle_age(Duration::from_secs(1));
    config.timeout_global(Some(LONGEST + Duration::from_secs(10))).build().into()
}
