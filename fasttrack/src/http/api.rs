//! What a handler of an application's own is given: who is calling, and what the rules let him have.
//!
//! Every method asks the declaration, as the route of that verb does; only [`Api::context`] asks nobody.

use std::{fmt::Debug, sync::Arc};

use salvo::{Depot, Extractible, Writer, async_trait, extract::Metadata, http::Request, http::Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{problem, request_id::RequestId};
use crate::{
    error::Error,
    job::Context,
    pipeline::{Pipeline, Target},
    principal::{Caller, Principal},
    schema::{Catalog, Resource, RowId},
    wire::{Object, Params},
};

/// What a handler of an application has of the API: who is calling, and what the rules let him have. It is an argument
/// of the handler.
#[derive(Clone)]
pub struct Api {
    pub(super) principal: Principal,
    pub(super) id: Option<i64>,
    pub(super) row: Option<Decided>,
    pub(super) catalog: Arc<Catalog>,
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) context: Context,
}

/// A row that the pipeline has let the caller have, before the handler runs.
#[derive(Clone)]
pub(super) struct Decided {
    pub(super) resource: &'static str,
    pub(super) json: Arc<[u8]>,
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

    /// The row of an action, or of a replaced `read`, `update` or `delete`, as it was when the rule was asked; what is
    /// hidden is empty.
    ///
    /// # Errors
    /// [`Error::Internal`] when the route asks for no row, or for one of another resource.
    pub fn row<T: Resource + DeserializeOwned>(&self) -> Result<T, Error> {
        let decided = self.row.as_ref().filter(|decided| decided.resource == T::NAME);
        let decided = decided.ok_or_else(|| Error::Internal(format!("this route is about no {}", T::NAME)))?;
        parse(&decided.json)
    }

    /// A row that `GET` on it would show to the caller, with the fields, too, that it would not show him (`read = RULE`); what
    /// is hidden is empty.
    ///
    /// # Errors
    /// What `GET` would answer: 401, 403 or 404, 503. A resource without a rule for `read` gives 403.
    pub async fn read<T: Resource + DeserializeOwned>(&self, id: impl RowId<T>) -> Result<T, Error> {
        parse(&self.pipeline.read_whole(self.model::<T>()?, id.number(), &self.principal).await?)
    }

    /// A page, as `GET` on the collection answers this query string; `parent` where the resource is a nested one.
    ///
    /// # Errors
    /// What that `GET` would answer: 400, 401, 403, 404, 422, 503.
    pub async fn list<T: Resource>(&self, parent: Option<i64>, query: Option<&str>) -> Result<Value, Error> {
        let params = Params::parse(query);
        parse(&self.pipeline.list(self.model::<T>()?, parent, &self.principal, params).await?)
    }

    /// Creates a row as `POST` would, and gives it back; `parent` where the resource is a nested one.
    ///
    /// # Errors
    /// What `POST` would answer: 401, 403, 404, 409, 422, 503.
    pub async fn create<T: Resource>(&self, parent: Option<i64>, body: &Value) -> Result<Value, Error> {
        let text = body.to_string();
        let body = Object::parse(text.as_bytes())?;
        parse(&self.pipeline.create(self.model::<T>()?, parent, &self.principal, &body).await?)
    }

    /// Changes a row as `PATCH` would (RFC 7396), and gives it back.
    ///
    /// # Errors
    /// What `PATCH` would answer: 401, 403, 404, 409, 422, 503.
    pub async fn update<T: Resource>(&self, id: impl RowId<T>, body: &Value) -> Result<Value, Error> {
        let text = body.to_string();
        let (body, target) = (Object::parse(text.as_bytes())?, Target::Id(id.number()));
        parse(&self.pipeline.update(self.model::<T>()?, target, &self.principal, &body).await?.json)
    }

    /// Deletes a row as `DELETE` would.
    ///
    /// # Errors
    /// What `DELETE` would answer: 401, 403, 404, 409, 503.
    pub async fn delete<T: Resource>(&self, id: impl RowId<T>) -> Result<(), Error> {
        self.pipeline.delete(self.model::<T>()?, id.number(), &self.principal).await
    }

    /// Restores a row as `POST …/restore` would, and gives it back.
    ///
    /// # Errors
    /// What that would answer: 401, 403, 404, 409, 503.
    pub async fn restore<T: Resource>(&self, id: impl RowId<T>) -> Result<Value, Error> {
        parse(&self.pipeline.restore(self.model::<T>()?, id.number(), &self.principal).await?.json)
    }

    /// The database and the mail; no rule is asked there.
    #[must_use]
    pub const fn context(&self) -> &Context {
        &self.context
    }

    fn model<T: Resource>(&self) -> Result<usize, Error> {
        let model = self.catalog.find(T::NAME).map(|model| model.index);
        model.ok_or_else(|| Error::Internal(format!("{} is not declared here", T::NAME)))
    }
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(json).map_err(|cause| Error::Internal(cause.to_string()))
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
        problem::write(res, &self, &RequestId::of(req));
    }
}
