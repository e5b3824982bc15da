//! The same answers to the byte from both databases: the same few thousand random requests go to a server on each.
//!
//! What is asked is made from the document, so that every word of the declarations is asked for. What a server says of its
//! own is left out of the comparison: the present instant, the id of a request, and cursors, which each server follows for
//! itself.

mod document;
mod pair;
mod values;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::{document::Collection, pair::Pair, values::Known};
use crate::driver::{Random, encode, server_only};

/// Requests that are sent, pages of lists aside.
const REQUESTS: usize = 4_000;

/// Where the numbers begin.
const SEED: u64 = 0x5EED;

/// How often rows of a collection are asked for, of which the others have one share each.
const SHARES: [(&str, usize); 6] =
    [("readings", 6), ("sittings", 5), ("steps", 5), ("corrections", 3), ("tasks", 2), ("projects", 2)];

#[test]
fn both_databases_give_the_same_answers() {
    server_only!("the same answers from both databases");
    let mut asking = Asking::start();
    let shares: Vec<usize> = asking.collections.iter().enumerate().flat_map(|(at, one)| share(at, one)).collect();
    for _ in 0..REQUESTS {
        let at = asking.random.of(&shares);
        asking.ask_something(at);
    }
    for at in 0..asking.collections.len() {
        asking.ask_every_list(at);
    }
    let compared = asking.pair.compared;
    assert!(compared >= REQUESTS, "{compared}");
    asking.check_that_all_of_it_happened();
    eprintln!("{compared} answers were the same: {:?}", asking.pair.statuses);
}

fn share(at: usize, collection: &Collection) -> impl Iterator<Item = usize> + use<> {
    let known = SHARES.iter().find(|(plural, _)| *plural == collection.plural);
    std::iter::repeat_n(at, known.map_or(1, |(_, count)| *count))
}

/// Who asks, and what there is to ask for.
struct Asking {
    pair: Pair,
    random: Random,
    collections: Vec<Collection>,
    known: Known,
    /// Who created a row, by its path: mostly he may do something with it.
    creators: BTreeMap<String, usize>,
    /// What was deleted, and may be restored.
    deleted: Vec<String>,
}

impl Asking {
    fn start() -> Self {
        let pair = Pair::start();
        let collections = Collection::all(&pair.apps[0]);
        let last = collections.iter().map(|one| (one.plural.clone(), 0)).collect();
        let known = Known { last, is_careful: true, people: pair::PEOPLE };
        Self { pair, random: Random(SEED), collections, known, creators: BTreeMap::new(), deleted: Vec::new() }
    }

    fn ask_something(&mut self, at: usize) {
        let who = self.random.below(pair::PEOPLE);
        self.known.is_careful = !self.random.one_in(4);
        match self.random.below(20) {
            0..5 => self.create(at, who),
            5..9 => self.update(at, who),
            9 => self.delete(at, who),
            10 => self.restore(at, who),
            11 => self.look(at, who),
            12 => {
                let stats = format!("/projects/{}/stats", 1 + self.random.below(9));
                let path = self.random.of(&[stats, "/notifications?limit=100".into(), "/users/me".into()]);
                self.pair.send("GET", [&path; 2], who, None);
            }
            _ => {
                let list = self.list(at);
                let query = self.query(at);
                self.pair.walk(&format!("{list}?{query}"), who);
            }
        }
    }

    /// The path of a list: under a row that there may be, where it lies under one.
    fn list(&mut self, at: usize) -> String {
        let collection = &self.collections[at];
        let plural = &collection.plural;
        match &collection.above {
            Some(above) => {
                // The first rows have the most under them.
                let last = if self.random.one_in(2) { 5 } else { self.known.last[above] };
                format!("/{above}/{}/{plural}", 1 + self.random.below(last + 1))
            }
            None => format!("/{plural}"),
        }
    }

    fn row(&mut self, at: usize) -> String {
        let plural = &self.collections[at].plural;
        format!("/{plural}/{}", 1 + self.random.below(self.known.last[plural] + 1))
    }

    fn create(&mut self, at: usize, who: usize) {
        if !self.collections[at].has("create") {
            return;
        }
        let path = self.list(at);
        let collection = &self.collections[at];
        let mut body = self.random.body(&collection.create, &self.known, true);
        if let Some(label) = body.get_mut("label").filter(|_| !self.random.one_in(8)) {
            // Mostly one of its own, since it is unique.
            *label = json!(format!("{}{}", self.random.text(), self.known.last["readings"]));
        }
        let above = match body.get("sitting_id") {
            Some(id) => format!("/sittings/{id}"),
            None => path.rsplit_once('/').map_or("", |(above, _)| above).to_owned(),
        };
        let (plural, who) = (collection.plural.clone(), self.whoever_may(&above, who));
        let [made, _] = self.pair.send("POST", [&path; 2], who, Some(&body.into()));
        if made["id"].is_null() {
            return self.pair.forget_lost_ids(&self.collections[at]);
        }
        let steps = made["steps"].as_array().into_iter().flatten().map(|step| ("steps", step));
        for (plural, row) in steps.chain([(plural.as_str(), &made)]) {
            let id = row["id"].as_u64().and_then(|id| usize::try_from(id).ok()).unwrap();
            self.known.last.insert(plural.to_owned(), id);
            self.creators.insert(format!("/{plural}/{id}"), who);
        }
    }

    /// Mostly who created a row.
    fn whoever_may(&mut self, row: &str, else_who: usize) -> usize {
        self.creators.get(row).copied().filter(|_| !self.random.one_in(3)).unwrap_or(else_who)
    }

