//! Calls by somebody: typed ones, which know the routes of a declaration, and raw ones.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Call, Login, Socket, TestApp};
use crate::{
    http::routes::API_PREFIX,
    schema::{Account, Model, Resource, RowId},
};

/// Somebody who calls an application: made by [`TestApp::as_`], [`TestApp::with_token`] or [`TestApp::anonymous`].
#[derive(Debug, Clone)]
pub struct Client<'a> {
    app: &'a TestApp,
    who: String,
    token: Option<String>,
    /// The account, where it is known.
    account: Option<i64>,
    /// Below which row resources are created and listed.
    parent: Option<i64>,
}

/// A page of a list.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// What the next page is asked for with.
    pub next_cursor: Option<String>,
    /// Whether there is one.
    pub has_more: bool,
}

impl<'a> Client<'a> {
    pub(super) fn anonymous(app: &'a TestApp) -> Self {
        Self { app, who: "nobody".to_owned(), token: None, account: None, parent: None }
    }

    pub(super) fn of(app: &'a TestApp, login: &Login) -> Self {
        let (who, token) = (login.email.clone(), Some(login.access_token.clone()));
        Self { app, who, token, account: Some(login.id), parent: None }
    }

    pub(super) fn with_token(app: &'a TestApp, token: &str) -> Self {
        let (who, token) = ("the bearer of a token".to_owned(), Some(token.to_owned()));
        Self { app, who, token, account: None, parent: None }
    }

    /// Below which row resources are created and listed: for those that are declared with `under`.
    ///
    /// ```no_run
    /// # use fasttrack::{schema::{Id, Resource}, testing::{Client, json}};
    /// # use serde::de::DeserializeOwned;
    /// # fn test<Task: Resource + DeserializeOwned, Project>(ada: Client<'_>, project: Id<Project>) {
    /// let task = ada.under(project).create::<Task>(&json!({ "title": "Land" })).ok();
    /// # }
    /// ```
    #[must_use]
    pub fn under(&self, parent: impl Into<i64>) -> Self {
        Self { parent: Some(parent.into()), ..self.clone() }
    }

    /// Creates a row: the `POST` of a resource.
    #[track_caller]
    pub fn create<T: Resource>(&self, body: &(impl Serialize + ?Sized)) -> Call<T> {
        self.call_as("POST", &self.collection::<T>()).json(body).succeeds_with(201)
    }

    /// Reads a row.
    #[track_caller]
    pub fn read<T: Resource>(&self, id: impl RowId<T>) -> Call<T> {
        self.call_as("GET", &row::<T>(id)).succeeds_with(200)
    }

    /// Changes a row: a merge patch (RFC 7396). Who may not read it afterwards is answered 204: `.expect(204)`.
    #[track_caller]
    pub fn update<T: Resource>(&self, id: impl RowId<T>, body: &(impl Serialize + ?Sized)) -> Call<T> {
        self.call_as("PATCH", &row::<T>(id)).json(body).succeeds_with(200)
    }

    /// Deletes a row.
    #[track_caller]
    pub fn delete<T: Resource>(&self, id: impl RowId<T>) -> Call<()> {
        self.call_as("DELETE", &row::<T>(id)).succeeds_with(204)
    }

    /// Lists rows as the query string says (`?status=done`; empty for all): a page of them.
    #[track_caller]
    pub fn list<T: Resource>(&self, query: &str) -> Call<Page<T>> {
        let query = query.trim_start_matches('?');
        let mark = if query.is_empty() { "" } else { "?" };
        self.call_as("GET", &format!("{}{mark}{query}", self.collection::<T>())).succeeds_with(200)
    }

    /// All rows of a list, page after page.
    ///
    /// # Panics
    /// When a page is refused.
    #[must_use]
    #[track_caller]
    pub fn walk<T: Resource + DeserializeOwned>(&self, query: &str) -> Vec<T> {
        let mut page = self.list::<T>(query).ok();
        let mut rows = page.items;
        while let Some(cursor) = page.next_cursor {
            let mark = if query.trim_start_matches('?').is_empty() { "" } else { "&" };
            page = self.list::<T>(&format!("{query}{mark}cursor={cursor}")).ok();
            rows.append(&mut page.items);
        }
        rows
    }

    /// The caller's own account.
    #[track_caller]
    pub fn me<T: Account>(&self) -> Call<T> {
        self.call_as("GET", &format!("/{}/me", T::SCHEMA.plural)).succeeds_with(200)
    }

    /// `GET` on a path below `/api/v1`, query string and all.
    #[track_caller]
    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    /// `POST` on a path below `/api/v1`.
    #[track_caller]
    pub fn post(&self, path: &str, body: &(impl Serialize + ?Sized)) -> Call {
        self.call("POST", path).json(body)
    }

    /// `PATCH` on a path below `/api/v1`.
    #[track_caller]
    pub fn patch(&self, path: &str, body: &(impl Serialize + ?Sized)) -> Call {
        self.call("PATCH", path).json(body)
    }

    /// A request to a path below `/api/v1`, without a body unless it is given one.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.call_as(method, path)
    }

    /// A request to a path from the root, such as `/health`.
    #[track_caller]
    pub fn at(&self, method: &str, path: &str) -> Call {
        self.request(method, path)
    }

    /// Opens a WebSocket, which hears what is told from now on.
    ///
    /// # Panics
    /// When the handshake is refused.
    #[must_use]
    #[track_caller]
    pub fn socket(&self) -> Socket<'a> {
        Socket::open(self.app, self.account, self.token.as_deref(), None)
    }

    /// Opens a WebSocket, which first hears what was told after the message of this id.
    ///
    /// # Panics
    /// When the handshake is refused.
    #[must_use]
    #[track_caller]
    pub fn socket_since(&self, id: i64) -> Socket<'a> {
        Socket::open(self.app, self.account, self.token.as_deref(), Some(id))
    }

    #[track_caller]
    fn call_as<T>(&self, method: &str, path: &str) -> Call<T> {
        assert!(path.starts_with('/'), "a path begins with a slash: `{path}`");
        self.request(method, &format!("{API_PREFIX}{path}"))
    }

    #[track_caller]
    fn request<T>(&self, method: &str, target: &str) -> Call<T> {
        let call = Call::new(self.app.http(), method, target);
        match &self.token {
            Some(token) => call.by(&self.who, token),
            None => call,
        }
    }

    /// Where rows of a resource are created and listed.
    #[track_caller]
    fn collection<T: Resource>(&self) -> String {
        let (name, plural) = (T::NAME, T::SCHEMA.plural);
        let catalog = &self.app.layers().catalog;
        let Some(model) = catalog.find(name) else { panic!("`{name}` is no resource of this application") };
        let parent = |model: &Model| model.parent.and_then(|parent| Some(catalog.get(parent.index)?.schema));
        match (parent(model), self.parent) {
            (None, None) => format!("/{plural}"),
            (Some(above), Some(id)) => format!("/{}/{id}/{plural}", above.plural),
            (Some(above), None) => {
                panic!("{plural} lie under a {}: say which one, `.under(id)`, before the call", above.name)
            }
            (None, Some(_)) => panic!("{plural} lie under nothing: leave `.under(…)` out"),
        }
    }
}

fn row<T: Resource>(id: impl RowId<T>) -> String {
    format!("/{}/{}", T::SCHEMA.plural, id.number())
}

impl<T> Page<T> {
    /// How many rows there are on the page.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}
