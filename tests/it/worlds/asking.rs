//! Requests to two worlds, which have to answer alike.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fasttrack::{
    query::{OPERATORS, Operator, Takes},
    schema::{Column, Kind, Model, Verb},
    testing::{Client, Reply},
};
use serde_json::{Map, Value, json};

use super::{
    hearing::Hearing,
    secret::{self, Apart},
    values,
    whole::check_whole,
    world::{Fields, ROWS, World},
};
use crate::driver::{Random, encode};

/// Pages of a list that are followed at most.
const MAX_PAGES: usize = 40;

/// Two worlds, and somebody who cannot tell one from the other.
pub(super) struct Asking {
    pub(super) worlds: [World; 2],
    pub(super) who: Option<usize>,
    /// What he saw at first.
    pub(super) seen: BTreeSet<(usize, i64)>,
    pub(super) apart: Apart,
    pub(super) random: Random,
    /// Members of answers that say when something was.
    pub(super) instants: Vec<String>,
    pub(super) asked: usize,
    /// How often which status was answered.
    pub(super) statuses: BTreeMap<u16, usize>,
    /// What he is told meanwhile.
    pub(super) hearing: Option<Hearing>,
}

impl Asking {
    pub(super) fn new(
        worlds: [World; 2],
        who: Option<usize>,
        seen: BTreeSet<(usize, i64)>,
        apart: Apart,
        random: Random,
    ) -> Self {
        let columns = worlds[0].catalog().models().iter().flat_map(|model| model.schema.columns);
        let mut instants: Vec<_> =
            columns.filter(|column| column.is_automatic()).map(|column| column.key.to_owned()).collect();
        instants.retain(|key| !key.ends_with("id"));
        instants.extend(["timestamp", "request_id", "next_cursor"].map(str::to_owned));
        instants.sort_unstable();
        instants.dedup();
        let hearing = who.map(|who| Hearing::begin(&worlds, who));
        Self { worlds, who, seen, apart, random, instants, asked: 0, statuses: BTreeMap::new(), hearing }
    }

