//! The same answers to the byte from both databases: the same few thousand random requests go to a server on each.
//!
//! What a server says of its own is left out of the comparison: the present instant, the id of a request, and cursors,
//! which each server follows for itself.

use fasttrack::db::{Arg, Statement};
use serde_json::{Map, Value, json};

use crate::{
    driver::{Person, Random, Settings, TestApp, encode, server_only},
    entity::with_readings,
};

/// Requests that are sent, pages of lists aside.
const REQUESTS: usize = 3_000;

/// Where the numbers begin.
const SEED: u64 = 0x5EED;

/// Texts that are easily sorted, matched or written wrongly.
const TEXTS: [&str; 34] = [
    "a",
    "b",
    "A",
    "B",
    "ab",
    "Zz",
    "é",
    "É",
    "ß",
    "ÿ",
    "straße",
    "a b",
    "%",
    "_",
    "\\",
    "x%y_z",
    "\u{1}",
    "\u{1f}",
    "\"q\"",
    "it's",
    "\u{1F600}",
    "\u{FFFF}",
    "\u{E000}",
    "ı",
    "İ",
    "\u{212A}",
    "ſ",
    "{\"a\":1}",
    "null",
    "1",
    "true",
    "\t",
    "\u{7f}",
    "\u{2028}",
];

const FLOATS: [f64; 18] = [
    0.0,
    -0.0,
    0.1,
    0.300_000_000_000_000_04,
    1e300,
    -1e300,
    5e-324,
    f64::MAX,
    -2.5,
    1.0 / 3.0,
    1e15,
    1e16,
    123_456_789.123_456_79,
    1e-5,
    0.0001,
    1e22,
    9_007_199_254_740_992.0,
    100.0,
];

const INSTANTS: [&str; 9] = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.000001Z",
    "1969-12-31T23:59:59.999999Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2024-02-29T12:00:00+02:00",
    "2026-06-30T23:59:59.5-11:00",
    "1883-11-18T12:03:58Z",
    "1582-10-10T00:00:00Z",
];

const DAYS: [&str; 5] = ["2026-01-01", "0001-01-01", "9999-12-31", "2024-02-29", "1582-10-10"];

const SORTS: [&str; 22] = [
    "id",
    "witness_id",
    "label",
    "note",
    "is_open",
    "was_checked",
    "level",
    "order",
    "value",
    "group",
    "cost",
    "key",
    "page",
    "took",
    "margin",
    "taken_at",
    "checked_at",
    "day",
    "due",
    "grade",
    "second_grade",
    "contact",
];

impl Random {
    fn text(&mut self) -> String {
        let more = if self.one_in(2) { self.of(&TEXTS) } else { "" };
        self.of(&TEXTS).to_owned() + more
    }

    fn float(&mut self) -> f64 {
        if self.one_in(2) {
            return self.of(&FLOATS);
        }
        let any = f64::from_bits(self.next());
        if any.is_finite() { any } else { 0.5 }
    }

    fn int(&mut self) -> i64 {
        self.of(&[0, 1, -1, 5, 7, i64::MAX, i64::MIN, 1 << 31, -100, 100])
    }

