//! Requests and what may be expected of their answers.

use std::{collections::BTreeSet, fmt::Write, time::Duration};

use serde_json::Value;
use ureq::http::{HeaderMap, Method, Request};

use super::{Person, TestApp, app::tail};

/// A request under way.
pub(crate) struct Call<'a> {
    app: &'a TestApp,
    method: Method,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// An answer.
pub(crate) struct Reply {
    /// Method and target of the request, for messages.
    request: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The end of the server's log, when the status is a server error.
    log: String,
}

pub(super) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        // A pooled connection that the server closes for idleness would fail a request by chance.
        .max_idle_age(Duration::from_secs(1))
        .timeout_global(Some(Duration::from_mins(1)))
        .build()
        .into()
}

/// Percent-encodes everything but what never needs it.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a string takes all");
        }
        out
    })
}

impl TestApp {
    /// A request for a target from the root.
    pub(crate) fn at(&self, method: &str, target: &str) -> Call<'_> {
        let method = method.parse().expect("a method");
        Call { app: self, method, target: target.into(), headers: Vec::new(), body: None }
    }

    /// A request for a path under `/api/v1`.
    pub(crate) fn api(&self, method: &str, path: &str) -> Call<'_> {
        self.at(method, &format!("/api/v1{path}"))
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        self.api("GET", path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Call<'_> {
        self.api("POST", path).json(body)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Call<'_> {
        self.api("PATCH", path).json(body)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        self.api("DELETE", path)
    }
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn by(self, person: &Person) -> Self {
        self.token(&person.pair.access)
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// A body as it is, of this type.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", content_type)
    }

    #[track_caller]
    pub(crate) fn send(self) -> Reply {
        let request = format!("{} {}", self.method, self.target);
        let takes_body = [Method::POST, Method::PUT, Method::PATCH].contains(&self.method);
        let mut builder =
            Request::builder().method(self.method).uri(format!("http://{}{}", self.app.address(), self.target));
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let agent = &self.app.agent;
        let outcome = match self.body {
            Some(bytes) => builder.body(bytes).map(|request| agent.run(request)),
            None if takes_body => builder.body(Vec::new()).map(|request| agent.run(request)),
            None => builder.body(()).map(|request| agent.run(request)),
        };
        let mut response = outcome
            .unwrap_or_else(|error| panic!("{request}: {error}"))
            .unwrap_or_else(|error| panic!("{request}: {error}\n{}", tail(&self.app.log())));
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec();
        let status = response.status().as_u16();
        let reply = Reply {
            status,
            headers: response.headers().clone(),
            body: body.unwrap_or_else(|error| panic!("{request}: {error}")),
            log: if status >= 500 { tail(&self.app.log()) } else { String::new() },
            request,
        };
        assert_ne!(status, 500, "no input may cause it: {reply}");
        reply
    }

    /// The JSON of a 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        self.send().expect(200).json()
    }

    /// The JSON of a 201.
    #[track_caller]
    pub(crate) fn created(self) -> Value {
        self.send().expect(201).json()
    }

    /// A 204, which has no body.
    #[track_caller]
    pub(crate) fn done(self) {
        let reply = self.send().expect(204);
        assert!(reply.body.is_empty(), "a body came with the 204: {reply}");
    }

    /// The problem of this status.
    #[track_caller]
    pub(crate) fn refused(self, status: u16) -> Value {
        self.send().problem(status)
    }

    /// A 422 that names exactly these fields.
    #[track_caller]
    pub(crate) fn faulty(self, fields: &[&str]) {
        let reply = self.send();
        reply.problem(422);
        let expected: BTreeSet<_> = fields.iter().map(ToString::to_string).collect();
        assert_eq!(reply.faults(), expected, "{reply}");
    }
}

impl Reply {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let kind = self.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("application/json"), "no JSON: {self}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("header values are ASCII"))
    }

    /// The problem document of this status, with every member and header that the contract gives it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self}");
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"));
        let mut keys: BTreeSet<_> =
            problem.as_object().expect("a problem is an object").keys().map(String::as_str).collect();
        // That of a batch may say which operation it is about.
        keys.remove("operation");
        let mut members = BTreeSet::from(["detail", "request_id", "status", "title", "type"]);
        if status == 422 {
            members.insert("errors");
        }
        assert_eq!(keys, members, "{self}");
        assert_eq!(problem["status"], status, "{self}");
        for member in ["type", "title", "detail", "request_id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {self}");
        }
        assert_eq!(problem["request_id"].as_str(), self.header("x-request-id"), "{self}");
        self.check_headers_of_problem(status);
        if status == 422 {
            self.check_faults(&problem);
        }
        problem
    }

    #[track_caller]
    fn check_headers_of_problem(&self, status: u16) {
        match status {
            401 => assert!(self.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")), "{self}"),
            405 => assert!(self.header("allow").is_some_and(|value| !value.is_empty()), "{self}"),
            429 | 503 => assert!(self.retry_after_s().is_some(), "{self}"),
            _ => {}
        }
    }

    #[track_caller]
    fn check_faults(&self, problem: &Value) {
        let faults = problem["errors"].as_array().expect("errors is a list");
        assert!(!faults.is_empty(), "a 422 without a fault: {self}");
        for fault in faults {
            let keys: BTreeSet<_> =
                fault.as_object().expect("a fault is an object").keys().map(String::as_str).collect();
            assert_eq!(keys, BTreeSet::from(["code", "field", "message"]), "{self}");
            assert!(fault["field"].is_string(), "{self}");
            for member in ["code", "message"] {
                assert!(fault[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {self}");
            }
        }
    }

    /// The fields that a 422 names.
    pub(crate) fn faults(&self) -> BTreeSet<String> {
        let problem: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let faults = problem["errors"].as_array().cloned().unwrap_or_default();
        faults.iter().filter_map(|fault| fault["field"].as_str().map(str::to_owned)).collect()
    }

    /// `Retry-After`, in whole seconds.
    pub(crate) fn retry_after_s(&self) -> Option<u64> {
        self.header("retry-after").and_then(|value| value.parse().ok())
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body: String = self.text().chars().take(2_000).collect();
        write!(f, "{} -> {}\n{:?}\n{body}\n{}", self.request, self.status, self.headers, self.log)
    }
}

/// JSON in which the strings under this key are empty; none of them has a quote in it.
pub(crate) fn without_values(json: &str, key: &str) -> String {
    let member = format!("\"{key}\":\"");
    let mut parts = json.split(&member);
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        without += &member;
        without += part.find('"').map_or(part, |end| &part[end..]);
    }
    without
}