    pub(super) fn client(&self, world: usize) -> Client<'_> {
        let world = &self.worlds[world];
        self.who.map_or_else(|| world.app.anonymous(), |who| world.app.as_(&world.people[who].login))
    }

    fn name(&self) -> String {
        self.who.map_or_else(|| "nobody".to_owned(), |who| self.worlds[0].people[who].login.email.clone())
    }

    /// Sends a request to both, and has both answer the same; gives what they answered.
    #[track_caller]
    pub(super) fn ask(&mut self, method: &str, paths: [&str; 2], body: Option<&Value>) -> [Value; 2] {
        self.ask_with(method, paths, body, None)
    }

    /// The same with a header, whose value may be another one in each.
    #[track_caller]
    pub(super) fn ask_with(
        &mut self,
        method: &str,
        paths: [&str; 2],
        body: Option<&Value>,
        header: Option<(&str, &[String; 2])>,
    ) -> [Value; 2] {
        let replies = self.replies(method, paths, body, header);
        replies.map(|reply| serde_json::from_slice(&reply.body).unwrap_or(Value::Null))
    }

    /// The same; gives the answers themselves.
    #[track_caller]
    pub(super) fn replies(
        &mut self,
        method: &str,
        paths: [&str; 2],
        body: Option<&Value>,
        header: Option<(&str, &[String; 2])>,
    ) -> [Reply; 2] {
        let replies = [0, 1].map(|world| {
            let call = self.client(world).call(method, paths[world]);
            let call = match header {
                Some((name, values)) => call.header(name, &values[world]),
                None => call,
            };
            match body {
                Some(body) => call.json(body).send(),
                None => call.send(),
            }
        });
        let with = body.map_or_else(String::new, |body| format!(" with {body}"));
        let header = header.map(|(name, values)| format!(" and {name}: {}", values[0])).unwrap_or_default();
        let said = format!("{method} {} by {}{with}{header}", paths[0], self.name());
        let [one, other] = replies.each_ref().map(|reply| self.comparable(paths[0], reply));
        assert!(one == other, "two worlds that look the same to him answer differently to\n{said}:\n{one}\n{other}");
        assert!(replies[0].status < 500, "{said}: {one}");
        // Where nothing changes now and then, too: a socket that is silent for long is closed.
        if method != "GET" || self.asked.is_multiple_of(20) {
            self.hear(&said);
        }
        self.asked += 1;
        *self.statuses.entry(replies[0].status).or_default() += 1;
        replies
    }

    /// Has him told the same at his sockets.
    #[track_caller]
    fn hear(&mut self, done: &str) {
        if let Some(hearing) = &mut self.hearing {
            hearing.follow(&self.worlds, done);
        }
    }

    #[track_caller]
    pub(super) fn get(&mut self, path: &str) {
        self.ask("GET", [path; 2], None);
    }

    /// Follows a list to its end, and gives how many rows there were.
    #[track_caller]
    pub(super) fn walk(&mut self, path: &str) -> usize {
        let mark = if path.contains('?') { '&' } else { '?' };
        let mut paths = [path.to_owned(), path.to_owned()];
        let whole = self.ask_for_all(path);
        let mut rows = Vec::new();
        for _ in 0..MAX_PAGES {
            let pages = self.ask("GET", [&paths[0], &paths[1]], None);
            rows.extend(pages[0]["items"].as_array().into_iter().flatten().cloned());
            let cursors = pages.each_ref().map(|page| page["next_cursor"].as_str().map(encode));
            let [Some(one), Some(other)] = cursors else {
                check_whole(&whole, &rows);
                return rows.len();
            };
            paths = [format!("{path}{mark}cursor={one}"), format!("{path}{mark}cursor={other}")];
        }
        panic!("{path} has no end");
    }

    /// The collections of a resource: with each parent in turn, where it has one. None of an account, which nobody creates.
    pub(super) fn collections(&self, model: &Model) -> Vec<String> {
        let plural = model.schema.plural;
        let Some(parent) = model.parent else { return vec![format!("/{plural}")] };
        let above = self.worlds[0].catalog().get(parent.index).unwrap();
        self.addressable(above).into_iter().map(|id| format!("/{}/{id}/{plural}", above.schema.plural)).collect()
    }

    /// Ids that he may ask for: of rows that both worlds have, or neither; with those that one has alone where he is not
    /// told of it.
    fn addressable(&self, model: &Model) -> Vec<i64> {
        if model.schema.account {
            return self.worlds[0].people.iter().map(|somebody| somebody.login.id).chain([99_999]).collect();
        }
        let is_shared = |id: &i64| model.schema.conceal || !self.apart.contains(&(model.index, *id));
        (1..=secret::LAST_ID + 12).filter(is_shared).chain([99_999]).collect()
    }

    /// Ids of all rows of a resource, for values: whether they are there, or may be seen, is for the answer not to tell.
    fn known(&self, target: &str) -> Vec<i64> {
        let model = self.worlds[0].catalog().find(target).unwrap();
        if model.schema.account || model.schema.rule(Verb::Read).is_none() {
            return self.addressable(model);
        }
        (1..=secret::LAST_ID + 12).chain([99_999]).collect()
    }

    /// Values to look for in a column: some that he sees, and some that only one world has where he does not see it.
    fn looked_for(&mut self, model: &Model, column: &Column) -> Vec<Value> {
        let mut found = Vec::new();
        for world in &self.worlds {
            for is_seen in [true, false] {
                let rows = world
                    .rows
                    .iter()
                    .filter(|((index, id), _)| *index == model.index && self.seen.contains(&(*index, *id)) == is_seen);
                let values: Vec<&Value> = rows.filter_map(|(_, fields): (_, &Fields)| fields.get(column.key)).collect();
                found.extend(self.random.maybe(&values).cloned());
            }
        }
        let ids = |target: &str| self.worlds[0].ids(target);
        found.push(values::any(&mut self.random, column, 7, &ids));
        found.retain(|value| !value.is_null());
        found.dedup();
        found
    }

    fn condition(&mut self, model: &Model, column: &Column, operator: &Operator) -> Vec<String> {
        let parameter = operator.parameter(column.key);
        let values: Vec<_> = self.looked_for(model, column).iter().map(values::in_a_query).collect();
        match operator.takes {
            Takes::Flag => ["true", "false"].map(|flag| format!("{parameter}={flag}")).into(),
            Takes::Many => vec![format!("{parameter}={}", values.join(","))],
            Takes::One => values.iter().map(|value| format!("{parameter}={value}")).collect(),
            Takes::Text => values.iter().map(|value| format!("{parameter}={}", &value[..value.len().min(3)])).collect(),
        }
    }

    /// Every filter with every operator and every order of a list, each by itself.
    #[track_caller]
    pub(super) fn ask_systematically(&mut self, model: &Model, collection: &str) {
        self.walk(collection);
        self.ask_for_shapes(model, collection);
        let columns = model.schema.columns.iter().filter(|column| !column.hidden);
        for column in columns.clone().filter(|column| column.sort || column.key == "id") {
            for sign in ["", "-"] {
                self.walk(&format!("{collection}?sort={sign}{}&limit=5", column.key));
            }
        }
        for column in columns.clone().filter(|column| column.filter || column.key == "id") {
            for operator in OPERATORS.iter().filter(|operator| (operator.applies)(column)) {
                for condition in self.condition(model, column, operator) {
                    self.walk(&format!("{collection}?{condition}&limit=50&count=true"));
                }
            }
        }
        for column in columns.filter(|column| column.search) {
            for value in self.looked_for(model, column) {
                let word = value.as_str().and_then(|text| text.split(' ').next()).unwrap_or("a");
                self.walk(&format!("{collection}?q={}&limit=4", encode(word)));
                self.walk(&format!("{collection}?q={}&sort=-relevance&limit=4", encode(word)));
            }
        }
    }

    /// A list, filtered and sorted somehow.
    #[track_caller]
    pub(super) fn ask_for_a_list(&mut self, model: &Model) {
        let Some(collection) = self.random_collection(model) else { return };
        let columns: Vec<&Column> = model.schema.columns.iter().filter(|column| !column.hidden).collect();
        let mut parts = vec![format!("limit={}", self.random.of(&[1, 2, 3, 7, 20, 100]))];
        let sorted: Vec<_> = columns.iter().filter(|column| column.sort).map(|column| column.key).collect();
        let keys: BTreeSet<_> = (0..self.random.below(3)).filter_map(|_| self.random.maybe(&sorted)).collect();
        if !keys.is_empty() {
            let keys: Vec<_> = keys.iter().map(|key| format!("{}{key}", self.random.of(&["", "-"]))).collect();
            parts.push(format!("sort={}", keys.join(",")));
        }
        let filtered: Vec<_> = columns.iter().filter(|column| column.filter).copied().collect();
        for _ in 0..self.random.below(3) {
            let Some(column) = self.random.maybe(&filtered) else { break };
            let operator = self.random.of(&OPERATORS.iter().collect::<Vec<_>>());
            let conditions = self.condition(model, column, operator);
            parts.extend(self.random.maybe(&conditions));
        }
        if self.random.one_in(5) {
            parts.push(format!("q={}", self.random.of(&["al", "beta", "delta%20z", "x", "Ö", "1"])));
        }
        if self.random.one_in(4) {
            parts.push("count=true".to_owned());
        }
        parts.extend(self.shape(model));
        self.walk(&format!("{collection}?{}", parts.join("&")));
    }

    fn random_collection(&mut self, model: &Model) -> Option<String> {
        let collections = self.collections(model);
        self.random.maybe(&collections)
    }

    pub(super) fn random_row(&mut self, model: &Model) -> String {
        let ids = self.addressable(model);
        // Most of them among those that were there from the beginning.
        let near = usize::try_from(ROWS).unwrap().min(ids.len());
        let among = if self.random.one_in(4) { ids.len() } else { near };
        format!("/{}/{}", model.schema.plural, ids[self.random.below(among)])
    }

    /// Fields as somebody might send them, sound or not.
    pub(super) fn body(&mut self, model: &Model, is_whole: bool) -> Value {
        let mut body = Map::new();
        let under = model.schema.under;
        let number = 2_000_000 + self.asked;
        for column in model.schema.columns {
            let is_input = !(column.is_automatic()
                || column.read_only
                || Some(column.name) == under
                || column.kind.facts().is_secret);
            let wanted = if is_whole { is_input && !self.random.one_in(8) } else { is_input && self.random.one_in(4) };
            if !(wanted || self.random.one_in(60)) {
                continue;
            }
            let targets = |target: &str| self.known(target);
            let value = values::any(&mut Random(self.random.0 | 1), column, number, &targets);
            self.random.next();
            body.insert(column.key.to_owned(), if self.random.one_in(40) { json!([1]) } else { value });
        }
        if is_whole {
            self.bring_along(model, &mut body);
        }
        Value::Object(body)
    }

    /// Adds rows that come along with one, now and then too many.
    fn bring_along(&mut self, model: &Model, body: &mut Map<String, Value>) {
        let catalog = Arc::clone(&self.worlds[0].app.layers().catalog);
        for (has, inline) in model.schema.taken_along() {
            let count = self.random.below(inline.max as usize + 2);
            let rows = catalog.find(has.resource).unwrap();
            let rows: Vec<_> = (0..count).map(|_| self.body(rows, true)).collect();
            body.insert(has.name.to_owned(), json!(rows));
        }
    }

    /// Somebody else changes a row in both worlds, which may concern the caller; but nothing that decides about who may see
    /// what: it would show him what the worlds do not share.
    pub(super) fn others_act(&mut self) {
        let catalog = Arc::clone(&self.worlds[0].app.layers().catalog);
        let decisive = secret::decisive(&catalog);
        let models: Vec<_> =
            catalog.models().iter().filter(|model| model.schema.rule(Verb::Update).is_some()).collect();
        let model = self.random.of(&models);
        let seen: Vec<_> = self.seen.iter().filter(|(index, _)| *index == model.index).map(|(_, id)| *id).collect();
        let seen = self.random.maybe(&seen).filter(|_| !self.random.one_in(4));
        let row = seen.map_or_else(|| self.random_row(model), |id| format!("/{}/{id}", model.schema.plural));
        let id = row.rsplit('/').next().and_then(|id| id.parse().ok()).unwrap_or_default();
        let mut body = self.body(model, true);
        let is_plain = |column: &Column| {
            let is_free = !matches!(column.kind, Kind::Relation(_)) && !column.unique;
            is_free && !decisive.contains(&(model.index, column.name))
        };
        if let Some(body) = body.as_object_mut() {
            body.retain(|key, _| model.schema.column_of_key(key).is_some_and(is_plain));
            // So would another role; and who is disabled sees nothing.
            let is_own = model.schema.account && self.who.is_some_and(|who| self.worlds[0].people[who].login.id == id);
            if is_own {
                body.remove("role");
                body.remove("is_active");
            }
        }
        let Some(other) = self.another(model, id) else { return };
        // What is due comes at the same time in both.
        let is_time = self.random.one_in(8);
        for world in &self.worlds {
            world.app.as_(&world.people[other].login).patch(&row, &body).send();
            if is_time {
                world.app.run_jobs();
            }
        }
        self.hear(&format!("PATCH {row} by another with {body}"));
    }

    /// Somebody else who may change a row in both worlds, or else in neither: who may in one alone would tell them apart.
    fn another(&mut self, model: &Model, id: i64) -> Option<usize> {
        let may = |world: &World, other: usize| {
            let allowed = secret::allowed(world, model, Verb::Update, Some(&world.people[other]));
            allowed.is_some_and(|rows| rows.contains_key(&id))
        };
        let others = (0..self.worlds[0].people.len()).filter(|other| Some(*other) != self.who);
        let rights: Vec<_> =
            others.map(|other| (other, self.worlds.each_ref().map(|world| may(world, other)))).collect();
        let [both, neither] = [true, false].map(|is_let| -> Vec<_> {
            rights.iter().filter(|(_, may)| *may == [is_let; 2]).map(|(other, _)| *other).collect()
        });
        self.random.maybe(&both).or_else(|| self.random.maybe(&neither))
    }
}