    /// A value of a field of a reading, sound or not.
    fn value(&mut self, key: &str) -> Value {
        match key {
            "value" => json!(self.float()),
            "group" => json!(self.of(&[0.0, 0.25, 0.1, 1.0, 1.5])),
            "cost" | "margin" => json!(self.of(&[
                "0",
                "0.1",
                "-0.01",
                "9.99",
                "10.00",
                "9",
                "0.751",
                "1000000.51",
                "92233720368547758.08"
            ])),
            "tags" => self.of(&[json!([]), json!(["a"]), json!(["a", "\u{1}\"é"]), json!(["1", "b", "c", "d"])]),
            "parts" => self.of(&[json!([1, 2]), json!([-1]), json!([i64::MAX, 0]), json!(["1"])]),
            "key" => json!(self.of(&[
                "0190B2E0-7a1c-7cc3-98c4-dc0c0c07398f",
                "0190b2e0-7a1c-7cc3-98c4-dc0c0c07398f",
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "no"
            ])),
            "page" => json!(self.of(&[
                "https://a.example",
                "HTTPS://A.example",
                "http://ä.example/é?q=[1]",
                "ftp://a.example"
            ])),
            "took" => json!(self.of(&[0, 1, 86_400, 86_401, -1])),
            "level" => json!(self.int()),
            "order" => json!(self.of(&[-100, 0, 1, 99, 120])),
            "is_open" | "is_sealed" | "was_checked" => json!(self.one_in(2)),
            "taken_at" | "checked_at" => json!(self.of(&INSTANTS)),
            "day" | "due" => json!(self.of(&DAYS)),
            "grade" | "quality" => json!(self.of(&["rough", "fine", "very_exact"])),
            "second_grade" => json!(self.of(&["rough", "fine", "very_exact", "no"])),
            "phase" => json!(self.of(&["taken", "reviewed", "published"])),
            "contact" | "second_contact" => {
                json!(self.of(&["a@example.com", "A@Example.com", "b+c@example.org", "no address"]))
            }
            "detail" => self.of(&[json!({}), json!({ "a": { "b": ["x", null] } }), json!({ "é": {}, "a": null })]),
            "samples" => json!([self.float(), 1.0, 2]),
            "witness_id" | "project_id" | "task_id" | "remark_id" => json!(1 + self.below(8)),
            _ => json!(self.text()),
        }
    }

    /// A reading; its label is nobody else's, since a number that a refused row has taken is lost on a server alone.
    fn reading(&mut self, number: usize) -> Map<String, Value> {
        let mut reading = Map::new();
        for key in ["value", "taken_at", "day", "detail", "contact"] {
            reading.insert(key.into(), self.value(key));
        }
        let optional = [
            "note",
            "is_open",
            "is_sealed",
            "was_checked",
            "level",
            "order",
            "group",
            "cost",
            "tags",
            "parts",
            "key",
            "page",
            "took",
            "margin",
            "checked_at",
            "due",
            "samples",
            "grade",
            "second_grade",
            "second_contact",
            "witness_id",
            "project_id",
            "task_id",
            "remark_id",
            "phase",
        ];
        for key in optional {
            if self.one_in(2) {
                let value = if self.one_in(4) { Value::Null } else { self.value(key) };
                reading.insert(key.into(), value);
            }
        }
        reading.insert("label".into(), json!(format!("{}{number}", self.text())));
        reading
    }

    /// A list, sorted and filtered somehow.
    fn list(&mut self) -> String {
        let mut keys: Vec<&str> = Vec::new();
        for _ in 0..=self.below(3) {
            let key = self.of(&SORTS);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let sort: Vec<_> = keys.iter().map(|key| format!("{}{key}", self.of(&["", "-"]))).collect();
        let mut path = format!("/readings?sort={}&limit={}", sort.join(","), self.of(&[1, 2, 3, 7, 20, 100]));
        let filters = [&SORTS[1..], &["quality", "project_id"]].concat();
        for _ in 0..self.below(2) {
            let key = self.of(&filters);
            let operator = self.of(&["", "", "[gt]", "[gte]", "[lt]", "[lte]", "[ne]", "[in]", "[null]", "[contains]"]);
            let count = if operator == "[in]" { 3 } else { 1 };
            let mut plain = || match self.value(key) {
                Value::String(text) => encode(&text),
                value => encode(&value.to_string()),
            };
            let values: Vec<_> = (0..count).map(|_| plain()).collect();
            let value = if operator == "[null]" { "true".to_owned() } else { values.join(",") };
            path = format!("{path}&{key}{operator}={value}");
        }
        if self.one_in(5) {
            path += self.of(&["&tags[has]=a", "&tags[has]=1", "&parts[has]=1", "&parts[has]=x", "&tags=a"]);
        }
        if self.one_in(7) {
            path = format!("{path}&q={}", encode(&self.text()));
            if self.one_in(2) {
                path = path.replacen("sort=", "sort=-relevance,", 1);
            }
        }
        path
    }
}

/// A server on each database, with the same people.
struct Pair {
    apps: [TestApp; 2],
    people: [Vec<Person>; 2],
    compared: usize,
}

impl Pair {
    fn start() -> Self {
        let apps = [Settings::on_a_file(), Settings::new()].map(|settings| settings.binary(with_readings()).start());
        let people = apps.each_ref().map(|app| {
            let people: Vec<_> = (0..5).map(|number| register(app, number)).collect();
            let sql = "UPDATE users SET role = 'admin' WHERE id = $1";
            app.settings().execute(Statement::new(sql, vec![Arg::Int(people[4].id)]));
            people
        });
        Self { apps, people, compared: 0 }
    }

