//! Routes that an application writes by hand: ordinary Salvo handlers, beside the declared routes and under their rules.
//!
//! What a client meets is the same: token, limiter, the id in the path, the query string and the body are looked at
//! before the handler runs, and errors are problem documents. What the caller may, [`Api`](super::Api) asks the
//! declaration; of an action, and of a generated route whose handler is replaced, that is asked beforehand.

use std::sync::Arc;

use salvo::Handler;
use serde_json::Value;

use crate::{
    pipeline::Right,
    schema::{Catalog, Resource, Verb, rule_in_words},
};

/// A route of an application's own: method, path, handler, and what the `OpenAPI` document says of it.
///
/// ```
/// use fasttrack::{
///     error::Error,
///     http::{Api, CustomRoute, salvo::{self, prelude::*}},
/// };
///
/// #[handler]
/// async fn shout(api: Api) -> Result<Json<String>, Error> {
///     let caller = api.caller().map_or(0, |caller| caller.id);
///     Ok(Json(format!("HELLO {caller}")))
/// }
///
/// let route = CustomRoute::get("/shout", shout)
///     .summary("Be greeted")
///     .answers("The greeting.", serde_json::json!({ "type": "string" }));
/// ```
#[derive(Clone)]
pub struct CustomRoute {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(super) place: Place,
    who: Option<String>,
    pub(super) description: CustomDescription,
    pub(super) handler: Arc<dyn Handler>,
}

/// Where a route stands among those that are declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Beside them.
    Beside,
    /// It acts on a row, whose rule is asked first.
    OnRow {
        /// Name of the resource.
        resource: &'static str,
        /// Who may.
        right: Right,
    },
    /// It answers instead of the generated handler.
    Instead {
        /// Name of the resource.
        resource: &'static str,
        /// The verb.
        verb: Verb,
    },
}

/// What the `OpenAPI` document says of a route.
#[derive(Debug, Clone, Default)]
pub(super) struct CustomDescription {
    pub(super) id: String,
    pub(super) summary: String,
    pub(super) paragraphs: Vec<String>,
    /// Query parameters: name, what it is, schema.
    pub(super) parameters: Vec<(String, String, Value)>,
    /// Schema of the body.
    pub(super) body: Option<Value>,
    /// What the answer is, and the schema of its body.
    pub(super) answer: Option<(String, Value)>,
}

impl CustomRoute {
    /// `GET` on a path below `/api/v1`, which starts with a slash; `{id}` stands for a row's id.
    pub fn get(path: &str, handler: impl Handler) -> Self {
        Self::new("GET", path, handler)
    }

    /// `POST`.
    pub fn post(path: &str, handler: impl Handler) -> Self {
        Self::new("POST", path, handler)
    }

    /// `PATCH`.
    pub fn patch(path: &str, handler: impl Handler) -> Self {
        Self::new("PATCH", path, handler)
    }

    /// `DELETE`.
    pub fn delete(path: &str, handler: impl Handler) -> Self {
        Self::new("DELETE", path, handler)
    }

    /// `POST /{plural}/{id}/{name}`: something that is done to a row by whom the declaration lets.
    ///
    /// `right` is a verb ([`Verb::Read`], [`Verb::Update`] or [`Verb::Delete`]), or the name of one of the rules of the
    /// declaration. Before the handler runs, the pipeline answers whom that rule does not let as the route of that verb
    /// would: 401, 403, or 404 where there is no such row or it is concealed. The row is [`Api::row`](super::Api::row).
    ///
    /// ```
    /// # use fasttrack::{http::{Api, CustomRoute, salvo::{self, prelude::*}}, schema::{Resource, Verb}};
    /// # #[handler]
    /// # async fn archive(_api: Api) {}
    /// # fn routes<Task: Resource>() -> [CustomRoute; 2] {
    /// [
    ///     CustomRoute::action::<Task>("archive", Verb::Update, archive),
    ///     CustomRoute::action::<Task>("join", "member", archive),
    /// ]
    /// # }
    /// ```
    pub fn action<T: Resource>(name: &str, right: impl Into<Right>, handler: impl Handler) -> Self {
        let mut route = Self::new("POST", &format!("/{}/{{id}}/{name}", T::SCHEMA.plural), handler);
        route.place = Place::OnRow { resource: T::NAME, right: right.into() };
        route.description.id = format!("{name}_{}", T::NAME).replace(['-', '/'], "_");
        route.description.summary = format!("{name} {}", T::NAME).replace(['-', '/', '_'], " ");
        route
    }