    fn update(&mut self, at: usize, who: usize) {
        if self.collections[at].has("update") {
            let path = self.row(at);
            let mut body = self.random.body(&self.collections[at].update, &self.known, false);
            if self.collections[at].plural == "users" {
                // Who is asking stays who he is.
                body.retain(|key, _| key == "display_name");
            }
            let who = self.whoever_may(&path, who);
            self.pair.send("PATCH", [&path; 2], who, Some(&body.into()));
        }
    }

    fn delete(&mut self, at: usize, who: usize) {
        if self.collections[at].has("delete") {
            let path = self.row(at);
            let who = self.whoever_may(&path, who);
            self.pair.send("DELETE", [&path; 2], who, None);
            self.deleted.push(path);
        }
    }

    /// Mostly something that was deleted.
    fn restore(&mut self, at: usize, who: usize) {
        if self.collections[at].has("restore") {
            let prefix = format!("/{}/", self.collections[at].plural);
            let deleted: Vec<_> = self.deleted.iter().filter(|path| path.starts_with(&prefix)).cloned().collect();
            let row = self.random.maybe(&deleted).filter(|_| !self.random.one_in(4));
            let row = row.unwrap_or_else(|| self.row(at));
            let who = self.whoever_may(&row, who);
            self.pair.send("POST", [&format!("{row}/restore"); 2], who, None);
        }
    }

    /// Looks at a row, with others inside it, or at what has changed in it.
    fn look(&mut self, at: usize, who: usize) {
        let row = self.row(at);
        let who = self.whoever_may(&row, who);
        if self.collections[at].has("history") && self.random.one_in(2) {
            return self.pair.walk(&format!("{row}/history?limit=5"), who);
        }
        if self.collections[at].has("read") {
            let expand = self.expand(at).map(|expand| format!("?{expand}"));
            self.pair.send("GET", [&format!("{row}{}", expand.unwrap_or_default()); 2], who, None);
        }
    }

    fn expand(&mut self, at: usize) -> Option<String> {
        let mut names: Vec<_> =
            (0..=self.random.below(3)).filter_map(|_| self.random.maybe(&self.collections[at].expanded)).collect();
        names.sort();
        names.dedup();
        (!names.is_empty()).then(|| format!("expand={}", names.join(",")))
    }

    /// Sorted, filtered, searched and expanded somehow.
    fn query(&mut self, at: usize) -> String {
        let mut parts = vec![format!("limit={}", self.random.of(&[1, 2, 3, 7, 20, 100]))];
        let mut orders: Vec<String> = Vec::new();
        for _ in 0..=self.random.below(3) {
            orders.extend(self.random.maybe(&self.collections[at].orders));
        }
        let is_searched = self.collections[at].is_searched && self.random.one_in(5);
        if is_searched {
            parts.push(format!("q={}", encode(&self.random.text())));
        }
        orders.retain(|order| is_searched || order != "-relevance" || self.random.one_in(10));
        if !orders.is_empty() {
            parts.push(format!("sort={}", orders.join(",")));
        }
        for _ in 0..self.random.below(3) {
            if let Some((name, schema)) = self.random.maybe(&self.collections[at].filters) {
                parts.push(self.condition(&name, &schema));
            }
        }
        if self.random.one_in(3) {
            parts.extend(self.expand(at));
        }
        parts.join("&")
    }

    /// A filter, now and then with another operator than one that the field has.
    fn condition(&mut self, name: &str, schema: &Value) -> String {
        let key = name.split('[').next().unwrap_or(name);
        let values = match self.random.value(key, schema, &self.known) {
            Value::Array(values) => values,
            value => vec![value],
        };
        let plain = |value: &Value| value.as_str().map_or_else(|| encode(&value.to_string()), encode);
        let values: Vec<_> = values.iter().map(plain).collect();
        let name = if self.random.one_in(20) { format!("{key}[contains]") } else { name.to_owned() };
        format!("{name}={}", values.join(","))
    }

    /// Every filter and every order of a list, and every relation inside its rows, each by itself.
    fn ask_every_list(&mut self, at: usize) {
        let list = self.list(at);
        let who = pair::PEOPLE - 1;
        for order in self.collections[at].orders.clone() {
            let q = if order == "-relevance" { "q=a&" } else { "" };
            self.pair.walk(&format!("{list}?{q}sort={order}&limit=30"), who);
        }
        for name in self.collections[at].expanded.clone() {
            self.pair.walk(&format!("{list}?expand={name}&limit=50"), who);
        }
        for (name, schema) in self.collections[at].filters.clone() {
            let condition = self.condition(&name, &schema);
            self.pair.walk(&format!("{list}?{condition}&limit=50"), who);
        }
    }

    /// Almost every verb of every collection was let through, and almost every field was taken on creation and in a change.
    fn check_that_all_of_it_happened(&self) {
        let (mut missing, mut all) = (Vec::new(), 0);
        for collection in &self.collections {
            let plural = &collection.plural;
            let mut expected: Vec<_> = collection.verbs.iter().map(|verb| format!("{verb} {plural}")).collect();
            expected.extend(Collection::keys(&collection.create).map(|key| format!("create {plural} {key}")));
            if plural != "users" {
                expected.extend(Collection::keys(&collection.update).map(|key| format!("update {plural} {key}")));
            }
            all += expected.len();
            missing.extend(expected.into_iter().filter(|what| !self.pair.done.contains(what)));
        }
        assert!(missing.len() * 20 < all, "of {all} nobody was ever let: {missing:#?}");
        for status in [200, 201, 204, 401, 403, 404, 409, 422] {
            let count = self.pair.statuses.get(&status).copied().unwrap_or_default();
            assert!(status == 401 || count > 20, "hardly any answer is a {status}: {:?}", self.pair.statuses);
        }
    }
}