    /// Sends a request to both, and has both answer the same; gives what they answered.
    #[track_caller]
    fn send(&mut self, method: &str, paths: [&str; 2], who: usize, body: Option<&Value>) -> [Value; 2] {
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
        answers.map(|(_, text)| serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// The same for some pages of a list.
    #[track_caller]
    fn walk(&mut self, path: &str, who: usize) {
        let mut paths = [path.to_owned(), path.to_owned()];
        for _ in 0..4 {
            let pages = self.send("GET", [&paths[0], &paths[1]], who, None);
            let cursors = pages.each_ref().map(|page| page["next_cursor"].as_str().map(encode));
            let [Some(one), Some(other)] = cursors else { return };
            paths = [format!("{path}&cursor={one}"), format!("{path}&cursor={other}")];
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
    for key in ["created_at", "updated_at", "timestamp", "request_id", "next_cursor"] {
        let member = format!("\"{key}\":\"");
        let mut parts = text.split(&member);
        let mut without = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            // None of these values has a quote in it.
            without += &member;
            without += part.find('"').map_or(part, |end| &part[end..]);
        }
        text = without;
    }
    text
}

#[test]
fn both_databases_give_the_same_answers() {
    server_only!("the same answers from both databases");
    let (mut pair, mut random) = (Pair::start(), Random(SEED));
    let mut readings = 1;
    for _ in 0..REQUESTS {
        let who = random.below(5);
        let (project, task) = (1 + random.below(9), 1 + random.below(12));
        let mut post = |path: &str, body: Value| _ = pair.send("POST", [path; 2], who, Some(&body));
        match random.below(20) {
            0..5 => {
                let mut reading = random.reading(readings);
                // For the same reason, it is unique with the day by changes alone.
                reading.remove("second_contact");
                post("/readings", reading.into());
                readings += 1;
            }
            5 => post("/projects", json!({ "name": random.text(), "description": random.text() })),
            6 => {
                let assignee = random.of(&[json!(null), json!(1), json!(2), json!(3), json!(77)]);
                let body = json!({ "title": random.text(), "assignee_id": assignee, "priority": "high" });
                post(&format!("/projects/{project}/tasks"), body);
            }
            7 => post(&format!("/tasks/{task}/comments"), json!({ "body": random.text() })),
            8 | 9 => {
                let mut changes = random.reading(readings);
                changes.remove("label");
                changes.retain(|_, _| random.one_in(3));
                let path = format!("/readings/{}", 1 + random.below(readings));
                pair.send("PATCH", [&path; 2], who, Some(&changes.into()));
            }
            10 => {
                let status = random.of(&["todo", "in_progress", "done"]);
                let path = format!("/tasks/{task}");
                pair.send("PATCH", [&path; 2], who, Some(&json!({ "status": status })));
            }
            11 => {
                let reading = format!("/readings/{}", 1 + random.below(readings));
                let path = random.of(&[reading, format!("/projects/{project}"), format!("/tasks/{task}")]);
                pair.send("DELETE", [&path; 2], who, None);
            }
            12 => {
                let stats = format!("/projects/{project}/stats");
                let path = random.of(&[stats, "/notifications?limit=100".into(), "/projects?sort=-name".into()]);
                pair.send("GET", [&path; 2], who, None);
            }
            13 => {
                let sort = random.of(&["-priority,title", "status", "-status,-title", "-id"]);
                pair.walk(&format!("/projects/{project}/tasks?sort={sort}&limit=2"), who);
            }
            _ => pair.walk(&random.list(), who),
        }
    }
    assert!(pair.compared >= REQUESTS, "{}", pair.compared);
    eprintln!("{} answers were the same", pair.compared);
}
