//! People and their rows, made through the API.

use std::{
    sync::{
        PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::TestApp;

/// How long an admin uses a token that lives for 15 minutes.
const LOGGED_IN: Duration = Duration::from_mins(7);

/// The tokens of one login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// An account that is logged in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: i64,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) pair: Pair,
}

/// A word that no other test uses.
pub(crate) fn unique(prefix: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    format!("{prefix}{}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// An address that no other test uses.
pub(crate) fn unique_email() -> String {
    format!("{}@example.com", unique("person"))
}

impl Pair {
    /// Reads a token pair.
    #[track_caller]
    pub(crate) fn of(body: &Value) -> Self {
        let text = |key: &str| body[key].as_str().unwrap_or_else(|| panic!("{key} in {body}")).to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

impl TestApp {
    /// A new account, logged in.
    #[track_caller]
    pub(crate) fn person(&self) -> Person {
        let (email, password) = (unique_email(), unique("a good password "));
        let user = self.post("/auth/register", &json!({ "email": email, "password": password })).created();
        let pair = self.login(&email, &password);
        Person { id: id_of(&user), email, password, pair }
    }

    #[track_caller]
    pub(crate) fn login(&self, email: &str, password: &str) -> Pair {
        Pair::of(&self.post("/auth/login", &json!({ "email": email, "password": password })).ok())
    }

    /// An admin, made once on the command line.
    #[track_caller]
    pub(crate) fn admin(&self) -> &Person {
        let mut admin = self.admin.lock().unwrap_or_else(PoisonError::into_inner);
        let person = match *admin {
            Some((since, person)) if since.elapsed() < LOGGED_IN => return person,
            Some((_, Person { id, email, password, .. })) => {
                let (email, password) = (email.clone(), password.clone());
                Person { id: *id, pair: self.login(&email, &password), email, password }
            }
            None => self.new_admin(),
        };
        let person = Box::leak(Box::new(person));
        *admin = Some((Instant::now(), person));
        person
    }

    /// A further admin, made on the command line.
    #[track_caller]
    pub(crate) fn new_admin(&self) -> Person {
        let (email, password) = (unique_email(), unique("the password of an admin "));
        let output = self.run(&["user", "create", "--admin", &email], &format!("{password}\n"));
        assert!(output.status.success(), "user create: {output:?}");
        let pair = self.login(&email, &password);
        let me = self.get("/users/me").token(&pair.access).ok();
        Person { id: id_of(&me), email, password, pair }
    }

    /// Disables an account.
    #[track_caller]
    pub(crate) fn disable(&self, person: &Person) {
        self.patch(&format!("/users/{}", person.id), &json!({ "is_active": false })).by(self.admin()).ok();
    }

    /// A new project of `owner`.
    #[track_caller]
    pub(crate) fn project(&self, owner: &Person) -> i64 {
        id_of(&self.post("/projects", &json!({ "name": unique("project ") })).by(owner).created())
    }

    /// A new task with these members besides a title.
    #[track_caller]
    pub(crate) fn task(&self, owner: &Person, project: i64, members: &Value) -> i64 {
        let mut body = json!({ "title": unique("task ") });
        for (key, value) in members.as_object().expect("members are an object") {
            body[key] = value.clone();
        }
        id_of(&self.post(&format!("/projects/{project}/tasks"), &body).by(owner).created())
    }

    /// A new comment.
    #[track_caller]
    pub(crate) fn comment(&self, author: &Person, task: i64) -> i64 {
        let body = json!({ "body": unique("comment ") });
        id_of(&self.post(&format!("/tasks/{task}/comments"), &body).by(author).created())
    }

    /// Follows a list to its end; `path` has everything but the cursor.
    #[track_caller]
    pub(crate) fn walk(&self, person: &Person, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut page = self.get(path).by(person).ok();
        loop {
            items.extend(page["items"].as_array().expect("items is a list").iter().cloned());
            assert_eq!(page["has_more"].as_bool(), Some(page["next_cursor"].is_string()), "{page}");
            let Some(cursor) = page["next_cursor"].as_str() else {
                assert!(page["next_cursor"].is_null(), "{page}");
                return items;
            };
            assert!(cursor.len() <= 1024, "a cursor of {} bytes", cursor.len());
            assert!(items.len() < 100_000, "the list does not end: {path}");
            let mark = if path.contains('?') { '&' } else { '?' };
            page = self.get(&format!("{path}{mark}cursor={}", super::encode(cursor))).by(person).ok();
        }
    }
}

/// The id of a row.
#[track_caller]
fn id_of(row: &Value) -> i64 {
    let id = row["id"].as_i64().unwrap_or_else(|| panic!("no id in {row}"));
    assert!(id > 0, "ids are positive: {row}");
    id
}
