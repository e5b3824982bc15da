//! A request on its way to a handler of the application's own: looked at as on any other route, then handed over.

use salvo::{
    Depot, FlowCtrl,
    http::{HeaderValue, ReqBody, Request, ResBody, Response, StatusCode, header},
};

use super::{
    Api, CustomRoute, api::Decided, body, conditional, created, endpoint, endpoint::Endpoint, forms, gate::Admission,
    idempotency, ids, routes::Action,
};
use crate::{
    error::{Error, Fault},
    pipeline::{Intent, Right},
    precondition::Preconditions,
    principal::Principal,
    schema::Verb,
    wire::Params,
};

/// What a handler of salvo's is given.
pub(super) type Exchange<'a> = (&'a mut Request, &'a mut Depot, &'a mut Response, &'a mut FlowCtrl);

/// A request that was let in.
pub(super) struct Admitted<'a> {
    route: &'a CustomRoute,
    admission: Admission,
    has_token: bool,
}

impl Endpoint {
    /// Lets the request in, checks what every route checks, and leaves an [`Api`] for the handler.
    pub(super) async fn admit_custom(
        &self,
        index: usize,
        req: &mut Request,
        depot: &mut Depot,
        res: &mut Response,
    ) -> Result<Admitted<'_>, Error> {
        let (admission, principal) = self.enter(req, res).await?;
        let missing = || Error::Internal(format!("there is no hand-written route {index}"));
        let route = self.site.custom.get(index).ok_or_else(missing)?;
        let has_token = principal != Principal::Anonymous;
        match self.prepare(route, req, principal).await {
            Ok(api) => {
                depot.insert_typed(api);
                Ok(Admitted { route, admission, has_token })
            }
            Err(error) => {
                if has_token && matches!(error, Error::Unauthenticated(_)) {
                    self.site.gate.count_refusal(&admission).await;
                }
                Err(error)
            }
        }
    }

    /// Reads what was sent, asks the rule of the row where the route is about one, and then says what is wrong with a
    /// body that is taken: in the order of the verbs.
    async fn prepare(&self, route: &CustomRoute, req: &mut Request, principal: Principal) -> Result<Api, Error> {
        let id = ids::path_id(req)?;
        let bytes = body::read(req, &self.site.intake).await?;
        let is_required = match self.route.action {
            Action::Replaced { verb, .. } => matches!(verb, Verb::Create | Verb::Update),
            _ => route.description.body.is_some(),
        };
        let mut faults = self.faults_of_query(route, req);
        idempotency::key(req, &self.route, &principal, &mut faults);
        let asked = if self.changes_row() { conditional::read(req, &mut faults) } else { Preconditions::default() };
        let mut object = endpoint::object(&bytes, is_required, faults)?;
        let faults = if is_required {
            std::mem::take(&mut object.faults)
        } else {
            forms::nothing(object)?;
            Vec::new()
        };
        let row = self.decide(id, &principal).await?;
        // What a handler makes of a row has no version that could be meant.
        asked.check(None)?;
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        req.replace_body(ReqBody::Once(bytes));
        let (catalog, pipeline) = (self.site.catalog.clone(), self.site.pipeline.clone());
        Ok(Api { principal, id, row, catalog, pipeline, context: self.site.context.clone() })
    }

    /// Faults of parameters that the route does not know. Those of a list are looked at by whoever lists.
    fn faults_of_query(&self, route: &CustomRoute, req: &Request) -> Vec<Fault> {
        if self.route.action.is_list() {
            return Vec::new();
        }
        let mut params = Params::parse(req.uri().query());
        let known = |name: &str| route.description.parameters.iter().any(|(known, ..)| known == name);
        params.items.retain(|param| param.operator.is_some() || !known(&param.name));
        forms::unknown_parameters(params, "none")
    }

    /// Has the pipeline decide about the row in the path, where the route is about one.
    async fn decide(&self, id: Option<i64>, who: &Principal) -> Result<Option<Decided>, Error> {
        let (model, right) = match self.route.action {
            Action::Custom { asks: Some(asks), .. } => asks,
            Action::Replaced { model, verb: verb @ (Verb::Read | Verb::Update | Verb::Delete), .. } => {
                (model, Right::Verb(verb))
            }
            _ => return Ok(None),
        };
        let resource = self.site.catalog.get(model).map(|model| model.schema.name).unwrap_or_default();
        let id = id.ok_or_else(|| Error::NotFound("there is no such row".into()))?;
        let act = match self.route.action {
            Action::Replaced { verb, .. } => verb.name().to_owned(),
            _ => self.route.path.rsplit('/').next().unwrap_or_default().replace(['-', '_'], " "),
        };
        let json = self.site.pipeline.permit(Intent { resource: model, id, right, act: &act }, who).await?.into();
        Ok(Some(Decided { resource, json }))
    }

    /// Has the handler answer, in the form that all answers have.
    pub(super) async fn hand_over(&self, admitted: &Admitted<'_>, exchange: Exchange<'_>) {
        let (req, depot, res, ctrl) = exchange;
        admitted.route.handler.handle(req, depot, res, ctrl).await;
        if admitted.has_token && res.status_code == Some(StatusCode::UNAUTHORIZED) {
            self.site.gate.count_refusal(&admitted.admission).await;
        }
        if res.status_code.is_none()
            && let Some(status) = self.status_of_verb(res)
        {
            res.status_code(status);
        }
        if let Action::Replaced { model, verb: Verb::Create, .. } = self.route.action
            && res.status_code == Some(StatusCode::CREATED)
            && let ResBody::Once(row) = &res.body
            && let Some(location) = created::location(&self.site, model, row)
        {
            res.headers_mut().entry(header::LOCATION).or_insert(location);
        }
        // RFC 8259 knows no `charset`, and no other route says one.
        if res.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "application/json; charset=utf-8") {
            res.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
    }

    /// What the document says of success, where a handler says nothing of its own.
    fn status_of_verb(&self, res: &Response) -> Option<StatusCode> {
        match self.route.action {
            Action::Replaced { verb: Verb::Create, .. } => Some(StatusCode::CREATED),
            _ if res.body.is_none() => Some(StatusCode::NO_CONTENT),
            _ => None,
        }
    }
}
