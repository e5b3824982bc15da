//! A request that is to be sent, and what may be expected of its answer.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use ureq::http::{Method, Request};

use super::{Problem, Reply, fail::OrFail, http::Http};

/// A request that is answered with a `T`. It is sent by what is expected of it:
///
/// ```no_run
/// # use fasttrack::{schema::Resource, testing::{Client, json}};
/// # fn test<Project: Resource + serde::de::DeserializeOwned>(ada: Client<'_>) {
/// let project = ada.create::<Project>(&json!({ "name": "Apollo" })).ok();
/// ada.create::<Project>(&json!({ "name": "" })).refused(422).fault("name", "too_short");
/// let reply = ada.get("/projects").header("origin", "http://localhost:3000").send();
/// assert_eq!((reply.status, reply.header("vary")), (200, Some("origin")));
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `.ok()`, `.refused(…)`, `.expect(…)` or `.send()`"]
pub struct Call<T = Value> {
    http: Http,
    method: Method,
    target: String,
    /// Who calls, for messages.
    who: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
    /// The status of success; any 2xx where it is not known.
    success: Option<u16>,
    answer: PhantomData<fn() -> T>,
}

impl<T> Call<T> {
    #[track_caller]
    pub(super) fn new(http: &Http, method: &str, target: &str) -> Self {
        let method = method.parse().or_fail(|_| format!("`{method}` is no HTTP method"));
        Self {
            http: http.clone(),
            method,
            target: target.to_owned(),
            who: "nobody".to_owned(),
            headers: Vec::new(),
            body: None,
            success: None,
            answer: PhantomData,
        }
    }

    pub(super) fn by(mut self, who: &str, token: &str) -> Self {
        who.clone_into(&mut self.who);
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(super) const fn succeeds_with(mut self, status: u16) -> Self {
        self.success = Some(status);
        self
    }

    /// Sends this header along.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends this as JSON.
    ///
    /// # Panics
    /// When it cannot be written as JSON.
    #[track_caller]
    pub fn json(self, body: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(body) {
            Ok(json) => self.body("application/json", json),
            Err(error) => panic!("the body is no JSON: {error}"),
        }
    }

    /// Sends these bytes, of this type.
    pub fn body(mut self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(bytes.into());
        self.header("content-type", content_type)
    }

    /// Sends the request; the answer, whatever it is.
    ///
    /// # Panics
    /// When there is no answer.
    #[track_caller]
    pub fn send(self) -> Reply {
        let request = format!("{} {} by {}", self.method, self.target, self.who);
        let takes_body = [Method::POST, Method::PUT, Method::PATCH].contains(&self.method);
        let url = format!("http://{}{}", self.http.address, self.target);
        let mut builder = Request::builder().method(self.method).uri(url);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        let agent = &self.http.agent;
        let sent = match self.body.or_else(|| takes_body.then(Vec::new)) {
            Some(bytes) => builder.body(bytes).map(|request| agent.run(request)),
            None => builder.body(()).map(|request| agent.run(request)),
        };
        let answered = sent.or_fail(|error| format!("{request}: this is no request: {error}"));
        let response = answered.or_fail(|error| format!("{request}: there is no answer: {error}"));
        Reply::read(response, request)
    }

    /// The answer, which has to be of this status.
    ///
    /// # Panics
    /// When it is of another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Reply {
        let reply = self.send();
        reply.check(status);
        reply
    }

    /// The problem that it is refused with, which has to be of this status.
    ///
    /// # Panics
    /// When it is not refused, or with another status.
    #[track_caller]
    pub fn refused(self, status: u16) -> Problem {
        self.send().problem(status)
    }
}

impl<T: DeserializeOwned> Call<T> {
    /// What was asked for, with the status that success has: 201 after `create`, 204 after `delete`, else 200; any 2xx
    /// where a raw call does not say.
    ///
    /// # Panics
    /// When it is refused, or the answer does not read as a `T`.
    #[track_caller]
    pub fn ok(self) -> T {
        let success = self.success;
        let reply = self.send();
        match success {
            Some(status) => reply.check(status),
            None => reply.check_success(),
        }
        reply.parse()
    }
}
