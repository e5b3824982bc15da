//! A server on each database, which are asked the same.

use std::collections::{BTreeMap, BTreeSet};

use fasttrack::db::{Arg, Statement};
use serde_json::{Value, json};

use super::document::{Collection, VERBS};
use crate::{
    driver::{Person, Settings, TestApp, encode, without_values},
    entity::with_readings,
};

/// People who ask; the last of them is an administrator.
pub(super) const PEOPLE: usize = 5;

/// Pages of a list that are followed at most.
const MAX_PAGES: usize = 4;

/// What a server says of its own: instants, the id of a request, where a list goes on.
const OWN: [&str; 6] = ["created_at", "updated_at", "timestamp", "at", "request_id", "next_cursor"];

/// A server on each database, with the same people.
pub(super) struct Pair {
    pub(super) apps: [TestApp; 2],
    people: [Vec<Person>; 2],
    pub(super) compared: usize,
    pub(super) statuses: BTreeMap<u16, usize>,
    /// What somebody was let do: `update readings`, and `update readings note` for each field that he sent.
    pub(super) done: BTreeSet<String>,
}

impl Pair {
    pub(super) fn start() -> Self {
        let apps = [Settings::on_a_file(), Settings::new()].map(|settings| settings.binary(with_readings()).start());
        let people = apps.each_ref().map(|app| {
            let people: Vec<_> = (0..PEOPLE).map(|number| register(app, number)).collect();
            let sql = "UPDATE users SET role = 'admin' WHERE id = $1";
            app.settings().execute(Statement::new(sql, vec![Arg::Int(people[PEOPLE - 1].id)]));
            people
        });
        Self { apps, people, compared: 0, statuses: BTreeMap::new(), done: BTreeSet::new() }
    }

    /// Sends a request to both, and has both answer the same; gives what they answered.
    #[track_caller]
    pub(super) fn send(&mut self, method: &str, paths: [&str; 2], who: usize, body: Option<&Value>) -> [Value; 2] {
        let answers = [0, 1].map(|at| {
            let call = self.apps[at].api(method, paths[at]).by(&self.people[at][who]);
            let reply = match body {
                Some(body) => call.json(body).send(),
                None => call.send(),
            };
            (reply.status, reply.text())
        });
        let [(one, first), (other, second)] = &answers;
        let said = format!("{method} {} by {who} with {}", paths[0], body.unwrap_or(&Value::Null));
        assert_eq!((one, comparable(first)), (other, comparable(second)), "{said}");
        self.compared += 1;
        *self.statuses.entry(*one).or_default() += 1;
        if *one < 300 {
            self.note(method, paths[0], body);
        }
        answers.map(|(_, text)| serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Notes what a request has done.
    fn note(&mut self, method: &str, path: &str, body: Option<&Value>) {
        let parts: Vec<_> = path.split('?').next().unwrap_or_default().split('/').skip(1).collect();
        let (plural, behind) = match parts[..] {
            [plural] | [_, _, plural] if !["restore", "history"].contains(&plural) => (plural, None),
            [plural, _, behind] => (plural, Some(format!("/{behind}"))),
            [plural, ..] => (plural, Some(String::new())),
            [] => return,
        };
        let is_it =
            |(_, of, at): &&(_, &str, Option<&str>)| of.eq_ignore_ascii_case(method) && *at == behind.as_deref();
        let Some((verb, ..)) = VERBS.iter().find(is_it) else { return };
        let keys = body.and_then(Value::as_object).into_iter().flat_map(|body| body.keys());
        self.done.extend(keys.map(|key| format!("{verb} {plural} {key}")));
        self.done.insert(format!("{verb} {plural}"));
    }

    /// The same for some pages of a list.
    #[track_caller]
    pub(super) fn walk(&mut self, path: &str, who: usize) {
        let mut paths = [path.to_owned(), path.to_owned()];
        for _ in 0..MAX_PAGES {
            let pages = self.send("GET", [&paths[0], &paths[1]], who, None);
            let cursors = pages.each_ref().map(|page| page["next_cursor"].as_str().map(encode));
            let [Some(one), Some(other)] = cursors else { return };
            let mark = if path.contains('?') { '&' } else { '?' };
            paths = [format!("{path}{mark}cursor={one}"), format!("{path}{mark}cursor={other}")];
        }
    }

    /// Has the ids of a collection, and of what comes along with its rows, go on from where they do on the file: a number that
    /// a refused row has taken is lost on a server alone.
    pub(super) fn forget_lost_ids(&self, collection: &Collection) {
        let along = Collection::keys(&collection.create)
            .filter(|key| collection.create["properties"][key]["items"]["type"] == "object");
        for table in along.chain([collection.plural.as_str()]) {
            let sql = "SELECT seq FROM sqlite_sequence WHERE name = $1";
            let last = self.apps[0].settings().execute(Statement::new(sql, vec![Arg::Text(table.into())]));
            let last = last.first().and_then(|row| row.int(0)).unwrap_or_default();
            let set = format!("SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), {}, false)", last + 1);
            self.apps[1].settings().execute(Statement::new(set, Vec::new()));
        }
    }
}

/// The person with this number, of the same name and address on every server.
fn register(app: &TestApp, number: usize) -> Person {
    let (email, password) = (format!("person{number}@example.com"), "correct horse battery".to_owned());
    let body = json!({ "email": email, "password": password, "display_name": format!("Person {number}") });
    let account = app.post("/auth/register", &body).created();
    let pair = app.login(&email, &password);
    Person { id: account["id"].as_i64().unwrap(), email, password, pair }
}

/// An answer, byte by byte, without what a server says of its own.
fn comparable(text: &str) -> String {
    let mut text = text.to_owned();
    for key in OWN {
        text = without_values(&text, key);
    }
    // Of several values that are taken, or overlaps, each database tells of the one that it meets first.
    for end in [" exists already", "\",\"request_id\""] {
        match (text.find(" with this "), text.find(end)) {
            (Some(start), Some(end)) if start < end => text.replace_range(start..end, ""),
            _ => {}
        }
    }
    text
}
