//! A request on its way to a handler of the application's own: looked at as on any other route, then handed over.

use salvo::{
    Depot, FlowCtrl,
    http::{HeaderValue, ReqBody, Request, Response, StatusCode, header},
};

use super::{Api, CustomRoute, body, endpoint, endpoint::Endpoint, forms, gate::Admission};
use crate::{error::Error, wire::Params};

/// What a handler of salvo's is given.
pub(super) type Exchange<'a> = (&'a mut Request, &'a mut Depot, &'a mut Response, &'a mut FlowCtrl);

impl Endpoint {
    /// Lets the request in, checks what every route checks, and leaves an [`Api`] for the handler.
    pub(super) async fn admit_custom(
        &self,
        index: usize,
        req: &mut Request,
        depot: &mut Depot,
        res: &mut Response,
    ) -> Result<(&CustomRoute, Admission), Error> {
        let (admission, principal) = self.enter(req, res).await?;
        let missing = || Error::Internal(format!("there is no hand-written route {index}"));
        let route = self.site.custom.get(index).ok_or_else(missing)?;
        let id = endpoint::path_id(req)?;
        let bytes = body::read(req, self.site.max_body_bytes).await?;
        let mut params = Params::parse(req.uri().query());
        let known = |name: &str| route.description.parameters.iter().any(|(known, ..)| known == name);
        params.items.retain(|param| param.operator.is_some() || !known(&param.name));
        let is_required = route.description.body.is_some();
        let object = endpoint::object(&bytes, is_required, endpoint::unknown_parameters(params))?;
        if !is_required {
            forms::nothing(object)?;
        } else if !object.faults.is_empty() {
            return Err(Error::Invalid(object.faults));
        }
        req.replace_body(ReqBody::Once(bytes));
        let (catalog, pipeline) = (self.site.catalog.clone(), self.site.pipeline.clone());
        depot.insert_typed(Api { principal, id, catalog, pipeline, context: self.site.context.clone() });
        Ok((route, admission))
    }

    /// Has the handler answer, in the form that all answers have.
    pub(super) async fn hand_over(&self, route: &CustomRoute, admission: &Admission, exchange: Exchange<'_>) {
        let (req, depot, res, ctrl) = exchange;
        route.handler.handle(req, depot, res, ctrl).await;
        if res.status_code == Some(StatusCode::UNAUTHORIZED) {
            self.site.gate.count_refusal(admission);
        }
        // RFC 8259 knows no `charset`, and no other route says one.
        if res.headers().get(header::CONTENT_TYPE).is_some_and(|value| value == "application/json; charset=utf-8") {
            res.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
    }
}
