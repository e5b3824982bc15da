//! Routes that an application writes by hand: ordinary Salvo handlers, beside the declared routes and under their rules.
//!
//! What a client meets is the same: token, limiter, the id in the path, the query string and the body are looked at
//! before the handler runs, and errors are problem documents. What a row may be read for, [`Api::read`] asks the
//! declaration.

use std::{fmt::Debug, sync::Arc};

use salvo::{Depot, Extractible, Handler, Writer, async_trait, extract::Metadata, http::Request, http::Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{problem, request_id::RequestId};
use crate::{
    error::Error,
    job::Context,
    pipeline::{Pipeline, Target},
    principal::{Caller, Principal},
    schema::{Catalog, Resource},
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
    pub(crate) who: String,
    pub(super) description: CustomDescription,
    pub(super) handler: Arc<dyn Handler>,
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

    fn new(method: &'static str, path: &str, handler: impl Handler) -> Self {
        let words: Vec<_> = path.split(['/', '-']).filter(|word| !word.is_empty() && !word.starts_with('{')).collect();
        let id = format!("{}_{}", method.to_lowercase(), words.join("_"));
        let description = CustomDescription { id, summary: words.join(" "), ..CustomDescription::default() };
        let who = "anyone logged in; the handler decides".to_owned();
        Self { method, path: path.to_owned(), who, description, handler: Arc::new(handler) }
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

    /// Who may, in words: for the document and for `fasttrack routes`. The handler has to hold to it.
    #[must_use]
    pub fn who(mut self, who: &str) -> Self {
        who.clone_into(&mut self.who);
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
}

impl std::fmt::Debug for CustomRoute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomRoute").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

/// What a handler of an application has of the API: who is calling, and what the rules let him have. It is an argument
/// of the handler.
#[derive(Clone)]
pub struct Api {
    pub(super) principal: Principal,
    pub(super) id: Option<i64>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) context: Context,
}

impl Api {
    /// The account that is calling.
    #[must_use]
    pub const fn caller(&self) -> Option<&Caller> {
        self.principal.caller()
    }

    /// The id in the path.
    ///
    /// # Errors
    /// [`Error::Internal`] when the path has none.
    pub fn id(&self) -> Result<i64, Error> {
        self.id.ok_or_else(|| Error::Internal("the path of this route has no {id}".into()))
    }

    /// A row as `GET` on it would show it to the caller; what is hidden is empty.
    ///
    /// # Errors
    /// What `GET` would answer: 401, 403 or 404, 503. A resource without a rule for `read` gives 403.
    pub async fn read<T: Resource + DeserializeOwned>(&self, id: i64) -> Result<T, Error> {
        let model = self.catalog.find(T::NAME);
        let model = model.ok_or_else(|| Error::Internal(format!("{} is not declared here", T::NAME)))?;
        let json = self.pipeline.read(model.index, Target::Id(id), &self.principal).await?;
        serde_json::from_slice(&json).map_err(|cause| Error::Internal(cause.to_string()))
    }

    /// The database and the mail; no rule is asked there.
    #[must_use]
    pub const fn context(&self) -> &Context {
        &self.context
    }
}

impl<'ex> Extractible<'ex> for Api {
    fn metadata() -> &'static Metadata {
        static METADATA: Metadata = Metadata::new("Api");
        &METADATA
    }

    async fn extract(_: &'ex mut Request, depot: &'ex mut Depot) -> Result<Self, impl Writer + Send + Debug + 'static> {
        depot.get_typed::<Self>().cloned().map_err(|_| Error::Internal("no CustomRoute leads to this handler".into()))
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").field("principal", &self.principal).field("id", &self.id).finish_non_exhaustive()
    }
}

/// An error that a handler returns is the problem document that every other route would answer.
#[async_trait]
impl Writer for Error {
    async fn write(self, req: &mut Request, _: &mut Depot, res: &mut Response) {
        let id = req.extensions().get::<RequestId>().cloned();
        problem::write(res, &self, &id.unwrap_or_else(|| RequestId::from_headers(req.headers())));
    }
}