    fn new(method: &'static str, path: &str, handler: impl Handler) -> Self {
        let words: Vec<_> = path.split(['/', '-']).filter(|word| !word.is_empty() && !word.starts_with('{')).collect();
        let id = format!("{}_{}", method.to_lowercase(), words.join("_"));
        let description = CustomDescription { id, summary: words.join(" "), ..CustomDescription::default() };
        let (path, place) = (path.to_owned(), Place::Beside);
        Self { method, path, place, who: None, description, handler: Arc::new(handler) }
    }

    /// Name of the operation in the document, in snake case; made of method and path unless told.
    #[must_use]
    pub fn named(mut self, id: &str) -> Self {
        id.clone_into(&mut self.description.id);
        self
    }

    /// What it does, in a few words.
    #[must_use]
    pub fn summary(mut self, summary: &str) -> Self {
        summary.clone_into(&mut self.description.summary);
        self
    }

    /// Adds a paragraph to the description.
    #[must_use]
    pub fn explain(mut self, paragraph: &str) -> Self {
        self.description.paragraphs.push(paragraph.to_owned());
        self
    }

    /// Who may, in words: for the document and for `fasttrack routes`. The handler has to hold to it. Of an action, it
    /// says what the handler asks beyond the rule.
    #[must_use]
    pub fn who(mut self, who: &str) -> Self {
        self.who = Some(who.to_owned());
        self
    }

    /// Takes this query parameter; all others are refused.
    #[must_use]
    pub fn parameter(mut self, name: &str, what: &str, schema: Value) -> Self {
        self.description.parameters.push((name.to_owned(), what.to_owned(), schema));
        self
    }

    /// Takes a JSON object; without this, a body is refused. That it is one, and within bounds, is looked at before the
    /// handler runs; the handler reads it from the request.
    #[must_use]
    pub fn takes(mut self, schema: Value) -> Self {
        self.description.body = Some(schema);
        self
    }

    /// Answers 200 with a JSON body; without this, the document says 204.
    #[must_use]
    pub fn answers(mut self, what: &str, schema: Value) -> Self {
        self.description.answer = Some((what.to_owned(), schema));
        self
    }

    /// What it does to a row of this resource, if it is an action on one: the end of its path. One that is called as a verb
    /// is, nobody could tell from that.
    pub(super) fn act_on(&self, name: &str) -> Option<&str> {
        let Place::OnRow { resource, .. } = self.place else { return None };
        let (_, act) = self.path.split_once("/{id}/").filter(|_| resource == name)?;
        Verb::ALL.iter().all(|verb| verb.name() != act).then_some(act)
    }

    /// Who may, in words.
    pub(crate) fn who_in_words(&self, catalog: &Catalog) -> String {
        let Place::OnRow { resource, right } = self.place else {
            return self.who.clone().unwrap_or_else(|| "anyone logged in; the handler decides".to_owned());
        };
        let schema = catalog.find(resource).map(|model| model.schema);
        let rule = schema.and_then(|schema| Some(rule_in_words(right.rule(schema)?, schema, catalog)));
        [rule, self.who.clone()].into_iter().flatten().collect::<Vec<_>>().join("; of them: ")
    }
}

/// A handler that answers instead of the generated one of a verb.
///
/// The route keeps its path, its gate, what it takes, and its operation in the `OpenAPI` document. The rule of `read`,
/// `update` and `delete` is asked of the row before the handler runs; that of `create` and `list` is asked by
/// [`Api::create`](super::Api::create) and [`Api::list`](super::Api::list), which do what the generated handler did.
///
/// ```
/// # use fasttrack::{error::Error, schema::{Resource, Verb}};
/// # use fasttrack::http::{Api, Replacement, salvo::{self, prelude::*}};
/// # use serde_json::Value;
/// # fn with<Task: Resource>(application: fasttrack::Application, list: impl Handler) -> fasttrack::Application {
/// application.replace(Replacement::of::<Task>(Verb::List, list).summary("List tasks, the pressing ones first"))
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Replacement(CustomRoute);

impl Replacement {
    /// Has `handler` answer `verb` on this resource. `/me` of the account is a route of its own and stays as it is.
    pub fn of<T: Resource>(verb: Verb, handler: impl Handler) -> Self {
        let mut route = CustomRoute::new("", "", handler);
        route.place = Place::Instead { resource: T::NAME, verb };
        Self(route)
    }

    /// What it does, in a few words, instead of what is said of the generated handler.
    #[must_use]
    pub fn summary(self, summary: &str) -> Self {
        Self(self.0.summary(summary))
    }

    /// Adds a paragraph to the description.
    #[must_use]
    pub fn explain(self, paragraph: &str) -> Self {
        Self(self.0.explain(paragraph))
    }
}

impl From<Replacement> for CustomRoute {
    fn from(replacement: Replacement) -> Self {
        replacement.0
    }
}

impl std::fmt::Debug for CustomRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomRoute")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
